// The live figure of the chapter on pixel classification: strokes on a picture, and an answer that follows them.

import { Sentence } from "./gpu.js";
import { choice, element, frame, latest, quiet, report, row } from "./controls.js";
import { colourOf, INVENTED, MISSED } from "./judged.js";
import { chooser, paint, rangeOf, stored } from "./picture.js";
import { Board } from "./paint-board.js";
import { Learner } from "./paint-steps.js";
import { inWords } from "./timing.js";

export const title = "strokes, and what a forest makes of them";

const CLASSES = 2;
const MOST_PIXELS = 2 ** 19; // the sixteen features of each are pulled once
const AGREEMENT = 0.98; // features are rounded in another order on each GPU, and trees part at rounded values
const KEYS =
  "Keys, once the picture has the focus: arrows move the brush, with Shift faster; Space puts it down and lifts it; " +
  "1, 2 and 0 choose a class or the eraser; Z undoes.";
const BLACK = [0, 0, 0];

const marksOf = ({ grey }) => Uint8Array.from(grey);

/** Throws a sentence where this GPU does not answer the stored strokes with the stored answer. */
export async function selfTest(gpu) {
  const [grain, strokes, expected] = await Promise.all(["grain", "grain-strokes", "grain-answer"].map(stored));
  const learner = await Learner.on(gpu, grain);
  const { labels } = await learner.answer(marksOf(strokes), CLASSES);
  learner.free();
  const same = labels.filter((label, i) => label === (expected.grey[i] > 0 ? 2 : 1)).length / labels.length;
  if (same < AGREEMENT) {
    throw new Sentence(
      `The stored strokes get a wrong answer on ${gpu.name}: it is not used. A newer driver may help.`,
    );
  }
}

/** The pictures of the figure: grey values as the forest gets them, the truth, and strokes to begin with. */
async function scenes() {
  const names = ["grain", "grain-truth", "grain-strokes", "nuclei", "nuclei-people"];
  const [grain, fine, strokes, nuclei, people] = await Promise.all(names.map(stored));
  return [
    { ...grain, name: "two kinds of grain", words: ["coarse", "fine"], truth: fine.grey, marks: marksOf(strokes) },
    {
      ...nuclei,
      // They differ much in brightness.
      grey: nuclei.grey.map(Math.log1p),
      name: "nuclei",
      words: ["background", "nucleus"],
      truth: people.grey,
    },
  ];
}

/** Build the figure. */
export async function open(gpu, place) {
  const shipped = await scenes();
  let scene = null;
  let learner = null;
  const painted = frame("1", "paint here");
  const found = frame("1", "the forest’s answer");
  const told = report();

  const board = new Board(place, painted.canvas, () => again());
  const brush = choice(place, "brush", ["", "", "eraser"], (index) => {
    board.brush = (index + 1) % 3;
  });
  const picture = choice(place, "picture", [...shipped.map(({ name }) => name)], (index) =>
    place.attempt(() => show(shipped[index])),
  );

  const compute = async () => {
    const asked = scene;
    const { width, height, grey, truth, words } = asked;
    // While one paints on, an answer to the strokes so far is better than none; to another picture it is not.
    const isOld = () => scene !== asked || place.closed.aborted;
    const marks = board.marks.slice();
    const share = (100 * marks.filter(Boolean).length) / marks.length;
    const start = performance.now();
    const answer = await learner.answer(marks, CLASSES, isOld);
    if (isOld()) return; // the next one is on its way
    const [low, high] = rangeOf(grey);
    const dimmed = (i) => (150 * (grey[i] - low)) / (high - low || 1);
    if (!answer) {
      paint(found.canvas, width, height, (i) => [dimmed(i), dimmed(i), dimmed(i)]);
      told.textContent = "Paint a stroke on each class: press and move, or use the keys below.";
      place.describe("No answer yet: fewer than two classes are painted.", found.canvas);
      return;
    }
    const { labels } = answer;
    const seconds = (performance.now() - start) / 1000;
    const parts = [`painted ${share.toFixed(1)} %`];
    let right = 0;
    paint(found.canvas, width, height, (i) => {
      if (!truth) {
        const colour = labels[i] === 1 ? INVENTED : MISSED;
        return colour.map((channel) => 0.55 * channel + 0.6 * dimmed(i));
      }
      const [isTrue, isFound] = [truth[i] > 0, labels[i] === 2];
      if (isTrue === isFound) right++;
      return colourOf(isTrue, isFound, BLACK);
    });
    if (truth) parts.push(`right ${((100 * right) / labels.length).toFixed(1)} % of the pixels`);
    else parts.push(`${((100 * labels.filter((label) => label === 2).length) / labels.length).toFixed(1)} % orange`);
    told.textContent = `${parts.join(", ")}; learned and answered in ${inWords(seconds)}.`;
    const what = truth
      ? `The answer judged: white where ${words[1]} was found, orange where missed, blue where invented`
      : "The answer: your picture in blue and orange, as the forest parts it";
    place.describe(`${what}; ${parts.join(", ")}.`, found.canvas);
  };
  const again = latest(place, compute);

  const show = async (chosen) => {
    const next = await Learner.on(gpu, chosen);
    learner?.free();
    [learner, scene] = [next, chosen];
    const names = chosen.words ?? ["class 1", "class 2"];
    [...brush.node.querySelectorAll("option")].slice(0, CLASSES).forEach((option, i) => {
      option.textContent = `${names[i]} (${["blue", "orange"][i]})`;
    });
    board.show(chosen, chosen.marks);
    await again();
  };
  const use = async (chosen) => {
    picture.value = -1; // none of the list
    await show({ ...chosen, words: null, truth: null });
  };

  place.box.append(
    row(picture.node, brush.node),
    row(
      quiet(place, "Undo", () => board.undo()),
      quiet(place, "Clear", () => board.clear()),
      quiet(place, "The chapter’s strokes", () => {
        picture.value = 0;
        return show(shipped[0]);
      }),
    ),
    row(chooser(place, use, { most: MOST_PIXELS })),
    told,
    element("div", { class: "live-grid live-pair" }, painted.node, found.node),
    element("p", { class: "live-keys", id: "live-paint-keys" }, KEYS),
  );
  board.onBrush = (number) => {
    brush.value = (number + 2) % 3;
  };
  await show(shipped[0]);
}
