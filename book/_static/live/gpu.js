// The reader's GPU, through WebGPU: memory, kernels, and one sentence for whatever goes wrong.
//
// The words are those of the course: memory is *pushed* and *pulled*, a kernel runs once for each pixel.
// Everything that a lesson asks of the GPU goes through the class `Gpu`, so there is one place to read.

import { isSoftware, nameOf, reasonOf } from "./browsers.js";

/** What a reader is shown: one sentence, cause and cure. Everything else that is thrown is a mistake of ours. */
export class Sentence extends Error {
  constructor(text) {
    super(text.replace(/[^.…]$/, "$&.")); // what browsers say often lacks its full stop
  }
}

/** A kernel that the compiler refuses. `messages` is a list of `{line, column, text}`, lines from 1. */
export class KernelError extends Sentence {
  constructor(label, messages) {
    const [first] = messages;
    const where = first.line > 0 ? `line ${first.line}: ` : "";
    super(`The kernel “${label}” was not compiled: ${where}${first.text}`);
    this.messages = messages;
  }
}

const NO_WEBGPU =
  "This browser gives pages no GPU (it has no WebGPU): current versions of Chrome, Edge and Safari do, and Firefox " +
  "on Windows and Macs.";
const NO_ADAPTER =
  "This browser knows WebGPU but found no GPU to use: its settings may have switched graphics acceleration off.";

// What the lessons profit from, if the GPU has more of it than every WebGPU must have.
const WANTED = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupStorageSize",
  "maxStorageBuffersPerShaderStage",
];

/**
 * Ask the browser for a GPU.
 * @returns {Promise<Gpu>}
 * @throws {Sentence} if there is none to have.
 */
export async function connect() {
  if (!navigator.gpu) {
    throw new Sentence(isSecureContext ? NO_WEBGPU : "Browsers give a GPU only to pages that come by https.");
  }
  // The stronger of two GPUs. On Windows the choice is the system's, and asking prints a warning.
  const choice = /Windows/.test(navigator.userAgent) ? {} : { powerPreference: "high-performance" };
  const adapter = await navigator.gpu.requestAdapter(choice).catch(() => null);
  if (!adapter) throw new Sentence(NO_ADAPTER);
  const requiredLimits = Object.fromEntries(WANTED.map((name) => [name, adapter.limits[name]]));
  let device;
  try {
    device = await adapter.requestDevice({ requiredLimits });
  } catch (reason) {
    throw new Sentence(`The GPU was found but could not be opened: ${reason.message}`);
  }
  return new Gpu(device, adapter);
}

export class Gpu {
  #lost = "";
  #fault = "";

  constructor(device, adapter) {
    this.device = device;
    /** As the browser calls it. */
    this.name = nameOf(adapter.info ?? {});
    /** Whether a program on the processor stands in for a GPU. */
    this.isSoftware = isSoftware(adapter.info ?? {});
    this.limits = device.limits;
    /** A promise of the sentence to show when the GPU is taken away; silent when `close` was called. */
    this.lost = device.lost.then((info) => {
      this.#lost = "The browser has taken the GPU away (its driver may have started anew): run it again.";
      return info.reason === "destroyed" ? new Promise(() => {}) : this.#lost;
    });
    // A refused command would otherwise stand in the console, where no reader looks.
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#fault ||= event.error.message;
    });
  }

  /** Whether the GPU is gone. */
  get isLost() {
    return this.#lost !== "";
  }

  /**
   * Push an array.
   * @param {Float32Array|Uint32Array|Int32Array|Uint8Array} array
   * @returns {GPUBuffer} which kernels may read and write.
   */
  upload(array) {
    const buffer = this.empty(array.byteLength);
    // Buffers are written in steps of four bytes.
    const whole = array.byteLength % 4 ? padded(array) : array;
    this.device.queue.writeBuffer(buffer, 0, whole.buffer, whole.byteOffset, whole.byteLength);
    return buffer;
  }

  /**
   * Memory that holds zeros.
   * @param {number} bytes
   * @returns {GPUBuffer}
   */
  empty(bytes) {
    const most = Math.min(this.limits.maxBufferSize, this.limits.maxStorageBufferBindingSize);
    if (bytes > most) {
      const [needed, given] = [bytes, most].map((each) => Number((each / 2 ** 20).toPrecision(2)));
      const wish = `This needs ${needed} MB in one piece, and the GPU gives ${given}`;
      throw new Sentence(`${wish}: a smaller picture may fit.`);
    }
    return this.device.createBuffer({
      size: Math.max(4, Math.ceil(bytes / 4) * 4),
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
  }

  /**
   * Pull a buffer; waits for all that was queued before.
   * @param {GPUBuffer} buffer
   * @param {Function} Type Float32Array, Uint32Array, Int32Array or Uint8Array.
   * @returns {Promise<Float32Array|Uint32Array|Int32Array|Uint8Array>}
   * @throws {Sentence} if the GPU is lost, or refused something since the last call.
   */
  async read(buffer, Type = Float32Array) {
    // Kernels cannot write where the processor reads: the bytes are copied across.
    const landing = this.device.createBuffer({
      size: buffer.size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, landing, 0, buffer.size);
    this.device.queue.submit([encoder.finish()]);
    try {
      await landing.mapAsync(GPUMapMode.READ);
    } catch (reason) {
      await this.#complainSoon(reason.message);
    }
    this.complain();
    const array = new Type(landing.getMappedRange().slice(0));
    landing.destroy();
    return array;
  }

  /** Wait until all that was queued is done. */
  async finished() {
    await this.device.queue.onSubmittedWorkDone().catch(() => {});
    this.complain();
  }

  /** Throw what went wrong since the last call, if anything did. */
  complain(otherwise = "") {
    if (this.#lost) throw new Sentence(this.#lost);
    const fault = this.#fault || otherwise;
    this.#fault = "";
    if (fault) throw new Sentence(`The GPU refused to compute: ${fault.split("\n")[0]}`);
  }

  /** As `complain`, a moment later: of what fails because the GPU is lost one may hear before its loss. */
  async #complainSoon(otherwise) {
    await Promise.race([this.device.lost, new Promise((resolve) => setTimeout(resolve, 50))]);
    this.complain(otherwise);
  }

  /**
   * Compile a kernel.
   * @param {string} code WGSL.
   * @param {string} label how it is called in messages.
   * @param {string} entry the name of the function with `@compute`.
   * @param {{constants?: Object<string, number>, layout?: GPUPipelineLayout}} options values of the code's
   *   `override` constants; what the kernel is given, where it is not to be read from the code.
   * @returns {Promise<GPUComputePipeline>}
   * @throws {KernelError} with the compiler's messages.
   */
  async kernel(code, label, entry = "main", { constants = {}, layout = "auto" } = {}) {
    const { device } = this;
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ code, label });
    const [refused, info] = await Promise.all([device.popErrorScope(), module.getCompilationInfo()]);
    const messages = info.messages
      .filter((each) => each.type === "error")
      .map(({ lineNum: line, linePos: column, message: text }) => ({ line, column, text: reasonOf(text) }));
    if (refused || messages.length) await this.#complainSoon(messages.length ? "" : refused.message);
    if (messages.length) throw new KernelError(label, messages);
    try {
      return await device.createComputePipelineAsync({
        label,
        layout,
        compute: { module, entryPoint: entry, constants },
      });
    } catch (reason) {
      await this.#complainSoon();
      throw new KernelError(label, [{ line: 0, column: 0, text: reason.message.split("\n")[0] }]);
    }
  }

  /**
   * Queue a kernel; returns at once.
   * @param {GPUComputePipeline} pipeline
   * @param {Array<GPUBuffer|{u?: number[], f?: number[]}|null>} bindings what `@group(0) @binding(0)`, `(1)`, …
   *   are: buffers, or numbers for a `var<uniform>` struct whose whole numbers (`u`, u32 or i32) stand before
   *   its fractions (`f`, f32); null for one that the kernel does not use.
   * @param {number[]} workgroups how many along x, y, z.
   */
  run(pipeline, bindings, workgroups) {
    this.batch((queue) => queue(pipeline, bindings, workgroups));
  }

  /**
   * Queue several kernels in one go, each of which sees what the ones before wrote. Many small kernels
   * are faster so: going to the driver costs more than some of them.
   * @param {(queue: (pipeline, bindings, workgroups) => void) => void} fill
   */
  batch(fill) {
    const numbers = [];
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    fill((pipeline, bindings, workgroups) => {
      const most = this.limits.maxComputeWorkgroupsPerDimension;
      if (Math.max(...workgroups) > most) {
        throw new Sentence(`The GPU takes ${most} workgroups in a row: take a smaller picture.`);
      }
      const entries = bindings.flatMap((each, binding) => {
        if (each === null) return [];
        if (each instanceof GPUBuffer) return { binding, resource: { buffer: each } };
        const buffer = this.#uniform(each);
        numbers.push(buffer);
        return { binding, resource: { buffer } };
      });
      const layout = pipeline.getBindGroupLayout(0);
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, this.device.createBindGroup({ layout, entries }));
      pass.dispatchWorkgroups(...workgroups);
    });
    pass.end();
    this.device.queue.submit([encoder.finish()]);
    numbers.forEach((buffer) => buffer.destroy()); // once the work that reads them is done
  }

  #uniform({ u = [], f = [] }) {
    const size = Math.max(16, Math.ceil((u.length + f.length) / 4) * 16);
    const buffer = this.device.createBuffer({ size, usage: GPUBufferUsage.UNIFORM, mappedAtCreation: true });
    const view = new DataView(buffer.getMappedRange());
    u.forEach((value, i) => view.setInt32(4 * i, value, true));
    f.forEach((value, i) => view.setFloat32(4 * (u.length + i), value, true));
    buffer.unmap();
    return buffer;
  }

  /** Give memory back. */
  free(...buffers) {
    buffers.forEach((buffer) => buffer.destroy());
  }

  /** Give everything back. */
  close() {
    this.device.destroy();
  }
}

/**
 * Read a kernel's text, which lies beside the module that asks.
 * @param {string} name such as "blur.wgsl".
 * @param {string} module the module's `import.meta.url`.
 */
export async function source(name, module) {
  return (await fetched(name, module)).text();
}

/**
 * Fetch a file that lies beside the module that asks.
 * @throws {Sentence} if it does not come.
 */
export async function fetched(name, module) {
  const answer = await fetch(new URL(name, module)).catch(() => null);
  if (!answer?.ok) throw new Sentence(`A part of this figure (${name}) did not come: load the page again.`);
  return answer;
}

function padded(array) {
  const bytes = new Uint8Array(Math.ceil(array.byteLength / 4) * 4);
  bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return bytes;
}
