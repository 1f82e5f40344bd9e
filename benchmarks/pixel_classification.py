"""Section 3 beside its peers: the features, the refresh after a stroke, and how right it is.

One simulated image, the same scribbles for all. A peer is scikit-image's features with
scikit-learn's forest, as napari users have it today; another is apoc, clesperanto's own pixel
classifier, where it is installed. Of ours, NumPy's way is timed, with as many trees as the peer and
with half of them, and the way of the machine's array library where that is a GPU. If one of ours is
less right than the peer, nothing is timed.
"""

import importlib.util
from collections.abc import Callable
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks import floors
from benchmarks import timing as tables
from gpu_course import devices, sizes, timing
from gpu_course.devices.array_device import numpy_device
from gpu_course.errors import CourseError
from gpu_course.images.bees import simulate_bees
from gpu_course.pixel_classification import PixelClassifier, Recipe, features

Way = Callable[[], Any]
COURSE, PEER, APOC = "course", "scikit", "apoc"
TREES = 100
#: The same number of features for all: six scales, and four features each.
RECIPE = Recipe((0.5, 1.0, 2.0, 4.0, 8.0, 16.0), ("gaussian", "gradient", "hessian"))
APOC_RECIPE = " ".join(
    f"{kind}={sigma:g}"
    for sigma in RECIPE.sigmas
    for kind in (
        "gaussian_blur",
        "sobel_of_gaussian_blur",
        "small_hessian_eigenvalue_of_gaussian_blur",
        "large_hessian_eigenvalue_of_gaussian_blur",
    )
)
#: How much F1 a faster way may lose.
TOLERANCE = 0.01


def strokes(mask: np.ndarray, *, count: int = 30, length: int = 30, seed: int = 0) -> np.ndarray:
    """Return straight strokes of three pixels' width: 1 outside the mask, 2 inside."""
    rng = np.random.default_rng(seed)
    scribbles = np.zeros(mask.shape, np.uint8)
    for value, where in ((1, ~mask), (2, mask)):
        places = np.argwhere(where)
        for y, x in places[rng.choice(len(places), count, replace=False)]:
            angle = rng.uniform(0, np.pi)
            along = np.arange(-length / 2, length / 2, 0.5)
            for across in (-1, 0, 1):
                rows = np.rint(y + along * np.sin(angle) + across * np.cos(angle)).astype(int)
                columns = np.rint(x + along * np.cos(angle) - across * np.sin(angle)).astype(int)
                inside = (rows >= 0) & (rows < mask.shape[0])
                inside &= (columns >= 0) & (columns < mask.shape[1])
                rows, columns = rows[inside], columns[inside]
                own = where[rows, columns]
                scribbles[rows[own], columns[own]] = value
    return scribbles


def f1(mask: np.ndarray, labels: Any) -> float:
    """Return the F1 score of the pixels labelled 2."""
    from sklearn.metrics import f1_score

    return float(f1_score(mask.ravel(), devices.to_numpy(labels).ravel() == 2))


def course(image: Any, scribbles: np.ndarray, *, trees: int = TREES) -> tuple[Way, Way]:
    """Return the course's way: features, and the refresh with the features at hand."""
    kept = features.compute(image, RECIPE)
    classifier = PixelClassifier(RECIPE, trees=trees)
    return (
        lambda: features.compute(image, RECIPE),
        lambda: classifier.fit_features(kept, scribbles).label_features(kept),
    )


def course_on_gpu(image: np.ndarray, scribbles: np.ndarray) -> tuple[Way, Way] | None:
    """Return the same on the GPU of the array library, or None where it has none."""
    if devices.array_library().kind != "GPU":
        return None
    return course(devices.to_device(image), scribbles)


def scikit(image: np.ndarray, scribbles: np.ndarray) -> tuple[Way, Way]:
    """Return the way of scikit-image and scikit-learn."""
    from skimage.feature import multiscale_basic_features
    from sklearn.ensemble import RandomForestClassifier

    def compute() -> np.ndarray:
        low, high = RECIPE.sigmas[0], RECIPE.sigmas[-1]
        return multiscale_basic_features(image, sigma_min=low, sigma_max=high)

    table = compute()

    def refresh() -> np.ndarray:
        forest = RandomForestClassifier(TREES, random_state=0, n_jobs=-1)
        forest.fit(table[scribbles > 0], scribbles[scribbles > 0])
        return forest.predict(table.reshape(-1, table.shape[-1])).reshape(image.shape)

    return compute, refresh


def apoc(image: np.ndarray, scribbles: np.ndarray) -> tuple[Way, Way] | None:
    """Return apoc's way as it comes, with shallow trees, or None where it is not installed."""
    if importlib.util.find_spec("apoc") is None:
        return None
    import apoc as peer

    from gpu_course import cle

    folder = TemporaryDirectory()

    def compute() -> Any:
        return peer.generate_feature_stack(image, APOC_RECIPE)

    def refresh() -> np.ndarray:
        classifier = peer.PixelClassifier(f"{folder.name}/model.cl", num_ensembles=TREES)
        classifier.train(APOC_RECIPE, scribbles, image)
        return cle.pull(classifier.predict(image=image))

    return compute, refresh


WAYS: dict[str, Callable[[np.ndarray, np.ndarray], tuple[Way, Way] | None]] = {
    PEER: scikit,
    COURSE: course,
    f"{COURSE}, {TREES // 2} trees": partial(course, trees=TREES // 2),
    f"{COURSE}, GPU": course_on_gpu,
    APOC: apoc,
}


def compared(
    image: np.ndarray, mask: np.ndarray, scribbles: np.ndarray
) -> tuple[dict[str, tuple[Way, Way]], dict[str, float]]:
    """Return the ways that are here, and the F1 score of each.

    Raises
    ------
    CourseError
        If the course's score is worse than the peer's by more than the tolerance.
    """
    here = {name: make(image, scribbles) for name, make in WAYS.items()}
    ways = {name: way for name, way in here.items() if way is not None}
    scores = {name: f1(mask, refresh()) for name, (_, refresh) in ways.items()}
    for name in ways:
        if name.startswith(COURSE) and scores[name] < scores[PEER] - TOLERANCE:
            raise CourseError(
                f"{name} has an F1 of {scores[name]:.3f} and {PEER} {scores[PEER]:.3f}. "
                "Nothing timed: mend the classifier first."
            )
    return ways, scores


def features_work(pixels: int) -> floors.Work:
    """Return the least work of the features.

    The image is read and every feature written once. For each scale a Gaussian, cut off at four
    sigma, passes along both axes; gradient and Hessian are a dozen operations besides.
    """
    taps = sum(2 * round(4 * sigma) + 1 for sigma in RECIPE.sigmas)
    count = len(features.names(RECIPE, 2))
    return floors.Work(4 * pixels * (1 + count), pixels * (4 * taps + 12 * len(RECIPE.sigmas)))


def main() -> list[tables.Measured]:
    """Print the table and return it."""
    if importlib.util.find_spec("apoc") is not None:
        devices.use_opencl()
    edge = sizes.pick(small=256, laptop=1024, large=2048)
    image, labels = simulate_bees((edge, edge), seed=7)
    mask = labels > 0
    scribbles = strokes(mask)
    ways, scores = compared(image, mask, scribbles)
    processor = floors.limits(numpy_device())
    low = {COURSE: features_work(edge**2).floor(processor)}
    if f"{COURSE}, GPU" in ways:
        there = floors.limits(devices.array_library())
        low[f"{COURSE}, GPU"] = features_work(edge**2).floor(there)
    # A forest's decisions depend on each other, so that only reading the features has a floor.
    count = len(features.names(RECIPE, 2))
    read = floors.Work(4 * edge**2 * count, 0)
    rows = [
        tables.Row(
            f"{count} features, {edge}²",
            timing.medians({name: way[0] for name, way in ways.items()}, repeats=3, warm_up=1),
            low,
        ),
        tables.Row(
            "fit and predict",
            timing.medians({name: way[1] for name, way in ways.items()}, repeats=3, warm_up=1),
            {COURSE: read.floor(processor)},
        ),
    ]
    note = f" {APOC} keeps no features, so that its refresh computes them twice."
    notes = [
        "F1: " + ", ".join(f"{name} {score:.3f}" for name, score in scores.items()),
        f"{TREES} trees where no other number is named, "
        f"{np.count_nonzero(scribbles)} painted pixels. Ratios to {PEER}'s median in this run: "
        f"below 1 is faster.{note if APOC in ways else ''} {processor.in_words}",
    ]
    measured = tables.Measured("Section 3 beside its peers", PEER, rows, notes)
    tables.show(measured)
    return [measured]
