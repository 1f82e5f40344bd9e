// Random numbers that are the same in every browser, and the same as NumPy's: the forest of this page then draws as
// the forest of the chapter does, and the two can be compared.

const SIZE = 624;

/**
 * The Mersenne Twister, as `numpy.random.RandomState(seed)`.
 * Matsumoto and Nishimura (1998), doi 10.1145/272991.272995
 */
export class Draws {
  #state = new Uint32Array(SIZE);
  #used = SIZE;

  /** @param {number} seed a whole number from 0 to 2³² − 1. */
  constructor(seed) {
    this.#state[0] = seed;
    for (let i = 1; i < SIZE; i++) {
      const before = this.#state[i - 1];
      this.#state[i] = Math.imul(before ^ (before >>> 30), 1812433253) + i;
    }
  }

  /** 32 random bits. */
  #bits() {
    if (this.#used === SIZE) this.#stir();
    let bits = this.#state[this.#used++];
    bits ^= bits >>> 11;
    bits ^= (bits << 7) & 0x9d2c5680;
    bits ^= (bits << 15) & 0xefc60000;
    return (bits ^ (bits >>> 18)) >>> 0;
  }

  #stir() {
    const state = this.#state;
    for (let i = 0; i < SIZE; i++) {
      const joined = (state[i] & 0x80000000) | (state[(i + 1) % SIZE] & 0x7fffffff);
      state[i] = state[(i + 397) % SIZE] ^ (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
    }
    this.#used = 0;
  }

  /**
   * A whole number from 0 to `count − 1`, as `randint(count)`: draw as many bits as the largest has, and again where
   * they are too many.
   * @param {number} count 2 to 2³¹; for 1 nothing is drawn.
   */
  below(count) {
    const most = count - 1;
    if (most === 0) return 0;
    const mask = 2 ** (32 - Math.clz32(most)) - 1;
    for (;;) {
      const drawn = (this.#bits() & mask) >>> 0;
      if (drawn <= most) return drawn;
    }
  }
}

/** The short generator that a tree draws its features with (xorshift): Marsaglia (2003), doi 10.18637/jss.v008.i14 */
export class QuickDraws {
  #state;

  constructor(seed) {
    this.#state = seed || 1;
  }

  /** A whole number from `low` to `high − 1`. */
  between(low, high) {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return low + (((this.#state >>> 0) % 2 ** 31) % (high - low));
  }
}
