// The live figure "your GPU, measured": its name and limits, its two speeds, and where it wins against one
// core of the processor, both in this page.

import { button, element, row } from "./controls.js";
import { logChart } from "./chart.js";
import { measureLimits } from "./limits.js";
import { stored } from "./picture.js";
import { crossing, mirrored, OPERATIONS, race, SIZES } from "./race.js";
import { kernels } from "./segmentation-steps.js";
import { inWords } from "./timing.js";
import { selfTest as segmentationTest } from "./segmentation.js";

export const title = "your GPU, measured";

const NO_GPU = "What stands in for a GPU here runs on the processor itself, so it has nothing to win with.";
const TOO_LONG = 1; // second: what takes longer is not tried on a larger image

/** The operations that race are those of the segmentation, and are tested as there. */
export const selfTest = segmentationTest;

/** Build the figure, and measure at once. */
export async function open(gpu, place) {
  const pipelines = await kernels(gpu);
  const nuclei = await stored("nuclei");
  const facts = element("div");
  const speeds = element("p", { class: "live-told live-long" });
  const chartRoom = (label) => element("div", { class: "live-chart-room", role: "img", "aria-label": label });
  const raceChart = chartRoom("The chart of the race, drawn as the results come.");
  const raceWords = element("p", { class: "live-told live-long" });
  const roofChart = chartRoom("The roofline, drawn as the results come.");
  const scrolls = { tabindex: "0", role: "group", "aria-label": "Table of the times" };
  const times = element("div", { class: "live-times", ...scrolls });
  facts.append(table("Your GPU", ["", ""], factsOf(gpu)));
  const again = button(place, "Measure again", () => measure());
  place.box.append(row(again), facts, speeds, raceChart, raceWords, roofChart, times);

  let isRunning = false;
  const measure = async () => {
    if (isRunning) return;
    isRunning = true;
    again.setAttribute("aria-disabled", "true");
    try {
      await all();
    } finally {
      isRunning = false;
      again.setAttribute("aria-disabled", "false");
    }
  };

  const all = async () => {
    const found = Object.fromEntries(Object.keys(OPERATIONS).map((name) => [name, []]));
    place.say("Measuring memory and arithmetic …");
    await pause();
    const limits = await measureLimits(gpu);
    speeds.textContent = limitsInWords(limits);
    drawAll(found, limits);
    for (const edge of SIZES) {
      const image = mirrored(nuclei.grey, nuclei.width, edge);
      for (const name of Object.keys(OPERATIONS)) {
        const before = found[name].at(-1);
        // Four times as many pixels take about four times as long.
        if (before && (4 * Math.max(before.gpu, before.processor) > TOO_LONG || before.edge * 2 < edge)) continue;
        if (place.closed.aborted) return;
        place.say(`Racing: ${name}, ${edge} × ${edge} pixels …`);
        await pause();
        found[name].push({ edge, ...(await race(gpu, pipelines, name, image, edge)) });
        drawAll(found, limits);
      }
    }
    place.say("Done: memory, arithmetic and the race are measured.");
  };

  const drawAll = (found, limits) => {
    const width = Math.min(680, Math.max(280, place.box.clientWidth));
    raceChart.replaceChildren(chartOfRace(found, width));
    raceWords.textContent = `${raceInWords(found)}${gpu.isSoftware ? ` ${NO_GPU}` : ""}`;
    raceChart.setAttribute(
      "aria-label",
      `Chart: the processor's time divided by the GPU's, against the size of the image. ${raceInWords(found)}`,
    );
    roofChart.replaceChildren(chartOfRoof(found, limits, width));
    roofChart.setAttribute("aria-label", roofInWords(found, limits));
    times.replaceChildren(tableOfTimes(found));
  };
  // The figure is open while it measures: each result is drawn as it comes.
  place.attempt(measure);
}

/** Let the page draw, and the reader scroll. */
const pause = () => new Promise((resolve) => setTimeout(resolve, 30));

function factsOf(gpu) {
  const { limits } = gpu;
  const megabytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MB`;
  return [
    ["what the browser calls it", gpu.name],
    ["one array at most", megabytes(Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize))],
    ["threads in a workgroup at most", String(limits.maxComputeInvocationsPerWorkgroup)],
    ["memory that a workgroup shares", `${limits.maxComputeWorkgroupStorageSize / 1024} KB`],
  ];
}

/** Both limits in a sentence. */
export function limitsInWords({ bandwidth, rate, megabytes }) {
  const short = (value) => value.toPrecision(3);
  return (
    `Memory: ${short(bandwidth / 1e9)} GB a second (an array of ${megabytes} MB copied). ` +
    `Arithmetic: ${short(rate / 1e9)} thousand million operations a second. ` +
    `Ridge: ${short(rate / bandwidth)} operations for each byte.`
  );
}

function raceInWords(found) {
  const parts = Object.entries(found).map(([name, rows]) => {
    if (!rows.length) return "";
    const edge = crossing(rows.map((each) => each.edge), rows.map((each) => each.processor / each.gpu));
    const last = rows.at(-1).edge;
    if (edge === Infinity) return `${name}: the GPU does not win up to ${last} × ${last} pixels`;
    if (edge <= rows[0].edge) return `${name}: the GPU wins at every size`;
    return `${name}: the GPU wins from about ${Math.round(edge)} × ${Math.round(edge)} pixels on`;
  });
  const said = parts.filter(Boolean).join("; ");
  return said ? `${said[0].toUpperCase()}${said.slice(1)}.` : "";
}

function chartOfRace(found, width) {
  const lines = Object.entries(found).map(([name, rows]) => ({
    name,
    points: rows.map(({ edge, gpu, processor }) => [edge * edge, processor / gpu]),
  }));
  const ratios = lines.flatMap(({ points }) => points.map(([, ratio]) => ratio));
  const y = [Math.min(0.1, ...ratios) / 1.5, Math.max(10, ...ratios) * 1.5];
  const x = [SIZES[0] ** 2 / 1.6, SIZES.at(-1) ** 2 * 1.6];
  return logChart({
    width,
    x,
    y,
    across: "pixels of the image",
    up: "processor's time ÷ GPU's time",
    xTicks: SIZES.map((edge) => [edge * edge, `${edge}²`]),
    lines,
    rules: [{ points: [[x[0], 1], [x[1], 1]] }],
    notes: [
      { at: [x[1] / 1.1, 1], down: -5, text: "GPU faster ↑", anchor: "end" },
      { at: [x[1] / 1.1, 1], down: 14, text: "processor faster ↓", anchor: "end" },
    ],
  });
}

/** Where each operation stands: operations for each byte, and operations a second at its largest size. */
function marksOf(found) {
  return Object.entries(found)
    .filter(([, rows]) => rows.length)
    .map(([name, rows]) => {
      const { flops, bytes } = OPERATIONS[name];
      const { edge, gpu } = rows.at(-1);
      return { name, intensity: flops / bytes, reached: (flops * edge * edge) / gpu };
    });
}

function chartOfRoof(found, { bandwidth, rate }, width) {
  const marks = marksOf(found);
  const ridge = rate / bandwidth;
  const all = [ridge, 0.5, 16, ...marks.map((each) => each.intensity)];
  const x = [Math.min(...all) / 4, Math.max(...all) * 4];
  const roof = (intensity) => Math.min(rate, bandwidth * intensity) / 1e9;
  const lowest = Math.min(roof(x[0]), ...marks.map((each) => each.reached / 1e9));
  const y = [lowest / 3, (rate / 1e9) * 4];
  const ticks = [0.1, 1, 10, 100, 1000].filter((value) => value > x[0] && value < x[1]);
  return logChart({
    width,
    x,
    y,
    across: "operations for each byte moved",
    up: "thousand million operations a second",
    xTicks: ticks.map((value) => [value, String(value)]),
    lines: marks.map(({ name, intensity, reached }) => ({
      name,
      points: [[intensity, reached / 1e9]],
      isJoined: false,
    })),
    rules: [
      { points: [[x[0], roof(x[0])], [ridge, roof(ridge)], [x[1], roof(x[1])]] },
      ...marks.map(({ intensity, reached }) => ({
        points: [[intensity, reached / 1e9], [intensity, Math.max(reached / 1e9, roof(intensity))]],
        isDotted: true,
      })),
    ],
    notes: [{ at: [x[1] / 1.2, rate / 1e9], down: -6, text: "arithmetic ends here", anchor: "end" }],
  });
}

function roofInWords(found, { bandwidth, rate }) {
  const parts = marksOf(found).map(({ name, intensity, reached }) => {
    const part = reached / Math.min(rate, bandwidth * intensity);
    const limit = intensity < rate / bandwidth ? "memory" : "arithmetic";
    return `${name} reaches ${(100 * part).toPrecision(2)} % of what ${limit} allows`;
  });
  return `A roofline: what memory and arithmetic allow, and where the operations stand below it. ${parts.join("; ")}.`;
}

function tableOfTimes(found) {
  const rows = Object.entries(found).flatMap(([name, each]) =>
    each.map(({ edge, gpu, processor }) => [
      name,
      `${edge} × ${edge}`,
      inWords(gpu),
      inWords(processor),
      (processor / gpu).toPrecision(2),
    ]),
  );
  return table("Times, the processor's with one core", ["operation", "pixels", "GPU", "processor", "ratio"], rows);
}

function table(caption, head, rows) {
  const made = element("table", {}, element("caption", {}, caption));
  if (head.some(Boolean)) {
    made.append(element("thead", {}, element("tr", {}, ...head.map((each) => element("th", { scope: "col" }, each)))));
  }
  const line = ([first, ...others]) =>
    element("tr", {}, element("th", { scope: "row" }, first), ...others.map((each) => element("td", {}, each)));
  made.append(element("tbody", {}, ...rows.map(line)));
  return made;
}
