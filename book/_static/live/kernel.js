// The live figure of the chapter on custom kernels: an editor for a kernel, its picture, its time, and what
// the compiler says.

import { fetched, KernelError, Sentence } from "./gpu.js";
import { button, choice, element, frame, latest, report, row } from "./controls.js";
import { chooser, CREDIT, draw, rangeOf, stored } from "./picture.js";
import { HEAD, runKernel, timeInWords } from "./kernel-run.js";

export const title = "a kernel of your own";

const MOST_PIXELS = 4 * 2 ** 20;
const KERNELS = {
  "gamma": "gamma",
  "mean of 3 × 3": "mean",
  "edges (Sobel)": "edges",
  "along columns": "columns",
  "empty": "empty",
};

/** What the reader wrote, for when the figure is opened again. */
let kept = null;

const example = async (file) => (await fetched(`kernels/${file}.wgsl`, import.meta.url)).text();

/** Throws a sentence where the chapter's first kernel does not give what the chapter says. */
export async function selfTest(gpu) {
  const { image } = await runKernel(gpu, await example("gamma"), new Float32Array([0, 51, 255]), 3, 1, false);
  const expected = [0, 255 * Math.sqrt(51 / 255), 255];
  if (expected.some((value, i) => !(Math.abs(image[i] - value) < 1e-2))) {
    throw new Sentence(`A kernel with a known answer came out wrong on ${gpu.name}: it is not used.`);
  }
}

/** Build the figure. */
export async function open(gpu, place) {
  const [nuclei, first] = await Promise.all([stored("nuclei"), example("gamma")]);
  let picture = nuclei;
  const before = frame("1", "before: src");
  const after = frame("1", "after: dst");
  const told = report();
  const messages = element("ul", { class: "live-messages" });
  const editor = element("textarea", {
    rows: "14",
    spellcheck: "false",
    autocapitalize: "off",
    autocomplete: "off",
    wrap: "off",
    "aria-label": "Your kernel, in WGSL",
  });
  editor.value = kept ?? first;
  const keep = () => {
    kept = editor.value;
  };
  editor.addEventListener("input", keep, { signal: place.closed });

  const compute = async () => {
    const asked = picture; // the reader may choose another one meanwhile
    const { grey, width, height, note } = asked;
    place.say(note || "Compiling and running …");
    messages.replaceChildren();
    try {
      const { image, seconds, groups } = await runKernel(gpu, editor.value, grey, width, height);
      if (place.closed.aborted) return;
      show(asked, image);
      told.textContent = `${timeInWords(seconds, width, height)}, in ${groups.join(" × ")} workgroups.`;
      place.say(note);
    } catch (reason) {
      if (!(reason instanceof KernelError)) throw reason;
      complain(reason);
    }
  };

  const run = latest(place, compute); // two at a time would disturb each other's times

  const show = ({ grey, width, height }, image) => {
    // Both with the same range of grey, as far as the result stays in it.
    const [low, high] = rangeOf(image);
    const range = low >= 0 && high <= 255 ? [0, 255] : [low, high];
    draw(before.canvas, grey, width, height, { range: [0, 255] });
    draw(after.canvas, image, width, height, { range });
    const of = grey === nuclei.grey ? "Nuclei" : "Your picture";
    place.describe(`${of}, ${width} by ${height} pixels, before the kernel.`, before.canvas);
    place.describe(
      `The same picture after the kernel: values from ${low.toPrecision(4)} to ${high.toPrecision(4)}, drawn from ` +
        `${range[0].toPrecision(4)}, black, to ${range[1].toPrecision(4)}, white.`,
      after.canvas,
    );
  };

  const complain = (reason) => {
    place.say(reason.message);
    told.textContent = "The picture is that of the kernel before.";
    messages.replaceChildren(
      ...reason.messages.map(({ line, column, text }) => {
        const item = element("li");
        if (line > 0) item.append(jump(line, column), " ");
        item.append(text);
        return item;
      }),
    );
  };

  const jump = (line, column) => {
    const made = element("button", { type: "button", class: "live-quiet" }, `Line ${line}, column ${column}`);
    made.addEventListener("click", () => {
      const lines = editor.value.split("\n");
      const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
      editor.focus();
      editor.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
      editor.scrollTop = (line - 4) * (editor.scrollHeight / lines.length);
    });
    return made;
  };

  const examples = choice(place, "start from", Object.keys(KERNELS), (i) =>
    place.attempt(async () => {
      editor.value = await example(Object.values(KERNELS)[i]);
      kept = null;
      await run();
    }),
  );
  // Tab leaves the editor, as everywhere in the page; this runs without leaving it.
  editor.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      run();
    },
    { signal: place.closed },
  );
  const use = (chosen) => {
    picture = chosen;
    return run();
  };
  const head = element(
    "details",
    { class: "live-head" },
    element("summary", {}, "What stands before it: src, dst, size, pixel(x, y)"),
    element("pre", { tabindex: "0", role: "group", "aria-label": "The lines before the kernel" }, HEAD.trim()),
  );
  place.box.append(
    row(examples.node, chooser(place, use, { most: MOST_PIXELS })),
    head,
    editor,
    row(button(place, "Run the kernel", run), element("span", { class: "live-hint" }, "or Ctrl + Enter in the editor")),
    element("div", { class: "live-report" }, told, messages),
    element("div", { class: "live-grid live-two" }, before.node, after.node),
    element("p", { class: "live-credit" }, CREDIT),
  );
  if (kept === null) {
    await run();
  } else {
    // It may be what took the GPU away: it runs when its author says so.
    show(picture, picture.grey);
    told.textContent = "Your kernel is as you left it, and has not run yet.";
  }
}
