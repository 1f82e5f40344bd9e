// The course's colours of judged pixels, apart in lightness, so to all eyes: the same on every page.

export const FOUND = [217, 217, 217];
export const MISSED = [230, 159, 0];
export const INVENTED = [0, 114, 178];

/**
 * The colour of a pixel.
 * @param {boolean} isTrue whether it belongs to what is looked for.
 * @param {boolean} isFound whether it was taken for that.
 * @param {number[]} otherwise the colour of one that neither is nor was.
 * @returns {number[]} red, green and blue, from 0 to 255.
 */
export function colourOf(isTrue, isFound, otherwise) {
  if (isTrue) return isFound ? FOUND : MISSED;
  return isFound ? INVENTED : otherwise;
}
