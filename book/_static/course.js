// The theme decides which code blocks scroll, and so need a place in the tab order, when the window
// changes its size. Opening a fold can uncover a wide one: tell the theme to look again.
const lookAgain = () => window.dispatchEvent(new Event("resize"));
document.addEventListener("toggle", lookAgain, true);
document.addEventListener("click", (event) => {
  if (event.target.closest(".toggle, .toggle-hidden, .admonition-title")) lookAgain();
});
