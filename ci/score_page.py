"""The page of all scores: for each image set, one column for each method."""

from gpu_course.errors import CourseError
from gpu_course.images import cards
from gpu_course.scores import Score

#: From left to right, as the course goes; methods with other names follow.
ORDER = ("classical", "deconvolution + classical", "pixel classification", "deep learning")

#: A figure that computes in the page, on the reader's own GPU.
LIVE = (
    ":::{div} live live-methods",
    "**Your own image, through the methods that run in a page**: the recipe for nuclei, a forest "
    "that learned from ten strokes on the nuclei shown (so it is flattered there), and the U-Net "
    "that learned roots in simulated soil. Each counts what it takes for an object, on a picture "
    "of another kind, too. Nuclei: Data Science Bowl 2018 (CC0), from the StarDist package; roots: "
    "simulated.",
    ":::",
)


def scores_page(found: list[Score], titles: dict[str, str]) -> str:
    """Return the page of all scores, as MyST.

    Parameters
    ----------
    found : list of Score
        Of all chapters; those of other splits than test are left out.
    titles : dict
        Chapter's name → its title.
    """
    found = [score for score in found if score.split == "test"]
    lines = [
        "(ch-scores)=",
        "# Scores: how results evolve",
        "",
        "The same images go through classical processing, pixel classification and deep learning. "
        "This page gathers what each method reached on test images; where those had been looked at "
        "before, the chapter says so. Chapters sum up differently (a median or a mean over images, "
        "or one count over all of them), so compare small differences in a chapter, not here. "
        "The page is written from the chapters' own outputs, so a method that has no chapter yet "
        "has no column.",
        "",
        *LIVE,
        "",
    ]
    for name in dict.fromkeys(score.set for score in found):
        lines += _set(name, [score for score in found if score.set == name], titles)
    if not found:
        lines += ["No chapter has reported a score yet.", ""]
    lines += [
        "AP is StarDist's average precision, TP / (TP + FP + FN), at the stated threshold of "
        "intersection over union, and PQ is panoptic quality at a threshold of 0.5. Dice compares "
        "masks pixel by pixel; clDice asks how much of each mask's centreline lies inside the "
        "other mask. Centreline recall is the share of traced lines that was found. Point F1 asks "
        "whether each object holds the one point that somebody set on it. All of these are 1 at "
        "best. A count error is best at 0, and negative where objects were missed.",
        "",
        "The same records, for your own code: `gpu-course scores --json`.",
    ]
    return "\n".join(lines) + "\n"


def _set(name: str, scores: list[Score], titles: dict[str, str]) -> list[str]:
    methods = sorted(
        dict.fromkeys(s.method for s in scores),
        key=lambda m: ORDER.index(m) if m in ORDER else len(ORDER),
    )
    value = {(s.metric, s.method): f"{s.value:.3f}".replace("-", "−") for s in scores}
    rows = [
        f"| {metric} | " + " | ".join(value.get((metric, method), "–") for method in methods) + " |"
        for metric in dict.fromkeys(s.metric for s in scores)
    ]
    lines = [
        f"## {name}",
        "",
        _which(name, scores),
        "",
        f"| score | {' | '.join(methods)} |",
        f"| --- |{' --: |' * len(methods)}",
        *rows,
        "",
    ]
    differ = len({s.n for s in scores}) > 1
    for method in methods:
        mine = [s for s in scores if s.method == method]
        links = ", ".join(
            f"[{titles.get(c, c)}](/{c}.ipynb)" for c in dict.fromkeys(s.chapter for s in mine)
        )
        lines.append(f"* {method}: {links}" + (f" ({_images(mine)})" if differ else ""))
    return [*lines, ""]


def _images(scores: list[Score]) -> str:
    """Say on how many images a method was scored; its metrics may differ in that."""
    numbers = sorted({s.n for s in scores})
    if numbers == [1]:
        return "one image"
    return f"{' or '.join(map(str, numbers))} images"


def _which(name: str, scores: list[Score]) -> str:
    """Say what the images are, how many were scored, and that methods may differ in that."""
    try:
        card = cards.read(name)
        kind = "real" if card.real else "simulated"
        what = f"{card.title if kind in card.title else f'{card.title}, {kind}'}."
    except CourseError:  # a set without a card
        what = ""
    if len({s.n for s in scores}) == 1:
        return f"{what} Scored on {_images(scores)}.".strip()
    return (
        f"{what} The methods were scored on different numbers of images, given below, so small "
        "differences mean nothing."
    ).strip()
