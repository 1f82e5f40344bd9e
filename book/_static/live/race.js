// The race of the GPU against one core of the processor, both in this page, on images of rising size.

import { Sentence } from "./gpu.js";
import { timeAwaited, timeOnGpu } from "./timing.js";
import { Segmentation } from "./segmentation-steps.js";
import * as processor from "./processor.js";

const SIGMA = 2;
const RECIPE = { outline: 1, spot: 4 };
const TAPS = 2 * (4 * SIGMA) + 1;
export const SIZES = [64, 128, 256, 512, 1024, 2048];

/**
 * The operations, each in both ways. `flops` and `bytes` count, for each pixel, the useful additions and
 * multiplications, and what must travel between memory and processor at the very least.
 */
export const OPERATIONS = {
  "blur": {
    gpu: (steps) => timeOnGpu(steps.gpu, (times) => {
      for (let i = 0; i < times; i++) steps.blur(steps.image, steps.edges, SIGMA);
    }),
    processor: (image, edge) => processor.blur(image, edge, edge, SIGMA),
    answer: async (steps) => {
      steps.blur(steps.image, steps.edges, SIGMA);
      return steps.gpu.read(steps.edges);
    },
    flops: 4 * TAPS,
    bytes: 16,
  },
  "threshold": {
    gpu: (steps) => timeAwaited(async () => {
      steps.above(steps.image, steps.mask, await steps.otsu(steps.image));
      await steps.gpu.finished();
    }),
    processor: (image) => processor.above(image, processor.otsu(image)),
    answer: async (steps) => {
      steps.above(steps.image, steps.mask, await steps.otsu(steps.image));
      return steps.gpu.read(steps.mask);
    },
    flops: 5,
    bytes: 16, // read for the range, for the histogram, for the comparison; write the mask
  },
  "pipeline": {
    gpu: (steps) => timeAwaited(() => steps.labelled(RECIPE)),
    processor: (image, edge) => processor.labelled(image, edge, edge, RECIPE),
    answer: async (steps) => (await steps.labelled(RECIPE)).labels,
    flops: 4 * (2 * 4 * RECIPE.outline + 1) + 4 * (2 * 4 * RECIPE.spot + 1) + 5 + 9 + 9,
    bytes: 2 * 16 + 16 + 16 + 12, // two blurs, the threshold, the seeds; one round of growth, if it were enough
  },
};

/**
 * A larger picture from a small one: mirrored again and again, so that no edge appears where tiles meet.
 * @param {Float32Array} image side × side.
 * @param {number} side
 * @param {number} edge
 * @returns {Float32Array} edge × edge.
 */
export function mirrored(image, side, edge) {
  const place = Uint32Array.from({ length: edge }, (_, i) => {
    const j = i % (2 * side);
    return j < side ? j : 2 * side - 1 - j;
  });
  const large = new Float32Array(edge * edge);
  for (let y = 0; y < edge; y++) {
    for (let x = 0; x < edge; x++) large[y * edge + x] = image[place[y] * side + place[x]];
  }
  return large;
}

/**
 * Race one operation at one size, after making sure that both ways give the same.
 * @returns {Promise<{gpu: number, processor: number}>} seconds.
 * @throws {Sentence} where they do not.
 */
export async function race(gpu, pipelines, name, image, edge) {
  const operation = OPERATIONS[name];
  const steps = new Segmentation(gpu, pipelines, image, edge, edge);
  try {
    const answer = await operation.answer(steps);
    const expected = operation.processor(image, edge);
    if (!isSame(answer, expected, name)) {
      throw new Sentence(`GPU and processor do not give the same (${name}, ${edge} × ${edge} pixels): no race.`);
    }
    const onGpu = await operation.gpu(steps);
    const onProcessor = await timeAwaited(() => void operation.processor(image, edge));
    return { gpu: onGpu, processor: onProcessor };
  } finally {
    steps.free();
  }
}

/** Whether two results differ by no more than rounding. */
function isSame(answer, expected, name) {
  let [largest, different] = [0, 0];
  for (let i = 0; i < answer.length; i++) {
    largest = Math.max(largest, Math.abs(answer[i] - expected[i]));
    if (answer[i] !== expected[i]) different++;
  }
  // A pixel just at the threshold may fall on either side of it, and take a few others with it.
  return name === "blur" ? largest < 0.01 : different <= 2e-3 * answer.length;
}

/**
 * From which size on is the GPU faster? Between two sizes both lines are taken as straight on logarithmic axes.
 * @param {number[]} edges rising.
 * @param {number[]} ratios the processor's time ÷ the GPU's.
 * @returns {number} an edge; the smallest if the GPU always wins, infinity if it loses at the largest size.
 */
export function crossing(edges, ratios) {
  const logs = ratios.map(Math.log);
  if (!(logs.at(-1) > 0)) return Infinity;
  const left = logs.findLastIndex((each) => each <= 0);
  if (left < 0) return edges[0];
  const share = -logs[left] / (logs[left + 1] - logs[left]);
  return edges[left] * (edges[left + 1] / edges[left]) ** share;
}
