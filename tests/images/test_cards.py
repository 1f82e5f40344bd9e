"""A complete data card for every set."""

import csv
import dataclasses

import pytest

from gpu_course import images, paths
from gpu_course.errors import CourseError
from gpu_course.images import cards


def test_every_set_has_a_card_and_every_card_a_set():
    assert set(cards.names()) == set(images.names())


@pytest.mark.parametrize("name", images.names())
def test_card_is_complete_and_agrees_with_the_loader(name):
    card = cards.read(name)
    for field in dataclasses.fields(card):
        assert getattr(card, field.name) not in ("", {}, None)
    assert tuple(card.splits) == images.splits(name)
    assert len(card.credit) < 80  # it goes under a figure
    assert card.real == (name not in {"nuclei-3d", "sphere", "bees", "roots"})


def test_card_shows_itself_and_escapes_its_text():
    card = dataclasses.replace(cards.read("nuclei"), limits="a < b & c")
    assert "a &lt; b &amp; c" in card._repr_html_()
    assert '<th scope="row"' in card._repr_html_()
    assert "- **Licence:** CC0" in card._repr_markdown_()


def test_unknown_card():
    with pytest.raises(CourseError, match="Did you mean 'sphere'"):
        cards.read("spheer")


def test_incomplete_card_names_the_field():
    text = (paths.data() / "cards" / "nuclei.toml").read_text(encoding="utf-8")
    with pytest.raises(CourseError, match="licence"):
        cards.parse("nuclei", text.replace("licence =", "license ="))


def test_the_hive_card_counts_the_labels_that_lie_in_the_data_folder():
    folder = paths.data() / "hive"
    bees, points = (
        list(csv.DictReader((folder / file).read_text(encoding="utf-8").splitlines()))
        for file in ("bees.csv", "points.csv")
    )
    unclear = sum(point["kind"] != "bee" for point in points)
    said = cards.read("beesbook").labels
    assert f"drew {len(bees)} bees" in said
    assert f"set {len(points)} points" in said
    assert f"({len(points) - unclear} bees, {unclear} unclear places)" in said
