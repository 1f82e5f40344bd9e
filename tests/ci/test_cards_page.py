"""The page of image cards holds every card, whole."""

from cards_page import cards_page

from gpu_course import images
from gpu_course.images import cards

PAGE = cards_page()


def test_every_set_has_its_heading_and_its_licence():
    for name in images.names():
        part = PAGE.split(f"\n## {name}\n")[1].split("\n## ")[0]
        for text in (cards.read(name).licence, cards.read(name).labels, cards.read(name).limits):
            assert text in part
