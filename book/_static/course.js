// The theme decides which code blocks scroll, and so need a place in the tab order, when the window
// changes its size. Opening a fold can uncover a wide one: tell the theme to look again.
const lookAgain = () => window.dispatchEvent(new Event("resize"));
document.addEventListener("toggle", lookAgain, true);
document.addEventListener("click", (event) => {
  if (event.target.closest(".toggle, .toggle-hidden, .admonition-title")) lookAgain();
});

// What reaches past its box, a table, code, or on a phone a figure: mark it as long as there is more to
// the right.
const boxes = ".pst-scrollable-table-container, .cell_output .text_html, "
  + ".cell_output [style*='overflow-x'], .bd-article .highlight pre, .course-figure";
const seeMore = (box) => {
  const rest = box.scrollWidth - box.clientWidth - box.scrollLeft;
  const more = rest > 2;
  // Code fades out only: on a phone nearly every line does, and a scroll bar says the rest.
  if (more && box.tagName !== "PRE" && !box.nextElementSibling?.classList.contains("course-more-hint")) {
    const hint = document.createElement("p");
    hint.className = "course-more-hint";
    hint.setAttribute("aria-hidden", "true"); // a screen reader reads the whole table
    hint.textContent = "more to the right →";
    box.after(hint);
  }
  box.classList.toggle("course-more", more);
  if (more) box.style.setProperty("--fade", `${Math.min(rest, 40)}px`);
  // Tables and code get their place in the tab order from the theme.
  if (box.classList.contains("course-figure")) scrollByKeyboard(box);
};
const scrollByKeyboard = (figure) => {
  const scrolls = figure.scrollWidth > figure.clientWidth; // a single pixel, too
  const wanted = { tabindex: "0", role: "group", "aria-label": "Figure, scrolls sideways" };
  for (const [name, value] of Object.entries(wanted)) {
    if (scrolls) figure.setAttribute(name, value);
    else figure.removeAttribute(name);
  }
};

// Figures: a button below each, which a wide screen does not show, and a tap on the figure itself.
const narrow = matchMedia("(max-width: 600px)");
const largerThanShown = (picture) => {
  // Panels that stand one below the other get no larger, but side by side again.
  const part = picture.parentElement.querySelector(".course-part");
  if (part) return (part.clientWidth * parseFloat(getComputedStyle(part).backgroundSize)) / 100;
  return 1.5 * picture.clientWidth;
};
const enlarge = (picture) => {
  const dialog = document.createElement("dialog");
  dialog.className = "course-large";
  dialog.setAttribute("aria-label", "Enlarged figure");
  const large = new Image(Math.max(picture.naturalWidth, 2 * innerWidth, largerThanShown(picture)));
  large.src = picture.src;
  large.alt = picture.alt;
  const pane = document.createElement("div");
  pane.tabIndex = 0; // scrolled by keyboard, too
  pane.setAttribute("role", "group");
  pane.setAttribute("aria-label", "Figure, scrolls both ways");
  pane.append(large);
  const close = document.createElement("button");
  close.textContent = "Close";
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.append(pane, close);
  document.body.append(dialog);
  dialog.showModal();
  close.focus();
};

document.addEventListener("DOMContentLoaded", () => {
  // The pictures of sliders and dividers are moved by tapping them.
  document.querySelectorAll(".bd-article .cell_output img").forEach((picture) => {
    if (picture.closest(".gpuc, a")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "course-enlarge";
    button.textContent = "Enlarge";
    button.setAttribute("aria-label", "Enlarge the figure");
    button.addEventListener("click", () => enlarge(picture));
    picture.addEventListener("click", () => narrow.matches && enlarge(picture));
    (picture.closest(".course-figure") ?? picture).after(button);
  });
  // After the buttons: a hint stands between a figure and its button.
  const all = document.querySelectorAll(boxes);
  const look = () => all.forEach(seeMore);
  all.forEach((box) => box.addEventListener("scroll", () => seeMore(box), { passive: true }));
  addEventListener("resize", look);
  addEventListener("load", look);
  // A picture that comes only when the reader gets there has no width before.
  document.querySelectorAll(".course-figure img").forEach((each) => each.addEventListener("load", look));
  look();
});

// Live figures: a button, and what it loads on the press. Nothing of them is fetched before.
const LIVE_HINT = "Computes in this page, on your own device. Nothing is sent anywhere.";
const NOT_HERE =
  location.protocol === "file:"
    ? "From a file on the disk a browser loads no modules: open the site at its address, or serve its folder (python -m http.server)."
    : "The code of this figure did not come: load the page again.";
const makeLive = (figure) => {
  const name = [...figure.classList].find((each) => each.startsWith("live-"))?.slice(5);
  if (!name) return;
  figure.setAttribute("role", "group");
  figure.setAttribute("aria-label", "Live figure");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "live-button";
  const status = document.createElement("p");
  status.className = "live-status";
  status.setAttribute("role", "status");
  status.textContent = LIVE_HINT;
  const bar = document.createElement("div");
  bar.className = "live-bar";
  bar.append(button, status);
  figure.append(bar);
  let close = null; // closes the open figure
  let isStarting = false;
  let isLost = false;
  const show = () => {
    figure.classList.toggle("live-open", isStarting || Boolean(close));
    button.textContent = isLost ? "Run again" : close ? "Close" : "Run on my GPU";
    button.setAttribute("aria-expanded", String(Boolean(close)));
    button.setAttribute("aria-disabled", String(isStarting)); // a disabled button would lose the focus
  };
  button.addEventListener("lost", () => {
    isLost = true;
    show();
  });
  button.addEventListener("click", async () => {
    if (isStarting) return;
    const restart = isLost || !close;
    close?.();
    close = null;
    isLost = false;
    if (restart) {
      isStarting = location.protocol !== "file:" && Boolean(navigator.gpu); // else no room is needed
      show();
      try {
        const { start } = await import("./live/figure.js");
        close = await start(figure, name, button, status);
      } catch {
        status.textContent = NOT_HERE;
      }
      isStarting = false;
    } else {
      status.textContent = LIVE_HINT;
    }
    show();
  });
  show();
};
document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".live").forEach(makeLive));
