"""The page of all scores: pictures and intervals first, then a table for each image set."""

import re
from collections.abc import Mapping, Sequence

import looked_at
from shown_again import Picture

from gpu_course.errors import CourseError
from gpu_course.images import cards
from gpu_course.scores import Score

#: From left to right, as the course goes; methods with other names follow.
ORDER = (
    "classical",
    "deconvolution + classical",
    "pixel classification",
    "deep learning, simulated only",
    "deep learning",
)

COMPARE = "deep-learning/compare"
"""The chapter that scores all methods on the same images, in one way."""

TAG = "scores-page"
"""Cells of that chapter with this tag hold the table below its ladder."""

FOLDER = "score-pictures"
"""Where the build puts the pictures, beside the page."""

PICTURES = (
    ("Nuclei", ("fig-compare-nuclei",)),
    ("Bees and roots", ("fig-compare-pictures",)),
    ("Real photographs", ("fig-compare-photographs", "fig-compare-hive")),
)
"""Heading → figures of that chapter, in the order of the page."""

LADDER = "fig-compare-intervals"

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


def scores_page(
    found: list[Score],
    titles: dict[str, str],
    pictures: Mapping[str, Picture] | None = None,
    tables: Sequence[str] = (),
) -> str:
    """Return the page of all scores, as MyST.

    Parameters
    ----------
    found : list of Score
        Of all chapters; those of other splits than test are left out.
    titles : dict
        Chapter's name → its title.
    pictures : mapping, optional
        Figures of the chapter `COMPARE` by name; those in `PICTURES` and `LADDER` are shown.
    tables : sequence of str
        HTML of the tables below the ladder.
    """
    found = [score for score in found if score.split == "test"]
    lines = [
        "(ch-scores)=",
        "# Scores: how results evolve",
        "",
        "The same images go through classical processing, pixel classification and deep learning. "
        "This page shows what came out, and gathers what each method reached on test images. It "
        "is made from the chapters' own outputs.",
        "",
        *_opening(pictures or {}, tables, titles),
        *LIVE,
        "",
        "## Every score, set by set",
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
        "other mask; Dice within 3 px forgives outlines that lie so far beside the truth. "
        "Centreline recall is the share of traced lines that was found. Point F1 asks "
        "whether each object holds the one point that somebody set on it. All of these are 1 at "
        "best. A count error is best at 0, and negative where objects were missed.",
        "",
        "The same records, for your own code: `gpu-course scores --json`.",
    ]
    return "\n".join(lines) + "\n"


def shown(pictures: Mapping[str, Picture]) -> list[str]:
    """Return the names of the figures that the page shows, of those that there are."""
    wanted = [name for _, names in PICTURES for name in names]
    return [name for name in [*wanted, LADDER] if name in pictures]


def _opening(
    pictures: Mapping[str, Picture], tables: Sequence[str], titles: dict[str, str]
) -> list[str]:
    """Return the pictures, method beside method, and the ladder with its intervals."""
    chapter = f"[{titles.get(COMPARE, COMPARE)}](/{COMPARE}.ipynb)"
    lines = []
    for heading, names in PICTURES:
        mine = [pictures[name] for name in names if name in pictures]
        if mine:
            lines += [f"### {heading}", ""]
        for picture in mine:
            lines += picture.figure(FOLDER)
    if lines:
        lines = [
            "## The same crop, method beside method",
            "",
            f"Computed in {chapter}, which says what each method was given.",
            "",
            *lines,
        ]
    if LADDER in pictures:
        lines += ["## Medians with their intervals", "", *pictures[LADDER].figure(FOLDER)]
        if tables:
            notes = [f"* `{name}`: {said}" for name, said in looked_at.SENTENCES.items()]
            boxes = [
                f'<div class="cell_output"><div class="output text_html">{_plain(html)}</div></div>'
                for html in tables
            ]
            lines += [
                "::::{dropdown} The same in numbers",
                "The median over test scenes, and its 95 % interval by bootstrap over scenes.",
                "",
                *["```{raw} html", *boxes, "```", ""],
                "Looked at before:",
                "",
                *notes,
                "::::",
                "",
            ]
    return lines


def _plain(html: str) -> str:
    """Return the table in pandas' HTML, without the style sheet in front of it."""
    return re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL).strip()


def _set(name: str, scores: list[Score], titles: dict[str, str]) -> list[str]:
    """Return the folded tables of one set: all methods by one protocol, then chapter by chapter."""
    what = _what(name)
    lines = [f"::::{{dropdown}} {name}{f': {what}' if what else ''}", ""]
    both = (
        ("By one protocol: all methods on the same images, medians over them.", True),
        ("As the chapters found them. They sum up differently (a median or a mean over images, "
         "or one count over all of them), so compare small differences in a chapter, not here.",
         False),
    )  # fmt: skip
    for sentence, compared in both:
        some = [score for score in scores if (score.chapter == COMPARE) is compared]
        if some:
            lines += [f"{sentence} {_number(some)}", "", *_table(some, titles)]
    note = looked_at.note(name)
    return [*lines, *([note, ""] if note else []), "::::", ""]


def _table(scores: list[Score], titles: dict[str, str]) -> list[str]:
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


def _what(name: str) -> str:
    """Say what the images are, and whether they are real."""
    try:
        card = cards.read(name)
    except CourseError:  # a set without a card
        return ""
    kind = "real" if card.real else "simulated"
    return card.title if kind in card.title else f"{card.title}, {kind}"


def _number(scores: list[Score]) -> str:
    """Say how many images were scored, and that methods may differ in that."""
    if len({s.n for s in scores}) == 1:
        return f"Scored on {_images(scores)}."
    return (
        "The methods were scored on different numbers of images, given below, so small differences "
        "mean nothing."
    )
