// What a figure is made of: elements, sliders, buttons, and a canvas in a frame that keeps its size.

/**
 * Make an element.
 * @param {string} tag
 * @param {Object<string, string>} attributes
 * @param {...(Node|string)} children
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Put controls in a row, which breaks where it is narrow. */
export const row = (...children) => element("div", { class: "live-row" }, ...children);

/**
 * A slider with its value beside it.
 * @param {object} place the figure's place, see figure.js.
 * @param {{label: string, min: number, max: number, step: number, value: number, show?: (value) => string}} how
 *   `show` writes the value, with its unit.
 * @param {(value: number) => void} changed called with each new value.
 * @returns {{node: HTMLElement, value: number}} the slider; `value` can be set, too, which calls nobody.
 */
export function slider(place, { label, min, max, step, value, show = String }, changed) {
  const field = element("input", { type: "range", min, max, step, value });
  const told = element("output", { "aria-hidden": "true" }); // the slider says its value itself
  const tell = () => {
    told.value = show(field.valueAsNumber);
    field.setAttribute("aria-valuetext", told.value);
  };
  field.addEventListener(
    "input",
    () => {
      tell();
      changed(field.valueAsNumber);
    },
    { signal: place.closed },
  );
  tell();
  return {
    node: element("label", { class: "live-slider" }, element("span", {}, label), field, told),
    get value() {
      return field.valueAsNumber;
    },
    set value(next) {
      field.value = next;
      tell();
    },
  };
}

/**
 * A list of which one is chosen.
 * @param {object} place
 * @param {string} label
 * @param {string[]} names
 * @param {(index: number) => void} changed
 * @returns {{node: HTMLElement, value: number}} `value` is the place in the list, and can be set.
 */
export function choice(place, label, names, changed) {
  const field = element("select", {}, ...names.map((name) => element("option", {}, name)));
  field.addEventListener("change", () => changed(field.selectedIndex), { signal: place.closed });
  return {
    node: element("label", { class: "live-choice" }, element("span", {}, label), field),
    get value() {
      return field.selectedIndex;
    },
    set value(index) {
      field.selectedIndex = index;
    },
  };
}

/**
 * A button.
 * @param {object} place
 * @param {string} text
 * @param {() => Promise<void>|void} pressed what goes wrong in it is told as a sentence.
 * @returns {HTMLButtonElement}
 */
export const button = (place, text, pressed) => pressable(place, "live-button", text, pressed);

/** As `button`, for what is beside the point of the figure: it is outlined only. */
export const quiet = (place, text, pressed) => pressable(place, "live-quiet", text, pressed);

function pressable(place, name, text, pressed) {
  const made = element("button", { type: "button", class: name }, text);
  made.addEventListener("click", () => place.attempt(async () => pressed()), { signal: place.closed });
  return made;
}

/** A sentence that says what came out; screen readers read it out when it changes. */
export const report = (more = "") => element("p", { class: `live-told ${more}`.trim(), role: "status" });

/**
 * A canvas in a frame that keeps its shape, whatever picture is drawn: nothing around it moves.
 * @param {string} shape width to height, as CSS writes it: "4 / 3".
 * @param {string} title stands above it; "" for none.
 * @returns {{node: HTMLElement, canvas: HTMLCanvasElement}}
 */
export function frame(shape, title = "") {
  const canvas = element("canvas", { role: "img" });
  const around = element("div", { class: "live-frame", style: `aspect-ratio: ${shape}` }, canvas);
  const node = element("div", { class: "live-picture" }, ...(title ? [element("p", {}, title)] : []), around);
  return { node, canvas };
}

/**
 * Compute again, but never twice at a time: while one answer is on its way only the latest wish is kept.
 * @param {object} place
 * @param {() => Promise<void>} compute
 * @returns {() => Promise<void>} call it whenever something changed.
 */
export function latest(place, compute) {
  let running = null;
  let again = false;
  return () => {
    again = true;
    running ??= (async () => {
      while (again && !place.closed.aborted) {
        again = false;
        await place.attempt(compute);
      }
      running = null;
    })();
    return running;
  };
}
