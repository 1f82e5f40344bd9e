// The live figure of the chapter on segmentation: six steps from grey values to labels, with sliders.

import { Sentence } from "./gpu.js";
import { choice, element, frame, latest, quiet, report, row, slider } from "./controls.js";
import { chooser, CREDIT, draw, drawLabels, rangeOf, stored } from "./picture.js";
import { match } from "./scores.js";
import { kernels, renumbered, Segmentation } from "./segmentation-steps.js";

export const title = "nuclei from grey values to labels, in six steps";

// The widths of the page's recipe, and of the stored answer.
const RECIPE = { outline: 1, spot: 4 };
const MOST_PIXELS = 2 ** 20; // more would need many more rounds of growth
const WHOLE_GROWTH = 41; // the slider's last place: as many rounds as it takes
const STEPS = [
  "1 narrow blur",
  "2 Otsu: the mask",
  "3 wide blur",
  "4 maxima: seeds",
  "5 Voronoi",
  "6 labels",
];

/** Throws a sentence where this GPU does not find the stored labels in the stored picture. */
export async function selfTest(gpu) {
  const [nuclei, expected] = await Promise.all([stored("nuclei"), stored("nuclei-labels")]);
  const steps = new Segmentation(gpu, await kernels(gpu), nuclei.grey, nuclei.width, nuclei.height);
  const { labels } = await steps.run(RECIPE);
  steps.free();
  // Devices round in their own order: a pixel just at the threshold may fall on either side.
  const { missed, invented } = match(expected.grey, labels, 0.9);
  if (missed + invented > 0) {
    throw new Sentence(
      `The labels of the stored picture come out wrong on ${gpu.name}: it is not used. A newer driver may help.`,
    );
  }
}

/** Build the figure. */
export async function open(gpu, place) {
  const pipelines = await kernels(gpu);
  const [nuclei, people] = await Promise.all([stored("nuclei"), stored("nuclei-people")]);
  let picture = nuclei;
  let wanted = nuclei; // becomes the picture when nobody computes with the one before
  let steps = new Segmentation(gpu, pipelines, nuclei.grey, nuclei.width, nuclei.height);

  const frames = STEPS.map((name) => frame("1", name));
  const told = report();
  const how = (label, min, max, step, value, show) =>
    slider(place, { label, min, max, step, value, show }, () => again());
  const pixels = (value) => `${value} px`;
  const outline = how("outline sigma", 0, 8, 0.5, RECIPE.outline, pixels);
  const spot = how("spot sigma", 0.5, 12, 0.5, RECIPE.spot, pixels);
  const factor = how("threshold", 0.2, 2, 0.05, 1, (value) => `${value.toFixed(2)} × Otsu`);
  const rounds = how("growth", 0, WHOLE_GROWTH, 1, WHOLE_GROWTH, (value) =>
    value === WHOLE_GROWTH ? "to the end" : `${value} round${value === 1 ? "" : "s"}`,
  );
  const values = choice(place, "grey values", ["as they are", "their logarithm"], () => again());

  const compute = async () => {
    if (wanted !== picture) change();
    const most = rounds.value === WHOLE_GROWTH ? Infinity : rounds.value;
    const { threshold, labels } = await steps.run({
      outline: outline.value,
      spot: spot.value,
      factor: factor.value,
      isLogarithm: values.value === 1,
      rounds: most,
    });
    const districts = renumbered((await steps.grow(steps.everywhere, most)).labels);
    const [edges, mask, hills] = await Promise.all(["edges", "mask", "hills"].map((name) => gpu.read(steps[name])));
    if (place.closed.aborted) return;
    show({ edges, mask, hills, districts, labels });
    tell(threshold, labels, mask);
  };

  const change = () => {
    const next = wanted;
    wanted = picture; // for the case that the next one is too large
    const fresh = new Segmentation(gpu, pipelines, next.grey, next.width, next.height);
    steps.free();
    [steps, picture, wanted] = [fresh, next, next];
  };

  const show = ({ edges, mask, hills, districts, labels }) => {
    const { width, height } = picture;
    const dots = enlarged(seedsOf(districts, hills, mask, width, height), width, height);
    // Dim nuclei are lifted for the eye alone; the logarithm does so itself.
    const bright = { gamma: values.value === 1 ? 1 : 0.5 };
    const canvases = frames.map((each) => each.canvas);
    draw(canvases[0], edges, width, height, { ...bright, range: rangeOf(edges) });
    draw(canvases[1], mask, width, height, { range: [0, 1] });
    draw(canvases[2], hills, width, height, bright);
    drawLabels(canvases[3], dots, width, height, { over: hills, ...bright, opacity: 1 });
    drawLabels(canvases[4], districts, width, height, { over: hills, ...bright });
    drawLabels(canvases[5], labels, width, height, { over: edges, ...bright });
  };

  const tell = (threshold, labels, mask) => {
    const objects = rangeOf(labels)[1];
    const parts = [`${objects} objects`, `threshold ${threshold === Infinity ? "none" : threshold.toPrecision(3)}`];
    if (picture === nuclei) {
      const { found, missed, invented, precision } = match(people.grey, labels);
      parts.push(`found ${found}, missed ${missed}, invented ${invented}: average precision ${precision.toFixed(2)}`);
    }
    told.textContent = `${parts.join("; ")}.`;
    const of = picture === nuclei ? "nuclei" : "your picture";
    const grown = rounds.value === WHOLE_GROWTH ? "to the end" : `for ${rounds.value} rounds`;
    const share = mask.filter((value) => value > 0).length / mask.length;
    const seen = [
      `${of}, blurred with a sigma of ${outline.value} pixels`,
      `in white what is brighter than the threshold, ${Math.round(100 * share)} % of the pixels`,
      `${of}, blurred with a sigma of ${spot.value} pixels: each object a soft hill`,
      "a coloured dot on each seed, the highest pixel of a hill",
      `a coloured district around each seed, grown ${grown}`,
      `${objects} objects, each in a colour that its neighbours do not have, over the picture`,
    ];
    seen.forEach((text, i) => place.describe(`${STEPS[i]}: ${text}.`, frames[i].canvas));
  };

  const again = latest(place, compute);
  const use = (chosen) => {
    wanted = chosen;
    return again();
  };
  const reset = quiet(place, "As in the chapter", () => {
    [outline.value, spot.value, factor.value, rounds.value, values.value] = [1, 4, 1, WHOLE_GROWTH, 0];
    place.say("");
    return use(nuclei);
  });

  place.box.append(
    row(outline.node, spot.node, factor.node, rounds.node),
    row(values.node, reset),
    row(chooser(place, use, { most: MOST_PIXELS })),
    told,
    element("div", { class: "live-grid" }, ...frames.map((each) => each.node)),
    element("p", { class: "live-credit" }, CREDIT),
  );
  await again();
}

/** The seeds that have a district, under its number: the highest pixel of each district's hill in the mask. */
function seedsOf(districts, hills, mask, width, height) {
  const seeds = new Uint32Array(districts.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (mask[i] > 0 && isHighest(hills, x, y, width, height)) seeds[i] = districts[i];
    }
  }
  return seeds;
}

function isHighest(hills, x, y, width, height) {
  const here = hills[y * width + x];
  for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v++) {
    for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, width - 1); u++) {
      if ((u !== x || v !== y) && hills[v * width + u] >= here) return false;
    }
  }
  return true;
}

/** Draw each seed as a square of seven by seven pixels. */
function enlarged(seeds, width, height) {
  const dots = new Uint32Array(seeds.length);
  seeds.forEach((label, i) => {
    if (!label) return;
    const [x, y] = [i % width, Math.floor(i / width)];
    for (let v = Math.max(y - 3, 0); v <= Math.min(y + 3, height - 1); v++) {
      for (let u = Math.max(x - 3, 0); u <= Math.min(x + 3, width - 1); u++) dots[v * width + u] = label;
    }
  });
  return dots;
}
