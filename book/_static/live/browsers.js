// What browsers say in their own ways: how the GPU is called, and why a kernel is refused.

/**
 * How an adapter is called: as much as the browser tells, and honest where no GPU is behind it.
 * @param {GPUAdapterInfo} info
 * @returns {string}
 */
export function nameOf(info) {
  const words = [info.vendor, info.architecture, info.device].filter(Boolean).join(" ");
  const name = info.description || words; // Firefox tells neither
  if (!isSoftware(info)) return name || "a GPU that the browser does not name";
  return `the processor, by a program that stands in for a GPU${name ? ` (${name})` : ""}`;
}

/** Whether a program on the processor stands in for a GPU. */
export function isSoftware(info) {
  const words = [info.vendor, info.architecture, info.device, info.description].join(" ");
  return Boolean(info.isFallbackAdapter) || /swiftshader|llvmpipe|software|basic render/i.test(words);
}

/**
 * Why the compiler refuses a kernel, in one line. Firefox draws the place in the code below it, and counts the lines
 * there that the page put before a reader's own.
 * @param {string} message of the compiler.
 * @returns {string} without the drawing; other browsers' messages as they are.
 */
export function reasonOf(message) {
  const said = message.match(/^\s*Shader.*? error: (.*)/);
  if (!said) return message;
  const notes = [...message.matchAll(/^\s*= (.*)$/gm)].map(([, note]) => note);
  return [said[1], ...notes].join("; ");
}
