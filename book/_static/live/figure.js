// A live figure: what happens after the press on "Run on my GPU".
//
// course.js made the button and the line beside it, and loads this module on the press. Here the GPU is
// asked for, the lesson is loaded, its answer is tested against the stored one (there are drivers that
// compute wrongly), and only then the figure opens. Whatever fails says so in one sentence, and the page
// stays as it was.
//
// The room that a figure takes stands in course.css (`.live-NAME`): it is there at once, so nothing moves when
// the answer comes.
//
// A lesson NAME.js exports
//   title                        what the figure shows, in a few words
//   async selfTest(gpu)          throws a `Sentence` where the GPU's answer is not the stored one
//   async open(gpu, place)       builds the figure in `place.box`
// and is given a `place`:
//   box                          an empty element
//   say(text)                    writes into the line beside the button, which screen readers read out
//   describe(text, canvas)       the text for readers who do not see the canvas (the first one if not said)
//   attempt(compute)             awaits an async function, and says what went wrong in a sentence
//   closed                       an AbortSignal: the figure is closed, or its GPU is lost
//   device                       the name of the GPU

import { connect, Sentence } from "./gpu.js";

const READY = "Tested against a stored answer. Nothing is sent anywhere.";
const WRONG = "Something in this figure went wrong, and the page stays as it was";

/**
 * Open a figure; never throws.
 * @param {HTMLElement} figure the element with the class `live`.
 * @param {string} name of the lesson's module.
 * @param {HTMLButtonElement} button
 * @param {HTMLElement} status where sentences are shown.
 * @returns {Promise<(() => void)|null>} a function that closes it again; null where it did not open.
 */
export async function start(figure, name, button, status) {
  const say = (text) => {
    status.textContent = text || READY;
  };
  const box = document.createElement("div");
  box.className = "live-box";
  const closing = new AbortController();
  const close = () => {
    closing.abort();
    box.remove();
  };
  let gpu = null;
  closing.signal.addEventListener("abort", () => gpu?.close());
  try {
    say("Starting …");
    const [connected, lesson] = await Promise.all([connect(), lessonOf(name), styled()]);
    gpu = connected;
    figure.setAttribute("aria-label", `Live figure: ${lesson.title}`);
    figure.append(box);
    say("Testing this GPU against a stored answer …");
    await lesson.selfTest(gpu);
    const place = placeOf(box, closing.signal, gpu, say);
    gpu.lost.then((sentence) => {
      // What is drawn was computed before, and stays; what would compute on goes.
      closing.abort();
      if (box.contains(document.activeElement)) button.focus({ preventScroll: true });
      box.inert = true;
      say(sentence);
      button.dispatchEvent(new Event("lost"));
    });
    say("");
    await lesson.open(gpu, place);
    if (closing.signal.aborted) {
      // The GPU went while the figure was built: nothing half drawn is left behind.
      box.remove();
      return null;
    }
    const device = document.createElement("p");
    device.className = "live-device";
    device.textContent = `Computed in this page on ${gpu.name}.`;
    box.append(device);
    return close;
  } catch (reason) {
    close();
    say(sentenceOf(reason));
    return null;
  }
}

function placeOf(box, closed, gpu, say) {
  return {
    box,
    closed,
    device: gpu.name,
    say(text) {
      if (!closed.aborted) say(text);
    },
    describe(text, canvas = box.querySelector("canvas")) {
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", text);
    },
    async attempt(compute) {
      try {
        await compute();
      } catch (reason) {
        // After the end of a figure its last computation finds no GPU any more: that is nobody's concern.
        if (!closed.aborted && !gpu.isLost) say(sentenceOf(reason));
      }
    },
  };
}

function sentenceOf(reason) {
  return (reason instanceof Sentence ? reason : new Sentence(`${WRONG}: ${reason.message}`)).message;
}

/** Load a lesson's module. */
function lessonOf(name) {
  return import(`./${name}.js`).catch(() => {
    throw new Sentence(`A part of this figure (${name}.js) did not come: load the page again.`);
  });
}

/** Load the style of what is in the box, once. */
function styled() {
  const id = "live-style";
  if (document.getElementById(id)) return Promise.resolve();
  const link = document.createElement("link");
  Object.assign(link, { id, rel: "stylesheet", href: new URL("live.css", import.meta.url).href });
  return new Promise((resolve, reject) => {
    link.addEventListener("load", resolve);
    link.addEventListener("error", () => {
      link.remove();
      reject(new Sentence("A part of this figure (live.css) did not come: load the page again."));
    });
    document.head.append(link);
  });
}
