// The Fourier transform of a picture: that of all its rows, then that of all columns. The kernel is in fft.wgsl.

import { source } from "./gpu.js";

const ROOM = 1024; // numbers in all lines of a workgroup, as in the kernel
const LINES = 4; // of a workgroup, if there is room

const kernels = new WeakMap(); // of each GPU, compiled once

/**
 * Make ready to transform arrays of one shape.
 * @param {Gpu} gpu
 * @param {number} width a power of two, at most 1024; so is the height.
 * @param {number} height
 * @returns {Promise<{forward: Function, back: Function, free: Function}>} `forward(queue, buffer)` and `back(queue,
 *   buffer)` put their kernels into a queue of `gpu.batch`. The buffer holds complex numbers, (height, width, 2)
 *   float32, and is overwritten. `back` leaves out the factor 1 / (width · height).
 */
export async function transform(gpu, width, height) {
  for (const count of [width, height]) {
    if (!(count >= 2 && count <= ROOM && Number.isInteger(Math.log2(count)))) {
      throw new RangeError(`${count} is no power of two from 2 to ${ROOM}`);
    }
  }
  if (!kernels.has(gpu)) {
    const code = source("fft.wgsl", import.meta.url);
    kernels.set(gpu, code.then((text) => gpu.kernel(text, "Fourier transform", "transform")));
  }
  const kernel = await kernels.get(gpu);
  const waves = new Map([width, height].map((count) => [count, gpu.upload(wavesOf(count))]));
  const along = (queue, buffer, count, all, step, apart, direction) => {
    const lines = Math.min(LINES, all, ROOM / count);
    queue(kernel, [buffer, waves.get(count), { u: [count, lines, step, apart, direction] }], [all / lines]);
  };
  const both = (direction) => (queue, buffer) => {
    along(queue, buffer, width, height, 1, width, direction); // the rows
    along(queue, buffer, height, width, width, 1, direction); // the columns
  };
  return { forward: both(1), back: both(-1), free: () => gpu.free(...waves.values()) };
}

/** exp(-2πi k / count) for k < count / 2, computed in float64: real part, imaginary part, and so on. */
function wavesOf(count) {
  const turn = (k) => (-2 * Math.PI * k) / count;
  return Float32Array.from({ length: count }, (_, i) => (i % 2 ? Math.sin : Math.cos)(turn(i >> 1)));
}

/** The next power of two. */
export function fast(count) {
  return 2 ** Math.ceil(Math.log2(count));
}
