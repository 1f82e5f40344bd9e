"""Docstrings as MyST: what is markup stays markup, and what only looks like it is escaped."""

import pytest
from docstrings import blocks, inline, render, summary


@pytest.mark.parametrize(
    ("text", "myst"),
    [
        ("plain words", "plain words"),
        ("an array ``(y, x)`` of `labels`", "an array `(y, x)` of `labels`"),
        ("see :func:`dice` and :class:`~gpu_course.metrics.Matching`", "see `dice` and `Matching`"),
        ("*which* pixels, and **why**", "*which* pixels, and **why**"),
        ("*images and 2 * 3 and a_b", r"\*images and 2 \* 3 and a\_b"),
        ('{"zero", None}, <b>, $5, [0, 1]', r'\{"zero", None\}, \<b\>, \$5, \[0, 1\]'),
        ("the method of [1]_.", r"the method of \[1\]."),
        ("(See https://doi.org/10.1/a_b-2.)", "(See <https://doi.org/10.1/a_b-2>.)"),
        ("Acta 3, doi:10.1/ab.", "Acta 3, [doi:10.1/ab](https://doi.org/10.1/ab)."),
        ("|A∩B| / |B|", r"\|A∩B\| / \|B\|"),
    ],
)
def test_line_of_prose(text, myst):
    assert inline(text) == myst


def test_summary_is_the_first_paragraph_on_one_line():
    assert summary("Return the\n`dice`.\n\nMore.") == "Return the `dice`."


DOCSTRING = """Blur an image.

Light spreads:

* to the left,
  a little;
* to the right.

Parameters
----------
image, psf : array (y, x)
    Of NumPy.

    Or of CuPy.
mode : {"same", "full"}
seed
    Any number.

Returns
-------
array of float32

Raises
------
gpu_course.errors.CourseError
    If a PSF is none.

References
----------
.. [1] A. Author, Journal 1 (1999),
   12.
Another, https://doi.org/10.1/x

Examples
--------
With nothing else:

>>> blur(1)  # doctest: +SKIP
[1]
"""

MYST = """Blur an image.

Light spreads:

* to the left, a little;
* to the right.

**Parameters**

`image`, `psf`
:   *array (y, x)*\\
    Of NumPy.

    Or of CuPy.


`mode`
:   *\\{"same", "full"\\}*

`seed`
:   Any number.


**Returns**

* array of float32

**Raises**

`CourseError`
:   If a PSF is none.


**References**

* \\[1\\] A. Author, Journal 1 (1999), 12.
* Another, <https://doi.org/10.1/x>

**Examples**

With nothing else:

```pycon
>>> blur(1)
[1]
```
"""


def test_docstring_with_all_sections():
    assert "\n".join(render(DOCSTRING)) == MYST


def test_no_docstring_is_no_text():
    assert render("") == []


@pytest.mark.parametrize("line", ["1. of May", "- 3 dB", ": so", "% of all", "+ more"])
def test_a_paragraph_begins_no_list_and_no_comment(line):
    from markdown_it import MarkdownIt

    (said, _) = blocks([line]) if not line.startswith("- ") else (r"\- 3 dB", "")
    html = MarkdownIt().render(said)
    assert html == f"<p>{line}</p>\n"
