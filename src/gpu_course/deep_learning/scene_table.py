"""The table beside labelled scenes, ``labels.csv``, as people and their spreadsheets write it.

Excel in Germany writes semicolons and decimal commas, elsewhere it writes a byte order mark, on
old systems cp1252, and as “Unicode text” UTF-16 with tabs; all of them turn the name 007 into 7.
"""

import csv
import difflib
import io
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path, PurePath

from gpu_course.errors import CourseError
from gpu_course.images.sample import split_named

CARD = "labels.csv"
COLUMNS = ("file", "split", "axes", "voxel_size_um", "who", "when", "source", "licence")
_BLANK = dict.fromkeys(COLUMNS, "") | {"split": "train"}
_WORKBOOKS, _TEXTS = (".xlsx", ".xls", ".ods", ".numbers"), (".tsv", ".txt")
_ENDINGS = (".tif", ".tiff", ".png", ".jpg", ".jpeg")


def text(rows: Sequence[dict[str, str]]) -> str:
    """Return rows as CSV, with the columns of `COLUMNS`."""
    stream = io.StringIO()
    table = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return stream.getvalue()


def read(folder: Path, names: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return name → row of the table in a folder.

    Parameters
    ----------
    folder : Path
        Without a table, all scenes are for training.
    names : sequence of str
        The scenes that the folder holds, without the endings of their files.

    Returns
    -------
    dict of str to dict
        Cells under the names of `COLUMNS`; the split in its one spelling, the axes in capitals.

    Raises
    ------
    CourseError
        If table and files are out of step, a column is unknown or missing, a cell is wrong, or the
        table has another ending.
    """
    table = card(folder)
    if table is None:
        return {name: _BLANK | {"file": name} for name in names}
    rows = _rows(table.read_bytes())
    listed: dict[str, dict[str, str]] = {}
    for row in rows:
        name = _meant(row["file"], names)
        if name in listed:
            raise CourseError(f"{CARD} has two rows for {name}. Remove one of them.")
        listed[name] = row | {"file": name}
    for name in sorted(set(names) ^ set(listed)):
        where = "has no file" if name in listed else "has no row"
        raise CourseError(f"{name} {where}: bring {CARD} and the folders into step.")
    for name, row in listed.items():
        try:
            row["split"] = split_named(row["split"])
            row["axes"] = axes_named(row["axes"])
        except CourseError as error:
            raise CourseError(f"{CARD}, row {name}: {error}") from None
    return listed


def axes_named(axes: str) -> str:
    """Return axes in capitals, or raise if they are none that files have.

    Parameters
    ----------
    axes : str
        Such as ``"yx"``, ``"CYX"`` or nothing at all.

    Raises
    ------
    CourseError
        If a letter is unknown or there twice, or columns come before rows.
    """
    plain = axes.replace(" ", "").replace(",", "").upper()
    if not plain or (set("YX") <= set(plain) <= set("ZYXC") and len(set(plain)) == len(plain)):
        if not plain or plain.replace("C", "") in {"YX", "ZYX"}:
            return plain
        raise CourseError(
            f"The axes {axes!r} begin with columns, and files begin with rows or planes. If that "
            "is how this file is, write YX, or ZYX for a stack; else turn the picture."
        )
    if "T" in plain:
        raise CourseError(
            f"The axes {axes!r} are those of a movie. Save each frame as a scene of its own."
        )
    raise CourseError(f"There are no axes {axes!r}. Write YX, YXC, CYX or ZYX.")


def voxel_size(cell: str, name: str, axes: int) -> tuple[float, ...] | None:
    """Return the edges of a pixel or voxel in µm; None if the cell is empty.

    Parameters
    ----------
    cell : str
        Numbers between blanks or semicolons, such as ``"0.5 0.5"`` or ``"0,5 0,5"``.
    name : str
        Of the scene, for the error.
    axes : int
        How many numbers there must be.

    Raises
    ------
    CourseError
        If there is another number of them, or one is not above 0.
    """
    if not cell.strip():
        return None
    parts = cell.replace(";", " ").replace(", ", " ").replace(",", ".").split()
    try:
        size = tuple(float(part) for part in parts)
    except ValueError:
        size = ()
    if len(size) != axes or not all(0 < edge < float("inf") for edge in size):
        like = " ".join(["0.5"] * axes)
        raise CourseError(
            f"{name}: the voxel size {cell!r} is not one number in µm for each of the {axes} axes. "
            f"Write, for instance, “{like}”."
        )
    return size


def card(folder: Path) -> Path | None:
    """Return the table, in capitals or not; refuse one that would be passed over for its ending."""
    near = [f for f in sorted(folder.iterdir()) if f.name.lower().startswith("labels.")]
    near.sort(key=lambda file: file.name != CARD)  # the exact name first
    for file in near:
        if file.name.lower() == CARD:
            return file
    # A text of this name may be a list of classes, as programs for labelling leave it.
    if found := [
        file
        for file in near
        if file.suffix.lower() in _WORKBOOKS
        or (file.suffix.lower() in _TEXTS and "file" in _columns(file.read_bytes()))
    ]:
        raise CourseError(
            f"There is {found[0].name}, and the table of a folder is {CARD}. Save it as CSV under "
            "this name (some systems hide endings), or move it away."
        )
    return None


def _columns(content: bytes) -> list[str]:
    """Return the cells of a table's first line, in small letters."""
    first = next((line for line in io.StringIO(_decoded(content)) if line.strip()), "")
    return [cell.strip(' "\r\n').lower() for cell in re.split("[,;\t]", first)]


def _rows(content: bytes) -> list[dict[str, str]]:
    lines = io.StringIO(_decoded(content), newline="")
    heading = next((line for line in lines if line.strip()), "")
    if heading.lower().startswith("sep="):  # Excel's own way to name what stands between cells
        heading = next(lines, "")
    between = max(",;\t", key=heading.count)
    columns = [cell.strip().lower() for cell in next(csv.reader([heading], delimiter=between), [])]
    if "file" not in columns:
        has = ", ".join(filter(None, columns)) or "nothing"
        raise CourseError(
            f"{CARD} lacks the column file; its first line has: {has}. "
            f"Name the columns in the first line: {', '.join(COLUMNS)}."
        )
    for column in columns:
        # A column of one's own may stay; a misspelled one would be passed over without a word.
        near = difflib.get_close_matches(column, COLUMNS, n=1, cutoff=0.75)
        if near and near[0] != column:
            raise CourseError(f"{CARD} has a column {column!r}. Did you mean {near[0]!r}?")
    rows = []
    for cells in csv.reader(lines, delimiter=between):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
            raise CourseError(
                f"{CARD}, row {cells[0]}: it has more cells than the first line. Put cells that "
                f"hold “{between}” between quotation marks."
            )
        named = zip(columns, (cell.strip() for cell in cells), strict=False)
        rows.append(_BLANK | {column: cell for column, cell in named if column in COLUMNS and cell})
    return rows


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")  # Excel on Windows, “CSV”


def _meant(cell: str, names: Sequence[str]) -> str:
    """Return the scene that a cell names: with its ending, or a number that lost its zeros."""
    # An accent may be a character of its own, as on macOS: see `picture_folders.title`.
    plain = unicodedata.normalize("NFC", PurePath(cell.replace("\\", "/")).name)
    if plain in names:
        return plain
    bare = plain
    for ending in (*_ENDINGS, ".ome"):
        if bare.lower().endswith(ending):
            bare = bare[: -len(ending)]
    if bare in names:
        return bare
    if bare.isdigit():
        same = [name for name in names if name.isdigit() and int(name) == int(bare)]
        if len(same) == 1:
            return same[0]
    return plain
