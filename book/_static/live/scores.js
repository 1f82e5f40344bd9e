// How well found objects fit the true ones: the course's average precision, see gpu_course.metrics.

/**
 * Match found objects with true ones.
 * @param {ArrayLike<number>} people the true labels; 0 is background.
 * @param {ArrayLike<number>} labels the found ones, of the same pixels.
 * @param {number} overlap a pair counts whose intersection over union (IoU) is at least this, 0.5 or more:
 *   then no object can be in two pairs.
 * @returns {{found: number, missed: number, invented: number, precision: number}} `precision` is the average
 *   precision: found ÷ (found + missed + invented).
 */
export function match(people, labels, overlap = 0.5) {
  const [areas, others, common] = [new Map(), new Map(), new Map()];
  const count = (map, key) => map.set(key, (map.get(key) ?? 0) + 1);
  for (let i = 0; i < people.length; i++) {
    if (people[i]) count(areas, people[i]);
    if (labels[i]) count(others, labels[i]);
    if (people[i] && labels[i]) count(common, people[i] * 2 ** 26 + labels[i]);
  }
  let found = 0;
  for (const [pair, both] of common) {
    const [one, other] = [Math.floor(pair / 2 ** 26), pair % 2 ** 26];
    if (both / (areas.get(one) + others.get(other) - both) >= overlap) found++;
  }
  const [missed, invented] = [areas.size - found, others.size - found];
  return { found, missed, invented, precision: found / Math.max(1, found + missed + invented) };
}

/**
 * The Dice score of two masks: twice the common pixels by the pixels of both, see gpu_course.metrics.
 * @param {ArrayLike<boolean|number>} truth
 * @param {ArrayLike<boolean|number>} mask of the same pixels.
 * @returns {number} from 0 to 1; of two empty masks 1.
 */
export function dice(truth, mask) {
  let [common, both] = [0, 0];
  for (let i = 0; i < truth.length; i++) {
    if (truth[i] && mask[i]) common++;
    both += Number(Boolean(truth[i])) + Number(Boolean(mask[i]));
  }
  return both ? (2 * common) / both : 1;
}
