"""What browsers say in their own ways is told alike: the GPU's name, a compiler's reason."""

import pytest

pytestmark = pytest.mark.browser

# As Firefox 153 gives it; the page's own thirteen lines stand before the reader's.
NAGA = """
Shader validation error: Entry point main at Compute is invalid
   ┌─ your kernel:14:22
   │
14 │ fn main() { dst[0] = src; }
   │                      ^^^ naga::ir::Expression [3]
   │
   = Expression [3] is invalid
   = Loading of [2] can't be done

"""
UNKNOWN = """
Shader 'your kernel' parsing error: no definition in scope for identifier: `there`
   ┌─ wgsl:15:7
   │
15 │   dst[there] = 1.0;
   │       ^^^^^ unknown identifier

"""
TINT = "no matching overload for 'min(abstract-float, u32)'\n\n1 candidate function:"


def told(page, name, *given):
    script = """async ([name, given]) => {
      const browsers = await import("/live/browsers.js");
      return given.map((each) => browsers[name](each));
    }"""
    return page.evaluate(script, [name, given])


def test_reasons_are_one_line_and_count_no_lines_of_the_page(page):
    assert told(page, "reasonOf", NAGA, UNKNOWN, TINT) == [
        "Entry point main at Compute is invalid; Expression [3] is invalid; "
        "Loading of [2] can't be done",
        "no definition in scope for identifier: `there`",
        TINT,
    ]


def test_gpus_are_named_as_far_as_the_browser_does(page):
    stand_in = "the processor, by a program that stands in for a GPU"
    swiftshader = {"vendor": "google", "architecture": "swiftshader", "isFallbackAdapter": True}
    apple = {"vendor": "apple", "architecture": "metal-3", "description": ""}
    silent = {"vendor": "", "architecture": "", "device": "", "description": ""}
    found = told(page, "nameOf", swiftshader, apple, silent, silent | {"isFallbackAdapter": True})
    assert found == [
        f"{stand_in} (google swiftshader)",
        "apple metal-3",
        "a GPU that the browser does not name",
        stand_in,
    ]
