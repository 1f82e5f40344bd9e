"""Tables as people's spreadsheets write them."""

import pytest

from gpu_course.deep_learning import scene_table
from gpu_course.errors import CourseError

PLAIN = "file,split,axes,voxel_size_um,who\na,train,YX,0.5 0.5,Zoë\n007,test,YX,,Zoë\n"
NAMES = ["a", "007"]


def read(tmp_path, content, names=NAMES):
    raw = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "labels.csv").write_bytes(raw)
    return scene_table.read(tmp_path, names)


GERMAN = PLAIN.replace(",", ";").replace("0.5", "0,5")


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("cp1252"),
        PLAIN.replace(",", "\t").encode("utf-16"),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\n\n") + ",,,,\n",
        GERMAN.encode("cp1252"),
        "sep=;\r\n" + GERMAN,
        PLAIN.replace("007", "7"),
        PLAIN.replace("\na,", "\na.tif,").replace("007,", "007.png,"),
        PLAIN.replace("\na,", "\nimages\\a.ome.tif,"),
        PLAIN.replace("file,split", " File , SPLIT "),
        PLAIN.replace("YX", "yx").replace("train", "Training"),
        PLAIN.replace("who\n", "who,mood\n").replace("Zoë\n", "Zoë,good\n"),
    ],
    ids=range(13),
)
def test_one_table_however_it_was_saved(tmp_path, content):
    expected = read(tmp_path, PLAIN)
    assert [row["split"] for row in expected.values()] == ["train", "test"]
    rows = read(tmp_path, content)
    size = rows["a"].pop("voxel_size_um")
    assert scene_table.voxel_size(size, "a", 2) == (0.5, 0.5)
    del expected["a"]["voxel_size_um"]
    assert rows == expected


def test_without_a_table_all_scenes_are_for_training(tmp_path):
    rows = scene_table.read(tmp_path, ["a", "b"])
    assert [row["split"] for row in rows.values()] == ["train", "train"]


def test_what_is_written_is_read_back(tmp_path):
    rows = list(read(tmp_path, PLAIN).values())
    assert list(read(tmp_path, scene_table.text(rows)).values()) == rows


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "lacks the column file; its first line has: nothing"),
        ("name,split\na,train\n", "lacks the column file; its first line has: name, split"),
        ("file,splits\na,test\n", "column 'splits'. Did you mean 'split'"),
        ("file,voxel_size\na,1\n", "Did you mean 'voxel_size_um'"),
        ("file\na\n007\na.tif\n", "two rows for a"),
        ("file\na\n", "007 has no row"),
        ("file\na\n007\nb\n", "b has no file"),
        ("file,split\na,tset\n007,test\n", "row a: There is no split 'tset'"),
        ("file,axes\na,XY\n007,\n", "row a: The axes 'XY' begin with columns"),
        ("file,axes\na,TYX\n007,\n", "those of a movie"),
        ("file,axes\na,ZZYX\n007,\n", "There are no axes 'ZZYX'"),
        ("file,axes\na,YX\n007,0.5,0.5,0.5\n", "row 007: it has more cells"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, content, says):
    with pytest.raises(CourseError, match=says):
        read(tmp_path, content)


def test_a_number_that_may_be_two_scenes_is_none(tmp_path):
    with pytest.raises(CourseError, match="has no row"):
        read(tmp_path, "file\n7\n", ["007", "07"])


@pytest.mark.parametrize("cell", ["0.5", "half half", "0.5 -1", "0 0", "nan 1", "1 inf", "1 1 1"])
def test_a_voxel_size_is_a_length_for_each_axis(cell):
    with pytest.raises(CourseError, match="one number in µm for each of the 2 axes"):
        scene_table.voxel_size(cell, "a", 2)


@pytest.mark.parametrize("cell", ["0.5 2", "0,5 2", "0.5, 2", "0.5; 2.0", " 0.5  2e0 "])
def test_a_voxel_size_is_read_however_it_is_written(cell):
    assert scene_table.voxel_size(cell, "a", 2) == (0.5, 2.0)
