// Richardson–Lucy on the GPU: the method of the course's own `richardson_lucy`, in two dimensions. The kernels, and
// what the words field, window, seen and dark mean, are in richardson-lucy.wgsl.

import { fast, transform } from "./fft.js";
import { source } from "./gpu.js";

/** @typedef {import("./microscope.js").Picture} Picture */

// As in the Python package, and there is said why.
const LEAST_SEEN = 1e-3; // of a pixel's light, so that it counts
const HIDDEN = Math.fround(1e12); // divided by so much, no light is left; as float32 has it
const FLOOR = 1e-6; // of the brightest pixel
const DARK = 1e-12; // of the brightest pixel
const FLAT = 1e-3; // of the mean

const THREADS = 64; // in a workgroup, as in the kernels
const SUMMING = 64; // workgroups of a kernel that sums
const NAMES = ["pass_lens", "predict", "compare", "correct", "judge"];

const compiled = new WeakMap(); // the kernels of each GPU, once

async function compile(gpu) {
  const here = import.meta.url;
  const files = ["richardson-lucy.wgsl", "total-variation.wgsl"];
  const [code, tv] = await Promise.all(files.map((name) => source(name, here)));
  const kernels = { curvature: await gpu.kernel(tv, "total variation", "curvature") };
  for (const name of NAMES) kernels[name] = await gpu.kernel(code, "Richardson–Lucy", name);
  return kernels;
}

/**
 * A lens and a window: everything that stays the same while estimates come and go.
 * @typedef {object} Imaging
 * @property {number} width of the field; height, too: powers of two.
 * @property {number[]} begin x and y of the image's first pixel in the field.
 * @property {Function} blur puts into a queue what turns an object (complex, on the field) into its image, which then
 *   lies at the field's first pixel.
 * @property {Function} sendBack the other way: what every pixel of an image holds goes to where its light can have come
 *   from.
 * @property {Float32Array} seen of the field.
 */

/**
 * @param {Gpu} gpu
 * @param {{width: number, height: number}} image
 * @param {Picture} lens its sum is 1, its centre pixel `size >> 1` of each axis.
 * @returns {Promise<Imaging>}
 */
export async function imaging(gpu, image, lens) {
  const width = fast(image.width + lens.width - 1);
  const height = fast(image.height + lens.height - 1);
  const begin = [lens.width, lens.height].map((size) => size - 1 - (size >> 1));
  if (!compiled.has(gpu)) compiled.set(gpu, compile(gpu));
  const [kernels, fft] = await Promise.all([compiled.get(gpu), transform(gpu, width, height)]);

  // The centre of the lens goes to pixel 0, which is where a transform looks for it, and on to -begin. The factor
  // 1 / (width · height) that the transform back leaves out goes in here, once for all.
  const moved = new Float32Array(2 * width * height);
  lens.values.forEach((share, i) => {
    const x = (i % lens.width) - (lens.width >> 1) - begin[0] + width;
    const y = Math.floor(i / lens.width) - (lens.height >> 1) - begin[1] + height;
    moved[2 * ((y % height) * width + (x % width))] = share / (width * height);
  });
  const transfer = gpu.upload(moved);
  gpu.batch((queue) => fft.forward(queue, transfer));

  const passed = (conjugate) => (queue, buffer) => {
    fft.forward(queue, buffer);
    queue(kernels.pass_lens, [{ f: [conjugate] }, transfer, buffer], [Math.ceil((width * height) / THREADS)]);
    fft.back(queue, buffer);
  };
  const free = () => {
    fft.free();
    gpu.free(transfer);
  };
  const model = { width, height, begin, kernels, blur: passed(1), sendBack: passed(-1), free };

  const even = { ...image, values: new Float32Array(image.width * image.height).fill(1) };
  const reached = await through(gpu, model.sendBack, onField(even, model, [0, 0]));
  const least = LEAST_SEEN * reached.reduce((a, b) => Math.max(a, b), 0);
  model.seen = reached.map((share) => (share < least ? HIDDEN : share));
  return model;
}

/**
 * What a camera can expect: an object, dark all around, blurred by the lens.
 * @param {Gpu} gpu
 * @param {Picture} object
 * @param {Picture} lens
 * @param {number} background photons that every pixel gets from nowhere in particular
 * @returns {Promise<Picture>}
 */
export async function expected(gpu, object, lens, background = 0) {
  const model = await imaging(gpu, object, lens);
  try {
    const blurred = await through(gpu, model.blur, onField(object, model, model.begin));
    const values = cropped(blurred, model.width, object, [0, 0]);
    return { ...object, values: values.map((light) => Math.max(light, 0) + background) };
  } finally {
    model.free();
  }
}

/**
 * One iteration's outcome.
 * @typedef {object} Step
 * @property {number} iteration the first is 1
 * @property {number} error root of the mean square difference from the truth, relative to the truth's own size
 * @property {number} deviance Poisson's, mean of all pixels, between the image and the blurred estimate that this
 *   iteration started from: about 1 where the two differ by no more than photon noise
 * @property {number} momentum what part of this step the next iteration repeats before it corrects
 * @property {() => Promise<Picture>} estimate pulls the estimate from the GPU; only until the next iteration
 */

/**
 * Estimate the object from its image, and stop after every iteration to say how far it is from the truth.
 *
 * Whoever leaves the loop over the steps early gives the GPU's memory back with that.
 * @param {Gpu} gpu
 * @param {Picture} image photons, 0 or more
 * @param {Picture} lens the point spread function that the method is told; its sum is 1
 * @param {{iterations?: number, background?: number, tv?: number, accelerated?: boolean, truth?: Picture}} [options]
 * @returns {AsyncGenerator<Step>}
 */
export async function* richardsonLucy(gpu, image, lens, options = {}) {
  const { iterations = 50, background = 0, tv = 0, accelerated = true, truth = image } = options;
  const model = await imaging(gpu, image, lens);
  const { width, height, begin, kernels, seen } = model;
  const pixels = width * height;
  const brightest = image.values.reduce((a, b) => Math.max(a, b), 0) || 1;
  const mean = image.values.reduce((a, b) => a + b, 0) / image.values.length;
  const level = Math.max(mean - background, 1e-3 * brightest);
  const [floor, dark] = [Math.max(FLOOR * brightest, background), DARK * brightest];

  const first = seen.map((share) => (share === HIDDEN ? dark : level)); // the same light everywhere
  const momentum = momentumOf();
  const on = {
    image: gpu.upload(image.values),
    truth: gpu.upload(truth.values),
    seen: gpu.upload(seen),
    estimate: gpu.upload(first),
    before: gpu.upload(first),
    prediction: gpu.empty(4 * pixels),
    spectrum: gpu.empty(8 * pixels),
    bend: gpu.empty(4 * pixels),
    steepness: gpu.empty(4 * pixels),
    step: gpu.empty(4 * pixels),
    sums: gpu.empty(3 * 16 * SUMMING),
  };
  try {
    for (let iteration = 1; iteration <= iterations; iteration++) {
      const size = [width, height, image.width, image.height, ...begin];
      const scene = { u: size, f: [background, floor, dark, tv, accelerated ? momentum.value : 0] };
      gpu.batch((queue) => {
        const sum = (name, ...bindings) => queue(kernels[name], [scene, on.sums, ...bindings], [SUMMING]);
        const predicted = [scene, on.estimate, on.before, on.prediction, on.spectrum];
        queue(kernels.predict, predicted, [Math.ceil(pixels / THREADS)]);
        model.blur(queue, on.spectrum);
        sum("compare", on.image, on.spectrum);
        model.sendBack(queue, on.spectrum);
        if (tv > 0) curve(queue, kernels.curvature, on, { width, height, tv, flat: FLAT * level });
        // The new estimate takes the place of the one before the last, which nobody needs any more.
        sum("correct", on.spectrum, on.prediction, on.seen, on.bend, on.step, on.before);
        sum("judge", on.before, on.truth, on.steepness);
      });
      [on.estimate, on.before] = [on.before, on.estimate];
      const [[misfit], [overlap, length], [wrong, right, variation]] = added(await gpu.read(on.sums));
      momentum.update(overlap, length, misfit + tv * variation);
      yield {
        iteration,
        error: Math.sqrt(wrong / right),
        deviance: (2 * misfit) / image.values.length,
        momentum: accelerated ? momentum.value : 0,
        estimate: async () => ({ ...image, values: cropped(await gpu.read(on.estimate), width, image, begin) }),
      };
    }
  } finally {
    gpu.free(...Object.values(on));
    model.free();
  }
}

/**
 * Put into a queue what finds bumps and dents of `on.prediction`: see total-variation.wgsl.
 * @param {Function} queue
 * @param {GPUComputePipeline} kernel
 * @param {{prediction: GPUBuffer, bend: GPUBuffer, steepness: GPUBuffer}} on
 * @param {{width: number, height: number, tv: number, flat: number}} grid
 */
export function curve(queue, kernel, on, { width, height, tv, flat }) {
  const numbers = { u: [width, height], f: [tv, flat] };
  queue(kernel, [on.prediction, on.bend, on.steepness, numbers], [Math.ceil(width / 16), Math.ceil(height / 16)]);
}

/**
 * How much of its last step an iteration repeats (Biggs and Andrews 1997): as much as the last two corrections were
 * alike. If the image was explained worse than before, the jump was too far, and the next iteration starts without one.
 */
function momentumOf() {
  let [before, best] = [0, Infinity];
  return {
    value: 0,
    update(overlap, length, objective) {
      this.value = before > 0 && objective <= best ? Math.min(Math.max(overlap / before, 0), 0.999) : 0;
      [before, best] = [length, objective];
    },
  };
}

/** The sums of all workgroups, as float64: up to four of each of the three kernels that sum. */
function added(parts) {
  const sums = [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]];
  parts.forEach((part, i) => { sums[Math.floor((3 * i) / parts.length)][i % 4] += part; });
  return sums;
}

/** Complex numbers of a field that hold a picture at a place, and 0 around it. */
function onField(picture, { width, height }, [left, top]) {
  const field = new Float32Array(2 * width * height);
  picture.values.forEach((value, i) => {
    const [x, y] = [left + (i % picture.width), top + Math.floor(i / picture.width)];
    field[2 * (y * width + x)] = value;
  });
  return field;
}

/** The real part of what becomes of complex numbers on the GPU. */
async function through(gpu, fill, numbers) {
  const buffer = gpu.upload(numbers);
  gpu.batch((queue) => fill(queue, buffer));
  const complex = await gpu.read(buffer);
  gpu.free(buffer);
  return Float32Array.from({ length: complex.length / 2 }, (_, i) => complex[2 * i]);
}

/** A window of a field: of the shape of a picture, from a pixel on. */
function cropped(field, width, picture, [left, top]) {
  const values = new Float32Array(picture.width * picture.height);
  for (let y = 0; y < picture.height; y++) {
    const begin = (top + y) * width + left;
    values.set(field.subarray(begin, begin + picture.width), y * picture.width);
  }
  return values;
}
