// A chart with two logarithmic axes, drawn as SVG in the colours of the page.

const NS = "http://www.w3.org/2000/svg";
const MARKS = ["circle", "square", "triangle"];

/** An element of SVG with its attributes and children. */
export function node(tag, attributes, ...children) {
  const made = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * Draw a chart.
 * @param {object} how
 * @param {number} how.width in pixels; and how.height.
 * @param {[number, number]} how.x the range of the axis, above 0; and how.y.
 * @param {string} how.across what stands below; and how.up, above.
 * @param {Array<[number, string]>} how.xTicks values and their words.
 * @param {Array<{name: string, points: Array<[number, number]>, isJoined?: boolean}>} how.lines
 * @param {Array<{points: Array<[number, number]>, isDotted?: boolean}>} [how.rules] black lines.
 * @param {Array<{at: [number, number], text: string, anchor?: string, down?: number}>} [how.notes] remarks, which
 *   may stand some pixels further down.
 * @returns {SVGElement} hidden from screen readers: say in words what it shows.
 */
export function logChart({ width, height = 300, x, y, across, up, xTicks, lines, rules = [], notes = [] }) {
  const room = { left: 52, right: 12, top: 26, bottom: 66 };
  const place = (value, [low, high], from, to) => from + (Math.log(value / low) / Math.log(high / low)) * (to - from);
  const px = (value) => place(value, x, room.left, width - room.right);
  const py = (value) => place(value, y, height - room.bottom, room.top);
  const svg = node("svg", { viewBox: `0 0 ${width} ${height}`, class: "live-chart", "aria-hidden": "true" });
  const text = (at, words, more = {}) => node("text", { x: at[0], y: at[1], ...more }, words);

  for (const [value, words] of xTicks) {
    svg.append(node("line", { x1: px(value), x2: px(value), y1: py(y[0]), y2: py(y[1]), class: "grid" }));
    svg.append(text([px(value), py(y[0]) + 16], words, { "text-anchor": "middle" }));
  }
  for (const value of decades(y)) {
    svg.append(node("line", { x1: px(x[0]), x2: px(x[1]), y1: py(value), y2: py(value), class: "grid" }));
    svg.append(text([room.left - 6, py(value) + 4], short(value), { "text-anchor": "end" }));
  }
  svg.append(text([room.left - 40, 14], up));
  svg.append(text([width - room.right, py(y[0]) + 34], across, { "text-anchor": "end" }));

  const pen = ([u, v], i) => `${i ? "L" : "M"}${px(u).toFixed(1)} ${py(v).toFixed(1)}`;
  const path = (points) => points.map(pen).join("");
  for (const { points, isDotted } of rules) {
    svg.append(node("path", { d: path(points), class: isDotted ? "rule dotted" : "rule" }));
  }
  lines.forEach(({ points, isJoined = true }, i) => {
    if (isJoined) svg.append(node("path", { d: path(points), class: `line series-${i}` }));
    for (const [u, v] of points) svg.append(mark(i, px(u), py(v)));
  });
  for (const { at, text: words, anchor = "start", down = 0 } of notes) {
    svg.append(text([px(at[0]), py(at[1]) + down], words, { "text-anchor": anchor, class: "note" }));
  }
  let left = room.left;
  lines.forEach(({ name }, i) => {
    svg.append(mark(i, left + 5, height - 12), text([left + 15, height - 8], name));
    left += 32 + 7.4 * name.length;
  });
  return svg;
}

function mark(i, x, y) {
  const shape = MARKS[i % MARKS.length];
  const more = { class: `mark series-${i}` };
  if (shape === "circle") return node("circle", { cx: x, cy: y, r: 5, ...more });
  if (shape === "square") return node("rect", { x: x - 4.5, y: y - 4.5, width: 9, height: 9, ...more });
  return node("path", { d: `M${x} ${y - 5.5}L${x + 5.5} ${y + 4.5}L${x - 5.5} ${y + 4.5}Z`, ...more });
}

/** The powers of ten in a range; every second one where there are many. */
function decades([low, high]) {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const step = last - first > 5 ? 2 : 1;
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => 10 ** (first + step * i));
}

function short(value) {
  if (value >= 1e4) return value.toExponential(0).replace("e+", "e");
  return String(Number(value.toPrecision(2)));
}
