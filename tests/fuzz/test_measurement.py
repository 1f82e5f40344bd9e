"""Tables of objects: every label image, image and list of numbers, against scikit-image."""

from collections import Counter

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from skimage.measure import regionprops

from gpu_course.classical import contacts, count_neighbours, keep, measure, on_border, paint
from tests.fuzz.things import NUMBERS, REFUSED, answer, images, label_images

LOCAL = ("array",) * 6 + ("list", "dask", "masked", "nothing masked", "matrix", "table")


def small(labels):
    """Return labels as numbers that scikit-image can count, and what each stands for."""
    numbers = sorted({int(v) for v in labels.ravel()} - {0})
    lookup = {0: 0} | {number: place for place, number in enumerate(numbers, 1)}
    return np.vectorize(lookup.get, otypes=[np.int32])(labels), numbers


@given(label_images(containers=LOCAL), st.integers(0, 2**16), st.sampled_from((1.0, 1e-20, 1e20)))
def test_a_table_is_that_of_scikit_image_or_refused(labels, seed, unit):
    shape = np.shape(labels.held)
    image = np.random.default_rng(seed).standard_normal(shape) * unit
    table = answer(measure, image, labels.held, in_pieces=True)
    exact = 2**53 if np.asarray(labels.held).dtype.kind == "f" else 2**63 - 1
    high = labels.usable and max(labels.values.ravel(), default=0) > exact
    assert (table is REFUSED) == (not labels.usable or high)
    if table is REFUSED:
        return
    plain, numbers = small(labels.values)
    assert table.label.tolist() == numbers
    for row, region in zip(table.itertuples(), regionprops(plain, image), strict=True):
        assert row.area == region.area
        centre = [getattr(row, f"centroid_{axis}") for axis in "zyx"[-len(shape) :]]
        np.testing.assert_allclose(centre, region.centroid, atol=1e-9)
        values = image[plain == region.label]
        np.testing.assert_allclose(row.mean_intensity, values.mean(), atol=1e-9 * unit)
        np.testing.assert_allclose(row.standard_deviation_intensity, values.std(), atol=1e-9 * unit)
        assert (row.min_intensity, row.max_intensity) == (values.min(), values.max())
        assert row.bbox_max_x + 1 == region.bbox[-1]
    cut = on_border(table, shape)
    for row, region in zip(cut, regionprops(plain), strict=True):
        ends = zip(region.bbox[: len(shape)], region.bbox[len(shape) :], shape, strict=True)
        assert row == any(n > 1 and (a == 0 or b == n) for a, b, n in ends)


@given(images(containers=LOCAL), label_images(containers=LOCAL))
def test_any_image_is_measured_or_refused(image, labels):
    answer(measure, image.held, labels.held)
    answer(measure, image.held, np.zeros(np.shape(image.held), int))


@given(label_images(containers=LOCAL))
def test_an_axis_of_length_one_changes_nothing(labels):
    if not labels.usable or labels.values.ndim != 2:
        return
    flat = np.asarray(labels.held)
    for there in (0, 1, 2):
        deep = np.expand_dims(flat, there)
        one = answer(measure, flat, flat, in_pieces=True)
        other = answer(measure, deep, deep, in_pieces=True)
        if one is REFUSED:
            assert other is REFUSED
            continue
        assert one.area.tolist() == other.area.tolist()
        assert on_border(one, flat.shape).tolist() == on_border(other, deep.shape).tolist()
        assert len(contacts(flat)) == len(contacts(deep))


WANTED = st.one_of(
    st.lists(st.integers(-3, 300), max_size=5),
    st.lists(st.sampled_from([True, False]), min_size=1, max_size=4),
    st.lists(st.sampled_from([1, 2.0, 5.7, float("nan"), float("inf"), "a", None, 10**30])),
    st.sets(st.integers(1, 5)),
    NUMBERS,
)


@given(label_images(containers=LOCAL), WANTED, st.sampled_from((list, np.array, pd.Series, tuple)))
def test_kept_are_the_wanted_or_refused(labels, wanted, form):
    whole = isinstance(wanted, list | set) and all(
        isinstance(n, int | float) and not isinstance(n, bool) and float(n).is_integer()
        for n in wanted if n == n and n not in (float("inf"),)
    ) and not any(n != n or n == float("inf") for n in wanted if isinstance(n, float))  # fmt: skip
    if isinstance(wanted, list) and form in (list, tuple, np.array, pd.Series):
        held = form(wanted)
    else:
        held = wanted
    found = answer(keep, labels.held, held)
    if found is REFUSED:
        return
    assert labels.usable
    assert not isinstance(wanted, list | set) or whole
    if isinstance(wanted, list | set):
        kept = {int(n) for n in wanted}
        expected = np.where(np.isin(labels.values, list(kept)), labels.values, 0)
        assert (np.asarray(found, object) == expected).all()


@given(label_images(containers=LOCAL))
def test_who_touches_whom(labels):
    pairs = answer(contacts, labels.held)
    if pairs is REFUSED:
        return
    faces: Counter = Counter()
    for place in np.ndindex(labels.values.shape):
        for axis in range(labels.values.ndim):
            there = tuple(p + (a == axis) for a, p in enumerate(place))
            if there[axis] < labels.values.shape[axis]:
                one, other = sorted((labels.values[place], labels.values[there]))
                if 0 < one < other:
                    faces[one, other] += 1
    assert {(a, b): n for a, b, n in pairs.values.tolist()} == dict(faces)
    numbers = sorted({int(v) for v in labels.values.ravel()} - {0})
    counted = count_neighbours(pd.DataFrame({"label": numbers}, dtype=np.int64), pairs).tolist()
    assert counted == [sum(n in pair for pair in faces) for n in numbers]


COLUMNS = st.lists(
    st.one_of(st.integers(0, 9), st.sampled_from(["a", None, 2.5, float("nan"), True])),
    min_size=3, max_size=3,
)  # fmt: skip


@given(label_images(containers=LOCAL), COLUMNS, COLUMNS)
def test_a_painted_map_is_the_table_or_refused(labels, numbers, values):
    table = pd.DataFrame({"label": numbers, "area": values})
    found = answer(paint, labels.held, table, "area")
    if found is REFUSED:
        return
    rows = dict(zip(map(int, numbers), values, strict=True))
    assert len(rows) == 3
    for place in np.ndindex(labels.values.shape):
        label = labels.values[place]
        wanted = rows.get(label, np.nan) if label else np.nan
        np.testing.assert_equal(found[place], float(wanted))


@given(st.lists(st.integers(-1, 9), max_size=5), label_images(containers=("array",)))
def test_any_shape_and_any_table_is_answered_or_refused(shape, labels):
    table = answer(measure, np.zeros(np.shape(labels.held)), labels.held)
    if table is not REFUSED:
        answer(on_border, table, tuple(shape))
        answer(on_border, table[["label"]], np.shape(labels.held))
        answer(paint, labels.held, table.drop(columns="label"), "area")
        answer(count_neighbours, table, table)
