"""No line of code is wider than its box on a screen of 1280 pixels: a cut line teaches nothing."""

import re

import pytest

from gpu_course.book import chapters
from tests.site.toc import CHAPTERS

CELL, EXERCISE = 84, 76
GATE = re.compile(r"\{(?:exercise|solution)-(start|end)\}")

# Inside a text a line's end is part of what is computed, so these wait for their chapters' next
# execution. Whoever mends one takes it out of here.
KEPT = {
    "const int x = blockIdx.x * blockDim.x + threadIdx.x, "
    "y = blockIdx.y * blockDim.y + threadIdx.y;",
    "WRITE_dst_IMAGE(dst, POS_dst_INSTANCE(x, y, 0, 0), CONVERT_dst_PIXEL_TYPE(sum / 9));",
    "WRITE_dst_IMAGE(dst, POS_dst_INSTANCE(x, y, 0, 0), CONVERT_dst_PIXEL_TYPE(result));",
    "__kernel void adjust_gamma(IMAGE_src_TYPE src, IMAGE_dst_TYPE dst, const float exponent)",
    "sum += READ_src_IMAGE(src, sampler, POS_src_INSTANCE(x + dx, y + dy, 0, 0)).x;",
    "const float value = READ_src_IMAGE(src, sampler, POS_src_INSTANCE(x, y, 0, 0)).x;",
    "__constant sampler_t sampler = CLK_NORMALIZED_COORDS_FALSE | CLK_ADDRESS_CLAMP_TO_EDGE;",
    '"""How fast the grey value changes, in grey values per pixel; one pixel less on each side."""',
    '"""Number the objects brighter than a part of the brightest pixel, after a blur."""',
}


def wide(chapter):
    """Return the lines of a chapter that its boxes cut off."""
    inside, found = False, []
    for cell in chapter.notebook.cells:
        if cell.cell_type == "code":
            width = EXERCISE if inside else CELL
            found += [line.strip() for line in cell.source.splitlines() if len(line) > width]
            continue
        # Blocks of code in the text stand in the page or in a box of an exercise as well.
        fence = False
        for line in cell.source.splitlines():
            if gate := GATE.search(line):
                inside = gate[1] == "start"
            fence ^= line.startswith("```")
            if fence and len(line) > (EXERCISE if inside else CELL) and not line.startswith("```"):
                found.append(line.strip())
    return found


@pytest.mark.parametrize("name", CHAPTERS)
def test_no_line_of_code_is_wider_than_its_box(name):
    assert set(wide(chapters.read(name))) <= KEPT


def test_what_is_kept_is_still_there():
    assert {line for name in CHAPTERS for line in wide(chapters.read(name))} == KEPT


def test_an_exercise_is_narrower_than_the_page():
    start, end = (f":::{{exercise-{side}}} Do\n:label: ex-{side}\n:::" for side in ("start", "end"))
    line = f"x = '{'a' * 74}'"  # 80 letters
    cell = f"```{{code-cell}}\n{line}\n```"
    text = "\n\n".join(["# Toy", cell, start, cell, end])
    assert wide(chapters.parse("part/toy", text)) == [line]
