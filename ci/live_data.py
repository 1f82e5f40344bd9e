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

# A part of a scene of soil with thick and thin roots, and the part of it that is a trial for a GPU.
SOIL = np.s_[0:256, 96:352]
TRIAL = np.s_[96:160, 96:160]


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


def roots() -> dict[str, NDArray[np.uint8]]:
    """Return the pictures of the live U-Net.

    Returns
    -------
    dict
        Each uint8 (256, 256): ``roots``, a part of the first test scene, which is simulated;
        ``roots-truth``, 255 on its roots. ``roots-probability``, uint8 (64, 64): what the trained
        network says of `TRIAL`, a part of the part, 255 for 1.
    """
    from gpu_course.deep_learning import storage
    from gpu_course.deep_learning.prediction import predict_tiled

    scene = images.load("roots", index=0, size="small")
    image, truth = scene.image[SOIL], np.asarray(scene.mask)[SOIL]
    # The course's own file, whatever a reader of this tree has trained.
    model, scale, _ = storage.load(paths.data() / "weights" / "roots-unet.safetensors")
    probability = predict_tiled(
        model, image[TRIAL], normalisation=scale, device="cpu", precision="float32"
    )[0]
    return {
        "roots": image,
        "roots-truth": np.where(truth, 255, 0).astype(np.uint8),
        "roots-probability": np.rint(255 * probability).astype(np.uint8),
    }


def grain() -> dict[str, NDArray[np.uint8]]:
    """Return the pictures of the live painting, each uint8 (256, 256).

    Returns
    -------
    dict
        ``grain``: the chapter's picture of fine and coarse grain, in whole grey values;
        ``grain-truth``: 255 on the fine; ``grain-strokes``: the chapter's six strokes, 1 and 2;
        ``grain-answer``: 255 where the course's classifier takes the grain for fine.
    """
    from gpu_course.lessons.pixel_classification.introduction.textures import two_textures
    from gpu_course.pixel_classification import PixelClassifier, Recipe, paint

    image, fine = two_textures()
    whole = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    strokes = paint(fine, strokes=3, length=60, seed=1)
    classifier = PixelClassifier(Recipe(sigmas=(1, 2, 4, 8)), trees=50).fit(whole, strokes)
    answer = classifier.predict(whole) == 2
    return {
        "grain": whole,
        "grain-truth": np.where(fine, 255, 0).astype(np.uint8),
        "grain-strokes": strokes,
        "grain-answer": np.where(answer, 255, 0).astype(np.uint8),
    }


def strokes() -> dict[str, NDArray[np.uint8]]:
    """Return ``nuclei-strokes``, uint8 (256, 256): strokes beside (1) and on (2) the nuclei."""
    from gpu_course.pixel_classification import paint

    truth = np.asarray(images.load("nuclei", split="train").labels)[WINDOW] > 0
    return {"nuclei-strokes": paint(truth, strokes=5, length=25, margin=1, seed=3)}


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
        for make in (segmentation, roots, grain, strokes):
            for name, array in make().items():
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
