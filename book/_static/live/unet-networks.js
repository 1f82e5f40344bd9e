// The two trained networks of the chapter, and what each wants to be given. They are of one build, so the same kernels
// compute both; what differs is what they learned from, and so the pictures on which they can be right.

import { fetched } from "./gpu.js";
import { read, toGrey, toRed } from "./picture.js";
import { load } from "./unet-steps.js";

/** Of what is computed, in pixels: some 10¹¹ products, where a processor stands in for the GPU. */
const MOST_PIXELS = 2 ** 20;

/**
 * @typedef {object} Network
 * @property {string} name
 * @property {string} weights the file, beside this one.
 * @property {(rgba) => Float32Array} channel what it takes of a coloured pixel; `given` says it in words.
 * @property {boolean} isHalved whether it learned from pictures of which every 2 × 2 pixels were made one.
 * @property {number} threshold from which probability on a pixel is taken for root.
 * @property {string} about what it learned from, in words, and where the threshold comes from.
 */

/** @type {Network[]} Both thresholds are for one look at a picture: no flips, which are eight looks. */
export const NETWORKS = [
  {
    name: "soil, simulated",
    weights: "weights/roots-unet.safetensors",
    channel: toGrey,
    given: "Grey values",
    isHalved: false,
    threshold: 0.4,
    about:
      "It learned from simulated soil alone, and takes grey values as they are. Used without flips at the threshold " +
      "of 0.4, which validation scenes chose. For photographs of roots, choose the other one.",
  },
  {
    name: "photographs, fine-tuned",
    weights: "weights/rootnav-unet.safetensors",
    channel: toRed,
    given: "Red channel",
    isHalved: true,
    threshold: 0.5,
    about:
      "It went on to learn from ten photographs of roots on blue paper (RootNav 2.0, University of Nottingham, " +
      "BSD-3-Clause), and takes the red channel at half size. Used without flips at the threshold of 0.5, which " +
      "validation photographs chose.",
  },
];

const loaded = new WeakMap();

/**
 * A network on a GPU; its file is fetched when it is first asked for.
 * @param {Gpu} gpu
 * @param {Network} which
 * @returns {Promise<object>} what `predict` takes.
 */
export function network(gpu, { weights }) {
  if (!loaded.has(gpu)) loaded.set(gpu, new Map());
  const known = loaded.get(gpu);
  if (!known.has(weights)) {
    const coming = (async () => load(gpu, await (await fetched(weights, import.meta.url)).arrayBuffer()))();
    known.set(weights, coming);
    // A file that did not come is asked for again the next time.
    coming.catch(() => known.delete(weights));
  }
  return known.get(weights);
}

/**
 * Read a file as a network wants it.
 * @param {File} file
 * @param {Network} which
 * @param {boolean} isHalved at half size; the file may then have four times as many pixels before it is scaled down.
 * @returns {Promise<{grey: Float32Array, width: number, height: number, note: string}>} see `read`.
 */
export async function prepared(file, { channel }, isHalved) {
  const picture = await read(file, { most: (isHalved ? 4 : 1) * MOST_PIXELS, channel });
  return isHalved ? halved(picture) : picture;
}

/** Every 2 × 2 pixels made one, their mean; an odd last row or column is dropped. */
export function halved({ grey, width, height, note = "" }) {
  const [columns, rows] = [width, height].map((side) => Math.floor(side / 2));
  if (!columns || !rows) return { grey, width, height, note }; // a single row or column
  const half = new Float32Array(columns * rows);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const i = 2 * y * width + 2 * x;
      half[y * columns + x] = (grey[i] + grey[i + 1] + grey[i + width] + grey[i + width + 1]) / 4;
    }
  }
  return { grey: half, width: columns, height: rows, note };
}
