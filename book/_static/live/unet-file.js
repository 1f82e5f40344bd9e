// The course's file of weights, read as it lies on the server: no copy of it was made for this page.
//
// The format is safetensors. Eight bytes say how long a table is; the table (JSON) says of every array its name,
// type, shape and place; behind it lie the bare numbers. Nothing in it can run.

import { Sentence } from "./gpu.js";

const KIND = "gpu-course U-Net 1";

/**
 * Read a file of weights.
 * @param {ArrayBuffer} bytes
 * @returns {{about: object, arrays: Map<string, {shape: number[], values: Float32Array}>}} what the file says of
 *   itself, and its arrays of fractions.
 * @throws {Sentence} if it is cut short or something else.
 */
export function parse(bytes) {
  try {
    const length = Number(new DataView(bytes).getBigUint64(0, true));
    const table = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, length)));
    const about = JSON.parse(table.__metadata__.about);
    delete table.__metadata__;
    const arrays = new Map();
    for (const [name, { dtype, shape, data_offsets: [start, end] }] of Object.entries(table)) {
      const read = { F16: halves, F32: (part) => new Float32Array(part) }[dtype];
      // Whole numbers are counters of the training.
      if (!read) continue;
      const values = read(bytes.slice(8 + length + start, 8 + length + end));
      if (values.length !== shape.reduce((product, side) => product * side, 1)) throw new RangeError(name);
      arrays.set(name, { shape, values });
    }
    if (about.kind !== KIND) throw new TypeError(about.kind);
    return { about, arrays };
  } catch {
    throw new Sentence("The file of weights did not come whole: load the page again.");
  }
}

/** Numbers of 16 bits: a sign, five bits for the power of two, ten for the digits. */
function halves(bytes) {
  return Float32Array.from(new Uint16Array(bytes), (bits) => {
    const sign = bits >> 15 ? -1 : 1;
    const power = (bits >> 10) & 31;
    const digits = bits & 1023;
    // The smallest ones have no leading 1.
    return sign * (power ? 2 ** (power - 15) * (1 + digits / 1024) : 2 ** -14 * (digits / 1024));
  });
}

/**
 * The layers of a U-Net in the order in which they are used.
 * @param {ArrayBuffer} bytes of the file.
 * @returns {{depth: number, width: number, normalisation: object, record: object, down: object[][],
 *   bottom: object[], mix: object[], up: object[][], last: object}} each layer is
 *   `{ins, outs, weights, biases}`, its weights ordered as the kernels read them.
 * @throws {Sentence} if the network is of another build than the kernels here.
 */
export function network(bytes) {
  const { about, arrays } = parse(bytes);
  const { channels_in, classes, depth, width, norm, up } = about.configuration;
  if (channels_in !== 1 || classes !== 1 || norm !== "batch" || up !== "bilinear" || !("low" in about.normalisation)) {
    throw new Sentence("This network is of another build than the one that this page can compute.");
  }
  const get = (name) => arrays.get(name);
  const two = (name) => [0, 3].map((place) => normalised(get, `${name}.${place}`, `${name}.${place + 1}`));
  const levels = [...Array(depth).keys()];
  return {
    depth,
    width,
    normalisation: about.normalisation,
    record: about.record,
    down: levels.map((level) => two(`down.${level}`)),
    bottom: two("bottom"),
    mix: levels.map((level) => plain(get, `enlarge.${level}.1`)),
    up: levels.map((level) => two(`up.${level}`)),
    last: plain(get, "last"),
  };
}

/**
 * A convolution and the normalisation behind it as one: (w·x − mean) / √(variance + ε) · γ + β is a convolution
 * with other weights, w·γ/√(…), and the bias β − mean·γ/√(…).
 */
function normalised(get, convolution, norm) {
  const { shape, values } = get(`${convolution}.weight`);
  const [outs, ins] = shape;
  const [gamma, beta, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map(
    (name) => get(`${norm}.${name}`).values,
  );
  const factor = Float64Array.from(gamma, (value, i) => value / Math.sqrt(variance[i] + 1e-5));
  const weights = new Float32Array(values.length);
  for (let o = 0; o < outs; o++) {
    for (let rest = 0; rest < 9 * ins; rest++) {
      weights[rest * outs + o] = values[o * 9 * ins + rest] * factor[o];
    }
  }
  return { ins, outs, weights, biases: Float32Array.from(beta, (value, i) => value - mean[i] * factor[i]) };
}

/** A convolution of 1 × 1 pixels: weights by channel read, then by channel made. */
function plain(get, name) {
  const { shape, values } = get(`${name}.weight`);
  const [outs, ins] = shape;
  const weights = new Float32Array(values.length);
  for (let o = 0; o < outs; o++) {
    for (let i = 0; i < ins; i++) weights[i * outs + o] = values[o * ins + i];
  }
  return { ins, outs, weights, biases: get(`${name}.bias`).values };
}
