"""Which wheels a machine lacks, asked of the real pip and a folder of toy wheels."""

import zipfile

import pytest

from gpu_course.book.bundle import wheels
from gpu_course.book.bundle.targets import Target, read_bytes, read_freeze
from gpu_course.errors import CourseError
from tests.book.bundle.toys import wheel


@pytest.fixture
def index(tmp_path, monkeypatch):
    """Let pip know the wheels of a folder, and nothing else."""
    folder = tmp_path / "index"
    needs = ["leaf>=2", 'colour; sys_platform == "win32"', 'older; python_version < "3.12"']
    wheel(folder, "tool", requires=needs)
    wheel(folder, "leaf", "2.0", requires=["large"])
    wheel(folder, "leaf", "3.0", requires=["large"])
    wheel(folder, "large", "1.0")
    wheel(folder, "colour", tag="cp312-cp312-win_amd64")
    wheel(folder, "colour", tag="cp311-cp311-win_amd64")
    wheel(folder, "older")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def names(pins):
    return [(pin.name, pin.version) for pin in pins]


def test_markers_are_those_of_the_other_machine(index):
    found = [("large", "1.0"), ("leaf", "3.0"), ("tool", "1.0")]
    mac = wheels.missing(["tool"], {}, Target("3.12", "macos-arm64"))
    assert names(mac) == found
    windows = wheels.missing(["tool"], {}, Target("3.11", "windows-amd64"))
    assert names(windows) == [("colour", "1.0"), *found[:2], ("older", "1.0"), *found[2:]]


def test_what_the_machine_has_is_kept_and_not_fetched(index):
    # No index knows 2.5.dev1+cu13, and nothing below it is looked at.
    have = {"leaf": "2.5.dev1+cu13", "unrelated": "7"}
    pins = wheels.missing(["tool"], have, Target("3.12", "linux-x86_64"))
    assert names(pins) == [("tool", "1.0")]


def test_what_does_not_go_together_is_one_sentence_with_pips_reason(index):
    with pytest.raises(CourseError, match=r"tool 1\.0 depends on leaf>=2; .* leaf==1\.0\. Renew"):
        wheels.missing(["tool"], {"leaf": "1.0"}, Target("3.12", "linux-x86_64"))


def test_wheels_are_fetched_for_the_other_machine(index, tmp_path):
    target = Target("3.12", "windows-amd64")
    pins = wheels.missing(["tool"], {"leaf": "3"}, target)
    wheels.fetch(pins, target, tmp_path / "out")
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "colour-1.0-cp312-cp312-win_amd64.whl",
        "tool-1.0-py3-none-any.whl",
    ]


def test_room_is_that_of_the_wheels_for_one_machine(tmp_path):
    """Of a folder that holds wheels for several Pythons and platforms."""
    sizes = {}
    for name, tag in [
        ("toy_one", "py3-none-any"),
        ("toy_two", "cp312-cp312-win_amd64"),
        ("toy_two", "cp311-cp311-manylinux_2_28_x86_64"),
        ("toy_two", "cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64"),
        ("toy_three", "cp38-abi3-manylinux2014_x86_64"),
        ("toy_four", "py3-none-any"),
    ]:
        made = wheel(tmp_path, name, tag=tag, files=[("big", "x" * 2 ** len(sizes))])
        with zipfile.ZipFile(made) as archive:
            sizes[name, tag] = sum(member.file_size for member in archive.infolist())
    pins = [wheels.Pin(name, "1.0", "") for name in ("toy-one", "toy-two", "toy-three")]
    one, windows, _, linux, three, _ = sizes.values()
    taken = {
        "linux-x86_64": one + linux + three,
        "windows-amd64": one + windows,
        "macos-arm64": one,
    }
    for platform, room in taken.items():
        assert wheels.unpacked(pins, Target("3.12", platform), tmp_path) == room


def test_wheel_with_another_sum_is_refused(index, tmp_path):
    target = Target("3.12", "linux-x86_64")
    pin = wheels.Pin("large", "1.0", "0" * 64)
    with pytest.raises(CourseError, match=r"cannot be fetched: .*HASHES"):
        wheels.fetch([pin], target, tmp_path / "out")


def test_list_of_packages_is_read():
    text = "# a comment\nNumPy==2.5.0\nscikit_image==0.26\ntorch==2.8.0a0+abc\npip==25\n"
    have = {"numpy": "2.5.0", "scikit-image": "0.26", "torch": "2.8.0a0+abc"}
    assert read_freeze(text) == have


@pytest.mark.parametrize("line", ["numpy @ file:///tmp/numpy", "-e .", "numpy==", ""])
def test_list_without_versions_is_refused_with_the_command_that_makes_one(line):
    with pytest.raises(CourseError, match="pip list --format=freeze"):
        read_freeze(line)


@pytest.mark.parametrize(
    ("python", "platform"), [("3", "linux-x86_64"), ("3.12.1", "linux-x86_64"), ("3.12", "amiga")]
)
def test_unknown_machine_is_refused(python, platform):
    with pytest.raises(CourseError, match=r"such as 3\.12|Choose one of linux-x86_64"):
        Target(python, platform)


def test_size_of_a_part():
    assert (read_bytes("60MiB"), read_bytes("2 GiB")) == (60 << 20, 2 << 30)
    for text in ("60", "0MiB", "60MB", "-1MiB"):
        with pytest.raises(CourseError, match="such as 60MiB"):
            read_bytes(text)
