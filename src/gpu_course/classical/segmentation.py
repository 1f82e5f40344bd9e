"""Segmentation with clesperanto operations alone: nuclei, bees and roots.

The steps (`nuclei_foreground`, `separate_nuclei`, …) take NumPy arrays or clesperanto images and
return clesperanto images, so that a pipeline made of them stays on the device. The recipes
(`segment_nuclei`, `segment_bees`, `segment_roots`) return NumPy arrays: the result is pulled from
the device once, at the end.

All parameters were chosen on the train split of each image set, never on the test split.
Lengths (every sigma) are in pixels, areas in pixels squared.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import cle
from gpu_course.classical._grey_values import DeviceImage, logarithm, pushed, unit
from gpu_course.parameters import number, whole

# --- nuclei: bright on dark, some many times brighter than others --------------------------


def nuclei_foreground(image: Any, *, sigma: float = 1.0) -> DeviceImage:
    """Find the pixels of nuclei, bright and dim alike.

    Otsu's threshold lies between two groups of grey values. A few very bright nuclei pull it up,
    and dim nuclei fall below. The logarithm turns factors into differences, so it brings bright
    and dim nuclei together and leaves the background apart.

    Parameters
    ----------
    image : array (Y, X)
        Grey values, 0 or more; nuclei are bright.
    sigma : float
        Width of the Gaussian that smooths the noise first, in pixels.

    Returns
    -------
    clesperanto image (Y, X)
        1 on nuclei, 0 elsewhere.

    Raises
    ------
    CourseError
        If the image is not 2D, is masked, or holds negative or missing values or some beyond 16
        bits; if another number is impossible, such as a sigma below 0.
    """
    return _otsu(_blurred(logarithm(image), sigma))


def separate_nuclei(image: Any, foreground: Any, *, sigma: float = 4.0) -> DeviceImage:
    """Give every nucleus its own number, also where nuclei touch.

    Seen as a landscape, a smoothed nucleus is a dome, and between two touching domes runs a
    valley or at least a saddle. On a dome the surface bends down in all directions: both
    eigenvalues of the Hessian matrix are negative, so the larger one is. That gives one *region*
    per nucleus, shaped like it, where `voronoi_otsu_labeling` starts from single *pixels*, the
    maxima. A dim nucleus on the slope of a bright one has no maximum of its own, but still bends
    down. The regions then grow until they meet.

    Parameters
    ----------
    image : array (Y, X)
        Grey values, 0 or more; nuclei are bright.
    foreground : array (Y, X)
        1 on nuclei, 0 elsewhere.
    sigma : float
        Width of the Gaussian before the Hessian, in pixels. About a third of a nucleus's short
        radius to half of it: smaller splits nuclei, larger merges them.

    Returns
    -------
    clesperanto image (Y, X)
        0 is background, 1…n the nuclei.
    """
    smooth = _blurred(logarithm(image), sigma)
    domes = cle.smaller_constant(cle.large_hessian_eigenvalue(smooth), scalar=0)
    return _grow(domes, foreground)


def trim_halos(image: Any, labels: Any, *, level: float = 0.7, sigma: float = 1.0) -> DeviceImage:
    """Cut off the glow around bright nuclei, which the logarithm took for nucleus.

    Each nucleus gets a threshold of its own: a part of its own mean height above the background,
    which is the mean of all pixels outside the labels.

    Parameters
    ----------
    image : array (Y, X)
        Grey values.
    labels : array (Y, X)
        0 is background, 1…n the nuclei.
    level : float
        Where the edge of a nucleus is, from 0 (background) to 1 (its mean).
    sigma : float
        Width of the Gaussian that smooths the noise first, in pixels.

    Returns
    -------
    clesperanto image (Y, X)
        The labels, on fewer pixels.
    """
    level, smooth = number(level, "level", 0, 1), _blurred(pushed(image), sigma)
    outside = cle.equal_constant(labels, scalar=0)
    # At least 1 pixel, so that nothing is divided by 0 where nuclei fill the image.
    background = cle.sum_of_all_pixels(cle.mask(smooth, outside)) / max(
        1.0, cle.sum_of_all_pixels(outside)
    )
    mean = cle.mean_intensity_map(smooth, labels)
    # background + level · (mean − background), for all nuclei at once.
    edge = cle.add_image_and_scalar(
        cle.multiply_image_and_scalar(mean, scalar=level), scalar=background * (1 - level)
    )
    return cle.mask(labels, cle.greater(smooth, edge))


def segment_nuclei(
    image: Any,
    *,
    diameter: float | None = None,
    outline_sigma: float = 1.0,
    seed_sigma: float = 4.0,
    level: float = 0.6,
    smallest: float = 40,
) -> NDArray[np.int32]:
    """Label fluorescent nuclei of very different brightness, of any size, from any camera.

    The plan is that of `voronoi_otsu_labeling`: a threshold says where nuclei are, seeds say how
    many, and the seeds grow inside the threshold. Five things are changed. Two make it travel:

    * background and nuclei are brought to the **levels** of the image on which the recipe was made
      (`gpu_course.brightness`), so that no grey value is absolute, and the light is evened out;
    * nuclei are brought to the **size** of its nuclei (`gpu_course.object_size`), and the labels
      back.

    Three are against failures seen on the train half of that image:

    * the threshold is taken on the **logarithm**, as a few bright nuclei hid the dim ones;
    * the seeds are **domes**, not single maxima: a blur that left long nuclei one maximum took
      that of dim nuclei beside bright ones away;
    * every nucleus then gets **its own edge**, as bright ones were outlined too wide.

    Parameters
    ----------
    image : array (Y, X)
        Grey values, 0 or more; nuclei are bright.
    diameter : float, optional
        Of a typical nucleus, in pixels. None: it is measured, by
        `gpu_course.object_size.measure_diameter`, which tells you what it finds.
    outline_sigma, seed_sigma : float
        Widths of the Gaussians before the threshold and before the seeds, in pixels of an image
        whose nuclei measure 21 (`gpu_course.fitted.NUCLEUS`).
    level : float
        Where the edge of a nucleus is, from 0 (background) to 1 (its mean).
    smallest : float
        Nuclei of at most this area are taken for debris and left out, in the same pixels.

    Returns
    -------
    ndarray of int32 (Y, X)
        0 is background, 1…n the nuclei. All 0 if the image is constant.

    Raises
    ------
    CourseError
        If the image is not 2D, is masked, or holds negative or missing values; if the diameter is
        no size, or another number is impossible.

    Warns
    -----
    UserWarning
        If the brightness of the image makes the result doubtful: dark objects on a bright
        background, a camera that was full, few grey values, light that falls off to one side.

    Examples
    --------
    >>> from gpu_course.classical import segment_nuclei
    >>> y, x = np.mgrid[:96, :144]
    >>> image = 200 * np.exp(-((y - 48) ** 2 + (x - 36) ** 2) / 60)
    >>> image += 200 * np.exp(-((y - 48) ** 2 + (x - 105) ** 2) / 60)
    >>> int(segment_nuclei(image).max())
    2
    """
    from gpu_course.fitted import fit

    number(smallest, "smallest", 0)
    known = fit(np.asarray(cle.pull(pushed(image))), diameter=diameter)
    pixels = pushed(known.image)
    foreground = nuclei_foreground(pixels, sigma=outline_sigma)
    labels = separate_nuclei(pixels, foreground, sigma=seed_sigma)
    labels = trim_halos(pixels, labels, level=level, sigma=outline_sigma)
    return known.back(_pulled(cle.exclude_small_labels(labels, maximum_size=smallest)))


# --- bees: dark on a bright pattern, in uneven light ---------------------------------------


def flatten_comb(image: Any, *, radius: int = 60) -> DeviceImage:
    """Even out the light and turn dark bees into bright ones.

    Light multiplies: the logarithm makes a sum of it, and the mean of the surroundings can then
    be taken away. What is left says by how much a pixel is darker than its surroundings.

    Parameters
    ----------
    image : array (Y, X)
        Grey values, 0 or more; bees are dark.
    radius : int
        Half the width of the square over which the surroundings are averaged, in pixels. About a
        bee's length: less would take away the bee itself. (A wide Gaussian would do as well; on
        a processor's cores the box is several times faster.)

    Returns
    -------
    clesperanto image (Y, X)
        Above 0 where darker than the surroundings.
    """
    radius = whole(radius, "radius", 0)
    grey = logarithm(image)
    around = cle.mean_filter(grey, radius_x=radius, radius_y=radius)
    return cle.subtract_images(around, grey)


def segment_bees(
    image: Any,
    *,
    background_radius: int = 60,
    spot_sigma: float = 16.0,
    outline_sigma: float = 3.0,
    smallest: float = 300,
) -> NDArray[np.int32]:
    """Label bees on comb as far as threshold and blobs go, which is not far.

    Voronoi–Otsu on the flattened image: it finds bees that sit alone. In a clump neighbours are
    as dark as each other, overlap, and carry bright tags and stripes, so a threshold has nothing
    to separate them by. The empty cells of the comb are dark too. A larger `spot_sigma` would
    raise the score a little further by giving up more of the clump; it stays below a
    bee's width so that each bee still has a chance of a seed of its own.

    Parameters
    ----------
    image : array (Y, X)
        Grey values, 0 or more, of dark bees about 70 pixels long.
    background_radius : int
        Half the width of the square over which the light around is averaged, in pixels.
    spot_sigma, outline_sigma : float
        Widths of the Gaussians before the seeds and before Otsu's threshold, in pixels.
    smallest : float
        Objects of at most this area, in pixels, are left out: cells of the comb.

    Returns
    -------
    ndarray of int32 (Y, X)
        0 is comb, 1…n the bees. All 0 if the image is constant.

    Raises
    ------
    CourseError
        If the image is not 2D, is masked, or holds negative or missing values or some beyond 16
        bits; if another number is impossible, such as a sigma below 0.
    """
    number(smallest, "smallest", 0)
    flat = flatten_comb(image, radius=background_radius)
    foreground = _otsu(_blurred(flat, outline_sigma))
    spots = cle.detect_maxima(_blurred(flat, spot_sigma), radius_x=0, radius_y=0, radius_z=0)
    labels = _grow(spots, foreground)
    return _pulled(cle.exclude_small_labels(labels, maximum_size=smallest))


# --- roots: thin bright lines in front of bright grains ------------------------------------


def ridges(image: Any, *, sigma: float = 1.5) -> DeviceImage:
    """Measure how much each pixel looks like the crest of a bright line.

    Across a bright line the surface bends down, along it it stays level. So the smaller
    eigenvalue of the Hessian is far below 0 on a line; its sign is turned, to make lines bright.
    (On a bright dot both eigenvalues are below 0: dots get through as well.)

    Parameters
    ----------
    image : array (Y, X)
        Grey values, 0 or more; lines are bright.
    sigma : float
        Width of the Gaussian before the Hessian, in pixels. It answers best to lines about twice
        as wide.

    Returns
    -------
    clesperanto image (Y, X)
        In grey values: the bend times sigma squared, so that one threshold serves every sigma.
    """
    smooth = _blurred(pushed(image), sigma)
    bend = cle.small_hessian_eigenvalue(smooth)
    return cle.multiply_image_and_scalar(bend, scalar=-(sigma**2))


def segment_roots(
    image: Any,
    *,
    sigma: float = 1.5,
    low: float = 7.5,
    high: float = 15.0,
    smallest: float = 200,
) -> NDArray[np.bool_]:
    """Find roots as connected ridges, clear in at least one place.

    A low threshold keeps faint roots whole but lets grains of soil through. So ridges are followed
    down to the low threshold, but only from places that exceed a high one (the idea of Canny's
    hysteresis), and small pieces are left out. Faint side roots break into pieces and are lost;
    stones with a bright rim remain.

    Parameters
    ----------
    image : array (Y, X)
        Grey values, 0 or more, of bright roots 2 to 12 pixels wide.
    sigma : float
        Width of the Gaussian before the Hessian, in pixels.
    low, high : float
        Thresholds on `ridges`, in grey values of an 8-bit picture; those of 10 to 16 bits (above
        255) and of 0…1 are brought to them.
    smallest : float
        Pieces of at most this area, in pixels, are left out.

    Returns
    -------
    ndarray of bool (Y, X)
        True on roots.

    Raises
    ------
    CourseError
        If the image is not 2D, is masked, or holds negative or missing values or some beyond 16
        bits; if another number is impossible, such as a sigma below 0.
    """
    number(smallest, "smallest", 0)
    high = number(high, "high", number(low, "low", 0))
    crests = ridges(image, sigma=sigma)
    low, high = low * unit(image), high * unit(image)
    clear = cle.greater_constant(crests, scalar=high)
    # From every clear place, walk on along what exceeds at least the low threshold.
    traced = _grow(clear, cle.greater_constant(crests, scalar=low))
    pieces = cle.connected_component_labeling(cle.greater_constant(traced, scalar=0))
    return _pulled(cle.exclude_small_labels(pieces, maximum_size=smallest)) > 0


# --- helpers -------------------------------------------------------------------------------


def _pulled(labels: DeviceImage) -> NDArray[np.int32]:
    return np.asarray(cle.pull(labels)).astype(np.int32)


def _blurred(image: DeviceImage, sigma: float) -> DeviceImage:
    sigma = number(sigma, "sigma", 0)
    return cle.gaussian_blur(image, sigma_x=sigma, sigma_y=sigma)


def _otsu(image: DeviceImage) -> DeviceImage:
    """Return 1 above Otsu's threshold; nothing is above it in a constant image."""
    if cle.minimum_of_all_pixels(image) == cle.maximum_of_all_pixels(image):
        return cle.multiply_image_and_scalar(image, scalar=0)
    return cle.threshold_otsu(image)


def _grow(seeds: DeviceImage, foreground: Any) -> DeviceImage:
    """Label the connected seeds and let them grow inside the foreground until they meet."""
    foreground = cle.push(foreground)
    return cle.mask(
        cle.masked_voronoi_labeling(cle.binary_and(seeds, foreground), foreground), foreground
    )
