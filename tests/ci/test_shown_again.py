"""What another page shows of a chapter is what its stored output holds, with its words."""

import base64

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output
from shown_again import pictures, tables

CREDIT = "Roots, judged.\nRoots: University of Somewhere (BSD-3-Clause)."


def cell(outputs, *, name="fig-one", caption=CREDIT, alt='White:\n"found".', tags=()):
    metadata = {"tags": list(tags), "mystnb": {"figure": {"caption": caption}}}
    metadata["mystnb"]["image"] = {"alt": alt}
    if name:
        metadata["mystnb"]["figure"]["name"] = name
    data = [new_output("display_data", data=each) for each in outputs]
    return new_code_cell("show()", outputs=data, metadata=metadata)


def book(*cells):
    return nbformat.from_dict(new_notebook(cells=list(cells)))


JPEG = {"image/jpeg": base64.b64encode(b"picture").decode(), "text/plain": "<Panels>"}


def test_a_figure_keeps_its_bytes_its_caption_and_its_alt_text():
    (name, picture), *others = pictures(book(cell([JPEG]))).items()
    assert not others
    assert name == picture.name == "fig-one"
    assert picture.file == "fig-one.jpg"
    assert picture.data == b"picture"
    lines = picture.figure("folder")
    assert ":::{figure} folder/fig-one.jpg" in lines
    assert ':alt: "White: ”found”."' in lines
    assert "Roots, judged. Roots: University of Somewhere (BSD-3-Clause)." in lines


def test_what_lacks_words_or_a_picture_is_not_shown():
    lacking = [
        cell([JPEG], caption=""),
        cell([JPEG], alt=""),
        cell([JPEG], name=""),
        cell([{"text/plain": "left out"}]),
        cell([]),
    ]
    assert pictures(book(*lacking)) == {}


def test_tables_are_found_by_their_tag():
    table = {"text/html": "<table></table>", "text/plain": "a table"}
    cells = cell([table], tags=["here"]), cell([{"text/html": "other"}], tags=["there"])
    assert tables(book(*cells), "here") == ["<table></table>"]
