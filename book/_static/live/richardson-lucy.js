// The live figure of the simulated sphere: Richardson–Lucy against an object that is known.

import { fetched, Sentence } from "./gpu.js";
import { button, choice, element, frame, latest, quiet, row, slider } from "./controls.js";
import { errorChart, errorsInWords } from "./error-chart.js";
import { count, PIXEL, scene, spot } from "./microscope.js";
import { draw } from "./picture.js";
import { expected, richardsonLucy } from "./richardson-lucy-steps.js";

export const title = "Richardson–Lucy against a known object";

const BACKGROUND = 20; // photons in every pixel
const WIDTH = 0.25; // µm: of the lens that made the image
const LIGHT = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
const WEIGHTS = [0, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05];
const FIRST = { light: 4, iterations: 60, width: WIDTH, beside: 0, tv: 0, way: 0 };
const WAIT = 60; // milliseconds between two pictures, at least

// The stored picture and answer: see `deconvolution` in ci/live_data.py.
const STORED = { size: 48, lens: 17, width: 1.7, options: { iterations: 10, background: BACKGROUND, tv: 0.002 } };

/** Throws a sentence where this GPU does not come to the stored estimate from the stored picture. */
export async function selfTest(gpu) {
  const { size, lens, width, options } = STORED;
  const numbers = new Float32Array(await (await fetched("data/richardson-lucy.bin", import.meta.url)).arrayBuffer());
  const picture = (values) => ({ width: size, height: size, values });
  const [image, truth] = [picture(numbers.slice(0, size * size)), picture(numbers.slice(size * size))];
  let error = Infinity;
  const steps = richardsonLucy(gpu, image, spot(width, 0, lens), { ...options, truth });
  for await (const step of steps) error = step.error;
  if (!(error <= 1e-3)) {
    throw new Sentence(
      `The estimate of the stored picture comes out wrong on ${gpu.name}: it is not used, and its driver may ` +
        "need an update.",
    );
  }
}

/** Build the figure. */
export async function open(gpu, place) {
  const photons = (index) => LIGHT[index];
  const micrometres = (value) => `${value.toFixed(2)} µm`;
  const how = (label, min, max, step, value, show) =>
    slider(place, { label, min, max, step, value, show }, () => change());
  const controls = {
    light: how("light", 0, LIGHT.length - 1, 1, FIRST.light, (index) => `${photons(index)} photons`),
    iterations: how("iterations", 1, 200, 1, FIRST.iterations),
    width: how("PSF width", 0.1, 0.5, 0.01, FIRST.width, micrometres),
    beside: how("PSF centre", -0.6, 0.6, 0.1, FIRST.beside, (value) => (value > 0 ? "+" : "") + micrometres(value)),
    tv: how("total variation", 0, WEIGHTS.length - 1, 1, FIRST.tv, (index) => String(WEIGHTS[index])),
    way: choice(place, "steps", ["accelerated", "plain"], () => change()),
  };
  const names = ["object", "image", "estimate", "estimate − object"];
  const frames = names.map((name) => frame("1", name));
  const [objectFrame, imageFrame, estimateFrame, differenceFrame] = frames;
  const chart = element("div", { class: "live-error-chart", role: "img" });
  const told = element("p", { class: "live-told live-long" });

  // One photon's worth of light, blurred once for all: the expected image is in proportion to the light.
  const blurred = await expected(gpu, scene(1), spot(WIDTH / PIXEL));
  let exposure = 1;
  let wish = 0; // counts up with every change: a run that is no longer wanted stops
  let errors = [];
  let before = []; // those of the last run that came to its end
  let finished = [];

  const compute = async () => {
    const mine = wish;
    const light = photons(controls.light.value);
    const truth = scene(light);
    const mean = blurred.values.map((share) => share * light + BACKGROUND);
    const image = count({ ...blurred, values: mean }, exposure);
    const options = {
      iterations: controls.iterations.value,
      background: BACKGROUND,
      tv: WEIGHTS[controls.tv.value],
      accelerated: controls.way.value === 0,
      truth,
    };
    showScene(truth, image, light);
    before = finished;
    errors = [];
    place.say("Iterating …");
    let drawn = -Infinity;
    const lens = spot(controls.width.value / PIXEL, controls.beside.value / PIXEL);
    for await (const step of richardsonLucy(gpu, image, lens, options)) {
      if (place.closed.aborted || wish !== mine) return;
      errors.push(step.error);
      const isLast = step.iteration === options.iterations;
      if (!isLast && performance.now() - drawn < WAIT) continue;
      showEstimate(step, await step.estimate(), truth, light);
      if (place.closed.aborted) return;
      tell(step, options.iterations);
      drawn = performance.now();
    }
    finished = errors;
    place.say(`Done: error ${errors.at(-1).toFixed(2)} after ${errors.length} iterations.`);
  };

  const showScene = (truth, image, light) => {
    const { width, height } = truth;
    const range = [0, 1.3 * light];
    draw(objectFrame.canvas, truth.values, width, height, { range });
    draw(imageFrame.canvas, image.values.map((value) => value - BACKGROUND), width, height, { range });
    place.describe(
      "Object: a large disc on the left, a small dimmer one at the upper right, three pairs of beads below it.",
      objectFrame.canvas,
    );
    place.describe(
      `Image of the object: blurred, and counted in ${light} photons per pixel of the large disc; ` +
        "the closest pair of beads is one spot.",
      imageFrame.canvas,
    );
  };

  const showEstimate = (step, estimate, truth, light) => {
    const { width, height, values } = estimate;
    draw(estimateFrame.canvas, values, width, height, { range: [0, 1.3 * light] });
    const difference = values.map((value, i) => value - truth.values[i]);
    draw(differenceFrame.canvas, difference, width, height, { range: [-light, light] });
    const beside = controls.beside.value;
    const side = beside > 0 ? "left" : "right"; // the other one than the PSF's
    const moved = beside ? `, displaced to the ${side} by as much as the PSF lies beside its centre` : "";
    const done = `Estimate of the object after iteration ${step.iteration}, with an error of ${step.error.toFixed(2)}`;
    place.describe(`${done}${moved}.`, estimateFrame.canvas);
    place.describe(
      "Estimate minus object: grey where it is right, white where too bright, black where too dark.",
      differenceFrame.canvas,
    );
  };

  const tell = (step, iterations) => {
    const width = Math.max(260, chart.clientWidth);
    chart.replaceChildren(errorChart({ width, height: 230, iterations, errors, before }));
    const words = errorsInWords(errors);
    chart.setAttribute("aria-label", `Chart: the error against the iterations. ${words}`);
    told.textContent = `${words} The deviance is ${step.deviance.toPrecision(3)}; photon noise alone leaves about 1.`;
  };

  const again = latest(place, compute);
  const change = () => {
    wish++;
    return again();
  };
  const second = button(place, "Another exposure", () => {
    exposure++;
    change();
  });
  const reset = quiet(place, "As at first", () => {
    for (const [name, value] of Object.entries(FIRST)) controls[name].value = value;
    exposure = 1;
    change();
  });

  const { light, iterations, width, beside, tv, way } = controls;
  place.box.append(
    row(...[light, iterations, width, beside, tv, way].map((each) => each.node)),
    row(second, reset),
    told,
    element("div", { class: "live-grid" }, ...frames.map((each) => each.node), chart),
  );
  chart.setAttribute("aria-label", "Chart: the error against the iterations, drawn as they are computed.");
  place.describe("Estimate of the object: not yet computed.", estimateFrame.canvas);
  place.describe("Estimate minus object: not yet computed.", differenceFrame.canvas);
  place.attempt(change); // the figure is open while it iterates
}
