"""The examples in the docstrings: each is run, and says what it says here."""

import ast
import doctest
from collections.abc import Iterator

import numpy as np
import pytest

from gpu_course import paths
from gpu_course.errors import MachineError

NEVER_RUN = {"gpu_course.classical.buffers.count_buffers"}
"""Examples of which a line is skipped: it needs the prototype, and this process has the other."""


def examples() -> Iterator[doctest.DocTest]:
    """Yield the examples of each docstring, found in the source: nothing is imported for it."""
    parser = doctest.DocTestParser()
    for file in sorted(paths.package().rglob("*.py")):
        if "_shipped" in file.parts:
            continue
        parts = file.relative_to(paths.package().parent).with_suffix("").parts
        module = ".".join(parts).removesuffix(".__init__")
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for name, node in documented(module, tree):
            text = ast.get_docstring(node, clean=False) or ""
            found = parser.get_doctest(text, {}, name, str(file), node.body[0].lineno - 1)
            if found.examples:
                yield found


def documented(
    name: str, node: ast.Module | ast.ClassDef | ast.FunctionDef
) -> Iterator[tuple[str, ast.Module | ast.ClassDef | ast.FunctionDef]]:
    """Yield a module, class or function and those inside it, by their dotted names."""
    yield name, node
    for inner in node.body:
        if isinstance(inner, ast.ClassDef | ast.FunctionDef):
            yield from documented(f"{name}.{inner.name}", inner)


EXAMPLES = {example.name: example for example in examples()}


class Runner(doctest.DocTestRunner):
    """Lets go through what says that a library or a device is missing here."""

    def report_unexpected_exception(self, out, test, example, exc_info):
        error = exc_info[1]
        missing = (
            isinstance(error, ModuleNotFoundError) and error.name.split(".")[0] != "gpu_course"
        )
        if missing or isinstance(error, MachineError):
            raise error
        super().report_unexpected_exception(out, test, example, exc_info)


def run(test: doctest.DocTest) -> str:
    """Run the examples of a docstring and return what was wrong; empty if nothing."""
    said: list[str] = []
    # As everywhere in the field, readers are trusted to have NumPy as np.
    test.globs = {"np": np, "__name__": "__main__"}
    Runner(verbose=False, optionflags=doctest.ELLIPSIS).run(test, out=said.append)
    return "".join(said)


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_is_true(name):
    try:
        wrong = run(EXAMPLES[name])
    except (ModuleNotFoundError, MachineError) as missing:
        pytest.skip(str(missing))
    assert not wrong, wrong


def test_a_wrong_example_is_noticed():
    parser = doctest.DocTestParser()
    wrong = parser.get_doctest(">>> 1 + 1\n3\n>>> import gpu_course.abacus\n", {}, "it", None, 0)
    said = run(wrong)
    assert "Expected:\n    3\nGot:\n    2" in said
    assert "No module named 'gpu_course.abacus'" in said


def test_a_missing_library_is_no_wrong_example():
    parser = doctest.DocTestParser()
    with pytest.raises(ModuleNotFoundError, match="abacus"):
        run(parser.get_doctest(">>> import abacus\n", {}, "it", None, 0))


def test_lines_are_skipped_where_they_must_be_alone():
    skipped = {
        name
        for name, test in EXAMPLES.items()
        if any(doctest.SKIP in example.options for example in test.examples)
    }
    assert skipped == NEVER_RUN
