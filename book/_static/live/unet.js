// The live figure of the chapter on roots: the U-Net that the course trained, on its test scene or on a picture of
// the reader's.

import { Sentence } from "./gpu.js";
import { choice, element, frame, quiet, report, row, slider } from "./controls.js";
import { colourOf, FOUND } from "./judged.js";
import { draw, fileChooser, paint, rangeOf, stored } from "./picture.js";
import { dice } from "./scores.js";
import { halved, network, NETWORKS, prepared } from "./unet-networks.js";
import { predict } from "./unet-steps.js";

export const title = "the trained U-Net, from grey values to roots";

const TRIAL = { side: 64, row: 96, column: 96 }; // the part of the scene whose answer is stored
const TOLERANCE = 0.01; // the stored answer is rounded to 1/255
const SIZES = ["at full size", "at half size"];

/**
 * Throws a sentence where this GPU does not find the stored probabilities in a part of the stored scene. The other
 * network has the same kernels, and so the same test.
 */
export async function selfTest(gpu) {
  const [unet, scene, expected] = await Promise.all([
    network(gpu, NETWORKS[0]),
    stored("roots"),
    stored("roots-probability"),
  ]);
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
  const [scene, truth] = await Promise.all([stored("roots"), stored("roots-truth")]);
  let file = null; // the reader's own; null: the chapter's scene
  let picture = null; // as the network is given it
  let probability = null;
  let used = { chosen: NETWORKS[0], isHalved: false }; // what it is computed with
  let seconds = 0; // how long that took
  let wish = 0; // counts up with every change: what is computed for an earlier one is not shown
  let running = new AbortController();

  const frames = ["as the network gets it", "probability of root", "roots"].map((name) => frame("1", name));
  const [seen, sure, judged] = frames.map((each) => each.canvas);
  const told = report("live-long");
  const about = element("p", { class: "live-hint live-about" });
  const fixed = (value) => value.toFixed(2);
  const names = NETWORKS.map(({ name }) => name);
  const which = choice(place, "network", names, () => {
    place.say("Fetching the network …");
    place.attempt(() => use(file, true));
  });
  const size = choice(place, "picture", SIZES, () => place.attempt(() => use(file)));
  const threshold = slider(
    place,
    { label: "threshold", min: 0.05, max: 0.95, step: 0.05, value: NETWORKS[0].threshold, show: fixed },
    () => judge(),
  );
  const reset = quiet(place, "The chapter’s scene", () => {
    which.value = 0;
    return use(null, true);
  });

  /** Tell what was found above the threshold; no new prediction is needed for it. */
  const judge = () => {
    if (!probability) return;
    const { width, height, grey } = picture;
    const mask = probability.map((value) => Number(value > threshold.value));
    // Nobody knows what is true in a picture of the reader's, and at half size the scene has no stored truth.
    const isKnown = !file && !used.isHalved;
    const [low, high] = rangeOf(grey);
    paint(judged, width, height, (i) => {
      const level = (110 * (grey[i] - low)) / Math.max(high - low, 1); // dimmed
      if (!isKnown && mask[i]) return FOUND;
      return colourOf(isKnown && truth.grey[i] > 0, mask[i] > 0, [level, level, level]);
    });
    const share = (100 * mask.reduce((sum, value) => sum + value, 0)) / mask.length;
    const score = isKnown ? `, Dice ${dice(truth.grey, mask).toFixed(3)}` : "";
    const given = `${used.chosen.given} ${SIZES[Number(used.isHalved)]}, ${width} × ${height} pixels`;
    told.textContent =
      `${share.toFixed(1)} % of the pixels are root at a threshold of ${fixed(threshold.value)}${score}. ` +
      `${given}, without flips: predicted in ${seconds.toPrecision(2)} s.`;
    place.describe(
      isKnown
        ? `The scene judged: white where root was found, orange where missed, blue where invented${score}.`
        : `The picture, dimmed, with what the network takes for root in white: ${share.toFixed(1)} % of the pixels.`,
      judged,
    );
  };

  /** Predict the scene, or the reader's file; with `asLearned`, at the size and threshold that the network wants. */
  const use = async (next, asLearned = false) => {
    const mine = ++wish;
    const chosen = NETWORKS[which.value];
    const isHalved = asLearned ? chosen.isHalved : size.value === 1;
    let [unet, fresh] = [];
    try {
      const given = next ? prepared(next, chosen, isHalved) : isHalved ? halved(scene) : scene;
      [unet, fresh] = await Promise.all([network(gpu, chosen), given]);
    } catch (reason) {
      // What is no picture, or a file of weights that does not come, changes nothing.
      if (mine === wish) show(used);
      throw reason;
    }
    if (mine !== wish || place.closed.aborted) return;
    running.abort(); // what is still computed for another wish
    running = new AbortController();
    [file, picture, probability, used] = [next, fresh, null, { chosen, isHalved }];
    if (asLearned) threshold.value = chosen.threshold;
    show(used);
    place.say(picture.note);
    await compute(unet, AbortSignal.any([place.closed, running.signal]));
  };

  const show = ({ chosen, isHalved }) => {
    [which.value, size.value] = [NETWORKS.indexOf(chosen), Number(isHalved)];
    about.textContent = chosen.about;
  };

  const compute = async (unet, closed) => {
    const { grey, width, height } = picture;
    draw(seen, grey, width, height);
    for (const canvas of [sure, judged]) paint(canvas, width, height, () => [0, 0, 0]);
    const what = file ? `Your own picture, ${width} by ${height} pixels.` : "Simulated grey soil with pale roots.";
    place.describe(what, seen);
    for (const canvas of [sure, judged]) place.describe("Not computed yet.", canvas);
    told.ariaBusy = "true"; // nobody wants every percent read out
    const progress = (share) => {
      told.textContent = `Computing: ${Math.round(100 * share)} %`;
    };
    try {
      progress(0);
      const start = performance.now();
      const found = await predict(gpu, unet, picture, { progress, closed });
      closed.throwIfAborted();
      [probability, seconds] = [found, (performance.now() - start) / 1000];
    } catch (reason) {
      if (!closed.aborted) throw reason; // else another picture, or the end, is what was asked for
      return;
    }
    told.ariaBusy = "false";
    draw(sure, probability, width, height, { range: [0, 1] });
    place.describe("The probability of root at each pixel: bright lines where the network is sure.", sure);
    judge();
  };

  place.box.append(
    row(which.node, size.node, reset),
    about,
    row(threshold.node),
    row(fileChooser(place, (chosen) => use(chosen))),
    told,
    element("div", { class: "live-grid" }, ...frames.map((each) => each.node)),
  );
  await use(null, true);
}
