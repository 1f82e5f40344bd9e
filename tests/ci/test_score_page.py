import re

import looked_at
import yaml
from score_page import COMPARE, FOLDER, LADDER, PICTURES, TAG, scores_page, shown
from shown_again import Picture

from gpu_course import images
from gpu_course.book import chapters
from gpu_course.scores import Score


def score(set="nuclei", method="classical", metric="AP@0.5", value=0.5, n=1, chapter="a/one"):
    return Score(set, method, metric, value, n, chapter)


def rows(page):
    return [[c.strip() for c in line[1:-1].split("|")] for line in page.splitlines() if "|" in line]


def picture(name):
    return Picture(f"{name}.jpg", f"Caption of {name}.", f"Alt of {name}.", b"")


NAMES = [name for _, names in PICTURES for name in names] + [LADDER]
ALL = {name: picture(name) for name in NAMES}


def test_methods_stand_side_by_side_in_the_order_of_the_course():
    page = scores_page(
        [
            score(method="pixel classification", value=0.7, chapter="b/two"),
            score(value=0.6),
            score(metric="PQ", value=0.25),
            score(method="my own", value=0.9, chapter="b/two"),
        ],
        {"a/one": "One", "b/two": "Two"},
    )
    assert rows(page) == [
        ["score", "classical", "pixel classification", "my own"],
        ["---", "--:", "--:", "--:"],
        ["AP@0.5", "0.600", "0.700", "0.900"],
        ["PQ", "0.250", "–", "–"],
    ]
    assert "* classical: [One](/a/one.ipynb)\n" in page


def test_only_test_images_count():
    other = Score("nuclei", "classical", "AP@0.5", 0.9, 7, "b/two", split="validation")
    assert scores_page([score(), other], {}) == scores_page([score()], {})


def test_a_method_names_every_chapter_that_scored_it():
    page = scores_page([score(), score(metric="PQ", chapter="b/two")], {"a/one": "One"})
    assert "* classical: [One](/a/one.ipynb), [b/two](/b/two.ipynb)\n" in page


def test_sets_say_what_they_are_and_are_folded():
    page = scores_page([score(), score(set="bees", n=3, metric="count error", value=-0.25)], {})
    nuclei, bees = re.findall(r"^::::\{dropdown\} (\w+: .+)$", page, re.MULTILINE)
    assert nuclei.startswith("nuclei: ")
    assert nuclei.endswith(", real")
    assert bees.count("simulated") == 1
    assert "Scored on one image." in page
    assert "Scored on 3 images." in page
    assert "| count error | −0.250 |" in page
    assert ":open:" not in page


def test_methods_scored_on_other_numbers_of_images_say_so():
    page = scores_page(
        [score(n=3), score(method="deep learning", n=6), score("nuclei", "deep learning", "PQ")],
        {"a/one": "One"},
    )
    assert "Scored on" not in page
    assert "on different numbers of images" in page
    assert "* classical: [One](/a/one.ipynb) (3 images)\n" in page
    assert "* deep learning: [One](/a/one.ipynb) (1 or 6 images)\n" in page


def test_the_one_protocol_and_the_chapters_stand_apart():
    """The same question has two answers on other numbers of images, and neither hides the other."""
    page = scores_page([score(value=0.6, n=3), score(value=0.4, n=30, chapter=COMPARE)], {})
    assert [row[1] for row in rows(page) if row[0] == "AP@0.5"] == ["0.400", "0.600"]
    protocol, own = page.index("By one protocol"), page.index("As the chapters found them")
    assert protocol < page.index("30 images") < own < page.index("3 images.", own)


def test_what_had_been_looked_at_is_said_with_the_numbers():
    page = scores_page([score(name) for name in looked_at.SENTENCES], {})
    for name, sentence in looked_at.SENTENCES.items():
        assert page.count(sentence) == 1
        start = page.index(f"{{dropdown}} {name}")
        assert start < page.index(sentence) < page.index("::::", start)
    assert set(looked_at.SENTENCES) <= set(images.names())


def test_the_page_opens_with_pictures_then_the_ladder_and_then_tables():
    page = scores_page([score()], {COMPARE: "Compared"}, ALL, ["<style>x</style><table></table>"])
    places = [page.index(f"{FOLDER}/{name}.jpg") for name in NAMES]
    assert places == sorted(places)
    assert page.index("[Compared](/deep-learning/compare.ipynb)") < places[0]
    numbers = page.index("The same in numbers")
    assert places[-1] < numbers < page.index("<table>") < page.index("Every score")
    assert "<style>" not in page
    for name in NAMES:
        assert f"Caption of {name}." in page
        assert f':alt: "Alt of {name}."' in page


def test_pictures_that_are_not_there_are_left_out():
    assert shown({}) == []
    assert shown({LADDER: ALL[LADDER], "another": picture("another")}) == [LADDER]
    page = scores_page([score()], {})
    assert "{figure}" not in page
    assert "method beside method" not in page


def test_the_chapter_has_every_figure_that_the_page_shows_and_a_table():
    cells = chapters.read(COMPARE).code_cells
    names = [cell.metadata.get("mystnb", {}).get("figure", {}).get("name") for cell in cells]
    assert set(NAMES) <= set(names)
    assert [TAG in cell.metadata.get("tags", []) for cell in cells].count(True) == 1


def test_an_alt_text_survives_the_options_of_a_directive():
    one = Picture("a.jpg", "Caption.", 'Left: it\'s white. "Found": 3 # of 4', b"")
    (line,) = (line for line in one.figure("b") if line.startswith(":alt:"))
    assert yaml.safe_load(line[1:]) == {"alt": "Left: it's white. ”Found”: 3 # of 4"}


def test_without_scores_the_page_says_so():
    assert "No chapter has reported a score yet." in scores_page([], {})
