// How long something takes, measured so that the answer can be believed (see the chapter on benchmarking):
// once without the clock, then waited for, repeated, and the median taken.

/** The middle one of some numbers. */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/**
 * Time work that the GPU does behind our back. Waiting has a price of its own, and browsers tell the time
 * only roughly, so the work is queued as often as it takes to fill a good part of a second.
 * @param {Gpu} gpu
 * @param {(times: number) => void} queue queues the work so many times, and does not wait.
 * @param {{enough?: number, repeats?: number}} [options] seconds that one measurement should take at least, and
 *   how many there are.
 * @returns {Promise<number>} seconds for the work once.
 */
export async function timeOnGpu(gpu, queue, { enough = 0.05, repeats = 5 } = {}) {
  const measured = async (times) => {
    await gpu.finished();
    const started = performance.now();
    queue(times);
    await gpu.finished();
    return (performance.now() - started) / 1000;
  };
  await measured(1); // the first call compiles, and wakes the device
  let times = 1;
  let seconds = await measured(times);
  while (seconds < enough && times < 4096) {
    // Never much more than needed: a device that is kept busy for seconds is taken away.
    times = Math.min(4096, Math.ceil(times * Math.min(8, (1.3 * enough) / Math.max(seconds, 1e-4))) + 1);
    seconds = await measured(times);
  }
  const all = [seconds / times];
  while (all.length < repeats && seconds < 1) all.push((await measured(times)) / times);
  return median(all);
}

/**
 * Time work that is awaited, on the GPU or on the processor.
 * @param {() => Promise<void>|void} work
 * @param {{enough?: number, repeats?: number}} [options] as above; here a measurement is at least one call.
 * @returns {Promise<number>} seconds for the work once.
 */
export async function timeAwaited(work, { enough = 0.02, repeats = 3 } = {}) {
  await work();
  const all = [];
  for (let i = 0; i < repeats; i++) {
    let times = 0;
    const started = performance.now();
    do {
      await work();
      times++;
    } while (performance.now() - started < 1000 * enough);
    const seconds = (performance.now() - started) / 1000;
    all.push(seconds / times);
    if (seconds > 1) break;
  }
  return median(all);
}

/** Write seconds so that they can be read. */
export function inWords(seconds) {
  if (seconds < 1e-3) return `${(1e6 * seconds).toPrecision(3)} µs`;
  if (seconds < 1) return `${(1e3 * seconds).toPrecision(3)} ms`;
  return `${seconds.toPrecision(3)} s`;
}
