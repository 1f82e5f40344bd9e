// Run a kernel that somebody wrote: what it is given is fixed, what it does is not.

import { KernelError, Sentence } from "./gpu.js";
import { inWords, timeOnGpu } from "./timing.js";

/** The lines that stand before every kernel of this figure, and that the compiler counts, too. */
export const HEAD = `struct Size { width: u32, height: u32 }
@group(0) @binding(0) var<storage, read> src: array<f32>;
@group(0) @binding(1) var<storage, read_write> dst: array<f32>;
@group(0) @binding(2) var<uniform> size: Size;

// The grey value in column x and row y; beyond the border the outermost pixel is repeated.
fn pixel(x: i32, y: i32) -> f32 {
  let column = clamp(x, 0, i32(size.width) - 1);
  let row = clamp(y, 0, i32(size.height) - 1);
  return src[row * i32(size.width) + column];
}

`;
const LINES = HEAD.split("\n").length - 1;

/**
 * Compile and run a kernel of the reader's, and time it.
 * @param {Gpu} gpu
 * @param {string} code WGSL with a function `main`, without the lines of `HEAD`.
 * @param {Float32Array} image height × width.
 * @param {number} width
 * @param {number} height
 * @param {boolean} isTimed
 * @returns {Promise<{image: Float32Array, seconds: number, groups: number[]}>}
 * @throws {KernelError} whose lines count from the first of `code`.
 */
export async function runKernel(gpu, code, image, width, height, isTimed = true) {
  const [across, down] = workgroupOf(code);
  const pipeline = await compiled(gpu, code);
  const src = gpu.upload(image);
  const dst = gpu.empty(image.byteLength);
  try {
    const groups = [Math.ceil(width / across), Math.ceil(height / down)];
    const bindings = [src, dst, { u: [width, height] }];
    gpu.run(pipeline, bindings, groups);
    const result = await gpu.read(dst);
    const seconds = isTimed ? await timeOnGpu(gpu, (times) => repeated(gpu, times, pipeline, bindings, groups)) : 0;
    return { image: result, seconds, groups };
  } finally {
    gpu.free(src, dst);
  }
}

function repeated(gpu, times, pipeline, bindings, groups) {
  gpu.batch((queue) => {
    for (let i = 0; i < times; i++) queue(pipeline, bindings, groups);
  });
}

async function compiled(gpu, code) {
  const { device } = gpu;
  const buffer = (binding, type) => ({ binding, visibility: GPUShaderStage.COMPUTE, buffer: { type } });
  // Said here, since a kernel need not use all that it is given.
  const given = ["read-only-storage", "storage", "uniform"].map((type, binding) => buffer(binding, type));
  const layout = device.createPipelineLayout({ bindGroupLayouts: [device.createBindGroupLayout({ entries: given })] });
  try {
    return await gpu.kernel(HEAD + code, "your kernel", "main", { layout });
  } catch (reason) {
    if (!(reason instanceof KernelError)) throw reason;
    const messages = reason.messages.map((each) => ({ ...each, line: Math.max(each.line - LINES, 0) }));
    throw new KernelError("your kernel", messages);
  }
}

/** How many pixels one workgroup of a kernel covers, as its `@workgroup_size` says. */
export function workgroupOf(code) {
  const found = code.replace(/\/\/.*/g, "").match(/@workgroup_size\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?/);
  if (!found) throw new Sentence("The kernel does not say its @workgroup_size in whole numbers, such as (16, 16).");
  return [Number(found[1]), Number(found[2] ?? 1)];
}

/** One sentence on how long a kernel took. */
export function timeInWords(seconds, width, height) {
  const millions = ((width * height) / seconds / 1e6).toPrecision(3);
  return `${inWords(seconds)} for ${width} × ${height} pixels, ${millions} million pixels a second`;
}
