"""Images, labels and numbers of every kind that a user may bring, drawn by hypothesis.

A door is a public function. Whatever comes in, it gives the right value, judged by an independent
reference in float64, or it raises a `CourseError`: nothing else.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from gpu_course.errors import CourseError

REFUSED = object()
"""Stands for a CourseError where a value was expected."""

DTYPES = (
    "bool", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", ">u2", ">f4", ">i4"
)  # fmt: skip
#: What no image and no label can be.
FOREIGN = ("complex64", "object", "U1", "datetime64[D]")
#: Units of grey values; float32 ends at 3e38, and has all its digits down to 1e-37.
UNITS = (1e-45, 1e-37, 1e-30, 1e-9, 1e-3, 1.0, 1.0, 1.0, 255.0, 65535.0, 1e9, 1e30, 1e37, 1e300)


NUMBERS = st.one_of(
    st.sampled_from(
        [None, "0,1", "0.1", b"1", True, float("nan"), float("inf"), -1, 0, 1e30, 1e-30, [1, 2], (),
         {}, {1}, object, 3 + 1j, np.float32(0.1), np.array(0.1), np.array([0.1]), np.int64(3),
         np.bool_(True), 10**30]
    ),
    st.floats(0.01, 50),
    st.integers(1, 20),
)  # fmt: skip
"""One number as people write it: right, in every form, and wrong."""


def cases(share: float) -> settings:
    """Return the settings of a slow test: so many of the profile's cases."""
    return settings(max_examples=max(3, round(share * settings.default.max_examples)))


def answer(door: Callable[..., Any], *given: Any, **options: Any) -> Any:
    """Return what a door gives, or REFUSED; every other exception is the test's failure."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return door(*given, **options)
    except CourseError as error:
        text = str(error)
        assert len(text) > 20, text
        assert text.rstrip().endswith((".", ")", "?")), text
        return REFUSED


@dataclass(frozen=True)
class Given:
    """An image as a user holds it, and its values in float64 if they are numbers at all."""

    held: Any
    values: np.ndarray | None
    usable: bool

    def __repr__(self) -> str:
        """Name what hypothesis shows of a failure."""
        held = self.held
        dtype = getattr(held, "dtype", type(held).__name__)
        return f"<{type(held).__name__} {getattr(held, 'shape', '')} {dtype}: {held!r:.300}>"


def _orders(array: np.ndarray, order: str) -> np.ndarray:
    """Return the same values in another order of memory."""
    if order == "fortran":
        return np.asfortranarray(array)
    if order == "strided" and array.ndim:
        wide = np.repeat(array, 2, axis=-1)
        return wide[..., ::2]
    if order == "reversed" and array.ndim:
        return np.ascontiguousarray(array[::-1])[::-1]
    if order == "read-only":
        array = array.copy()
        array.flags.writeable = False
    return array


def _container(array: np.ndarray, kind: str) -> tuple[Any, bool]:
    """Return an array in another hand, and whether its values still count."""
    if kind == "list":
        return array.tolist(), True
    if kind == "dask":
        import dask.array

        return dask.array.from_array(array, chunks=4), True
    if kind == "torch" and array.dtype.isnative and array.dtype.kind in "biuf":
        import torch

        if array.dtype.name not in ("uint16", "uint32", "uint64"):
            return torch.from_numpy(np.ascontiguousarray(array)), True
    if kind == "matrix" and array.ndim == 2:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.matrix(array), True
    if kind == "table" and array.ndim == 2:
        import pandas as pd

        return pd.DataFrame(array), True
    if kind == "masked" and array.size:
        mask = np.zeros(array.shape, bool)
        mask.flat[0] = True
        return np.ma.masked_array(array, mask), False
    if kind == "nothing masked":
        return np.ma.masked_array(array), True
    return array, True


CONTAINERS = ("array",) * 6 + (
    "list", "dask", "torch", "masked", "nothing masked", "matrix", "table",
)  # fmt: skip


@st.composite
def images(
    draw: st.DrawFn,
    ndims: tuple[int, ...] = (2, 2, 2, 3, 3, 1, 0, 4),
    containers: tuple[str, ...] = CONTAINERS,
    units: tuple[float, ...] = UNITS,
) -> Given:
    """Draw an image: mostly fit for use, sometimes of a kind that nobody can compute with."""
    ndim = draw(st.sampled_from(ndims))
    side = st.integers(1, 12) if draw(st.integers(0, 15)) else st.just(0)
    shape = tuple(draw(side) for _ in range(ndim))
    dice = np.random.default_rng(draw(st.integers(0, 2**16)))
    dtype = draw(st.sampled_from(DTYPES * 3 + FOREIGN))
    kind = draw(st.sampled_from(("noise", "noise", "point", "constant", "half", "signed")))
    values = {
        "noise": dice.random(shape),
        "point": np.zeros(shape),
        "constant": np.full(shape, 0.5),
        "half": (dice.random(shape) < 0.5).astype(float),
        "signed": dice.standard_normal(shape),
    }[kind]
    values = np.asarray(values, np.float64)
    if kind == "point" and values.size:
        values.flat[draw(st.integers(0, values.size - 1))] = 1
    unit = draw(st.sampled_from(units))
    spoilt = draw(st.sampled_from((None,) * 12 + (np.nan, np.inf, -np.inf)))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if np.dtype(dtype).kind in "iu":
            values = np.clip(
                values * min(unit, 65535), np.iinfo(dtype).min, min(np.iinfo(dtype).max, 2**24)
            )
        elif np.dtype(dtype).kind == "f":
            values = values * unit
            if spoilt is not None and values.size:
                values.flat[0] = spoilt
        array = np.asarray(values.astype(dtype))
    numeric = np.dtype(dtype).kind in "biuf"
    array = _orders(
        array, draw(st.sampled_from(("c", "fortran", "strided", "reversed", "read-only")))
    )
    held, counts = _container(array, draw(st.sampled_from(containers)))
    exact = array.astype(np.float64) if numeric else None
    usable = (
        numeric
        and counts
        and bool(array.size)
        and ndim in (2, 3)
        and bool(np.isfinite(exact).all())
    )
    return Given(held, exact, usable)


@st.composite
def label_images(
    draw: st.DrawFn, ndims: tuple[int, ...] = (2, 2, 3), containers: tuple[str, ...] = CONTAINERS
) -> Given:
    """Draw a label image: boxes with numbers anywhere in the range of a dtype."""
    ndim = draw(st.sampled_from(ndims))
    shape = tuple(draw(st.integers(1, 9)) for _ in range(ndim))
    dice = np.random.default_rng(draw(st.integers(0, 2**16)))
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    highest = 1 if dtype.kind == "b" else 2048 if dtype.kind == "f" else np.iinfo(dtype).max
    highest = draw(st.sampled_from((1, 2, 3, 5, 255, 65537, int(highest))))
    if dtype.kind in "iu":
        highest = min(highest, int(np.iinfo(dtype).max))
    labels = np.zeros(shape, object)
    for _ in range(draw(st.integers(0, 5))):
        low = [int(dice.integers(0, n)) for n in shape]
        high = [int(dice.integers(a + 1, n + 1)) for a, n in zip(low, shape, strict=True)]
        box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        labels[box] = int(dice.integers(1, highest, endpoint=True, dtype=np.uint64))
    spoilt = draw(st.sampled_from((None,) * 8 + (-1, 0.5, np.nan)))
    with np.errstate(all="ignore"):
        array = labels.astype(dtype)
        if spoilt is not None and (dtype.kind == "f" or (spoilt == -1 and dtype.kind == "i")):
            array.flat[0] = spoilt
    array = _orders(
        array, draw(st.sampled_from(("c", "fortran", "strided", "reversed", "read-only")))
    )
    held, counts = _container(array, draw(st.sampled_from(containers)))
    with np.errstate(all="ignore"):
        whole = array.dtype.kind != "f" or bool((np.isfinite(array) & (array % 1 == 0)).all())
        usable = counts and whole and not bool((array < 0).any())
        exact = np.array([int(v) for v in array.ravel()], object).reshape(shape) if usable else None
    return Given(held, exact, usable)


def close(found: Any, wanted: np.ndarray, tolerance: float = 1e-4) -> None:
    """Say that an answer is the wanted one, relative to its highest value."""
    found = np.asarray(found.detach().cpu() if hasattr(found, "detach") else found, np.float64)
    assert found.shape == wanted.shape
    highest = max(float(np.abs(wanted).max()), 1e-300)
    assert np.isfinite(found).all()
    assert np.abs(found - wanted).max() <= tolerance * highest
