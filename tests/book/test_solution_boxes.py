"""Solution boxes: what a student copies from one runs where it is pasted."""

import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from gpu_course.book import chapters, solution_boxes
from gpu_course.book.solution_boxes import needed, pasteable, with_imports

BOOK = {name: chapters.read(name) for name in chapters.names()}
BLOCK = re.compile(r"^`{3,}\{code-block\} python\n(.*?)^`{3,}$", re.MULTILINE | re.DOTALL)


def shown(chapter):
    """Return the blocks of code that a chapter's solution boxes include."""
    texts = with_imports(chapter.notebook.cells)
    return [
        block
        for cell, text in zip(chapter.notebook.cells, texts, strict=True)
        if cell.cell_type == "markdown" and text != cell.source
        for block in BLOCK.findall(text)
    ]


WITH_BOXES = [name for name in BOOK if shown(BOOK[name])]


@pytest.mark.parametrize("name", WITH_BOXES)
def test_a_solution_brings_every_name_that_it_needs(name):
    for block in shown(BOOK[name]):
        assert needed(block) == set(), block
        assert max(map(len, block.splitlines())) <= 100


def test_a_pasted_solution_works():
    code = pasteable("/src/gpu_course/lessons/classical/devices/solutions.py", "choose_device")
    pasted = {}
    exec(compile(code, "pasted", "exec", dont_inherit=True), pasted)
    assert pasted["choose_device"]([], 1, 1, "float32") == "none"


def test_the_guard_sees_what_is_lacking():
    assert needed("def f(a: Sequence[int]) -> None:\n    return len(a) + scale * a.b\n") == {
        "Sequence",
        "scale",
    }
    assert (
        needed("import numpy as np\ndef f(a):\n    k = [x for x in a]\n    return np.x(k)") == set()
    )


def test_a_function_comes_with_its_own_imports_and_no_others():
    code = pasteable("/src/gpu_course/lessons/classical/devices/solutions.py", "choose_device")
    head = code.partition("\n\n\n")[0]
    assert head == (
        "from collections.abc import Sequence\n"
        "from gpu_course.classical.device_facts import USABLE, Facts"
    )


def test_only_what_stands_in_a_solution_is_changed():
    include = "```{literalinclude} /src/gpu_course/files.py\n:pyobject: write_atomic\n```"
    box = [":::{solution-start} ex-x\n:class: dropdown\n:::", ":::{solution-end}\n:::"]
    cells = [
        new_markdown_cell(f"{include}\n\n{box[0]}\nText.\n{include}\n"),
        new_code_cell("```{literalinclude} x\n```"),
        new_markdown_cell(f"{include}\n{box[1]}\n{include}\n"),
    ]
    first, code, last = solution_boxes.with_imports(cells)
    whole = (
        f"```{{code-block}} python\n{pasteable('/src/gpu_course/files.py', 'write_atomic')}\n```"
    )
    assert first == cells[0].source.replace(f"Text.\n{include}", f"Text.\n{whole}")
    assert code == cells[1].source
    assert last == cells[2].source.replace(include, whole, 1)
