// A small object, a lens and a camera, all of them known: the scene of richardson-lucy.js. No GPU is needed for it.

/**
 * A picture of grey values, row by row.
 * @typedef {{width: number, height: number, values: Float32Array}} Picture
 */

export const PIXEL = 0.1; // µm
const SIZE = 96; // pixels; with a lens of 33 pixels the field is 96 + 33 - 1 = 128, which a transform likes
const LENS = 33;

// The large disc is the middle plane of the sphere on the page; the others show what one disc cannot: a dim one
// beside it, and pairs of beads, of which the closest looks like one in the image. Places and radii in µm, from the
// middle.
const DISCS = [
  { x: -1.8, y: 0.3, radius: 2.45, light: 1 },
  { x: 2.7, y: -2.9, radius: 1.1, light: 0.4 },
  ...[0.5, 0.7, 1.0].flatMap((apart, row) =>
    [-apart / 2, apart / 2].map((x) => ({ x: 2.7 + x, y: -0.4 + 1.8 * row, radius: 0.15, light: 2 })),
  ),
];

/**
 * Draw the object: discs, each pixel as bright as the share of it that they cover.
 * @param {number} photons expected of a pixel inside the large disc
 * @returns {Picture}
 */
export function scene(photons) {
  const picture = { width: SIZE, height: SIZE, values: new Float32Array(SIZE * SIZE) };
  for (let y = 0, i = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++, i++) {
      for (const disc of DISCS) {
        const away = Math.hypot(x - SIZE / 2 - disc.x / PIXEL, y - SIZE / 2 - disc.y / PIXEL);
        const covered = Math.min(Math.max(disc.radius / PIXEL - away + 0.5, 0), 1);
        picture.values[i] += photons * disc.light * covered;
      }
    }
  }
  return picture;
}

/**
 * A lens that makes a Gaussian spot of every point, with a sum of 1.
 * @param {number} width standard deviation in pixels
 * @param {number} [beside] how far to the right of its centre, pixel (n - 1) / 2, the spot lies, in pixels
 * @param {number} [size] n, odd: rows and columns
 * @returns {Picture}
 */
export function spot(width, beside = 0, size = LENS) {
  const values = new Float32Array(size * size);
  const profile = (middle) => Float64Array.from(
    { length: size }, (_, i) => Math.exp(-0.5 * ((i - (size - 1) / 2 - middle) / width) ** 2),
  );
  const [down, across] = [profile(0), profile(beside)];
  const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
  const all = sum(down) * sum(across);
  values.forEach((_, i) => { values[i] = down[Math.floor(i / size)] * across[i % size] / all; });
  return { width: size, height: size, values };
}

/**
 * Count photons: of every pixel a number that chance chooses around the expected one, as a camera does.
 * @param {Picture} expected photons per pixel, 0 or more
 * @param {number} seed a whole number; the same gives the same photons
 * @returns {Picture}
 */
export function count(expected, seed) {
  const chance = random(seed);
  const highest = expected.values.reduce((a, b) => Math.max(a, b), 0);
  // log(0!), log(1!), log(2!) …: so many that the mode of each pixel has its own
  const factorials = new Float64Array(Math.floor(highest) + 2);
  for (let k = 1; k < factorials.length; k++) factorials[k] = factorials[k - 1] + Math.log(k);
  return { ...expected, values: expected.values.map((mean) => poisson(mean, chance(), factorials)) };
}

/** One Poisson number: starts at the likeliest, and goes up and down in turn until chance is used up. */
function poisson(mean, chance, factorials) {
  if (!(mean > 0)) return 0;
  const mode = Math.floor(mean);
  let up = Math.exp(mode * Math.log(mean) - mean - factorials[mode]); // how likely the mode is
  let down = up;
  chance -= up;
  for (let away = 1; chance > 0 && (up > 1e-300 || down > 0); away++) {
    up *= mean / (mode + away);
    chance -= up;
    if (chance <= 0) return mode + away;
    if (mode < away) down = 0;
    else down *= (mode - away + 1) / mean;
    chance -= down;
    if (down > 0 && chance <= 0) return mode - away;
  }
  return mode;
}

/** Numbers from 0 to below 1 by chance, yet the same for the same seed: "mulberry32", of 32 bits. */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
