"""Solutions of ``deep-learning/receptive-field``: fields of chains, depths of U-Nets."""

from collections.abc import Sequence

from gpu_course.errors import CourseError


def field_of_chain(layers: Sequence[tuple[int, int, int]]) -> int:
    """Return how many pixels one result sees, along one axis.

    Parameters
    ----------
    layers : sequence of (kernel, stride, dilation)
        In the order in which they are used.

    Returns
    -------
    int
        Pixels of the image.
    """
    size, step = 1, 1
    for kernel, stride, dilation in layers:
        # Neighbouring pixels of this layer's input lie `step` pixels of the image apart.
        size += (kernel - 1) * dilation * step
        step *= stride
    return size


def smallest_depth(length: float) -> int:
    """Return the smallest depth of a U-Net that sees an object from end to end.

    Parameters
    ----------
    length : float
        Of the object, in pixels. Every pixel of it must see all of it, so the network must see
        that far to *one* side.

    Raises
    ------
    CourseError
        If no U-Net of the course is deep enough.
    """
    from gpu_course.deep_learning.receptive_field import theoretical
    from gpu_course.deep_learning.unet import DEEPEST, UNet

    for depth in range(1, DEEPEST + 1):
        # How far it sees depends on the depth, not on the width: one channel is enough.
        model = UNet(1, 1, depth=depth, width=1)
        field = theoretical(model, (1, 1, 2 * model.stride, 2 * model.stride))
        if min(field.before, field.after) >= length - 1:
            return depth
    raise CourseError(f"No U-Net sees {length} pixels far. Shrink the image first.")
