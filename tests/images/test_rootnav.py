import numpy as np
import pytest

from gpu_course.errors import CourseError
from gpu_course.images.rootnav import centreline, read_rsml, rootnav_mask

RSML = """<?xml version="1.0"?>
<rsml><scene><plant ID="1"><root ID="1"><geometry><polyline>
<point x="10.4" y="5"/><point x="10.4" y="25"/><point x="30" y="45"/>
</polyline></geometry></root><root ID="2"><geometry><polyline>
<point x="3" y="4"/>
</polyline></geometry></root></plant></scene></rsml>
"""


def write(folder, text):
    file = folder / "a.rsml"
    file.write_text(text)
    return file


def test_lines_are_read_as_y_x_and_a_single_point_is_no_line(tmp_path):
    (line,) = read_rsml(write(tmp_path, RSML))
    np.testing.assert_array_equal(line, [[5, 10.4], [25, 10.4], [45, 30]])


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("no xml", "not a readable RSML"),
        (RSML.replace('y="25"', ""), "not a readable RSML"),
        (RSML.replace('"25"', '"east"'), "not a readable RSML"),
        (RSML.replace('"25"', '"nan"'), "not finite"),
        (RSML.replace('"25"', '"inf"'), "not finite"),
        (RSML.replace("?>", ' encoding="klingon"?>'), "not a readable RSML"),
        ('<rsml><polyline><point x="1" y="1"/></polyline></rsml>', "no traced root"),
        ("<rsml></rsml>", "no traced root"),
    ],
)
def test_broken_file_is_one_clear_sentence(tmp_path, text, word):
    with pytest.raises(CourseError, match=word):
        read_rsml(write(tmp_path, text))


def test_missing_file_is_one_clear_sentence(tmp_path):
    with pytest.raises(CourseError, match="not a readable RSML"):
        read_rsml(tmp_path / "absent.rsml")


def test_grey_picture_has_no_red_to_look_at():
    with pytest.raises(CourseError, match="colour picture"):
        rootnav_mask(np.zeros((50, 50), np.uint8), [np.array([[1.0, 1.0], [9.0, 9.0]])])


def test_centreline_has_no_gap_and_stops_at_the_border():
    drawn = centreline([np.array([[-5.0, 3.0], [8.0, 3.0], [8.0, 50.0]])], (20, 12))
    assert drawn[:9, 3].all()
    assert drawn[8, 3:].all()
    assert drawn.sum() == 9 + 8


def test_mask_needs_both_a_line_nearby_and_contrast():
    image = np.full((80, 80, 3), (45, 60, 200), np.uint8)
    image[:, 38:42, 0] = 140  # a traced root
    image[:, 60:64, 0] = 140  # an untraced one
    lines = [np.array([[0.0, 40.0], [79.0, 40.0]])]
    mask = rootnav_mask(image, lines)
    assert mask[:, 38:42].all()
    assert mask.sum() == 80 * 4


def test_photograph_has_a_mask_along_its_lines(mirror):
    from PIL import Image

    lines = read_rsml(mirror / "roots/test/C_osr_0129.rsml")
    with Image.open(mirror / "roots/test/C_osr_0129.jpg") as picture:
        mask = rootnav_mask(np.asarray(picture), lines)
    assert 0.001 < mask.mean() < 0.1
    drawn = centreline(lines, mask.shape)
    assert mask[drawn].mean() > 0.6
