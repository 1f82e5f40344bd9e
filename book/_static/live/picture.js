// Pictures in and out: a file of the reader's becomes grey values, and grey values or labels become a canvas.
//
// A picture is a flat array, row after row: the pixel in row y and column x is number y * width + x.

import { fetched, Sentence } from "./gpu.js";
import { element } from "./controls.js";
import { decode } from "./png.js";

/** Stands below the stored nuclei. */
export const CREDIT =
  "Nuclei: Data Science Bowl 2018 (CC0), from the StarDist package; no scale was recorded.";

/** What a browser may add to the pixels that a page reads, against its being recognised: no more than a camera does. */
const MOST_NOISE = 4;

/** Larger pictures are scaled down: four megapixels hold what a screen can show. */
const MOST_PIXELS = 4 * 2 ** 20;

/**
 * Read a picture that the reader chose.
 * @param {File|Blob} file
 * @param {{most?: number, channel?: (rgba) => Float32Array}} [options] the most pixels to keep; which number is taken
 *   of a coloured pixel: `toGrey` or `toRed`.
 * @returns {Promise<{grey: Float32Array, width: number, height: number, note: string}>} grey values from 0 to
 *   255, and a sentence where the picture was changed, else "".
 * @throws {Sentence} if it is no picture.
 */
export async function read(file, { most = MOST_PIXELS, channel = toGrey } = {}) {
  const name = file.name || "The file";
  // Grey values as they are stored, whatever screen they were meant for.
  const whole = await createImageBitmap(file, { colorSpaceConversion: "none" }).catch(() => null);
  if (!whole) {
    throw new Sentence(`${name} is no picture that a browser reads: take a PNG or JPEG (Fiji saves any image as PNG).`);
  }
  const scale = Math.min(1, Math.sqrt(most / (whole.width * whole.height)));
  const width = Math.max(1, Math.floor(whole.width * scale));
  const height = Math.max(1, Math.floor(whole.height * scale));
  // Not left to the canvas: Firefox would let three of four pixels, or more, fall by the wayside.
  const how = { resizeWidth: width, resizeHeight: height, resizeQuality: "high" };
  const picture = scale < 1 ? await createImageBitmap(whole, how) : whole;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context) throw new Sentence(`${name} is too large for this browser: make it smaller first.`);
  context.drawImage(picture, 0, 0);
  if (!showsItsPixels()) {
    throw new Sentence(`${name} cannot be read: this browser hides pixels from pages: let the site read canvases.`);
  }
  const size = `${whole.width} × ${whole.height}`;
  const note = scale < 1 ? `${name} has ${size} pixels and was scaled down to ${width} × ${height}.` : "";
  for (const each of [picture, whole]) each.close();
  return { grey: channel(context.getImageData(0, 0, width, height).data), width, height, note };
}

/** Whether a page may read what it drew: some browsers can give it others, lest anybody be recognised by them. */
function showsItsPixels() {
  const drawn = Uint8ClampedArray.from({ length: 4 * 16 ** 2 }, (_, i) => (i % 4 < 3 ? (37 * i) % 256 : 255));
  const context = new OffscreenCanvas(16, 16).getContext("2d", { willReadFrequently: true });
  context.putImageData(new ImageData(drawn, 16, 16), 0, 0);
  return context.getImageData(0, 0, 16, 16).data.every((value, i) => Math.abs(value - drawn[i]) <= MOST_NOISE);
}

/**
 * Read a picture that comes with the site; `name` is that of a file in `data`, without its end.
 * @returns {Promise<{grey: Float32Array, width: number, height: number, note: string}>} as `read`.
 */
export async function stored(name) {
  const file = await (await fetched(`data/${name}.png`, import.meta.url)).arrayBuffer();
  const picture = await decode(file).catch(() => {
    throw new Sentence(`A part of this figure (data/${name}.png) did not come whole: load the page again.`);
  });
  return { ...picture, note: "" };
}

/**
 * The brightness of coloured pixels, as the eye weighs the colours (ITU-R BT.601).
 * @param {Uint8ClampedArray} rgba four values for each pixel.
 * @returns {Float32Array} one for each pixel, from 0 to 255.
 */
export function toGrey(rgba) {
  const grey = new Float32Array(rgba.length / 4);
  for (let i = 0; i < grey.length; i++) {
    const [red, green, blue] = [rgba[4 * i], rgba[4 * i + 1], rgba[4 * i + 2]];
    // A grey pixel keeps its value to the last digit.
    grey[i] = red === green && green === blue ? red : 0.299 * red + 0.587 * green + 0.114 * blue;
  }
  return grey;
}

/** The red channel of coloured pixels, as `toGrey` gives their brightness. */
export function toRed(rgba) {
  return Float32Array.from({ length: rgba.length / 4 }, (_, i) => rgba[4 * i]);
}

/**
 * The smallest and the largest value.
 * @param {ArrayLike<number>} values
 * @returns {[number, number]}
 */
export function rangeOf(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/**
 * Draw grey values.
 * @param {HTMLCanvasElement} canvas gets the size of the picture.
 * @param {ArrayLike<number>} values height × width.
 * @param {number} width
 * @param {number} height
 * @param {{range?: [number, number], gamma?: number}} [options] what is black and what is white; below 1,
 *   `gamma` lifts dim parts.
 */
export function draw(canvas, values, width, height, { range = rangeOf(values), gamma = 1 } = {}) {
  paint(canvas, width, height, (i) => {
    const grey = greyOf(values[i], range, gamma);
    return [grey, grey, grey];
  });
}

/**
 * Draw labels, each in a colour that none of its neighbours has.
 * @param {HTMLCanvasElement} canvas gets the size of the picture.
 * @param {Uint32Array|Int32Array} labels height × width; 0 is background.
 * @param {number} width
 * @param {number} height
 * @param {{over?: ArrayLike<number>, range?: [number, number], gamma?: number, opacity?: number}} [options]
 *   the grey picture to lay them over.
 */
export function drawLabels(canvas, labels, width, height, { over, range, gamma = 1, opacity = 0.7 } = {}) {
  const colours = coloursOf(labels, width, height);
  const levels = over && (range ?? rangeOf(over));
  paint(canvas, width, height, (i) => {
    const grey = over ? greyOf(over[i], levels, gamma) : 0;
    if (!labels[i]) return [grey, grey, grey];
    const part = over ? opacity : 1;
    return PALETTE[colours[labels[i]]].map((channel) => part * channel + (1 - part) * grey);
  });
}

// The colours of the course's label images: apart in lightness, so to all eyes and on a grey printout.
const PALETTE = [
  [0x64, 0x33, 0xab],
  [0xaa, 0x59, 0x03],
  [0x83, 0x88, 0x51],
  [0xdc, 0x7d, 0xb5],
  [0x9f, 0xb4, 0xff],
  [0xd9, 0xd9, 0x0b],
  [0xb7, 0xfe, 0x77],
];

/** Colour as one colours a map: each label takes the first colour, from one of its own on, that is free. */
function coloursOf(labels, width, height) {
  const neighbours = new Map();
  const meet = (a, b) => {
    if (a === b || !a || !b) return;
    for (const [one, other] of [[a, b], [b, a]]) {
      if (!neighbours.has(one)) neighbours.set(one, new Set());
      neighbours.get(one).add(other);
    }
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (x + 1 < width) meet(labels[i], labels[i + 1]);
      if (y + 1 < height) meet(labels[i], labels[i + width]);
    }
  }
  const n = rangeOf(labels)[1];
  const colours = new Uint8Array(n + 1);
  const done = new Set();
  for (let label = 1; label <= n; label++) {
    const taken = new Set();
    for (const other of neighbours.get(label) ?? []) if (done.has(other)) taken.add(colours[other]);
    let colour = (label * 3) % PALETTE.length;
    for (let step = 0; step < PALETTE.length && taken.has(colour); step++) colour = (colour + 1) % PALETTE.length;
    colours[label] = colour;
    done.add(label);
  }
  return colours;
}

function greyOf(value, [low, high], gamma) {
  if (!(high > low)) return 0;
  const part = Math.min(1, Math.max(0, (value - low) / (high - low)));
  return 255 * (gamma === 1 ? part : part ** gamma);
}

/** Draw a picture whose pixel number i has the colour `colour(i)`, red, green and blue from 0 to 255. */
export function paint(canvas, width, height, colour) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    [image.data[4 * i], image.data[4 * i + 1], image.data[4 * i + 2]] = colour(i);
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/**
 * A button to choose a picture, and the whole figure as a place to drop one.
 * @param {object} place the figure's place, see figure.js.
 * @param {(picture) => Promise<void>} use is given what `read` returns.
 * @param {{most?: number}} [options] as for `read`.
 * @returns {HTMLElement} the button, with its file field.
 */
export function chooser(place, use, options) {
  return fileChooser(place, async (file) => {
    const picture = await read(file, options);
    place.say(picture.note);
    await use(picture);
  });
}

/**
 * As `chooser`, for a figure that reads the file itself. The file stays in the page: nothing is sent anywhere.
 * @param {object} place
 * @param {(file: File) => Promise<void>} use
 * @returns {HTMLElement}
 */
export function fileChooser(place, use) {
  const field = element("input", { type: "file", accept: "image/*", "aria-label": "Your own picture" });
  const take = (file) => {
    if (!file) return;
    place.say("Reading the picture …");
    place.attempt(() => use(file));
  };
  const signal = place.closed;
  field.addEventListener("change", () => take(field.files[0]), { signal });
  place.box.addEventListener("dragover", (event) => event.preventDefault(), { signal });
  place.box.addEventListener(
    "drop",
    (event) => {
      event.preventDefault();
      take(event.dataTransfer.files[0]);
    },
    { signal },
  );
  return element("label", { class: "live-choose" }, element("span", {}, "Your own picture, or drop one here "), field);
}
