// The error against the iterations, drawn as SVG while they are computed.

import { node } from "./chart.js";

/**
 * Draw the chart. Iterations have a logarithmic axis: the first ones change the most.
 * @param {{width: number, height: number, iterations: number, errors: number[], before: number[]}} how size in
 *   pixels; how many iterations there will be; the error after each that is done; those of the run before, dotted.
 * @returns {SVGElement} hidden from screen readers: say in words what it shows.
 */
export function errorChart({ width, height, iterations, errors, before }) {
  const room = { left: 34, right: 14, top: 26, bottom: 40 };
  const most = Math.max(2, iterations, before.length);
  const top = Math.max(1, Math.ceil(2 * Math.max(0, ...errors, ...before)) / 2);
  const px = (iteration) => room.left + (Math.log(iteration) / Math.log(most)) * (width - room.left - room.right);
  const py = (error) => height - room.bottom - (error / top) * (height - room.top - room.bottom);
  const svg = node("svg", { viewBox: `0 0 ${width} ${height}`, class: "live-chart", "aria-hidden": "true" });
  const text = (x, y, words, more = {}) => node("text", { x, y, ...more }, words);

  for (const tick of [1, 2, 5, 10, 20, 50, 100, 200].filter((each) => each <= most)) {
    svg.append(node("line", { x1: px(tick), x2: px(tick), y1: py(0), y2: py(top), class: "grid" }));
    svg.append(text(px(tick), py(0) + 15, String(tick), { "text-anchor": "middle" }));
  }
  for (const tick of [0, 1, 2, 3, 4].map((part) => (part * top) / 4)) {
    svg.append(node("line", { x1: px(1), x2: px(most), y1: py(tick), y2: py(tick), class: "grid" }));
    svg.append(text(room.left - 5, py(tick) + 4, String(Number(tick.toPrecision(3))), { "text-anchor": "end" }));
  }
  svg.append(text(0, 14, "error"));
  svg.append(text(width - room.right, height - 8, "iterations", { "text-anchor": "end" }));
  if (before.length) {
    svg.append(text(width - room.right, 14, "dotted: the run before", { "text-anchor": "end", class: "note" }));
  }

  const point = (error, i) => `${i ? "L" : "M"}${px(i + 1).toFixed(1)} ${py(error).toFixed(1)}`;
  const path = (values) => values.map(point).join("");
  svg.append(node("path", { d: path(before), class: "rule dotted" }));
  svg.append(node("path", { d: path(errors), class: "line series-0" }));
  if (errors.length > 1) {
    const least = leastOf(errors);
    svg.append(node("circle", { cx: px(least.iteration), cy: py(least.error), r: 4.5, class: "mark series-0" }));
  }
  return svg;
}

/** The least error, and the iteration that had it. */
export function leastOf(errors) {
  const error = Math.min(...errors);
  return { error, iteration: errors.indexOf(error) + 1 };
}

/** What the chart shows, in words. */
export function errorsInWords(errors) {
  const least = leastOf(errors);
  const [first, last] = [errors[0], errors.at(-1)].map((each) => each.toFixed(2));
  const falls = `The error falls from ${first} to ${least.error.toFixed(2)} after ${counted(least.iteration)}`;
  const climbs = last > least.error.toFixed(2) ? `, then climbs to ${last} after ${counted(errors.length)}` : "";
  if (errors.length === 1) return `The error is ${first} after 1 iteration.`;
  return least.iteration === 1 ? `The error climbs from ${first} to ${last}.` : `${falls}${climbs}.`;
}

const counted = (n) => `${n} iteration${n === 1 ? "" : "s"}`;
