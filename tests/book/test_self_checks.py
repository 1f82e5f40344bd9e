"""Each section ends with questions to check oneself, whose answers are closed."""

import re

import pytest
import yaml

from gpu_course import paths
from gpu_course.book import chapters
from gpu_course.book.chapters import Chapter

SECTIONS = ("classical", "deconvolution", "pixel-classification", "deep-learning")
ANSWER = re.compile(r"^:::\{dropdown\} Answer\n(.*?)^:::$", re.MULTILINE | re.DOTALL)


def questions(chapter: Chapter) -> list[tuple[str, str]]:
    """Return each question with its answer."""
    text = "\n\n".join(cell.source for cell in chapter.notebook.cells)
    found = []
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        (answer,) = ANSWER.findall(part)
        found.append((ANSWER.sub("", part), answer))
    return found


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_ends_with_four_to_six_questions_and_closed_answers(section):
    asked = questions(chapters.read(f"{section}/self-check"))
    assert 4 <= len(asked) <= 6
    for question, answer in asked:
        assert "?" in question, question
        # An option of the directive could open it.
        assert not answer.lstrip().startswith(":"), answer
        assert 15 <= len(answer.split()) <= 90, answer


@pytest.mark.parametrize("section", SECTIONS)
def test_an_answer_leads_to_a_chapter_of_its_section(section):
    labels = {
        label
        for name in chapters.names()
        if name.startswith(f"{section}/")
        for cell in chapters.read(name).notebook.cells
        for label in re.findall(r"^\((ch-[\w-]+)\)=$", cell.source, re.MULTILINE)
    }
    for question, answer in questions(chapters.read(f"{section}/self-check")):
        asked = set(re.findall(r"\{ref\}`(?:[^`<]*<)?(ch-[\w-]+)>?`", answer))
        assert asked & labels, question


@pytest.mark.parametrize("section", SECTIONS)
def test_some_questions_were_asked_by_somebody(section):
    threads = [
        link
        for question, _ in questions(chapters.read(f"{section}/self-check"))
        for link in re.findall(
            r"https://(?:github\.com/[\w./-]+/issues|forum\.image\.sc/t)", question
        )
    ]
    assert len(threads) >= 2


def test_the_self_check_is_the_last_page_of_its_section():
    toc = yaml.safe_load((paths.root() / "_toc.yml").read_text(encoding="utf-8"))
    last = [part["chapters"][-1]["file"] for part in toc["parts"]]
    assert [page for page in last if page.endswith("/self-check")] == [
        f"{section}/self-check" for section in SECTIONS
    ]
