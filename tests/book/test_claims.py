"""What a page says of a picture or of a file, beside that picture's code or that file."""

import ast
import re
import tomllib

import pytest
from packaging.requirements import Requirement

from gpu_course import paths
from gpu_course.book import chapters
from gpu_course.book.bundle import comparison

NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

# “Three pictures of nuclei”, “Six small maps”, and the places that name panels one by one.
COUNTED = re.compile(r"(\w+) (?:\w+ )?(?:pictures|maps|masks|crops|views|histograms|PSFs)\b")
IN_A_ROW = re.compile(r"\b(Left|Middle|Right)\b[:,]")
SHOWN = {"display.show", "display.show_maps"}


def page(name: str) -> str:
    return (paths.root() / "book" / f"{name}.md").read_text(encoding="utf-8")


def panels(code: str) -> int | None:
    """Return how many panels `display.show` or `show_maps` draws, None where code cannot tell."""
    for node in ast.walk(ast.parse(code)):
        if not (isinstance(node, ast.Call) and ast.unparse(node.func) in SHOWN):
            continue
        titles = next((k.value for k in node.keywords if k.arg == "titles"), None)
        for given in (titles.elts if isinstance(titles, ast.List) else [], node.args):
            if given and not any(isinstance(one, ast.Starred) for one in given):
                return len(given)
    return None


def said(alt: str) -> int | None:
    """Return how many panels an alternative text speaks of, None where it gives no number."""
    counted = COUNTED.match(alt)
    if counted and counted[1].lower() in NUMBERS:
        return NUMBERS.index(counted[1].lower()) + 1
    return len(set(IN_A_ROW.findall(alt))) or None


def alternatives() -> list[tuple[str, str, int]]:
    """Return (page, alternative text, number of panels) of each figure that tells both."""
    found = []
    for name in chapters.names():
        for cell in chapters.read(name).code_cells:
            alt = str(cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")).strip()
            drawn = panels(cell.source) if said(alt) else None
            if drawn:
                found.append((name, alt, drawn))
    return found


def test_a_text_that_counts_otherwise_than_the_code_is_noticed():
    code = "display.show(one, two, titles=['a', 'b'])"
    assert (
        panels(code) == 2 == said("Left: nuclei. Right: the same.") == said("Two pictures of it.")
    )
    assert said("Three pictures of nuclei.") == 3 == said("Left, it. Middle: it. Right: it.")
    assert panels("display.show(*pictures)") is None
    assert panels("display.show(*pictures, titles=['a', 'b', 'c'])") == 3
    assert said("Nuclei on black.") is None


def test_alternative_texts_count_the_panels_that_the_code_draws():
    known = alternatives()
    assert len(known) > 50
    assert [(name, alt) for name, alt, drawn in known if said(alt) != drawn] == []


def test_teachers_are_told_how_many_questions_there_are_to_read_with():
    told = re.search(r"`CONTRIBUTING\.md` has (\w+) questions", page("teaching/for-instructors"))
    rules = (paths.root() / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = rules.partition("## Re-read the page after each execution")[2].partition("\n## ")[0]
    assert told
    assert NUMBERS.index(told[1]) + 1 == len(re.findall(r"^\d+\. ", section, re.MULTILINE))


# The page's words for a warning → what the doctor says then.
WARNINGS = {
    "OpenCL does not see the GPU": "OpenCL does not see the",
    "CuPy is not installed, or cannot compute": "CuPy is installed but cannot compute",
    "This build of PyTorch cannot use the GPU": "this build of PyTorch cannot use the",
    "TensorFlow does not see the GPU": "TensorFlow does not see the",
    "No screen": "No screen, and no Xvfb",
    "A library ended its process": "The library ended its process",
    "The cache cannot be written": "cannot be written to",
}


def test_warnings_that_are_explained_are_those_that_the_doctor_gives():
    text = page("start/check-your-hardware").partition("## What the warnings mean")[2]
    explained = re.findall(r"^(\S.*)\n: ", text.partition("\n## ")[0], re.MULTILINE)
    assert explained == list(WARNINGS)
    doctor = "\n".join(
        file.read_text(encoding="utf-8")
        for file in sorted((paths.root() / "src" / "gpu_course" / "doctor").glob("*.py"))
    )
    assert [words for words in WARNINGS.values() if words not in doctor] == []


def test_every_line_that_installs_cupy_brings_what_cupy_compiles_with():
    """CuPy's package has no headers of CUDA: without ``[ctk]`` it stops at the first array."""
    project = tomllib.loads((paths.root() / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    wanted = {(one := Requirement(extras[cuda][0])).name: one for cuda in ("cuda12", "cuda13")}
    files = sorted((paths.root() / "book").rglob("*.md"))
    texts = [file.read_text(encoding="utf-8") for file in files]
    lines = [line for text in texts for line in re.findall(r'pip install "(cupy-[^"]+)"', text)]
    assert len(lines) >= 2  # of the set-up and of the troubleshooting
    for line in map(Requirement, lines):
        assert line.extras == {"ctk"}, line
        assert line.specifier == wanted[line.name].specifier, line


@pytest.mark.parametrize("name", ["PIXELS", "OBJECTS", "TRAINED"])
def test_how_far_scores_may_move_is_said_as_it_is_judged(name):
    assert f"by {getattr(comparison, name):g} where" in page("teaching/without-a-network")


def test_pages_that_show_a_run_on_a_gpu_are_named():
    text = " ".join(page("teaching/without-a-network").split())
    listed = text.partition("the pages that compare devices (")[2].partition(")")[0]
    comparing = [text for name in chapters.names() if "runs.beside(" in (text := page(name))]
    labels = [re.findall(r"^\((ch-[\w-]+)\)=", text, re.MULTILINE)[0] for text in comparing]
    assert sorted(re.findall(r"ch-[\w-]+", listed)) == sorted(labels)


def test_what_the_course_is_said_to_say_it_says():
    text = " ".join(page("reference/troubleshooting").split())
    sentences = re.findall(r"The course says (.*?`)(?=[.]|, with|, and)", text)
    said_there = [words for one in sentences for words in re.findall(r"`([^`]+)`", one)]
    source = "\n".join(
        file.read_text(encoding="utf-8")
        for file in sorted((paths.root() / "src" / "gpu_course").rglob("*.py"))
    )
    assert len(said_there) >= 8
    assert [words for words in said_there if words not in source] == []


LICENCE = re.compile(r"\((CC0[^)]*|BSD-3-Clause|Apache-2\.0|MIT)\)")


def test_a_caption_gives_a_picture_the_licence_of_its_card():
    cards = sorted((paths.root() / "data" / "cards").glob("*.toml"))
    credits = {tomllib.loads(card.read_text(encoding="utf-8"))["credit"] for card in cards}
    # “Hive: BeesBook, Biorobotics Lab, FU Berlin (Apache-2.0)”: whose it is, and on what terms.
    terms = {re.split("[,(]", one.partition(": ")[2])[0].strip(): one for one in credits}
    seen, wrong = set(), []
    for name in chapters.names():
        for cell in chapters.read(name).code_cells:
            caption = str(cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", ""))
            for holder, credit in terms.items():
                if holder in caption:
                    seen.add(holder)
                    if not set(LICENCE.findall(caption)) <= set(LICENCE.findall(credit)):
                        wrong.append((name, caption))
    assert len(seen) >= 4
    assert wrong == []
