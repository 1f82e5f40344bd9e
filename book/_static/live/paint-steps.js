// From strokes to an answer for every pixel: features once for each picture, then a forest for each change of the
// strokes.

import { EACH, SIGMAS, compute, kernels } from "./features.js";
import { elected, kernel, packed, train, walk } from "./forest.js";

const TREES = 50; // as in the chapter
const SLICE = 12; // milliseconds of growing before the page may draw and listen

/** A picture whose features lie on the GPU, ready to learn from strokes. */
export class Learner {
  /**
   * @param {Gpu} gpu
   * @param {{grey: Float32Array, width: number, height: number}} picture
   * @returns {Promise<Learner>}
   */
  static async on(gpu, picture) {
    const learner = new Learner();
    [learner.pipelines, learner.kernel] = await Promise.all([kernels(gpu), kernel(gpu)]);
    learner.gpu = gpu;
    learner.pixels = picture.grey.length;
    learner.features = compute(gpu, learner.pipelines, picture);
    // The processor needs them at the painted pixels, wherever those will be.
    learner.pulled = await gpu.read(learner.features);
    return learner;
  }

  /**
   * Learn from strokes.
   * @param {Uint8Array} marks 0 where nothing is painted, 1, 2, … the classes.
   * @param {() => boolean} [isOld] asked now and then: true ends it, as nobody waits for it any more.
   * @returns {Promise<{trees: object, present: number[]}|null>} the forest, and the classes that were painted, less
   *   one; null where fewer than two are, or it was ended.
   */
  async learn(marks, isOld = () => false) {
    const where = [];
    for (let i = 0; i < marks.length; i++) if (marks[i]) where.push(i);
    const labels = Uint8Array.from(where, (i) => marks[i] - 1);
    // Classes without a stroke do not exist for the forest.
    const present = [...new Set(labels)].sort();
    if (present.length < 2) return null;
    const table = new Float32Array(where.length * EACH * SIGMAS.length);
    for (let f = 0; f < EACH * SIGMAS.length; f++) {
      where.forEach((i, n) => {
        table[f * where.length + n] = this.pulled[f * this.pixels + i];
      });
    }
    const numbered = labels.map((label) => present.indexOf(label));
    const trees = [];
    let pause = performance.now() + SLICE;
    for (const tree of train(table, numbered, { classes: present.length, trees: TREES })) {
      trees.push(tree);
      if (performance.now() < pause) continue;
      await new Promise((resolve) => setTimeout(resolve));
      if (isOld()) return null;
      pause = performance.now() + SLICE;
    }
    return { trees: packed(trees, present.length), present };
  }

  /**
   * Ask a forest about all pixels.
   * @param {{trees: object, present: number[]}} learned from `learn`, of this picture or another.
   * @param {number} classes how many there are.
   * @returns {Promise<Float32Array>} the probability of each, class after class.
   */
  async ask({ trees, present }, classes) {
    const { gpu, pixels } = this;
    const shares = await walk(gpu, this.kernel, trees, present.length, this.features, pixels);
    const probability = new Float32Array(classes * pixels);
    present.forEach((label, c) => probability.set(shares.subarray(c * pixels, (c + 1) * pixels), label * pixels));
    return probability;
  }

  /**
   * Learn from strokes, and answer for all pixels.
   * @returns {Promise<{labels: Uint8Array, probability: Float32Array}|null>} the class of each pixel, 1, 2, …, and
   *   the probabilities, class after class; null where there is no answer, see `learn`.
   */
  async answer(marks, classes, isOld) {
    const learned = await this.learn(marks, isOld);
    if (!learned) return null;
    const probability = await this.ask(learned, classes);
    return { labels: elected(probability, classes).map((c) => c + 1), probability };
  }

  /** Give its memory back. */
  free() {
    this.gpu.free(this.features);
  }
}
