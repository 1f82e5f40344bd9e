// The theme decides which code blocks scroll, and so need a place in the tab order, when the window
// changes its size. Opening a fold can uncover a wide one: tell the theme to look again.
document.addEventListener("toggle", () => window.dispatchEvent(new Event("resize")), true);
