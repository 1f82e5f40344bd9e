// The live figure of the chapter on roots: the U-Net that the course trained, on its test scene or on a picture of
// the reader's.

import { fetched, Sentence } from "./gpu.js";
import { choice, element, frame, row, slider } from "./controls.js";
import { colourOf, FOUND } from "./judged.js";
import { chooser, draw, paint, rangeOf, stored } from "./picture.js";
import { dice } from "./scores.js";
import { load, predict } from "./unet-steps.js";

export const title = "the trained U-Net, from grey values to roots";

const WEIGHTS = "weights/roots-unet.safetensors";
export const THRESHOLD = 0.3; // the chapter chose it on validation scenes
const MOST_PIXELS = 2 ** 20; // some 10¹¹ products, where a processor stands in for the GPU
const TRIAL = { side: 64, row: 96, column: 96 }; // the part of the scene whose answer is stored
const TOLERANCE = 0.01; // the stored answer is rounded to 1/255

const loaded = new WeakMap();
/** The network on a GPU; read once for the test and the figure. */
export function network(gpu) {
  if (!loaded.has(gpu)) {
    loaded.set(gpu, (async () => load(gpu, await (await fetched(WEIGHTS, import.meta.url)).arrayBuffer()))());
  }
  return loaded.get(gpu);
}

/** Throws a sentence where this GPU does not find the stored probabilities in a part of the stored scene. */
export async function selfTest(gpu) {
  const [unet, scene, expected] = await Promise.all([network(gpu), stored("roots"), stored("roots-probability")]);
  const part = crop(scene, TRIAL);
  const found = await predict(gpu, unet, part);
  if (found.some((value, i) => !(Math.abs(value - expected.grey[i] / 255) < TOLERANCE))) {
    throw new Sentence(
      `The roots of the stored picture come out wrong on ${gpu.name}: it is not used. A newer driver may help.`,
    );
  }
}

function crop({ grey, width }, { side, row: top, column }) {
  const part = new Float32Array(side * side);
  for (let y = 0; y < side; y++) {
    const start = (top + y) * width + column;
    part.set(grey.subarray(start, start + side), y * side);
  }
  return { grey: part, width: side, height: side };
}

/** Build the figure. */
export async function open(gpu, place) {
  const [unet, scene, truth] = await Promise.all([network(gpu), stored("roots"), stored("roots-truth")]);
  let picture = scene; // as it is shown: at full or at half size
  let whole = scene; // as it came
  let probability = null;
  let running = new AbortController();

  const frames = ["the picture", "probability of root", "roots"].map((name) => frame("1", name));
  const [seen, sure, judged] = frames.map((each) => each.canvas);
  const told = element("p", { class: "live-told" });
  const show = (value) => value.toFixed(2);
  const threshold = slider(
    place,
    { label: "threshold", min: 0.05, max: 0.95, step: 0.05, value: THRESHOLD, show },
    () => judge(),
  );
  const size = choice(place, "picture", ["as it is", "at half size"], () => place.attempt(compute));
  const reset = element("button", { type: "button", class: "live-quiet" }, "The chapter’s scene");
  reset.addEventListener("click", () => place.attempt(() => use(scene)), { signal: place.closed });

  /** Tell what was found above the threshold; no new prediction is needed for it. */
  const judge = () => {
    if (!probability) return;
    const { width, height, grey } = picture;
    const mask = probability.map((value) => Number(value > threshold.value));
    const isScene = whole === scene && size.value === 0;
    const [low, high] = rangeOf(grey);
    paint(judged, width, height, (i) => {
      const level = (110 * (grey[i] - low)) / Math.max(high - low, 1); // dimmed
      // Nobody knows what is true in a picture of the reader's.
      if (!isScene && mask[i]) return FOUND;
      return colourOf(isScene && truth.grey[i] > 0, mask[i] > 0, [level, level, level]);
    });
    const share = (100 * mask.reduce((sum, value) => sum + value, 0)) / mask.length;
    const score = isScene ? `, Dice ${dice(truth.grey, mask).toFixed(3)}` : "";
    const line = show(threshold.value);
    told.textContent = `${share.toFixed(1)} % of the pixels are root at a threshold of ${line}${score}.`;
    place.describe(
      isScene
        ? `The scene judged: white where root was found, orange where missed, blue where invented${score}.`
        : `The picture, dimmed, with what the network takes for root in white: ${share.toFixed(1)} % of the pixels.`,
      judged,
    );
  };

  const compute = async () => {
    running.abort(); // what is still computed for another picture
    running = new AbortController();
    const closed = AbortSignal.any([place.closed, running.signal]);
    picture = size.value === 0 ? whole : halved(whole);
    probability = null;
    const { grey, width, height } = picture;
    draw(seen, grey, width, height);
    for (const canvas of [sure, judged]) paint(canvas, width, height, () => [0, 0, 0]);
    const what = whole === scene ? "Simulated grey soil with pale roots of different widths." : "Your own picture.";
    place.describe(what, seen);
    for (const canvas of [sure, judged]) place.describe("Not computed yet.", canvas);
    const progress = (share) => {
      told.textContent = `Computing: ${Math.round(100 * share)} %`;
    };
    try {
      progress(0);
      const start = performance.now();
      probability = await predict(gpu, unet, picture, { progress, closed });
      const seconds = (performance.now() - start) / 1000;
      draw(sure, probability, width, height, { range: [0, 1] });
      place.describe("The probability of root at each pixel: bright lines where the network is sure.", sure);
      judge();
      told.textContent += ` Predicted in ${seconds.toPrecision(2)} s.`;
    } catch (reason) {
      if (!closed.aborted) throw reason; // else another picture, or the end, is what was asked for
    }
  };

  const use = async (chosen) => {
    whole = chosen;
    if (chosen === scene) {
      place.say("");
      [size.value, threshold.value] = [0, THRESHOLD];
    }
    await compute();
  };

  place.box.append(
    row(threshold.node, size.node, reset),
    row(chooser(place, use, { most: MOST_PIXELS })),
    told,
    element("div", { class: "live-grid" }, ...frames.map((each) => each.node)),
  );
  await compute();
}

/** Every 2 × 2 pixels made one, their mean. */
function halved({ grey, width, height }) {
  const [columns, rows] = [width, height].map((side) => Math.max(1, Math.floor(side / 2)));
  if (columns * 2 > width || rows * 2 > height) return { grey, width, height }; // a single row or column
  const half = new Float32Array(columns * rows);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const i = 2 * y * width + 2 * x;
      half[y * columns + x] = (grey[i] + grey[i + 1] + grey[i + width] + grey[i + width + 1]) / 4;
    }
  }
  return { grey: half, width: columns, height: rows };
}
