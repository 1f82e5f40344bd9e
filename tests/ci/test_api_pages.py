"""The package reference: every public name of every face is there, with what it says of itself."""

import ast
import importlib
import re
from textwrap import dedent

import docstrings
import pytest
from api_pages import INDEX, MODULES, api_pages, faces

from gpu_course import paths
from gpu_course.errors import CourseError

FOUND = {face.name: face for face in faces(paths.package())}
PAGES = api_pages(paths.package())
NAMES = [
    pytest.param(face, name, id=f"{face.name}.{name.name}")
    for face in FOUND.values()
    for name in face.names
]


def test_every_face_is_found():
    lazy = {
        ".".join(file.parent.relative_to(paths.package()).parts)
        for file in paths.package().rglob("__init__.py")
        if "lazy_names.attach" in file.read_text(encoding="utf-8")
    }
    assert set(FOUND) == lazy | set(MODULES)
    assert len(lazy) >= 9


@pytest.mark.parametrize("face", [face for face in FOUND if face not in MODULES])
def test_a_face_shows_what_it_hands_on(face):
    names = importlib.import_module(f"gpu_course.{face}").__all__
    assert sorted(name.name for name in FOUND[face].names) == sorted(names)


@pytest.mark.parametrize(("face", "name"), NAMES)
def test_every_name_is_on_its_page_and_in_the_index(face, name):
    page = PAGES[face.page]
    assert page.count(f"\n({name.label})=\n") == 1
    _, _, entry = page.partition(f"\n({name.label})=\n")
    assert re.match(rf"#+ `{name.name}`\n", entry)
    entry = entry.partition("\n(api-")[0]
    assert name.summary in entry.replace("\n", " ")
    assert f"* [`{name.name}`](#{name.label}): {name.summary}\n" in PAGES[INDEX]


@pytest.mark.parametrize(("face", "name"), NAMES)
def test_docstring_says_what_it_is_in_a_sentence(face, name):
    opening = name.docstring.strip().partition("\n\n")[0]
    assert opening.endswith((".", "?")), opening
    node = name.node
    returns = ast.unparse(node.returns) if isinstance(node, ast.FunctionDef) else "None"
    if returns not in {"None", "Iterator[None]"}:
        says = {"Returns", "Yields"} & set(docstrings.sections(name.docstring))
        assert says or re.search(r"\b[Rr]eturn", opening)


@pytest.mark.parametrize("page", PAGES)
def test_no_formula_stands_bare_in_prose(page):
    # Escaped marks are read as they stand: “2**depth” is shown so. A formula is set as code.
    assert re.findall(r".*\\\*\\\*.*", PAGES[page]) == []


def test_labels_differ_whatever_their_capitals():
    labels = [name.label for face in FOUND.values() for name in face.names]
    assert len({label.lower() for label in labels}) == len(labels)


def test_many_names_have_an_example():
    with_examples = [
        name for face in FOUND.values() for name in face.names if ">>> " in name.docstring
    ]
    assert len(with_examples) >= 40


@pytest.fixture
def package(tmp_path):
    """Return a package with one face, as small as can be."""
    for module in MODULES:
        (tmp_path / f"{module}.py").write_text('"""A module."""\n')
    face = tmp_path / "shapes"
    face.mkdir()
    table = '{"plane": ("SIDES", "Square", "area")}'
    (face / "__init__.py").write_text(
        f'"""Shapes."""\n__getattr__, __dir__ = lazy_names.attach(__name__, {table})\n'
    )
    (face / "plane.py").write_text(
        dedent(
            '''
            SIDES = 4
            """How many sides there are."""

            @dataclass(frozen=True)
            class Square:
                """A square."""
                edge: float
                unit: "pd.Series" = 'µm'
                notes: list[str] = field(default_factory=list)
                _cache: int = 0

                @property
                def diagonal(self) -> float:
                    """How far it is across."""

                def grown(self, by: float, *, twice: bool = False) -> Square:
                    """Return a larger one."""

                @classmethod
                def read(cls, path: str) -> Square:
                    """Return the one in a file."""

                def _hidden(self) -> None: ...

            def area(first: Square, /, *others: Square, exact: bool = True, **more: Any) -> float:
                """Return the area."""
            '''
        )
    )
    return tmp_path


def test_signatures_are_those_of_the_source(package):
    page = api_pages(package)["reference/api-shapes"]
    assert "```python\nSIDES = 4\n```\n\nHow many sides there are.\n" in page
    square = '(\n    edge: float,\n    unit: pd.Series = "µm",\n    notes: list[str] = ...,\n)\n'
    assert f"(api-shapes-square-class)=\n## `Square`\n\n```python\nSquare{square}" in page
    assert "`diagonal`\n:   How far it is across.\n" in page
    assert "### `grown`\n\n```python\n.grown(by: float, *, twice: bool = False) -> Square\n" in page
    assert "### `read`\n\n```python\nSquare.read(path: str) -> Square\n" in page
    assert "_hidden" not in page
    assert "_cache" not in page
    area = "    first: Square,\n    /,\n    *others: Square,\n    exact: bool = True,\n"
    assert f"area(\n{area}    **more: Any,\n) -> float\n" in page


def test_a_name_that_is_nowhere_defined_is_refused(package):
    file = package / "shapes" / "__init__.py"
    file.write_text(file.read_text().replace('"area"', '"volume"'))
    with pytest.raises(CourseError, match=r"plane\.py does not define volume"):
        faces(package)


def test_a_name_without_a_word_is_refused(package):
    file = package / "shapes" / "plane.py"
    file.write_text(file.read_text().replace('"""Return the area."""', "..."))
    with pytest.raises(CourseError, match=r"area in plane\.py has no docstring"):
        faces(package)
