// The live figure of the page of scores: one picture, the reader's own if he likes, through all methods of the course
// that run in a page.

import { choice, element, frame, row } from "./controls.js";
import * as painting from "./paint.js";
import { Learner } from "./paint-steps.js";
import { colourOf, FOUND } from "./judged.js";
import { chooser, draw, drawLabels, paint, rangeOf, stored } from "./picture.js";
import { dice, match } from "./scores.js";
import * as segmentation from "./segmentation.js";
import { kernels, Segmentation } from "./segmentation-steps.js";
import * as roots from "./unet.js";
import { network, NETWORKS } from "./unet-networks.js";
import { predict } from "./unet-steps.js";

export const title = "one picture through the methods that run in a page";

const MOST_PIXELS = 2 ** 18;
const WIDTHS = { outline: 1, spot: 4 }; // of the chapter's recipe for nuclei
const METHODS = ["classical", "forest", "U-Net"];
const WHAT = ["blur, threshold, seeds", "learned from strokes on nuclei", "learned from simulated roots"];

/** Each method is tested as in its own figure. */
export async function selfTest(gpu) {
  for (const lesson of [segmentation, painting, roots]) await lesson.selfTest(gpu);
}

/**
 * Connected pieces of a mask; pixels that touch at a corner are connected.
 * @param {ArrayLike<number>} mask
 * @returns {number}
 */
export function pieces(mask, width, height) {
  const open = Uint8Array.from(mask, (value) => (value ? 1 : 0));
  const waiting = [];
  let count = 0;
  for (let first = 0; first < open.length; first++) {
    if (!open[first]) continue;
    count++;
    open[first] = 0;
    waiting.push(first);
    while (waiting.length) {
      const at = waiting.pop();
      const [x, y] = [at % width, Math.floor(at / width)];
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          if (!open[v * width + u]) continue;
          open[v * width + u] = 0;
          waiting.push(v * width + u);
        }
      }
    }
  }
  return count;
}

/** A forest that has learned from strokes on the course's nuclei answers for the logarithm of another picture. */
async function forestOf(gpu, nuclei, strokes) {
  const logarithm = (picture) => ({ ...picture, grey: picture.grey.map(Math.log1p) });
  const teacher = await Learner.on(gpu, logarithm(nuclei));
  const trees = await teacher.learn(Uint8Array.from(strokes.grey));
  teacher.free();
  return async (picture) => {
    const learner = await Learner.on(gpu, logarithm(picture));
    const probability = await learner.ask(trees, 2);
    learner.free();
    return probability.subarray(picture.grey.length);
  };
}

/** Build the figure. */
export async function open(gpu, place) {
  const names = ["nuclei", "nuclei-people", "nuclei-strokes", "roots", "roots-truth"];
  const [nuclei, people, strokes, soil, truth] = await Promise.all(names.map(stored));
  const [pipelines, unet, forest] = await Promise.all([
    kernels(gpu),
    network(gpu, NETWORKS[0]),
    forestOf(gpu, nuclei, strokes),
  ]);
  const scenes = [nuclei, soil];
  let running = new AbortController();

  const frames = ["the picture", ...METHODS].map((name) => frame("1", name));
  const [seen, ...canvases] = frames.map((each) => each.canvas);
  const cells = METHODS.map(() => [element("td", {}, "…"), element("td", {}, "…")]);
  const head = (scope, text) => element("th", { scope }, text);
  const line = (...parts) => element("tr", {}, ...parts);
  const table = element(
    "table",
    { class: "live-counts" },
    element("thead", {}, line(...["method", "finds", "score"].map((text) => head("col", text)))),
    element("tbody", {}, ...METHODS.map((name, i) => line(head("row", `${name}: ${WHAT[i]}`), ...cells[i]))),
  );
  // The table fills cell by cell, which a screen reader does not notice: it is told the whole in the end.
  const told = element("p", { class: "live-unseen", role: "status" });
  const which = choice(place, "picture", ["nuclei", "roots in soil"], (i) => place.attempt(() => compute(scenes[i])));
  const tell = (i, found, score, alt) => {
    [cells[i][0].textContent, cells[i][1].textContent] = [found, score];
    place.describe(`${METHODS[i]}: ${alt}`, canvases[i]);
  };

  // Who looks at the table sees which method is at work, and how far the slowest of them is.
  const begin = (i, share = 0) => {
    cells[i][0].textContent = share ? `computing: ${Math.round(100 * share)} %` : "computing …";
  };

  /** Objects of grey values, or of probabilities: the same second step for both. */
  const objects = async (i, picture, grey, isOld) => {
    const { width, height } = picture;
    const steps = new Segmentation(gpu, pipelines, grey, width, height);
    const { labels } = await steps.run(WIDTHS);
    steps.free();
    if (isOld()) return;
    drawLabels(canvases[i], labels, width, height, { over: picture.grey, gamma: 0.5 });
    const score = picture === nuclei ? `AP ${match(people.grey, labels).precision.toFixed(2)}` : "–";
    const count = rangeOf(labels)[1];
    tell(i, `${count} objects`, score, `${count} objects in colours over the picture.`);
  };

  const compute = async (picture) => {
    running.abort(); // what is still computed for another picture
    running = new AbortController();
    const closed = AbortSignal.any([place.closed, running.signal]);
    const isOld = () => closed.aborted;
    const { width, height, grey } = picture;
    told.textContent = "Computing …";
    draw(seen, grey, width, height, { gamma: 0.5 });
    place.describe("The picture that all methods are given.", seen);
    canvases.forEach((canvas, i) => {
      paint(canvas, width, height, () => [0, 0, 0]);
      tell(i, "…", "…", "not computed yet.");
    });
    begin(0);
    await objects(0, picture, grey, isOld);
    if (isOld()) return;
    begin(1);
    const probability = await forest(picture);
    if (isOld()) return;
    await objects(1, picture, probability, isOld);
    if (isOld()) return;
    begin(2);
    const progress = (share) => isOld() || begin(2, share);
    const sure = await predict(gpu, unet, picture, { closed, progress }).catch((reason) => {
      if (!isOld()) throw reason;
    });
    if (isOld()) return;
    const mask = sure.map((value) => Number(value > NETWORKS[0].threshold));
    const isSoil = picture === soil;
    const [low, high] = rangeOf(grey);
    paint(canvases[2], width, height, (i) => {
      const level = (110 * (grey[i] - low)) / Math.max(high - low, 1); // dimmed
      if (!isSoil && mask[i]) return FOUND; // who knows whether that is true?
      return colourOf(isSoil && truth.grey[i] > 0, mask[i] > 0, [level, level, level]);
    });
    const share = (100 * mask.filter(Boolean).length) / mask.length;
    const score = isSoil ? `Dice ${dice(truth.grey, mask).toFixed(2)}` : "–";
    const found = `${share.toFixed(1)} % root, ${pieces(mask, width, height)} pieces`;
    tell(2, found, score, `${found}, in white${isSoil ? "; missed in orange, invented in blue" : ""}.`);
    const results = cells.map((each, i) => `${METHODS[i]}: ${each.map((cell) => cell.textContent).join(", ")}`);
    told.textContent = `Done. ${results.join("; ")}.`.replaceAll(", –", "");
  };

  place.box.append(
    row(which.node),
    row(
      chooser(
        place,
        (picture) => {
          which.value = -1; // none of the list
          return compute(picture);
        },
        { most: MOST_PIXELS },
      ),
    ),
    table,
    told,
    element("div", { class: "live-grid live-four" }, ...frames.map((each) => each.node)),
  );
  await compute(nuclei);
}
