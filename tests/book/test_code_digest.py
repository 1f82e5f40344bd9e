"""The digest of code cells: what they do counts, how their lines are broken does not."""

import pytest

from gpu_course.book.code_digest import of_cell, of_cells

CELL = 'wide = first(image, sigma=2, text="one two")  # why\nprint(wide)'

SAME = {
    "wrapped": 'wide = first(\n    image,\n    sigma=2,\n    text="one two",\n)\nprint(wide)',
    "brackets": 'wide = (first(image, sigma=2, text="one " "two"))\n\nprint(wide)\n',
    "quotes": "# another word\nwide = first(image, sigma=2, text='one two')\nprint(wide)",
}

OTHER = {
    "number": CELL.replace("2", "3"),
    "type": CELL.replace("sigma=2", "sigma=2.0"),
    "text": CELL.replace("one two", "one  two"),
    "tuple": CELL.replace("print(wide)", "print((wide,))"),
    "order": "print(wide)\nwide = first(image, sigma=2, text='one two')",
    "name": CELL.replace("image", "picture"),
    "hidden value": f"{CELL};  # not shown",
    "none": CELL.replace("2", "None"),
    "magic": f"%time {CELL}",
}


@pytest.mark.parametrize("how", SAME)
def test_line_breaks_comments_and_quotes_do_not_count(how):
    assert of_cell(SAME[how]) == of_cell(CELL)


@pytest.mark.parametrize("how", OTHER)
def test_what_changes_the_result_counts(how):
    assert of_cell(OTHER[how]) != of_cell(CELL)


def test_order_and_borders_of_cells_count():
    assert of_cells(["a = 1", "b = 2"]) != of_cells(["b = 2", "a = 1"])
    assert of_cells(["a = 1", "b = 2"]) != of_cells(["a = 1\nb = 2"])


def test_a_pair_of_magics_is_compared_as_written():
    assert of_cell("%gui qt\nx  = 1") != of_cell("%gui qt\nx = 1")
    assert of_cell("%gui qt\nx = 1\n") == of_cell("%gui qt\nx = 1")


def test_every_version_of_python_writes_the_same():
    # The values of Python 3.11 to 3.13; a record must be right under each of them.
    cell = (
        "def f(a, /, *b, c: int = 1, **d):\n"
        "    return f'{a!r:>{c}} {b}' 'x', [*b], {**d}, a[1:, ...]"
    )
    assert of_cells([cell]) == EXPECTED


EXPECTED = "3006dece1b8b06cd32fa9cda9df1ae81cf10ae6af20309f4be2bbed5a1b38e61"
