import pytest

from gpu_course import paths
from gpu_course.book import face_code

FACE = '''"""What it holds."""

from typing import TYPE_CHECKING

from gpu_course import lazy_names

if TYPE_CHECKING:
    from gpu_course.toy.one import first

__all__ = ["first", "second", "third"]

__getattr__, __dir__ = lazy_names.attach(
    __name__, {"one": ("first", "second"), "two": ("third",)}
)
'''


def digest(source: str, *imported: str) -> str:
    return face_code.digest(face_code.doors(source), imported)


def test_the_table_is_read():
    assert face_code.doors(FACE) == {"one": ("first", "second"), "two": ("third",)}


@pytest.mark.parametrize(
    "source", ["", "x = 1\n", FACE + "x = 1\n", FACE.replace("lazy_names.attach", "attached")]
)
def test_what_does_anything_else_is_no_face(source):
    assert face_code.doors(source) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("holds", "contains"),
        ('"third"]', '"third", "fourth"]'),
        ('("third",)', '("third", "fourth")'),
        ('("third",)}', '("third",), "three": ("fourth",)}'),
        (', "two": ("third",)', ""),
        ('("first", "second")', '("second", "first")'),
    ],
)
def test_what_is_said_of_other_modules_does_not_count(before, after):
    assert before in FACE
    assert digest(FACE.replace(before, after), "one") == digest(FACE, "one")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('("first", "second")', '("first",)'),
        ('("first", "second"), "two": ("third",)', '("first",), "two": ("second", "third")'),
        ('"one": ("first"', '"ones": ("first"'),
    ],
)
def test_a_name_that_moves_counts_for_who_imported_the_module_that_it_came_from(before, after):
    assert before in FACE
    assert digest(FACE.replace(before, after), "one") != digest(FACE, "one")


def test_the_large_packages_have_faces():
    for name in ("classical", "deep_learning", "display", "pixel_classification", "scaling"):
        face = paths.package() / name / "__init__.py"
        assert face_code.doors(face.read_text(encoding="utf-8")), name
