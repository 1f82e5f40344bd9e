"""The widgets' HTML: complete in itself, reproducible, small, and readable without JavaScript."""

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from gpu_course.display import before_after, z_scrubber
from gpu_course.display.encode import PAD, sprite
from gpu_course.display.scale_bars import scale_bar
from gpu_course.errors import CourseError


class Tags(HTMLParser):
    """All tags of a fragment with their attributes; knows whether they are balanced."""

    def __init__(self, fragment):
        super().__init__()
        self.found, self.open = [], []
        self.feed(fragment)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag not in ("img", "input", "path"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


def decoded(image):
    data = base64.b64decode(image["src"].removeprefix("data:image/webp;base64,"))
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.fixture
def volume():
    """Slice z has grey value 10 z, and a gradient that says where up is."""
    ramp = np.linspace(0, 5, 32)[None, :, None]
    return (np.arange(20.0)[:, None, None] * 10 + ramp) * np.ones((1, 1, 48))


@pytest.fixture
def noise():
    return np.random.default_rng(0).integers(0, 60_000, (24, 200, 200), np.uint16)


def both(volume):
    yield z_scrubber(volume, alt="Steps")
    yield before_after(volume[3], volume[4], alt="Steps")


def test_html_is_one_complete_fragment_without_ids_scripts_or_files(volume):
    for widget in both(volume):
        tags = Tags(widget.html)
        assert "\n" not in widget.html
        assert not tags.all("script")
        assert not tags.all("link")
        assert not any("id" in attributes for _, attributes in tags.found)  # twice on a page
        assert all(image["src"].startswith("data:image/webp") for image in tags.all("img"))
        assert "http" not in re.sub(r"base64,[^\"]*", "", widget.html)


def test_same_arrays_same_bytes(noise):
    labels = (noise > 30_000).astype(int)
    for make in (
        lambda: z_scrubber(noise, alt="Noise", labels=labels),
        lambda: before_after(noise[0], noise[1], alt="Noise"),
    ):
        assert make().html == make().html


def test_mime_bundle_has_html_and_text(volume):
    for widget in both(volume):
        bundle = widget._repr_mimebundle_()
        assert set(bundle) == {"text/html", "text/plain"}
        assert bundle["text/html"] == widget._repr_html_()
        assert "Steps" in bundle["text/plain"]
        assert len(bundle["text/plain"]) < 200


@pytest.mark.parametrize("budget", [300_000, 150_000])
def test_budget_holds_even_for_noise(noise, budget):
    assert len(z_scrubber(noise, alt="Noise", budget=budget).html.encode()) <= budget
    big = np.tile(noise[0], (4, 4))
    assert len(before_after(big, big, alt="Noise", budget=budget).html.encode()) <= budget


def test_a_budget_too_small_is_refused(noise):
    with pytest.raises(CourseError, match="do not fit"):
        z_scrubber(noise, alt="Noise", budget=12_000)
    with pytest.raises(CourseError, match="do not fit"):
        before_after(noise[0], noise[1], alt="Noise", budget=9_000)


def test_shift_brings_every_slice_into_the_frame(volume):
    slices = volume.astype(np.uint8)
    packed = sprite(slices, 100_000)
    drawn = np.asarray(Image.open(io.BytesIO(packed.data)).convert("L")).astype(float)
    for z in range(len(slices)):
        x, y = (float(n) for n in re.findall(r"-([\d.]+)%", packed.shift(z)))
        left, top = round(x / 100 * drawn.shape[1]), round(y / 100 * drawn.shape[0])
        window = drawn[top : top + 32, left : left + 48]
        assert window.shape == (32, 48)
        assert window.mean() == pytest.approx(slices[z].mean(), abs=4)
        # The rim around the tile repeats its edge, so that scaling never mixes in a neighbour.
        assert drawn[top - PAD, left] == pytest.approx(window[0, 0], abs=6)


def test_scrubber_starts_in_the_middle_and_says_where(volume):
    tags = Tags(z_scrubber(volume, alt="Steps", voxel_size=(0.5, 0.2, 0.2)).html)
    (slider,) = tags.all("input")
    assert (slider["min"], slider["max"], slider["value"]) == ("0", "19", "10")
    assert slider["aria-valuetext"] == "z = 10 / 20 (5.0 µm)"
    assert slider["data-dz"] == "0.5"
    (image,) = tags.all("img")
    assert image["alt"] == "Steps"
    assert "translate(" in image["style"]
    without = Tags(z_scrubber(volume, alt="Steps", voxel_size=(0.2, 0.2)).html).all("input")[0]
    assert without["aria-valuetext"] == "z = 10 / 20"


def test_scale_bar_is_the_right_share_of_the_frame(volume):
    share = 100 * scale_bar(48, 0.2).pixels / 48
    for widget in (
        z_scrubber(volume, alt="Steps", voxel_size=(0.5, 0.2, 0.2)),
        before_after(volume[0], volume[1], alt="Steps", voxel_size=0.2),
    ):
        bars = [a["style"] for a in Tags(widget.html).all("div") if a.get("class") == "gpuc-bar"]
        assert bars
        assert set(bars) == {f"width:{share:.4f}%"}
        assert "2 µm" in widget.html
    for widget in both(volume):
        assert ">no scale<" in widget.html
    pair = volume[0], volume[1]
    assert "no scale" not in before_after(*pair, alt="Steps", no_scale=False).html
    assert ">simulated<" in before_after(*pair, alt="Steps", no_scale="simulated").html


def test_voxels_that_are_not_square_are_drawn_to_scale(volume):
    assert "aspect-ratio:1.50000" in z_scrubber(volume, alt="Steps").html
    assert "aspect-ratio:3.00000" in z_scrubber(volume, alt="Steps", voxel_size=(1, 1, 2)).html


def test_labels_are_drawn(volume):
    labels = np.zeros(volume.shape, int)
    labels[:, 8:24, 8:40] = 1
    colourful = []
    for given in (labels, None):
        (image,) = Tags(z_scrubber(volume, alt="Steps", labels=given).html).all("img")
        colourful.append(np.ptp(decoded(image).astype(int), axis=-1).max())
    assert colourful[0] > 40
    assert colourful[1] < 10


def test_texts_are_escaped():
    image = np.eye(8)
    nasty = "a < b & \"c\" 'd' <script>"
    for html in (
        before_after(image, image, alt=nasty, labels=(nasty, "after")).html,
        z_scrubber(np.stack([image] * 3), alt=nasty).html,
    ):
        tags = Tags(html)
        assert not tags.all("script")
        assert any(nasty in attributes["alt"] for attributes in tags.all("img"))


def test_divider_names_both_sides(volume):
    tags = Tags(before_after(volume[3], volume[4], alt="Steps", labels=("raw", "done")).html)
    (slider,) = tags.all("input")
    assert slider["value"] == "50"
    assert slider["aria-valuetext"] == "50% raw, 50% done"
    assert [image["alt"] for image in tags.all("img")] == ["raw: Steps", "done: Steps"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: z_scrubber(np.zeros((3, 4, 5)), alt=" "), "alt text is missing"),
        (lambda: z_scrubber(np.zeros((4, 5)), alt="a"), "Use show"),
        (lambda: z_scrubber(np.full((3, 4, 5), np.nan), alt="a"), "NaN"),
        (lambda: z_scrubber(np.zeros((0, 4, 5)), alt="a"), "empty"),
        (lambda: z_scrubber(np.zeros((3, 4, 5)), alt="a", labels=np.zeros((3, 4, 4))), "shape"),
        (lambda: before_after(np.zeros((4, 5)), np.zeros((4, 6)), alt="a"), "same size"),
        (lambda: before_after(np.zeros((4, 5)), np.zeros((4, 5)), alt=""), "alt text is missing"),
        (lambda: before_after(np.zeros((4, 5)), np.eye(3), alt="a", labels=("x",)), "two names"),
        (lambda: before_after(np.zeros((3, 4, 5)), np.eye(3), alt="a"), "before has shape"),
    ],
)
def test_mistakes_are_named(call, words):
    with pytest.raises(CourseError, match=words):
        call()


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 5, 7), (300, 4, 4), (2, 3, 900)])
def test_odd_shapes_are_drawn(shape):
    volume = np.random.default_rng(0).random(shape)
    assert Tags(z_scrubber(volume, alt="Odd").html).all("img")
    assert Tags(before_after(volume[0], volume[-1], alt="Odd").html).all("img")
