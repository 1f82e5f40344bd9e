"""Every exercise can be checked and is solved, and no student notebook gives a solution away."""

import ast
import re

import pytest

from gpu_course import exercises, paths
from gpu_course.book import chapters, links, notebooks, plain_markdown
from tests.site.toc import CHAPTERS
from tests.toy import CHAPTER

BOOK = {name: chapters.read(name) for name in chapters.names()}
WITH_CODE = [name for name in CHAPTERS if BOOK[name].code_cells]

every_chapter = pytest.mark.parametrize("name", CHAPTERS)
every_run = pytest.mark.parametrize("name", WITH_CODE)


def source(name):
    return (paths.root() / "book" / f"{name}.md").read_text(encoding="utf-8")


START = re.compile(r"\{exercise-start\}.*\n(?::.*\n)*?:label: (\S+)")
SOLUTION = re.compile(r"\{solution-start\} (\S+)")
CHECK = re.compile(r"""\bcheck\(\s*["']([\w/-]+)["']""")


@every_chapter
def test_every_exercise_has_a_check_and_a_solution(name):
    asked = START.findall(source(name))
    assert source(name).count("{exercise-start}") == len(asked), "an exercise without a label"
    assert SOLUTION.findall(source(name)) == asked
    names = [found for cell in BOOK[name].code_cells for found in CHECK.findall(cell.source)]
    assert len(names) == len(asked)
    for check in names:
        assert check.startswith(f"{name}/")
        exercises.find(check)


def solution_lines(chapter):
    """Return the lines that give a solution away: of included functions and of solution cells."""
    inside, lines = False, []
    for cell in chapter.notebook.cells:
        if cell.cell_type == "code":
            lines += cell.source.splitlines() if inside else []
            continue
        parts = re.split(r"\{solution-(start|end)\}", cell.source)
        for side, text in zip(["", *parts[1::2]], parts[::2], strict=True):
            inside = {"start": True, "end": False}.get(side, inside)
            if inside:
                for path, wanted in re.findall(
                    r"\{literalinclude\} (\S+)\n(?::(?!pyobject).*\n)*(?::pyobject: (\S+))?", text
                ):
                    code = plain_markdown.included(path, {"pyobject": wanted})
                    lines += body(code)
    # Brackets, imports and `return` of a plain name say nothing.
    return {
        line.strip()
        for line in lines
        if len(line.strip()) > 12 and not re.match(r"\s*(import|from|return \w+$|def|#)", line)
    }


def test_solution_lines_are_those_of_included_functions_and_solution_cells():
    # The guard of the next test, on a chapter whose solution is known.
    assert solution_lines(chapters.parse("part/toy", CHAPTER)) == {
        'return root() / "data"',
        "secret_solution = sum(pixels)",
        "print(secret_solution)",
    }


def taught(chapter):
    """Return the lines that the author wrote outside of every solution."""
    inside, lines = False, set()
    for cell in chapter.notebook.cells:
        if cell.cell_type == "code":
            lines |= set() if inside else set(cell.source.splitlines())
            continue
        parts = re.split(r"\{solution-(start|end)\}", cell.source)
        for side, text in zip(["", *parts[1::2]], parts[::2], strict=True):
            inside = {"start": True, "end": False}.get(side, inside)
            lines |= set() if inside else set(text.splitlines())
            if not inside:
                for path, wanted in re.findall(
                    r"\{literalinclude\} (\S+)\n(?::(?!pyobject).*\n)*(?::pyobject: (\S+))?", text
                ):
                    lines |= set(plain_markdown.included(path, {"pyobject": wanted}).splitlines())
    return {line.strip() for line in lines}


def body(code):
    """Return the statements of the functions in `code`, without their docstrings."""
    lines = code.splitlines()
    skipped = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            first = node.body[0]
            skipped |= set(range(node.lineno, first.lineno))
            if ast.get_docstring(node, clean=False) is not None:
                skipped |= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return [line for number, line in enumerate(lines, 1) if number not in skipped]


@every_run
def test_student_notebook_gives_no_solution_away(name):
    secret = solution_lines(BOOK[name])
    assert bool(secret) == ("{solution-start}" in source(name))
    for kind in ("student", "colab"):
        made = notebooks.build(BOOK[name], kind, links.chapter_links([]))
        shown = {line.strip() for cell in made.cells for line in cell.source.splitlines()}
        # A solution may use what the chapter taught before; most of it must be the student's.
        assert secret & shown <= taught(BOOK[name])
        assert len(secret & shown) <= len(secret) / 2
        assert not any(mark in line for line in shown for mark in ("**Solution**", "{solution"))


@every_run
def test_student_notebook_has_no_raw_markup(name):
    made = notebooks.build(BOOK[name], "student", links.chapter_links(BOOK.values()))
    for cell in made.cells:
        if cell.cell_type == "markdown":
            text = re.sub(r"^```.*?^```", "", cell.source, flags=re.M | re.S)
            assert not re.search(r":::|\{[\w:+-]+\}`|^\([\w-]+\)=|```\{", text, re.MULTILINE), text
