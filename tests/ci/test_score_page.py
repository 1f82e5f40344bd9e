import re

from score_page import scores_page

from gpu_course.scores import Score


def score(set="nuclei", method="classical", metric="AP@0.5", value=0.5, n=1, chapter="a/one"):
    return Score(set, method, metric, value, n, chapter)


def rows(page):
    return [[c.strip() for c in line[1:-1].split("|")] for line in page.splitlines() if "|" in line]


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


def test_sets_say_what_they_are():
    page = scores_page([score(), score(set="bees", n=3, metric="count error", value=-0.25)], {})
    nuclei, bees = re.findall(r"^## \w+\n\n(.+)$", page, re.MULTILINE)
    assert ", real. Scored on one image." in nuclei
    assert ", simulated. Scored on 3 images." in bees
    assert bees.count("simulated") == 1
    assert "| count error | −0.250 |" in page


def test_methods_scored_on_other_numbers_of_images_say_so():
    page = scores_page(
        [score(n=3), score(method="deep learning", n=6), score("nuclei", "deep learning", "PQ")],
        {"a/one": "One"},
    )
    assert "Scored on" not in page
    assert "on different numbers of images" in page
    assert "* classical: [One](/a/one.ipynb) (3 images)\n" in page
    assert "* deep learning: [One](/a/one.ipynb) (1 or 6 images)\n" in page


def test_without_scores_the_page_says_so():
    assert "No chapter has reported a score yet." in scores_page([], {})
