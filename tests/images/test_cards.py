"""A complete data card for every set."""

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
