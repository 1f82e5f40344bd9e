// The same operations as in segmentation-steps.js, in plain JavaScript on one core of the processor: the
// other side of the race. Written as one writes it with care: typed arrays, no objects in the loops.

import { otsuOf, OUTSIDE, weightsOf } from "./segmentation-steps.js";

/**
 * Blur.
 * @param {Float32Array} image height × width.
 * @param {number} width
 * @param {number} height
 * @param {number} sigma
 * @returns {Float32Array}
 */
export function blur(image, width, height, sigma) {
  const weights = weightsOf(sigma);
  const between = new Float32Array(image.length);
  const dst = new Float32Array(image.length);
  const radius = weights.length - 1;
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < width; x++) {
      let sum = weights[0] * image[row + x];
      for (let k = 1; k <= radius; k++) {
        const left = x - k < 0 ? 0 : x - k;
        const right = x + k >= width ? width - 1 : x + k;
        sum += weights[k] * (image[row + left] + image[row + right]);
      }
      between[row + x] = sum;
    }
  }
  // Row by row here, too: each adds whole rows above and below, so memory is read in its own order.
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < width; x++) dst[row + x] = weights[0] * between[row + x];
    for (let k = 1; k <= radius; k++) {
      const above = (y - k < 0 ? 0 : y - k) * width;
      const below = (y + k >= height ? height - 1 : y + k) * width;
      const weight = weights[k];
      for (let x = 0; x < width; x++) dst[row + x] += weight * (between[above + x] + between[below + x]);
    }
  }
  return dst;
}

/** Otsu's threshold; infinity for an image of one value. */
export function otsu(image) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < image.length; i++) {
    if (image[i] < low) low = image[i];
    if (image[i] > high) high = image[i];
  }
  if (!(high > low)) return Infinity;
  const counts = new Uint32Array(256);
  const scale = 255 / (high - low);
  for (let i = 0; i < image.length; i++) counts[Math.floor((image[i] - low) * scale)]++;
  return otsuOf(counts, low, high);
}

/** 1 where a value is above the threshold, else 0. */
export function above(image, threshold) {
  const limit = Math.fround(threshold);
  const mask = new Float32Array(image.length);
  for (let i = 0; i < image.length; i++) mask[i] = image[i] > limit ? 1 : 0;
  return mask;
}

/** The maxima of `hills` in the mask, labelled as in seeds.wgsl. */
function seedsOf(hills, mask, width, height) {
  const labels = new Uint32Array(hills.length).fill(OUTSIDE);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (mask[i] > 0) labels[i] = isHighest(hills, x, y, width, height) ? i + 1 : 0;
    }
  }
  return labels;
}

function isHighest(hills, x, y, width, height) {
  const here = hills[y * width + x];
  for (let v = y > 0 ? y - 1 : 0; v <= y + 1 && v < height; v++) {
    for (let u = x > 0 ? x - 1 : 0; u <= x + 1 && u < width; u++) {
      if ((u !== x || v !== y) && hills[v * width + u] >= here) return false;
    }
  }
  return true;
}

/**
 * Let seeds grow, as in grow.wgsl. Where the GPU looks at every pixel in every round, one core does better to
 * look only where something grew in the last two rounds: one of them counts corners, the other does not, and
 * after both a pixel has nothing left to give.
 */
function grow(labels, width, height) {
  // A frame of one pixel, on which nothing grows, saves asking for the border.
  const wide = width + 2;
  const framed = new Uint32Array(wide * (height + 2)).fill(OUTSIDE);
  for (let y = 0; y < height; y++) framed.set(labels.subarray(y * width, (y + 1) * width), (y + 1) * wide + 1);
  const steps = [1, -1, wide, -wide, wide + 1, wide - 1, -wide + 1, -wide - 1];
  const best = new Uint32Array(framed.length);
  const order = new Uint32Array(labels.length); // pixels in the order in which they got a label
  let end = 0;
  for (let i = 0; i < framed.length; i++) if (framed[i] !== 0 && framed[i] !== OUTSIDE) order[end++] = i;
  let [first, last] = [0, 0]; // where in `order` the last round but one begins, and the last
  for (let round = 0; first < end; round++) {
    const reach = round % 2 === 0 ? 8 : 4;
    const begin = end;
    for (let k = first; k < begin; k++) {
      const i = order[k];
      for (let n = 0; n < reach; n++) {
        const there = i + steps[n];
        if (framed[there] !== 0) continue;
        if (best[there] === 0) order[end++] = there;
        if (framed[i] > best[there]) best[there] = framed[i];
      }
    }
    for (let k = begin; k < end; k++) framed[order[k]] = best[order[k]];
    [first, last] = [last, begin];
  }
  const grown = new Uint32Array(labels.length);
  for (let y = 0; y < height; y++) {
    grown.set(framed.subarray((y + 1) * wide + 1, (y + 1) * wide + 1 + width), y * width);
  }
  return grown;
}

/**
 * The whole recipe.
 * @param {Float32Array} image height × width.
 * @param {number} width
 * @param {number} height
 * @param {{outline: number, spot: number}} sigmas
 * @returns {Uint32Array} labels as `Segmentation.labelled` gives them.
 */
export function labelled(image, width, height, { outline, spot }) {
  const edges = blur(image, width, height, outline);
  const hills = blur(image, width, height, spot);
  const mask = above(edges, otsu(edges));
  return grow(seedsOf(hills, mask, width, height), width, height);
}
