"""Models of one's own, and one sentence for whatever is missing or wrong."""

import errno
import io
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from gpu_course import own_images
from gpu_course.deep_learning import unet
from gpu_course.deep_learning.normalisation import Normalisation
from gpu_course.errors import CourseError
from gpu_course.files import write_atomic
from gpu_course.model_zoo import about, export
from gpu_course.own_images import Learned
from gpu_course.own_images.model import Settings
from gpu_course.own_images.threshold import Rule
from gpu_course.picture_files import tiff
from tests.model_zoo.conftest import Package

LEARNED = Learned(24.0, False, None, 20.0, 90.0, (0.1, 0.2), 9.0, False)


@pytest.fixture
def mine(tmp_path):
    """Return the file of a U-Net for two channels, which finds something everywhere."""
    torch.manual_seed(0)
    network = unet.UNet(2, 1, depth=2, width=4).eval()
    with torch.no_grad():
        network.last.bias.fill_(2.0)
    settings = Settings("labels", 2, scale=0.5, flips=True, smallest=30, learned=LEARNED)
    model = own_images.OwnModel("unet", (network, Normalisation()), settings, {"seconds": 1.0})
    return own_images.save(tmp_path / "my plates, 2.safetensors", model)


@pytest.fixture
def image(tmp_path):
    """Return a picture of two channels, of twice the size at which the network works."""
    pixels = np.random.default_rng(0).integers(0, 4000, (540, 600, 2)).astype(np.uint16)
    return write_atomic(tmp_path / "plate.tif", tiff(pixels, "YXC"))


def test_a_model_of_one_s_own_tells_what_a_package_cannot_do(mine, image, tmp_path):
    told = {"authors": ["Ada", "Bo"], "licence": "CC-BY-4.0", "image": image}
    package = Package.read(export(mine, tmp_path / "mine.zip", **told))
    said = package.description
    assert said["name"] == "my plates- 2 (U-Net)"
    assert said["authors"] == [{"name": "Ada"}, {"name": "Bo"}]
    assert said["license"] == "CC-BY-4.0"
    assert "bright on dark, about 12 px" in said["description"]
    assert said["config"]["gpu_course"]["scale"] == 0.5
    assert "BSD" not in package.files["rdf.yaml"].decode()
    text = package.files["documentation.md"].decode()
    for word in ("factor 0.5", "eight mirror images", "watershed", "less than 30 pixels"):
        assert word in text
    # Two channels, at the size at which the network works.
    given = np.load(io.BytesIO(package.files["test_input.npy"]))
    assert given.shape == (1, 2, 256, 256)
    names = said["inputs"][0]["axes"][1]["channel_names"]
    assert names == ["channel0", "channel1"]


def test_what_a_package_must_tell_is_asked_for(mine, image, tmp_path):
    out = tmp_path / "mine.zip"
    for told in ({}, {"authors": ["Ada"]}, {"authors": [" "], "licence": "MIT"}):
        with pytest.raises(CourseError, match=r"add --author .* and --licence"):
            export(mine, out, image=image, **told)
    with pytest.raises(CourseError, match="no slash in a name, and 'Ada/Bo'"):
        export(mine, out, image=image, authors=["Ada/Bo"], licence="MIT")
    with pytest.raises(CourseError, match=r"no licence 'CC-BY'.*CC-BY-4\.0"):
        export(mine, out, image=image, authors=["Ada"], licence="CC-BY")
    with pytest.raises(CourseError, match="Name one with --image"):
        export(mine, out, authors=["Ada"], licence="MIT")
    with pytest.raises(CourseError, match=r"network of the course.*Leave --author"):
        export("roots-unet", out, authors=["Ada"])
    assert not out.exists()


def test_an_image_that_tests_nothing_is_refused(mine, image, tmp_path):
    told = {"authors": ["Ada"], "licence": "MIT"}
    grey = write_atomic(tmp_path / "grey.tif", tiff(np.ones((600, 600), np.uint8), "YX"))
    with pytest.raises(CourseError, match=r"grey\.tif has 1 channel\(s\) and the model takes 2"):
        export(mine, tmp_path / "mine.zip", image=grey, **told)
    small = write_atomic(
        tmp_path / "small.tif", tiff(np.arange(90 * 180, dtype=np.uint16).reshape(90, 90, 2), "YXC")
    )
    with pytest.raises(CourseError, match=r"45 × 45 pixels .* 256 × 256 are needed"):
        export(mine, tmp_path / "mine.zip", image=small, **told)
    dark = write_atomic(tmp_path / "dark.tif", tiff(np.zeros((512, 512), np.uint8), "YX"))
    with pytest.raises(CourseError, match="finds nothing in the middle"):
        export("roots-unet", tmp_path / "roots.zip", image=dark)
    with pytest.raises(CourseError, match="cannot be read"):
        export("roots-unet", tmp_path / "roots.zip", image=tmp_path / "none.tif")
    assert list(tmp_path.glob("*.zip")) == []


def test_a_network_trained_anew_is_not_the_course_s(tmp_path, monkeypatch):
    """A chapter's reader keeps it under the same name, and it comes first."""
    monkeypatch.chdir(tmp_path)
    network = unet.UNet(1, 1, depth=2, width=4).eval()
    model = own_images.OwnModel("unet", (network, Normalisation()), Settings("masks", 1))
    own_images.save(tmp_path / "weights" / "roots-unet.safetensors", model)
    with pytest.raises(CourseError, match="is a model of your own"):
        export("roots-unet", tmp_path / "roots.zip")


def test_what_is_no_unet_is_refused_before_its_library_is_loaded(tmp_path):
    code = (
        "import sys\n"
        "from gpu_course.model_zoo import export\n"
        "try:\n    export('nuclei-stardist', 'nuclei.zip')\n"
        "except Exception as error:\n    print(error)\n"
        "print('tensorflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    said, loaded = done.stdout.splitlines()
    assert said.startswith("nuclei-stardist is a StarDist and no U-Net")
    assert said.endswith(".")
    assert loaded == "False"
    rule = own_images.OwnModel("threshold", Rule(0, 1.0, 0.5, False), Settings("masks", 1))
    file = own_images.save(tmp_path / "rule.safetensors", rule)
    with pytest.raises(CourseError, match="rule is a threshold and no U-Net"):
        export(file, tmp_path / "rule.zip")


def test_unknown_and_damaged_models_are_one_sentence(tmp_path):
    with pytest.raises(CourseError, match=r"no weights “roots-umet”.*roots-unet"):
        export("roots-umet", tmp_path / "roots.zip")
    (tmp_path / "broken.safetensors").write_bytes(b"nothing")
    with pytest.raises(CourseError, match="cut short or of another format"):
        export(tmp_path / "broken.safetensors", tmp_path / "roots.zip")


def test_a_file_that_is_there_is_replaced_only_if_asked(mine, image, tmp_path):
    told = {"authors": ["Ada"], "licence": "MIT", "image": image}
    out = tmp_path / "mine.zip"
    out.write_bytes(b"work")
    with pytest.raises(CourseError, match=r"already there.*--overwrite"):
        export(mine, out, **told)
    with pytest.raises(CourseError, match=r"does not end in \.zip"):
        export(mine, tmp_path / "mine.tar", overwrite=True, **told)
    assert out.read_bytes() == b"work"
    assert export(mine, out, overwrite=True, **told) == out
    assert "rdf.yaml" in Package.read(out).files


def test_nothing_is_left_where_nothing_can_be_written(mine, image, tmp_path, monkeypatch):
    told = {"authors": ["Ada"], "licence": "MIT", "image": image}
    (tmp_path / "file").write_text("")
    with pytest.raises(CourseError, match=r"Cannot write .*Check the folder"):
        export(mine, tmp_path / "file" / "mine.zip", **told)

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CourseError, match="the disk is full"):
        export(mine, tmp_path / "new" / "mine.zip", **told)
    assert list((tmp_path / "new").iterdir()) == []


def test_names_have_the_letters_that_the_format_allows():
    model = own_images.OwnModel("unet", None, Settings("masks", 3))
    told = about.of_yours("Köln/ü.1" * 20, model, authors=["Ada"], licence="MIT")
    assert len(told.name) == 64
    assert told.name.isascii()
    assert "plane of 3 channels" in told.takes
