// Pictures of any size, tile by tile: the same tiles, and the same fading of one into the next, as the course's
// `predict_tiled`. Near the border of a tile the network misses what lies beyond, so tiles overlap, and their
// outermost pixels are thrown away.

/**
 * Bring two percentiles of a picture to 0 and 1, as the network's training did.
 * @param {Float32Array} grey
 * @param {{low: number, high: number}} percentiles in percent.
 * @returns {Float32Array} values beyond the two are kept, not cut.
 */
export function normalise(grey, { low, high }) {
  const sorted = Float32Array.from(grey).sort();
  let [dark, bright] = [low, high].map((percent) => percentile(sorted, percent));
  // Nearly all of one value: then the smallest and the largest.
  if (bright <= dark) [dark, bright] = [sorted[0], sorted.at(-1)];
  const span = bright > dark ? bright - dark : 1;
  return grey.map((value) => (value - dark) / span);
}

/** The value below which so many percent of all lie, interpolated between the two nearest. */
function percentile(sorted, percent) {
  const place = ((sorted.length - 1) * percent) / 100;
  const [before, behind] = [Math.floor(place), Math.ceil(place)].map((i) => sorted[i]);
  return before + (behind - before) * (place - Math.floor(place));
}

/**
 * The tiles of one axis.
 * @param {number} length pixels of the axis, a multiple of `stride`.
 * @param {{tile: number, overlap: number, blend: number, stride: number}} plan
 * @returns {{side: number, starts: number[], weights: Float32Array[]}} how long a tile is, where each begins, and
 *   how much each of its pixels counts.
 */
export function axis(length, { tile, overlap, blend, stride }) {
  const wanted = Math.ceil(tile / stride) * stride;
  const side = Math.min(wanted, length);
  // Tiles begin at multiples of the stride, as a network that halves a picture four times sees a grid of 16 pixels.
  const step = Math.floor((wanted - overlap) / stride) * stride;
  const last = Math.max(length - side, 0);
  const starts = [];
  for (let start = 0; start < last; start += step) starts.push(start);
  starts.push(last);
  const outer = (overlap - blend) / 2;
  const share = (distance) => Math.min(1, Math.max(0, (distance + 0.5 - outer) / Math.max(blend, 1e-3)));
  const weights = starts.map((start) =>
    Float32Array.from({ length: side }, (_, i) => {
      let weight = 1;
      // The middle of a pixel lies half a pixel from its border. At the edge of the picture nobody else helps.
      if (start > 0) weight *= share(i);
      if (start + side < length) weight *= share(side - 1 - i);
      return Math.max(weight, 1e-12);
    }),
  );
  return { side, starts, weights };
}

/**
 * A tile of a picture; beyond its edge the last row and column go on.
 * @param {Float32Array} picture height × width.
 * @returns {Float32Array} rows × columns, with a frame of zeros one pixel wide.
 */
export function cut(picture, width, height, row, column, rows, columns) {
  const tile = new Float32Array((rows + 2) * (columns + 2));
  for (let y = 0; y < rows; y++) {
    const start = Math.min(row + y, height - 1) * width;
    for (let x = 0; x < columns; x++) {
      tile[(y + 1) * (columns + 2) + x + 1] = picture[start + Math.min(column + x, width - 1)];
    }
  }
  return tile;
}
