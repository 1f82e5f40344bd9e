// The trained U-Net, step by step on the GPU: which kernel runs when, and on which memory.
//
// On the way down, two convolutions at each level, and every 2 × 2 pixels become one. At the bottom, two more. On the
// way up, every pixel becomes four, the copy that was kept at that level on the way down is put beside them, and two
// convolutions make one picture of both.

import { source } from "./gpu.js";
import { network } from "./unet-file.js";
import { axis, cut, normalise } from "./unet-tiles.js";

const KERNELS = ["conv", "pool", "mix", "enlarge", "last"];

/**
 * Compile the kernels and push the weights.
 * @param {Gpu} gpu
 * @param {ArrayBuffer} bytes of the file of weights.
 * @returns {Promise<object>} what `predict` takes.
 */
export async function load(gpu, bytes) {
  const compiled = KERNELS.map(async (name) =>
    [name, await gpu.kernel(await source(`unet-${name}.wgsl`, import.meta.url), `unet-${name}`)],
  );
  const kernels = Object.fromEntries(await Promise.all(compiled));
  const push = ({ ins, outs, weights, biases }) => ({
    ins,
    outs,
    weights: gpu.upload(weights),
    biases: gpu.upload(biases),
  });
  const { down, bottom, mix, up, last, ...rest } = network(bytes);
  return {
    ...rest,
    kernels,
    down: down.map((two) => two.map(push)),
    bottom: bottom.map(push),
    mix: mix.map(push),
    up: up.map((two) => two.map(push)),
    last: push(last),
  };
}

/**
 * How sure the network is of a root, at every pixel.
 * @param {Gpu} gpu
 * @param {object} unet from `load`.
 * @param {{grey: Float32Array, width: number, height: number}} picture
 * @param {object} [options]
 * @param {number} [options.tile] rows and columns of a tile.
 * @param {number} [options.overlap] pixels that neighbouring tiles share.
 * @param {(share: number) => void} [options.progress] is told how much is done, from 0 to 1.
 * @param {AbortSignal} [options.closed] ends it, with the signal's reason, before the next step.
 * @returns {Promise<Float32Array>} height × width, from 0 to 1.
 */
export async function predict(gpu, unet, picture, { tile = 512, overlap = tile / 4, progress, closed } = {}) {
  const { width, height } = picture;
  const stride = 2 ** unet.depth;
  const plan = { tile, overlap, blend: Math.floor(overlap / 2), stride };
  const [across, along] = [width, height].map((side) => axis(Math.ceil(side / stride) * stride, plan));
  const pixels = normalise(picture.grey, unet.normalisation);
  const total = new Float32Array(width * height);
  const weights = new Float32Array(width * height);
  const room = roomFor(gpu, unet, across.side, along.side);
  const all = across.starts.length * along.starts.length * (3 * unet.depth + 1);
  let done = 0;
  // A pause after each step: the browser can draw, and whoever closed the figure is heard.
  const pause = async () => {
    await gpu.finished();
    closed?.throwIfAborted();
    progress?.(++done / all);
  };
  try {
    for (const [i, row] of along.starts.entries()) {
      for (const [j, column] of across.starts.entries()) {
        const input = cut(pixels, width, height, row, column, along.side, across.side);
        const found = await forward(gpu, unet, room, input, pause);
        for (let y = 0; y < Math.min(along.side, height - row); y++) {
          for (let x = 0; x < Math.min(across.side, width - column); x++) {
            const weight = along.weights[i][y] * across.weights[j][x];
            total[(row + y) * width + column + x] += found[y * across.side + x] * weight;
            weights[(row + y) * width + column + x] += weight;
          }
        }
      }
    }
  } finally {
    room.free();
  }
  return total.map((value, i) => value / weights[i]);
}

/** Memory for all that lies between the layers, for tiles of one size. */
function roomFor(gpu, unet, width, height) {
  const buffers = [];
  const framed = (level, channels) => {
    const [columns, rows] = [width, height].map((side) => (side >> level) + 2);
    const buffer = gpu.empty(4 * columns * rows * channels);
    buffers.push(buffer);
    return buffer;
  };
  const levels = Array.from({ length: unet.depth + 1 }, (_, level) => {
    const channels = unet.width << level;
    return {
      width: width >> level,
      height: height >> level,
      channels,
      input: framed(level, level ? channels / 2 : 1), // what comes from above, halved
      between: framed(level, channels), // after the first of two convolutions
      both: framed(level, level < unet.depth ? 2 * channels : channels), // the copy, then what comes from below
      mixed: framed(level, channels / 2), // on its way up
    };
  });
  const result = gpu.empty(4 * width * height);
  return { levels, result, free: () => gpu.free(result, ...buffers) };
}

/** One tile through the network: normalised values with their frame in, probabilities out. */
async function forward(gpu, unet, room, input, pause) {
  const { kernels } = unet;
  const { levels, result } = room;
  const convolve = (level, layer, from, rowIn, to, rowOut) => {
    const { width, height } = levels[level];
    gpu.run(
      kernels.conv,
      [{ u: [width, height, layer.ins, rowIn, layer.outs, rowOut] }, from, layer.weights, layer.biases, to],
      [layer.outs / 16, width / 16, height / 8].map(Math.ceil),
    );
  };
  const twice = (level, [first, second], from, rowIn, to, rowOut) => {
    const { between, channels } = levels[level];
    convolve(level, first, from, rowIn, between, channels);
    convolve(level, second, between, channels, to, rowOut);
  };
  gpu.device.queue.writeBuffer(levels[0].input, 0, input);
  for (let level = 0; level < unet.depth; level++) {
    const { input, both, channels } = levels[level];
    const next = levels[level + 1];
    twice(level, unet.down[level], input, unet.down[level][0].ins, both, 2 * channels);
    gpu.run(
      kernels.pool,
      [{ u: [next.width, next.height, channels, 2 * channels] }, both, next.input],
      [Math.ceil(channels / 16), Math.ceil(next.width / 4), next.height],
    );
    await pause();
  }
  const deepest = levels[unet.depth];
  twice(unet.depth, unet.bottom, deepest.input, deepest.channels / 2, deepest.both, deepest.channels);
  let [below, apart] = [deepest.both, deepest.channels];
  for (let level = unet.depth - 1; level >= 0; level--) {
    const { width, height, both, channels } = levels[level];
    const { width: columns, height: rows, mixed } = levels[level + 1];
    const mix = unet.mix[unet.depth - 1 - level];
    const pixels = (columns + 2) * (rows + 2);
    // The course's network interpolates first and mixes the channels then. Both are sums with fixed weights, so the
    // order does not matter, and this way round a quarter of the pixels is mixed.
    const fours = Math.ceil(pixels / 16);
    const wide = Math.min(fours, 256);
    gpu.run(
      kernels.mix,
      [{ u: [pixels, mix.ins, apart, mix.outs] }, below, mix.weights, mix.biases, mixed],
      [Math.ceil(mix.outs / 16), wide, Math.ceil(fours / wide)],
    );
    gpu.run(
      kernels.enlarge,
      [{ u: [width, height, channels, 2 * channels, channels] }, mixed, both],
      [Math.ceil(channels / 16), Math.ceil(width / 4), height],
    );
    await pause();
    // The copy is not needed any more: the result takes its place.
    const up = unet.up[unet.depth - 1 - level];
    const { between } = levels[level];
    convolve(level, up[0], both, 2 * channels, between, channels);
    convolve(level, up[1], between, channels, both, 2 * channels);
    [below, apart] = [both, 2 * channels];
    await pause();
  }
  const { width, height } = levels[0];
  gpu.run(
    kernels.last,
    [{ u: [width, height, unet.width, apart] }, below, unet.last.weights, unet.last.biases, result],
    [Math.ceil(width / 16), Math.ceil(height / 4), 1],
  );
  await pause();
  return gpu.read(result);
}
