"""Which features, at which scales: the recipe that a trained model carries with it."""

import math
from dataclasses import dataclass

from gpu_course.errors import CourseError

FEATURES = ("gaussian", "gradient", "laplacian", "hessian", "structure")
"""Every kind of feature, in the order in which they are computed."""

#: How many Gaussian widths the course looks to each side; what lies beyond weighs under 0.01 %.
REACH = 4
#: A blur of 1000 pixels is a slip of the keyboard, and would ask for 8000 weights.
LARGEST_SIGMA = 250.0


@dataclass(frozen=True)
class Recipe:
    """What is computed for every pixel before a forest sees it.

    Attributes
    ----------
    sigmas : tuple of float
        Widths of the Gaussian blurs, ascending. In pixels, or in the unit of `voxel_size` where
        that is given. 0 means: not blurred.
    features : tuple of str
        Kinds of features, of :data:`FEATURES`; each is computed at every width.

        * ``gaussian``: the blurred image;
        * ``gradient``: how steep the blurred image is;
        * ``laplacian``: the sum of its second derivatives, below 0 on bright spots;
        * ``hessian``: the curvatures along the directions in which they are most different
          (eigenvalues of the Hessian matrix, largest first): one per axis;
        * ``structure``: how strongly the neighbourhood is striped, along and across the
          stripes (eigenvalues of the structure tensor, largest first): one per axis.
    channels : int, optional
        Length of a last axis that holds colours, each of which gets all features. None: there is
        no such axis.
    voxel_size : tuple of float, optional
        Edges of a pixel or voxel along each spatial axis. None: all 1.

    Raises
    ------
    CourseError
        If a width, a name or a size makes no sense.

    Examples
    --------
    >>> from gpu_course.pixel_classification.recipe import Recipe, names
    >>> names(Recipe(sigmas=(1, 4), features=("gaussian", "gradient")), 2)
    ['gaussian, σ 1', 'gradient, σ 1', 'gaussian, σ 4', 'gradient, σ 4']
    """

    sigmas: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
    features: tuple[str, ...] = ("gaussian", "gradient", "hessian")
    channels: int | None = None
    voxel_size: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        """Bring the fields into one form, so that equal recipes compare equal."""
        try:
            sigmas = tuple(sorted({float(sigma) for sigma in self.sigmas}))
            chosen = set(self.features)
        except (TypeError, ValueError) as error:
            raise CourseError(
                "A recipe needs a list of widths, and a list of names of features."
            ) from error
        try:
            size = None if self.voxel_size is None else tuple(float(v) for v in self.voxel_size)
        except (TypeError, ValueError) as error:
            raise CourseError(
                f"voxel_size={self.voxel_size!r}. Give 2 or 3 lengths, numbers without quotes: "
                "(0.3, 0.1)."
            ) from error
        if not sigmas or not all(math.isfinite(s) and s >= 0 for s in sigmas):
            raise CourseError(f"The widths are {sigmas}. Give one or more, each 0 or above.")
        unknown = chosen - set(FEATURES)
        if unknown or not chosen:
            what = (
                f"There is no feature {sorted(map(str, unknown))[0]!r}" if unknown else "No feature"
            )
            raise CourseError(f"{what}. Choose from {', '.join(FEATURES)}.")
        if size is not None and not (
            len(size) in (2, 3) and all(math.isfinite(v) and v > 0 for v in size)
        ):
            raise CourseError(f"The voxel size is {size}. Give 2 or 3 lengths above 0.")
        if max(sigmas) / min(size or (1.0,)) > LARGEST_SIGMA:
            raise CourseError(
                f"A blur of {max(sigmas):g} is wider than {LARGEST_SIGMA:g} pixels. "
                "Shrink the image first."
            )
        if self.channels is not None and not (
            isinstance(self.channels, int) and 1 <= self.channels <= 64
        ):
            raise CourseError(f"{self.channels!r} is no number of channels. Give 1 to 64, or None.")
        object.__setattr__(self, "sigmas", sigmas)
        object.__setattr__(self, "features", tuple(f for f in FEATURES if f in chosen))
        object.__setattr__(self, "voxel_size", size)

    def spatial(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the spatial part of an image's shape.

        Raises
        ------
        CourseError
            If an image of that shape does not fit the recipe.
        """
        ndim = len(shape) - (self.channels is not None)
        colours = "" if self.channels is None else f" and a last axis of {self.channels} channels"
        if ndim not in (2, 3) or (self.channels is not None and shape[-1] != self.channels):
            raise CourseError(
                f"The image has the shape {tuple(shape)}. This recipe needs 2 or 3 spatial "
                f"axes{colours or ' and no channels (set channels=3 for a colour image)'}."
            )
        if self.voxel_size is not None and len(self.voxel_size) != ndim:
            raise CourseError(
                f"The image has {ndim} spatial axes and the voxel size {len(self.voxel_size)} "
                "numbers. Give one per axis."
            )
        if 0 in shape:
            raise CourseError(f"The image has the shape {tuple(shape)}: no pixel. Check its crop.")
        return tuple(shape[:ndim])

    def spacing(self, ndim: int) -> tuple[float, ...]:
        """Return the voxel size, or 1 along every axis."""
        return self.voxel_size or (1.0,) * ndim

    def radius(self, sigma: float, axis: int, ndim: int) -> int:
        """Return how many pixels along an axis a blur of this width looks to each side."""
        return int(REACH * (sigma / self.spacing(ndim)[axis]))

    def halo(self, ndim: int) -> tuple[int, ...]:
        """Return how many pixels around a tile its features depend on, per axis.

        The reach of the largest blur, one pixel for the differences, and the reach of the second
        blur where there is a structure tensor.
        """
        largest = max(self.sigmas)
        return tuple(
            self.radius(largest, axis, ndim)
            + (0 if self.features == ("gaussian",) else 1)
            + (self.radius(outer(largest), axis, ndim) if "structure" in self.features else 0)
            for axis in range(ndim)
        )


def outer(sigma: float) -> float:
    """Return the width of the blur that makes a structure tensor of products of gradients.

    Half the width of the first blur, as ilastik has it.
    """
    return sigma / 2


def names(recipe: Recipe, ndim: int) -> list[str]:
    """Return a name for each feature, in the order of :func:`features.compute`.

    Parameters
    ----------
    recipe : Recipe
    ndim : int
        Number of spatial axes, 2 or 3.

    Returns
    -------
    list of str
        Such as ``"gradient, σ 2"``, ``"hessian 1, σ 4"`` or ``"red gaussian, σ 1"``.
    """
    if recipe.channels is None:
        colours = [""]
    elif recipe.channels == 3:
        colours = ["red ", "green ", "blue "]
    else:
        colours = [f"channel {number} " for number in range(1, recipe.channels + 1)]
    kinds = []
    for feature in recipe.features:
        several = feature in ("hessian", "structure")
        kinds += [f"{feature} {n}" for n in range(1, ndim + 1)] if several else [feature]
    return [
        f"{colour}{kind}, σ {sigma:g}"
        for colour in colours
        for sigma in recipe.sigmas
        for kind in kinds
    ]
