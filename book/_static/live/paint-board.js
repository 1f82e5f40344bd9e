// A picture to paint on, with pointer or keyboard: it keeps the strokes, draws them, and tells when they change.

import { rangeOf } from "./picture.js";

const RADIUS = 1.5; // of the brush, in pixels: three wide, as the chapter's simulated hand has it
const COLOURS = { 1: packed([0, 114, 178]), 2: packed([230, 159, 0]) }; // the course's, of painted classes
const KEPT = 50; // steps that can be undone
const PAUSE = 300; // milliseconds without a key until it is told where the brush is: not every step is read out
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Board {
  /** The class that is painted; 0 erases. */
  brush = 1;
  /** Called when a key chooses another brush. */
  onBrush = () => {};
  #before = [];
  #at = [0, 0]; // where the keyboard's brush is
  #isDown = false; // the keyboard's brush
  #pointer = null; // the pointer that paints, and where it was

  /**
   * @param {object} place the figure's place, see figure.js.
   * @param {HTMLCanvasElement} canvas
   * @param {() => void} changed called after each change of the strokes.
   */
  constructor(place, canvas, changed) {
    Object.assign(this, { place, canvas, changed });
    canvas.tabIndex = 0;
    canvas.classList.add("live-board");
    // Arrow keys are the board's own here, which a screen reader must hand on.
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-describedby", "live-paint-keys");
    const listen = (name, use) => canvas.addEventListener(name, use, { signal: place.closed });
    listen("pointerdown", (event) => this.#press(event));
    listen("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) {
      listen(name, () => {
        this.#pointer = null;
      });
    }
    listen("keydown", (event) => this.#key(event));
    listen("focus", () => {
      // Firefox is content when a part of it is in view; for who paints with the pointer nothing must move.
      if (canvas.matches(":focus-visible")) canvas.scrollIntoView({ block: "nearest" });
      this.draw();
    });
    listen("blur", () => {
      this.#isDown = false;
      this.draw();
    });
  }

  /**
   * Begin with a picture.
   * @param {{grey: Float32Array, width: number, height: number}} picture
   * @param {Uint8Array} [marks] strokes to begin with.
   */
  show(picture, marks) {
    this.picture = picture;
    const [low, high] = rangeOf(picture.grey);
    this.background = Uint32Array.from(picture.grey, (value) => {
      const level = Math.round((255 * (value - low)) / (high - low || 1));
      return packed([level, level, level]);
    });
    this.marks = marks?.slice() ?? new Uint8Array(picture.grey.length);
    this.#before = [];
    this.#isDown = false;
    this.#at = [picture.width >> 1, picture.height >> 1];
    this.draw();
  }

  undo() {
    this.place.say(this.#before.length ? "The last change is undone." : "There is nothing to undo.");
    if (!this.#before.length) return;
    this.marks = this.#before.pop();
    this.draw();
    this.changed();
  }

  clear() {
    this.#keep();
    this.marks = new Uint8Array(this.marks.length);
    this.draw();
    this.changed();
  }

  #keep() {
    this.#before.push(this.marks.slice());
    if (this.#before.length > KEPT) this.#before.shift();
  }

  #press(event) {
    if (event.button !== 0 || this.#pointer) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.#keep();
    this.#pointer = { id: event.pointerId, at: this.#placeOf(event) };
    this.#stroke(this.#pointer.at, this.#pointer.at);
  }

  #move(event) {
    if (this.#pointer?.id !== event.pointerId) return;
    // A quick hand moves many pixels between two frames: the browser has kept where it was in between.
    const seen = event.getCoalescedEvents?.() ?? [];
    for (const each of seen.length ? seen : [event]) {
      const at = this.#placeOf(each);
      this.#stroke(this.#pointer.at, at);
      this.#pointer.at = at;
    }
  }

  /** The pixel under the pointer: the picture is fitted into the canvas, and keeps its shape. */
  #placeOf(event) {
    const { width, height } = this.picture;
    const box = this.canvas.getBoundingClientRect();
    const scale = Math.min(box.width / width, box.height / height);
    return [
      Math.floor((event.clientX - box.left - (box.width - scale * width) / 2) / scale),
      Math.floor((event.clientY - box.top - (box.height - scale * height) / 2) / scale),
    ];
  }

  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    clearTimeout(this.telling); // a later key has something newer to say
    const key = event.key.toLowerCase();
    if (event.key in MOVES) {
      const { width, height } = this.picture;
      const step = event.shiftKey ? 10 : 2;
      const [dx, dy] = MOVES[event.key];
      const next = [this.#at[0] + step * dx, this.#at[1] + step * dy];
      const inside = next.map((value, axis) => Math.min([width, height][axis] - 1, Math.max(0, value)));
      if (this.#isDown) this.#stroke(this.#at, inside);
      this.#at = inside;
      this.#tell();
    } else if (event.key === " ") {
      this.#isDown = !this.#isDown;
      this.place.say(this.#isDown ? "Brush down." : "Brush lifted.");
      if (this.#isDown) {
        this.#keep();
        this.#stroke(this.#at, this.#at);
      }
    } else if (["0", "1", "2"].includes(key)) {
      this.brush = Number(key);
      this.onBrush(this.brush);
      this.place.say(this.brush ? `Brush for class ${this.brush}.` : "Eraser.");
    } else if (key === "z") {
      this.undo();
    } else {
      return;
    }
    event.preventDefault();
    this.draw();
  }

  /** Say where the keyboard's brush is, and what is painted there. */
  #tell() {
    clearTimeout(this.telling);
    this.telling = setTimeout(() => {
      const { width, height } = this.picture;
      const [x, y] = this.#at;
      const mark = this.marks[y * width + x];
      const painted = mark ? `painted as class ${mark}` : "not painted";
      const brush = this.#isDown ? "Brush down, at" : "Brush at";
      this.place.say(`${brush} column ${x + 1} of ${width}, row ${y + 1} of ${height}: ${painted}.`);
    }, PAUSE);
  }

  /** Paint from one pixel to another. */
  #stroke([x0, y0], [x1, y1]) {
    const { width, height } = this.picture;
    const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0), 1);
    for (let step = 0; step <= steps; step++) {
      const x = Math.round(x0 + ((x1 - x0) * step) / steps);
      const y = Math.round(y0 + ((y1 - y0) * step) / steps);
      const reach = Math.floor(RADIUS);
      for (let v = Math.max(0, y - reach); v <= Math.min(height - 1, y + reach); v++) {
        for (let u = Math.max(0, x - reach); u <= Math.min(width - 1, x + reach); u++) {
          if ((u - x) ** 2 + (v - y) ** 2 <= RADIUS ** 2) this.marks[v * width + u] = this.brush;
        }
      }
    }
    this.draw();
    this.changed();
  }

  /** Draw picture, strokes and, for the keyboard, the brush; once for all that changed since the last frame. */
  draw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.#draw();
    });
  }

  #draw() {
    const { canvas, marks, picture } = this;
    const { width, height } = picture;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const pixels = this.background.slice();
    const counts = [0, 0, 0];
    for (let i = 0; i < marks.length; i++) {
      counts[marks[i]]++;
      if (marks[i]) pixels[i] = COLOURS[marks[i]];
    }
    const context = canvas.getContext("2d");
    context.putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), width, height), 0, 0);
    canvas.setAttribute(
      "aria-label",
      `A picture to paint on: ${counts[1]} pixels of class 1 and ${counts[2]} of class 2 are painted.`,
    );
    if (document.activeElement === canvas && canvas.matches(":focus-visible")) this.#cross(context);
  }

  #cross(context) {
    const [x, y] = this.#at;
    for (const [width, style] of [[3, "#000"], [1, this.#isDown ? "#f5d90a" : "#fff"]]) {
      context.lineWidth = width;
      context.strokeStyle = style;
      context.beginPath();
      for (const [dx, dy] of Object.values(MOVES)) {
        context.moveTo(x + 0.5 + 3 * dx, y + 0.5 + 3 * dy);
        context.lineTo(x + 0.5 + 8 * dx, y + 0.5 + 8 * dy);
      }
      context.stroke();
    }
  }
}

/** A colour as the 32 bits in which a canvas holds it. */
function packed([red, green, blue]) {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
