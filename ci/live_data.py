"""Make the stored answers of the live figures: `book/_static/live/data/`.

    python ci/live_data.py

A live figure computes on the reader's GPU and compares with these files before it shows anything.
`tests/live` makes them again and compares. The other live figures keep their makers here, too.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gpu_course import devices, images, paths
from gpu_course.errors import CourseError
from gpu_course.files import write_atomic

FOLDER = paths.root() / "book" / "_static" / "live" / "data"

# The lower part of the train half, with the crop that the chapter's figures show.
WINDOW = np.s_[256:512, :]
SPOT, OUTLINE = 4.0, 1.0


def segmentation() -> dict[str, NDArray[np.uint8]]:
    """Return the pictures of the live segmentation, each uint8 (256, 256).

    Returns
    -------
    dict
        ``nuclei``: grey values; ``nuclei-people``: labels that people drew; ``nuclei-labels``:
        those of clesperanto's ``voronoi_otsu_labeling`` with the chapter's two widths.

    Raises
    ------
    CourseError
        If there is no OpenCL device.
    """
    from skimage.segmentation import relabel_sequential

    from gpu_course import cle

    devices.use_opencl()
    train = images.load("nuclei", split="train")
    image = train.image[WINDOW]
    labels = cle.voronoi_otsu_labeling(
        image.astype(np.float32), spot_sigma=SPOT, outline_sigma=OUTLINE
    )
    people, _, _ = relabel_sequential(np.asarray(train.labels)[WINDOW])
    found = {
        "nuclei": image,
        "nuclei-people": people,
        "nuclei-labels": np.asarray(cle.pull(labels)),
    }
    return {name: np.asarray(array).astype(np.uint8) for name, array in found.items()}


def deconvolution() -> dict[str, NDArray[np.float32]]:
    """Return the picture and the estimate that Richardson–Lucy is tested against.

    Returns
    -------
    dict
        ``image``: photons counted of two discs, seen through a Gaussian lens; ``estimate``: what
        the course's ``richardson_lucy`` makes of it. Both float32 (48, 48).
    """
    from gpu_course.deconvolution import psf, richardson_lucy, simulation

    y, x = np.mgrid[:48, :48]
    object = 200.0 * (np.hypot(y - 20, x - 18) <= 9) + 80.0 * (np.hypot(y - 34, x - 37) <= 5)
    lens = psf.gaussian((17, 17), 1.7, 1.0)
    image = simulation.simulate(object, lens, background=20, seed=0)
    return {"image": image, "estimate": richardson_lucy(image, lens, 10, background=20, tv=0.002)}


def png(array: NDArray[np.uint8]) -> bytes:
    """Return a grey picture as the bytes of a PNG file."""
    from io import BytesIO

    from PIL import Image

    file = BytesIO()
    Image.fromarray(array).save(file, "PNG", optimize=True)
    return file.getvalue()


def main() -> int:
    """Write the files and return the exit status."""
    try:
        for name, array in segmentation().items():
            write_atomic(FOLDER / f"{name}.png", png(array))
        both = np.stack(list(deconvolution().values()))
        write_atomic(FOLDER / "richardson-lucy.bin", both.astype("<f4").tobytes())
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    sizes = {file.name: file.stat().st_size for file in sorted(Path(FOLDER).iterdir())}
    print("\n".join(f"{size:8} {name}" for name, size in sizes.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
