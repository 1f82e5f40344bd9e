// The theme decides which code blocks scroll, and so need a place in the tab order, when the window
// changes its size. Opening a fold can uncover a wide one: tell the theme to look again.
const lookAgain = () => window.dispatchEvent(new Event("resize"));
document.addEventListener("toggle", lookAgain, true);
document.addEventListener("click", (event) => {
  if (event.target.closest(".toggle, .toggle-hidden, .admonition-title")) lookAgain();
});

// Tables and code that reach past their box: mark those with more to the right, as long as there is.
const boxes = ".pst-scrollable-table-container, .cell_output .text_html, .bd-article .highlight pre";
const seeMore = (box) => {
  const more = box.scrollWidth - box.clientWidth - box.scrollLeft > 2;
  // Code fades out only: on a phone nearly every line does, and a scroll bar says the rest.
  if (more && box.tagName !== "PRE" && !box.nextElementSibling?.classList.contains("course-more-hint")) {
    const hint = document.createElement("p");
    hint.className = "course-more-hint";
    hint.setAttribute("aria-hidden", "true"); // a screen reader reads the whole table
    hint.textContent = "more to the right →";
    box.after(hint);
  }
  box.classList.toggle("course-more", more);
};

// Figures: a button below each, which a wide screen does not show, and a tap on the figure itself.
const narrow = matchMedia("(max-width: 600px)");
const enlarge = (picture) => {
  const dialog = document.createElement("dialog");
  dialog.className = "course-large";
  dialog.setAttribute("aria-label", "Enlarged figure");
  const large = new Image(Math.max(picture.naturalWidth, 2 * innerWidth));
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
  const all = document.querySelectorAll(boxes);
  const look = () => all.forEach(seeMore);
  all.forEach((box) => box.addEventListener("scroll", () => seeMore(box), { passive: true }));
  addEventListener("resize", look);
  addEventListener("load", look);
  look();
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
    picture.after(button);
  });
});
