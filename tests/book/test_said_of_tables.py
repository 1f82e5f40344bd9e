"""Sentences that read a table to the reader: the stored table beside each still says so.

After each execution a person reads the page again; these are the sentences that a trained network
or another machine may turn round, and of which a program can see it. A sentence that is gone from
the page fails, too: then its claim goes from here.
"""

import functools
import io
from collections.abc import Callable
from typing import NamedTuple

import pandas as pd
import pytest
from nbformat import NotebookNode

from gpu_course.book import chapters, notebooks

COMPARE = "deep-learning/compare"
LABELS = "deep-learning/how-many-labels"
SIMULATION = "deep-learning/simulation-to-reality"
BEES = "deep-learning/bees-stardist"
ROOTS = "deep-learning/roots-unet"
CAMERAS = "deep-learning/nuclei-many-cameras"
INSTANCES = "deep-learning/semantic-vs-instance"
LABELLING = "deep-learning/labelling"
OWN = "deep-learning/your-own-images"

OVERLAPS = ["AP@0.5", "AP@0.7", "AP@0.9"]
FOREST, NETWORK = "pixel classification", "deep learning"


class Said(NamedTuple):
    """What a page says, the ends of the cells whose tables it reads, and whether it is so."""

    chapter: str
    sentence: str
    cells: tuple[str, ...]
    holds: Callable[..., bool]


@functools.cache
def stored(chapter: str) -> list[NotebookNode]:
    """Return the cells of the stored output; reading it takes a while."""
    return list(notebooks.read_executed(chapters.read(chapter)).cells)


@functools.cache
def prose(chapter: str) -> str:
    """Return what the page says between its cells, in one line."""
    cells = chapters.read(chapter).notebook.cells
    return " ".join(" ".join(c.source.split()) for c in cells if c.cell_type == "markdown")


def table_of(chapter: str, code: str) -> pd.DataFrame:
    """Return the table that the cell with this code shows, its first column or two as index."""
    (cell,) = (cell for cell in stored(chapter) if cell.cell_type == "code" and code in cell.source)
    (html,) = (
        output["data"]["text/html"]
        for output in cell.outputs
        if "<table" in output.get("data", {}).get("text/html", "")
    )
    (table,) = pd.read_html(io.StringIO(html))
    if table.columns.nlevels > 1:  # the index has a name, which stands in a row of its own
        table.columns = table.columns.get_level_values(0)
    labels = [name for name in table.columns if str(name).startswith("Unnamed")]
    return table.set_index(labels)


def medians(table: pd.DataFrame) -> pd.DataFrame:
    """Return the number in front of each bracket, ``0.90 (0.71 to 0.91)``."""
    return table.map(lambda cell: float(str(cell).split(" (")[0]))


def part_of_the_way(table: pd.DataFrame, score: str) -> float:
    """Return how far the varied scenes bring the network that knew soil."""
    values = medians(table)[score]
    old = values["old network, its own threshold"]
    return (values["new network, half size"] - old) / (values["old network, fine-tuned"] - old)


def better_on_those_alike(whole: pd.DataFrame, alike: pd.DataFrame) -> bool:
    names = [*OVERLAPS, "PQ"]
    return bool((medians(alike)[names] > medians(whole)[names]).all(axis=None))


def ahead_of_both(table: pd.DataFrame) -> pd.Series:
    """Return by how much the network's medians lie above the better one of the two others."""
    values = medians(table)
    return values.loc[NETWORK] - values.drop(NETWORK).max()


def every_training_ahead(table: pd.DataFrame, trainings: pd.DataFrame) -> bool:
    others = medians(table).drop(NETWORK).max()
    return all(trainings.loc[score, "lowest"] > others[score] for score in ("AP@0.7", "AP@0.9"))


def trainings_farther_apart(table: pd.DataFrame, trainings: pd.DataFrame) -> bool:
    methods, score = medians(table)["AP@0.5"], trainings.loc["AP@0.5"]
    forest = methods[FOREST]
    apart = score["highest"] - score["lowest"] > methods.max() - methods.min()
    return bool(apart and score["lowest"] < forest < score["highest"])


def one_is_hard_for_two(table: pd.DataFrame) -> bool:
    better = table[["recipe", "network"]].astype(float).max(axis=1)
    return len(better) == 7 and sum(better < 0.6) == 1


def flips_help(table: pd.DataFrame) -> bool:
    gains = pd.concat([table[f"{n} flips"] - table[f"{n} plain"] for n in ("Dice", "clDice")])
    return bool(gains.max() < 0.01 and (gains > 0).mean() > 0.8)


def best_inside(table: pd.DataFrame) -> bool:
    """Return whether the best row is neither the first nor the last, and those beside it close."""
    flips = [name for name in table if "plain" not in name]
    mean = table[flips].mean(axis=1).to_numpy()
    best = int(mean.argmax())
    return 0 < best < len(mean) - 1 and mean[best] - mean[best - 1 : best + 2].min() < 0.01


NUCLEI = "protocol.table(nuclei_scores)[SHOWN]"
PHOTOGRAPHS = "protocol.table(photo_scores)"
TEST = "protocol.table(each) if test"
TRAININGS = 'trained_again.files("nuclei-stardist")'
GAINS = 'pd.DataFrame(rows, index=["gain", "from", "to"])'

CLAIMS = (
    Said(
        COMPARE,
        "network's medians are a little ahead, at 0.7 and at 0.9",
        (NUCLEI,),
        lambda t: (
            ((ahead := ahead_of_both(t)[["AP@0.7", "AP@0.9"]]) > 0).all() and max(ahead) < 0.1
        ),
    ),
    Said(
        COMPARE,
        "The network errs to the other side",
        (NUCLEI,),
        lambda t: medians(t).loc[NETWORK, "count error"] > 0,
    ),
    Said(
        COMPARE,
        "the three networks differ by more than the methods do",
        (NUCLEI, TRAININGS),
        trainings_farther_apart,
    ),
    Said(
        COMPARE,
        "At 0.7 the lowest of the three is still ahead of recipe and forest, and at 0.9 too",
        (NUCLEI, TRAININGS),
        every_training_ahead,
    ),
    Said(
        COMPARE,
        "far less than the step from the forest to the network",
        ('for kind, score in [("bees"', GAINS),
        lambda t, gains: (
            (t["highest"] - t["lowest"]).max()
            < gains.xs("pixel classification → deep learning", level=1)["gain"][
                ["bees, AP at IoU 0.5", "roots, clDice"]
            ].min()
        ),
    ),
    Said(
        COMPARE,
        "All three methods do better here than on the whole",
        (NUCLEI, "protocol.table(apart)[SHOWN]"),
        better_on_those_alike,
    ),
    Said(
        COMPARE,
        "a network from simulated scenes alone is no better here than the recipe",
        (PHOTOGRAPHS,),
        lambda t: (
            medians(t)["clDice"]["deep learning, simulated only"]
            <= medians(t)["clDice"]["classical"]
        ),
    ),
    Said(
        COMPARE,
        "bees gain more in pixels than in objects",
        (GAINS,),
        lambda t: (
            t.loc[("bees, Dice", f"classical → {FOREST}"), "gain"]
            > t.loc[("bees, AP at IoU 0.5", f"classical → {FOREST}"), "gain"]
        ),
    ),
    Said(
        COMPARE,
        "Those of the nuclei hold it",
        (GAINS,),
        lambda t: (
            (t.loc["nuclei, AP at IoU 0.5"]["from"] <= 0).all()
            and (t.drop("nuclei, AP at IoU 0.5", level=0)["from"] > 0).all()
        ),
    ),
    Said(
        LABELS,
        "Here that holds for every network",
        ("def gain(points)",),
        lambda t: (t["gain"] < t["band"]).xs(NETWORK, level=1).all(),
    ),
    Said(
        LABELS,
        "as that of the forest for roots",
        ("def gain(points)",),
        lambda t: t.loc[("roots", FOREST), "gain"] > t.loc[("roots", FOREST), "band"],
    ),
    Said(
        SIMULATION,
        "the old network measures better on all three grounds",
        ('rename_axis("mean error in pixels")',),
        lambda t: (t.loc["learned from soil"] < t.loc["learned from varied scenes"]).all(),
    ),
    Said(
        SIMULATION,
        "about three quarters of the way from the old zero-shot Dice",
        (TEST,),
        lambda t: 0.65 < part_of_the_way(t, "Dice") < 0.85,
    ),
    Said(
        SIMULATION,
        "further where three pixels are forgiven",
        (TEST,),
        lambda t: part_of_the_way(t, "Dice within 3 px") > part_of_the_way(t, "Dice"),
    ),
    Said(
        SIMULATION,
        "in clDice, more than half",
        (TEST,),
        lambda t: 0.5 < part_of_the_way(t, "clDice") < 0.65,
    ),
    Said(
        SIMULATION,
        "At `laptop` the best epoch is one of the last three",
        ('name="continued on varied scenes"',),
        lambda t: float(t.iloc[:, 0]["epochs"]) - float(t.iloc[:, 0]["best_epoch"]) < 3,
    ),
    Said(
        BEES,
        "at AP@0.5 more than 32 rays bring nothing",
        ("pd.DataFrame(best, index=thresholds_iou)",),
        lambda t: t.loc["true stars, 64 rays", "AP@0.5"] <= t.loc["true stars, 32 rays", "AP@0.5"],
    ),
    Said(
        BEES,
        "the network misses more than of those inside",
        ("kinds = stars.by_kind",),
        lambda t: (
            t.loc["cut by the frame", "StarDist"]
            < t.loc["more than half in view", "StarDist"] - 0.05
        ),
    ),
    Said(
        ROOTS,
        "The flips gain a few thousandths nearly everywhere",
        ("without.join(table",),
        flips_help,
    ),
    Said(
        ROOTS,
        "The best threshold lies well inside of the list",
        ("without.join(table",),
        best_inside,
    ),
    Said(
        CAMERAS,
        "They are seven, and one of them is hard for recipe and network alike",
        ('rename_axis("AP@0.5")',),
        one_is_hard_for_two,
    ),
    Said(
        INSTANCES,
        "It does not see merges and splits at all",
        ("mistakes.score_table(truth",),
        lambda t: (t.loc[["8 merged", "8 split"], "Dice"] == 1).all(),
    ),
    Said(
        LABELLING,
        "In Dice they lie below the ceiling",
        ("compare(once[name], other)",),
        lambda t: (t.xs("again", level=1)["Dice"] < t.xs("the truth", level=1)["Dice"]).all(),
    ),
    Said(
        SIMULATION,
        "by less than a pixel on soil",
        ('rename_axis("mean error in pixels")',),
        lambda t: (
            (row := t.loc["learned from varied scenes"])["soil"] < 1
            and 1 < row["paper"] < 2 < row["paper and hairs"] < 3
        ),
    ),
    Said(
        LABELLING,
        "**Too large** costs the most",
        ('index=["Dice", "area found / true area"]',),
        lambda t: (
            t["Dice"].idxmin() == "too large, 3 px"
            and t["area found / true area"].idxmax() == "too large, 3 px"
        ),
    ),
    Said(
        OWN,
        "its best one is among them",
        ('name="threshold, AP at IoU 0.5"',),
        lambda t: t.iloc[:, 0]["all three"] >= t.iloc[:, 0].drop("all three").max(),
    ),
)


@pytest.mark.parametrize("said", CLAIMS, ids=lambda said: said.sentence)
def test_the_table_says_what_the_sentence_says(said):
    assert said.sentence in prose(said.chapter)
    assert said.holds(*(table_of(said.chapter, code) for code in said.cells))


def test_a_table_that_says_otherwise_is_seen():
    scores = pd.DataFrame(
        {name: ["0.50 (0.4 to 0.6)", "0.7 (0.6 to 0.8)"] for name in [*OVERLAPS, "PQ"]},
        index=[FOREST, NETWORK],
    )
    assert not better_on_those_alike(scores, scores)
    assert ahead_of_both(scores)["AP@0.7"] == pytest.approx(0.2)
    trainings = pd.DataFrame({"lowest": 0.45, "highest": 0.72}, index=OVERLAPS)
    assert trainings_farther_apart(scores, trainings)
    assert not trainings_farther_apart(scores, trainings.assign(highest=0.48))
    assert not every_training_ahead(scores, trainings)
    assert every_training_ahead(scores, trainings.assign(lowest=0.6))
