// Measure what a GPU can do at most: bytes moved and operations computed in a second.

import { source } from "./gpu.js";
import { timeOnGpu } from "./timing.js";

const STEPS = 256;
const FLOPS_PER_ITEM = STEPS * 4 * 4 * 2; // chains, numbers in a vec4, multiply and add

/**
 * Measure both limits.
 * @param {Gpu} gpu
 * @param {{megabytes?: number[], items?: number[]}} [options] sizes, rising: the next one is taken while one is
 *   done too quickly to be measured. A small array would sit in a cache, which is then what is measured.
 * @returns {Promise<{bandwidth: number, rate: number, megabytes: number}>} bytes a second, reading and writing
 *   together; additions and multiplications of 32-bit floats a second; the size of the array moved.
 */
export async function measureLimits(gpu, { megabytes = [16, 128], items = [2 ** 14, 2 ** 18, 2 ** 21] } = {}) {
  const code = await source("limits.wgsl", import.meta.url);
  const options = { constants: { STEPS } };
  const [copy, compute] = await Promise.all([
    gpu.kernel(code, "limits.wgsl", "copy"),
    gpu.kernel(code, "limits.wgsl", "compute", options),
  ]);
  let bandwidth = 0;
  let size = 0;
  for (size of megabytes.filter((each) => each * 2 ** 20 <= gpu.limits.maxStorageBufferBindingSize)) {
    const seconds = await timeCopy(gpu, copy, size * 2 ** 20);
    bandwidth = (2 * size * 2 ** 20) / seconds;
    if (seconds > 0.005) break;
  }
  let rate = 0;
  for (const count of items) {
    const seconds = await timeCompute(gpu, compute, count);
    rate = (FLOPS_PER_ITEM * count) / seconds;
    if (seconds > 0.005) break;
  }
  return { bandwidth, rate, megabytes: size };
}

async function timeCopy(gpu, pipeline, bytes) {
  const src = gpu.empty(bytes);
  const dst = gpu.empty(bytes);
  const { numbers, groups } = grid(bytes / 16);
  try {
    return await timeOnGpu(gpu, (times) => {
      gpu.batch((queue) => {
        for (let i = 0; i < times; i++) queue(pipeline, [src, dst, numbers], groups);
      });
    });
  } finally {
    gpu.free(src, dst);
  }
}

async function timeCompute(gpu, pipeline, count) {
  const dst = gpu.empty(16 * count);
  const { numbers, groups } = grid(count);
  try {
    return await timeOnGpu(gpu, (times) => {
      gpu.batch((queue) => {
        for (let i = 0; i < times; i++) queue(pipeline, [null, dst, numbers], groups);
      });
    });
  } finally {
    gpu.free(dst);
  }
}

/** Threads in rows, as one row may not be longer than 65535 groups. */
function grid(count) {
  const groups = Math.ceil(count / 256);
  const across = Math.min(groups, 4096);
  return { numbers: { u: [count, 256 * across], f: [0.999, 0.001] }, groups: [across, Math.ceil(groups / across)] };
}
