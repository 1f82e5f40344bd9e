"""Pictures and tables of one chapter that another page shows again, with their words."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import nbformat

ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


@dataclass(frozen=True)
class Picture:
    """A figure of a chapter, as its stored output holds it.

    Attributes
    ----------
    file : str
        The figure's name in the chapter, with the ending of its kind of picture.
    caption, alt : str
        What the chapter says of it, the credit included, on one line each.
    data : bytes
    """

    file: str
    caption: str
    alt: str
    data: bytes

    @property
    def name(self) -> str:
        """The figure's name in the chapter."""
        return self.file.rpartition(".")[0]

    def figure(self, folder: str) -> list[str]:
        """Return the MyST lines that show the picture from a folder beside the page.

        The box around it is that of an output, so that it looks and enlarges like one.
        """
        alt = self.alt.replace("\\", "").replace('"', "”")
        return [
            # Sphinx would write the class of a box of its own with another dash.
            *_raw('<div class="cell_output">'),
            f":::{{figure}} {folder}/{self.file}",
            f':alt: "{alt}"',
            "",
            self.caption,
            ":::",
            "",
            *_raw("</div>"),
        ]


def _raw(html: str) -> list[str]:
    return ["```{raw} html", html, "```", ""]


def pictures(notebook: nbformat.NotebookNode) -> dict[str, Picture]:
    """Return the named figures of a staged chapter that have a picture, a caption and an alt text.

    Parameters
    ----------
    notebook : NotebookNode
        Of a chapter, with its outputs and the texts for readers who cannot see them.
    """
    found = {}
    for cell in _code(notebook):
        about = cell.metadata.get("mystnb", {})
        figure, alt = about.get("figure", {}), about.get("image", {}).get("alt", "")
        caption = figure.get("caption", "")
        stored = [
            (ENDINGS[kind], data)
            for output in cell.outputs
            for kind, data in output.get("data", {}).items()
            if kind in ENDINGS
        ]
        if figure.get("name") and caption and alt and len(stored) == 1:
            ending, data = stored[0]
            found[figure["name"]] = Picture(
                f"{figure['name']}.{ending}",
                " ".join(str(caption).split()),
                " ".join(str(alt).split()),
                base64.b64decode(data),
            )
    return found


def tables(notebook: nbformat.NotebookNode, tag: str) -> list[str]:
    """Return the HTML of the tables whose cell carries a tag."""
    return [
        str(output["data"]["text/html"])
        for cell in _code(notebook)
        if tag in cell.metadata.get("tags", [])
        for output in cell.outputs
        if "text/html" in output.get("data", {})
    ]


def _code(notebook: nbformat.NotebookNode) -> Iterator[Any]:
    return (cell for cell in notebook.cells if cell.cell_type == "code")
