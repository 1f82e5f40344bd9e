import dataclasses
import unicodedata

import numpy as np
import pytest
import tifffile
from PIL import Image
from scipy import ndimage

from gpu_course.deep_learning import labelled_folder
from gpu_course.deep_learning.classes_as_labels import refuse_classes
from gpu_course.errors import CourseError
from gpu_course.images import Sample


def scene(index=0, split="train", **changes):
    rng = np.random.default_rng(index)
    labels = np.zeros((20, 30), np.int32)
    labels[3:9, 4:12], labels[10:18, 15:25] = 1, 2
    image = rng.integers(0, 255, labels.shape, dtype=np.uint8)
    return dataclasses.replace(Sample("beans", split, index, image, "YX", labels=labels), **changes)


@pytest.fixture
def folder(tmp_path):
    scenes = [scene(0), scene(1), scene(0, "validation")]
    return labelled_folder.write(tmp_path / "beans", scenes, who="A. Student", when="2026-03-14")


def labels_of(folder, n=0):
    return sorted((folder / "labels").iterdir())[n]


# --- round trip ---------------------------------------------------------------------------------


def test_what_was_written_is_read_back(folder):
    scenes = labelled_folder.read(folder)
    for given, back in zip([scene(0), scene(1), scene(0, "validation")], scenes, strict=True):
        np.testing.assert_array_equal(back.image, given.image)
        np.testing.assert_array_equal(back.labels, given.labels)
        assert (back.image.dtype, back.labels.dtype) == (np.uint8, np.int32)
        assert (back.split, back.index, back.axes) == (given.split, given.index, "YX")
        assert (back.facts["who"], back.facts["when"]) == ("A. Student", "2026-03-14")


@pytest.mark.parametrize(
    ("shape", "axes", "size"),
    [
        ((20, 30, 3), "YXC", (0.5, 0.5)),
        ((4, 20, 30), "ZYX", (2.0, 0.25, 0.25)),
        ((20, 3), "YX", None),
    ],
)
def test_axes_and_voxel_size_survive(tmp_path, shape, axes, size):
    image = np.arange(np.prod(shape)).reshape(shape).astype(np.uint8)
    labels = np.ones(shape[: len(axes.rstrip("C"))], np.int32)
    given = Sample("x", "train", 0, image, axes, labels=labels, voxel_size=size)
    labelled_folder.write(tmp_path / "x", [given], who="me", when="2026-01-01")
    (back,) = labelled_folder.read(tmp_path / "x")
    np.testing.assert_array_equal(back.image, image)
    assert (back.axes, back.voxel_size, back.labels.shape) == (axes, size, labels.shape)


def test_many_objects_keep_their_numbers(tmp_path):
    labels = np.arange(300 * 300, dtype=np.int32).reshape(300, 300)
    big = Sample("x", "train", 0, np.zeros((300, 300), np.uint16), "YX", labels=labels)
    labelled_folder.write(tmp_path / "x", [big], who="me", when="2026-01-01")
    np.testing.assert_array_equal(labelled_folder.read(tmp_path / "x")[0].labels, labels)


def test_one_split_is_read_alone(folder):
    assert [s.split for s in labelled_folder.read(folder, split="validation")] == ["validation"]
    with pytest.raises(CourseError, match="No scene is of the split 'test'"):
        labelled_folder.read(folder, split="test")


def test_without_a_table_all_is_for_training(folder):
    (folder / "labels.csv").unlink()
    assert [s.split for s in labelled_folder.read(folder)] == ["train"] * 3


def test_written_again_from_what_was_read_keeps_names(folder, tmp_path):
    again = labelled_folder.write(
        tmp_path / "again", labelled_folder.read(folder), who="B", when="2026-03-15"
    )
    assert sorted(f.name for f in (again / "images").iterdir()) == sorted(
        f.name for f in (folder / "images").iterdir()
    )


# --- writing ------------------------------------------------------------------------------------


def test_labels_of_others_are_not_overwritten(folder):
    before = labels_of(folder).read_bytes()
    empty = scene(0, labels=np.zeros((20, 30), np.int32))
    with pytest.raises(CourseError, match="holds labels already"):
        labelled_folder.write(folder, [empty], who="me", when="2026-01-01")
    assert labels_of(folder).read_bytes() == before


@pytest.mark.parametrize(
    ("scenes", "says"),
    [
        ([], "no scenes"),
        ([scene(labels=None)], "has no labels"),
        ([scene(labels=np.ones((20, 29), np.int32))], "cover each other"),
        ([scene(0), scene(0)], "Two scenes have the name beans-train-000"),
    ],
)
def test_nothing_is_written_of_scenes_that_do_not_fit(tmp_path, scenes, says):
    with pytest.raises(CourseError, match=says):
        labelled_folder.write(tmp_path / "new", scenes, who="me", when="2026-01-01")
    assert not (tmp_path / "new").exists()


# --- what a folder may suffer from --------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (np.eye(3, dtype=np.uint8)[np.zeros((20, 30), int)], r"colours \(RGB\)"),
        (np.ones((20, 29), np.uint8), r"shape \(20, 29\) and the image \(20, 30\)"),
        (np.ones((20, 30), np.float32), "float32, and numbers of objects are whole"),
        (np.full((20, 30), -1, np.int16), "0 for background"),
        (np.zeros((20, 30), np.uint8), "No object is labelled in beans-train-000"),
    ],
)
def test_wrong_labels_are_refused_by_name(folder, labels, says):
    tifffile.imwrite(labels_of(folder), labels)
    with pytest.raises(CourseError, match=says):
        labelled_folder.read(folder)


def test_a_scene_without_objects_may_be_meant(folder):
    tifffile.imwrite(labels_of(folder), np.zeros((20, 30), np.uint8))
    assert not labelled_folder.read(folder, allow_empty=True)[0].labels.any()


def test_all_labels_empty_are_always_refused(folder):
    for file in (folder / "labels").iterdir():
        tifffile.imwrite(file, np.zeros((20, 30), np.uint8))
    with pytest.raises(CourseError, match="All label images are empty"):
        labelled_folder.read(folder, allow_empty=True)


@pytest.mark.parametrize(
    ("kind", "lacks"), [("labels", "not in labels/"), ("images", "not in images/")]
)
def test_each_image_needs_its_labels(folder, kind, lacks):
    sorted((folder / kind).iterdir())[1].unlink()
    with pytest.raises(CourseError, match=f"beans-train-001.*{lacks}"):
        labelled_folder.read(folder)


def test_names_that_differ_in_case_or_ending_are_one_name(folder):
    file = labels_of(folder)
    file.with_suffix(".tiff").write_bytes(file.read_bytes())
    with pytest.raises(CourseError, match="Two scenes have the name"):
        labelled_folder.read(folder)


def test_table_and_folders_stay_in_step(folder):
    card = folder / "labels.csv"
    rows = card.read_text().splitlines()
    card.write_text("\n".join(rows[:-1]) + "\n")
    with pytest.raises(CourseError, match="has no row"):
        labelled_folder.read(folder)
    card.write_text("\n".join([*rows, rows[1].replace("000", "077")]) + "\n")
    with pytest.raises(CourseError, match="077 has no file"):
        labelled_folder.read(folder)


@pytest.mark.parametrize("size", ["0.5", "half half"])
def test_voxel_size_has_a_number_for_each_axis(folder, size):
    card = folder / "labels.csv"
    card.write_text(card.read_text().replace(",YX,,", f",YX,{size},"))
    with pytest.raises(CourseError, match="one number in µm for each of the 2 axes"):
        labelled_folder.read(folder)


def test_files_that_are_no_picture_are_named(folder):
    labels_of(folder).write_bytes(b"\xff\xd8 not a tiff")
    with pytest.raises(CourseError, match=r"labels/beans-train-000\.tif cannot be read"):
        labelled_folder.read(folder)
    (folder / "images" / "notes.docx").write_bytes(b"")
    with pytest.raises(CourseError, match=r"images/ holds notes\.docx; only \.tif"):
        labelled_folder.read(folder)


def test_a_folder_of_another_kind_is_explained(tmp_path):
    with pytest.raises(CourseError, match="no folder images/"):
        labelled_folder.read(tmp_path)
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    with pytest.raises(CourseError, match="images/ is empty"):
        labelled_folder.read(tmp_path)


# --- folders as programs and people write them --------------------------------------------------

LABELS = scene().labels
IMAGE = scene().image
COLOURS = np.random.default_rng(1).integers(0, 255, (20, 30, 3)).astype(np.uint8)


def filled(tmp_path, image, labels=LABELS, names=("a.tif", "a.tif"), kind="labels", table=""):
    """Write one scene: arrays through the writer of their ending, or bytes as they are."""
    for part, name, array in (("images", names[0], image), (kind, names[1], labels)):
        (tmp_path / part).mkdir()
        how = array if isinstance(array, tuple) else (array, {})
        if name.endswith(".png"):
            Image.fromarray(how[0].astype(np.uint8)).save(tmp_path / part / name)
        else:
            tifffile.imwrite(tmp_path / part / name, how[0], **how[1])
    if table:
        (tmp_path / "labels.csv").write_text(table)
    return tmp_path


@pytest.mark.parametrize(
    ("given", "image", "axes"),
    [
        ({"image": IMAGE, "names": ("a.png", "a.png")}, IMAGE, "YX"),
        ({"image": IMAGE, "kind": "masks"}, IMAGE, "YX"),
        ({"image": IMAGE, "names": ("a.ome.tif", "a.TIFF")}, IMAGE, "YX"),
        ({"image": IMAGE, "labels": np.dstack([LABELS.astype(np.uint8)] * 3)}, IMAGE, "YX"),
        ({"image": IMAGE, "labels": LABELS[None]}, IMAGE, "YX"),
        ({"image": IMAGE[None]}, IMAGE, "YX"),
        ({"image": np.dstack([COLOURS, np.full((20, 30), 255)]), "names": ("a.png", "a.png")},
         COLOURS, "YXC"),
        ({"image": (np.moveaxis(COLOURS, -1, 0).astype(np.uint16), {"metadata": {"axes": "CYX"}})},
         COLOURS, "YXC"),
        ({"image": np.moveaxis(COLOURS[..., :2], -1, 0).copy(), "table": "file,axes\na,CYX\n"},
         COLOURS[..., :2], "YXC"),
        ({"image": COLOURS[..., :2].copy(), "table": "file,axes\na,yxc\n"},
         COLOURS[..., :2], "YXC"),
        ({"image": np.stack([IMAGE] * 4), "labels": np.stack([LABELS] * 4)},
         np.stack([IMAGE] * 4), "ZYX"),
    ],
    ids=["PNG", "masks", "OME", "labels as grey colours", "labels of one plane", "one plane",
         "RGBA", "channels first", "two channels first", "two channels last", "stack"],
)  # fmt: skip
def test_folders_of_other_programs_are_read(tmp_path, given, image, axes):
    (read,) = labelled_folder.read(filled(tmp_path, **given))
    np.testing.assert_array_equal(read.image, image)
    np.testing.assert_array_equal(read.labels, np.broadcast_to(LABELS, read.labels.shape))
    assert read.axes == axes


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"image": np.stack([IMAGE] * 2)}, r"a: the image has 3 axes, shape \(2, 20, 30\)"),
        ({"image": (np.stack([IMAGE] * 2), {"imagej": True, "metadata": {"axes": "TYX"}})},
         "a: the image is a movie"),
        ({"image": IMAGE, "table": "file,axes\na,ZYX\n"}, "axes 'ZYX' of labels.csv do not fit"),
        ({"image": IMAGE, "table": "file,axes\na,XY\n"}, "begin with columns"),
        ({"image": IMAGE, "labels": LABELS.T}, "cover each other"),
    ],
)  # fmt: skip
def test_what_the_axes_are_is_not_guessed(tmp_path, given, says):
    with pytest.raises(CourseError, match=says):
        labelled_folder.read(filled(tmp_path, **given))


def test_files_that_systems_leave_are_passed_over(tmp_path):
    folder = filled(tmp_path, IMAGE)
    for name in ("images/Thumbs.db", "labels/desktop.ini", "images/.DS_Store"):
        (folder / name).write_bytes(b"x")
    assert len(labelled_folder.read(folder)) == 1


def test_labels_and_masks_side_by_side_are_one_too_many(tmp_path):
    folder = filled(tmp_path, IMAGE)
    (folder / "masks").mkdir()
    with pytest.raises(CourseError, match=r"has labels/ and masks/"):
        labelled_folder.read(folder)


# --- numbers that name no objects, and names that look alike --------------------------------------


def cells(count=4):
    """Return a mask of squares that lie apart."""
    mask = np.zeros((40, 60), bool)
    for n in range(count):
        mask[5 + 20 * (n % 2) : 15 + 20 * (n % 2), 5 + 14 * (n // 2) : 15 + 14 * (n // 2)] = True
    return mask


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (np.where(cells(8), 1, 2), "numbers 1 and 2 share the whole image"),
        (np.where(cells(8), 2, 1), "numbers 1 and 2 share the whole image"),
        (np.where(cells(8), 1, 2) * (np.arange(60) > 2), "lie in three pieces or more"),
        (
            cells(8) * 1 + ndimage.binary_erosion(cells(8), iterations=2),
            "lie in three pieces or more",
        ),
        (ndimage.gaussian_filter(cells(8) * 255.0, 0.4).round(), "lie in three pieces or more"),
        (cells(1) * 40 + 215 * ndimage.binary_erosion(cells(1)), "edges are grey"),
    ],
    ids=["ilastik", "ilastik turned", "one unlabelled", "rims", "soft", "hardly soft"],
)
def test_classes_and_greys_are_no_numbers_of_objects(tmp_path, labels, says):
    given = scene(image=np.zeros((40, 60), np.uint8), labels=labels.astype(np.int32))
    with pytest.raises(CourseError, match=says):
        labelled_folder.write(tmp_path / "a", [given], who="me", when="2026-01-01")
    refused = dataclasses.replace(given, facts={"file": "a"})
    labelled_folder.write(tmp_path / "b", [refused], who="me", when="2026-01-01", in_pieces=True)
    with pytest.raises(CourseError, match=f"The labels of a: .*{says}"):
        labelled_folder.read(tmp_path / "b")


RIM = np.pad(np.ones((38, 58), int), 1)


@pytest.mark.parametrize("count", [3, 4, 6])
@pytest.mark.parametrize("background", [1, 2, 3])
def test_classes_of_few_cells_with_a_rim_that_nobody_labelled(count, background):
    classes = np.where(cells(count), 2 if background == 1 else 1, background) * RIM
    with pytest.raises(CourseError, match=f"{background} covers more than half .* like classes"):
        refuse_classes(classes, "The picture")
    refuse_classes(classes, "The picture", objects=False)
    objects = ndimage.label(cells(count))[0] * RIM
    refuse_classes(np.where(objects, objects, count + 1) * RIM, "A background among objects")


def test_objects_that_a_grid_cuts_or_that_fill_the_image_pass():
    striped = ndimage.label(cells())[0] * (np.arange(60) % 5 > 0)  # three pieces each
    halves = np.where(np.arange(60) < 30, 1, 2) * np.ones((40, 1), int)
    cut = np.minimum(ndimage.label(cells(8))[0] + 250 * cells(8), 255)
    for labels in (striped, halves, cut):
        refuse_classes(labels, "The picture")


def test_what_is_a_mask_may_lie_in_pieces_but_not_cover_all():
    refuse_classes(np.where(cells(8), 1, 2) * (np.arange(60) > 2), "The picture", objects=False)
    with pytest.raises(CourseError, match="share the whole image"):
        refuse_classes(np.where(cells(8), 1, 2), "The picture", objects=False)


@pytest.mark.parametrize("first", [1, 252, 255])
def test_objects_pass_whatever_their_numbers_and_in_however_many_pieces_one_is(tmp_path, first):
    labels, count = ndimage.label(cells())
    labels[labels > 0] += first - 1
    labels[35:37, 40], labels[35:37, 45], labels[35:37, 50] = [first + count] * 3
    given = scene(image=np.zeros((40, 60), np.uint8), labels=labels.astype(np.int32))
    labelled_folder.write(tmp_path / "a", [given], who="me", when="2026-01-01")
    np.testing.assert_array_equal(labelled_folder.read(tmp_path / "a")[0].labels, labels)


def test_a_letter_with_its_accent_is_one_or_two_characters(folder):
    """Windows and Linux write one, macOS two, and both look alike."""
    for kind, form in (("images", "NFC"), ("labels", "NFD")):
        for file in (folder / kind).iterdir():
            file.rename(file.with_name(unicodedata.normalize(form, f"ü-{file.name}")))
    table = (folder / "labels.csv").read_text().replace("beans-", "u\u0308-beans-")
    (folder / "labels.csv").write_text(table)
    found = labelled_folder.read(folder)
    assert found[0].facts["file"] == "\xfc-beans-train-000"
    assert [s.split for s in found] == ["train", "train", "validation"]


def test_a_folder_among_the_pictures_is_called_one(folder):
    (folder / "images" / "more").mkdir()
    with pytest.raises(CourseError, match="images/ holds a folder, more, in which nothing is read"):
        labelled_folder.read(folder)


def test_a_table_is_not_passed_over_for_its_name(folder):
    table = folder / "labels.csv"
    table = table.rename(folder / "Labels.CSV")
    assert [s.split for s in labelled_folder.read(folder)] == ["train", "train", "validation"]
    for name in ("labels.xlsx", "labels.csv.txt", "Labels.ods"):
        table = table.rename(folder / name)
        with pytest.raises(CourseError, match=rf"There is {name}, and the table .* is labels.csv"):
            labelled_folder.read(folder)


# --- a camera that was turned -------------------------------------------------------------------


def photographs(folder, shape, turn):
    rng = np.random.default_rng(0)
    exif = Image.Exif()
    exif[274] = turn
    labels = np.zeros(shape, np.uint8)
    labels[2:9, 3:9] = 1
    labels[12:15, 10:14] = 2
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True)
    photograph = Image.fromarray(rng.integers(0, 255, (*shape, 3)).astype(np.uint8))
    photograph.save(folder / "images" / "a.jpg", exif=exif)
    Image.fromarray(labels).save(folder / "labels" / "a.png")
    return folder


@pytest.mark.parametrize(("shape", "turn"), [((20, 30), 3), ((20, 30), 2), ((20, 20), 6)])
def test_labels_that_may_lie_on_other_pixels_of_a_turned_camera_are_refused(tmp_path, shape, turn):
    with pytest.raises(CourseError, match=rf"a: the camera was turned.*orientation {turn}"):
        labelled_folder.read(photographs(tmp_path / "x", shape, turn))


@pytest.mark.parametrize(("shape", "turn"), [((20, 30), 1), ((20, 30), 6), ((20, 20), 1)])
def test_where_the_shape_tells_labels_of_a_turned_camera_are_read(tmp_path, shape, turn):
    (scene,) = labelled_folder.read(photographs(tmp_path / "x", shape, turn))
    assert scene.image.shape == (*shape, 3)


@pytest.mark.parametrize("kind", ["images", "labels"])
def test_a_square_file_that_says_it_begins_with_columns_is_turned(tmp_path, kind):
    labels = np.zeros((20, 20), np.uint16)
    labels[3:9, 4:18] = 1
    labels[12:18, 2:7] = 2
    for name, array in {"images": 50 * labels, "labels": labels}.items():
        (tmp_path / name).mkdir()
        turned = {"data": array.T, "metadata": {"axes": "XY"}} if name == kind else {"data": array}
        tifffile.imwrite(tmp_path / name / "a.tif", **turned)
    (read,) = labelled_folder.read(tmp_path)
    assert read.axes == "YX"
    np.testing.assert_array_equal(read.labels, labels)
    np.testing.assert_array_equal(read.image, 50 * labels)
