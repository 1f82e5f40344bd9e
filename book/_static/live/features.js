// The features of every pixel, at several widths, on the GPU: those of the course's recipe.

import { source } from "./gpu.js";
import { weightsOf } from "./segmentation-steps.js";

export const SIGMAS = [1, 2, 4, 8];
/** Features at each width: blurred, gradient, and two of the Hessian matrix. */
export const EACH = 4;

/** @returns {Promise<{blur: GPUComputePipeline, features: GPUComputePipeline}>} */
export async function kernels(gpu) {
  const [blur, features] = await Promise.all(
    ["blur.wgsl", "features.wgsl"].map(async (name) => gpu.kernel(await source(name, import.meta.url), name)),
  );
  return { blur, features };
}

/**
 * Compute the features.
 * @param {Gpu} gpu
 * @param {object} pipelines from `kernels`.
 * @param {{grey: Float32Array, width: number, height: number}} picture
 * @returns {GPUBuffer} f32, feature after feature, each height × width: four of the first width, then the next.
 */
export function compute(gpu, pipelines, { grey, width, height }) {
  const image = gpu.upload(grey);
  const [between, smooth] = [gpu.empty(grey.byteLength), gpu.empty(grey.byteLength)];
  const result = gpu.empty(grey.byteLength * EACH * SIGMAS.length);
  const groups = [Math.ceil(width / 16), Math.ceil(height / 16), 1];
  SIGMAS.forEach((sigma, i) => {
    const weights = weightsOf(sigma);
    const pushed = gpu.upload(weights);
    const numbers = (along) => ({ u: [width, height, along, weights.length - 1] });
    gpu.batch((queue) => {
      queue(pipelines.blur, [image, between, pushed, numbers(0)], groups);
      queue(pipelines.blur, [between, smooth, pushed, numbers(1)], groups);
      queue(pipelines.features, [{ u: [width, height, EACH * i] }, smooth, result], groups);
    });
    gpu.free(pushed);
  });
  gpu.free(image, between, smooth);
  return result;
}
