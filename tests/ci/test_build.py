"""The stored outputs and the tree, tried on a copy of the whole course in the light environment."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import pages
import pytest
from build import site_address
from finish import mend_markup
from staging import staged

from gpu_course.book import chapters, notebooks, package, records
from gpu_course.errors import CourseError

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = "classical/segmentation"
WHEEL_FILES = (
    "pyproject.toml",
    "hatch_build.py",
    "README.md",
    "LICENSE",
    "LICENSE-CC-BY-4.0.md",
)


@pytest.fixture
def light() -> Path:
    python = ROOT / ".venv-book" / "bin" / "python"
    if not python.is_file():
        pytest.skip("the light environment is absent: `make book` creates it")
    return python


@pytest.fixture
def copy(tmp_path):
    """Return a copy of what the check reads and the build needs."""
    for name in ("book", "ci", "data", "src"):
        shutil.copytree(
            ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
        )
    for name in ("_config.yml", "_toc.yml", *WHEEL_FILES):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def run(python: Path, tree: Path, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [python, tree / "ci" / "build.py", *options],
        env={**os.environ, "PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file.name} no longer contains {old!r}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_light_environment_cannot_execute(light):
    for module in ("torch", "tensorflow", "pyclesperanto", "napari"):
        found = subprocess.run([light, "-c", f"import {module}"], capture_output=True, check=False)
        assert found.returncode != 0, f"{module} is in the environment that only renders"


def test_stored_outputs_belong_to_the_tree(light, copy):
    done = run(light, copy, "--check")
    assert done.returncode == 0, done.stderr


def test_prose_needs_no_execution(light, copy):
    chapter = copy / "book" / f"{CHAPTER}.md"
    chapter.write_text(chapter.read_text().rstrip() + "\n\nOne more sentence of prose.\n")
    assert run(light, copy, "--check").returncode == 0


def test_changed_line_in_a_module_names_chapter_and_file(light, copy):
    file = copy / "src" / "gpu_course" / "classical" / "segmentation.py"
    text = file.read_text()
    file.write_text(text.replace("    return ", "    return 0 or ", 1))
    assert file.read_text() != text
    done = run(light, copy, "--check")
    assert done.returncode != 0
    assert f"stale: {CHAPTER}: src/gpu_course/classical/segmentation.py: changed" in done.stderr


def test_changed_module_that_draws_stales_short_chapters_and_is_noted_of_long_ones(light, copy):
    replace(copy / "src" / "gpu_course" / "display" / "charts.py", "WIDTH = 5.2", "WIDTH = 5.1")
    said = "deep-learning/roots-unet: drawn by an earlier version of display/charts.py"
    done = run(light, copy, "--check")
    assert done.returncode == 1
    assert "stale: deconvolution/introduction: src/gpu_course/display/charts.py" in done.stderr
    assert f"note: {said}\n" in done.stdout
    assert "roots-unet" not in done.stderr
    # Then the short ones are executed again; here they leave the book.
    stale = re.findall(r"^stale: (\S+):", done.stderr, re.MULTILINE)
    for name in stale:
        (copy / "book" / f"{name}.md").unlink()
    done = run(light, copy, "--check")
    assert done.returncode == 0, done.stderr
    assert f"note: {said}\n" in done.stdout
    assert done.stderr == ""


def test_changed_byte_in_a_data_file_names_chapter_and_file(light, copy):
    card = copy / "data" / "cards" / "nuclei.toml"
    card.write_bytes(card.read_bytes().replace(b"i", b"j", 1))
    done = run(light, copy, "--check")
    assert done.returncode != 0
    assert f"stale: {CHAPTER}: data/cards/nuclei.toml: changed" in done.stderr


def test_changed_fingerprint_in_the_registry_names_chapter_and_image(light, copy):
    rows = (copy / "data" / "registry.csv").read_text().splitlines()
    position = next(i for i, row in enumerate(rows) if row.startswith("nuclei/img2d.tif,"))
    digest = rows[position].split(",")[3]
    rows[position] = rows[position].replace(digest, digest[::-1])
    (copy / "data" / "registry.csv").write_text("\n".join(rows) + "\n")
    done = run(light, copy, "--check")
    assert done.returncode != 0
    assert f"stale: {CHAPTER}: data/registry.csv: nuclei/img2d.tif: changed" in done.stderr


def test_build_refuses_what_is_stale_and_renders_it_marked_when_allowed(light, copy):
    replace(copy / "book" / "start" / "setup.md", "# Setup", "# Set up")
    module = copy / "src" / "gpu_course" / "metrics" / "masks.py"
    module.write_text(module.read_text() + "\nMORE = 1\n")
    replace(copy / "src" / "gpu_course" / "display" / "charts.py", "WIDTH = 5.2", "WIDTH = 5.1")
    refused = run(light, copy)
    assert refused.returncode != 0
    assert not (copy / "_build").exists()

    allowed = run(light, copy, "--allow-stale")
    assert allowed.returncode == 0, allowed.stderr
    site = copy / "_build" / "html"
    page = (site / f"{CHAPTER}.html").read_text()
    assert 'class="course-stale"' in page
    assert "src/gpu_course/metrics/masks.py: changed" in page
    assert 'class="course-stale"' not in (site / "start" / "setup.html").read_text()
    words = "The pictures were drawn by an earlier version of display/charts.py."
    assert words in (site / "deep-learning" / "bees-stardist.html").read_text()
    assert words not in page
    record = (site / "reference" / "execution-record.html").read_text()
    assert record.count("the pictures were drawn by an earlier version of") >= 3
    assert (site / pages.notebook_path(CHAPTER, "student")).is_file()
    (wheel,) = (site / "downloads").iterdir()
    assert f'href="../downloads/{wheel.name}"' in page
    # Computed elsewhere and later, the file is the same: its hash can be named in advance.
    assert package.build(copy, copy / "again").read_bytes() == wheel.read_bytes()


def test_wheel_that_cannot_be_built_is_one_clear_sentence(copy):
    replace(copy / "pyproject.toml", 'name = "gpu-course"', "name = 1")
    with pytest.raises(CourseError, match=r"wheel of the course cannot be built: .*make book"):
        package.build(copy, copy / "wheel")


def test_wrong_date_of_the_build_is_one_sentence(copy, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(CourseError, match="SOURCE_DATE_EPOCH is 'yesterday', which is no number"):
        package.build(copy, copy / "wheel")


PICTURE = """\
# A page

```{code-cell}
show()
```
"""


def page_with_picture(*alts, given=""):
    """Return the metadata of the staged page's cell, whose output is a picture for each alt."""
    text = PICTURE
    if given:
        head = f"```{{code-cell}}\n---\nmystnb:\n  image:\n    alt: {given}\n---\n"
        text = text.replace("```{code-cell}\n", head)
    chapter = chapters.parse("part/page", text)
    executed = nbformat.from_dict(chapter.notebook)
    executed.cells[-1].outputs = [
        nbformat.v4.new_output(
            "display_data",
            {"image/png": "AA=="},
            metadata={"image/png": {"alt": alt}} if alt else {},
        )
        for alt in alts
    ]
    return staged(chapter, executed, "").cells[-1].metadata


def test_page_takes_the_text_of_a_picture_from_the_picture():
    assert page_with_picture("A rise.")["mystnb"]["image"]["alt"] == "A rise."
    assert (
        page_with_picture("A rise.", "A fall.", "A fall.")["mystnb"]["image"]["alt"]
        == "A rise. A fall."
    )
    assert "mystnb" not in page_with_picture("")


def test_text_that_the_cell_gives_wins_over_that_of_the_picture():
    assert page_with_picture("A rise.", given="A fall.")["mystnb"]["image"]["alt"] == "A fall."


def test_a_text_that_came_in_pieces_keeps_its_blank_lines_and_indents():
    chapter = chapters.parse("part/page", PICTURE)
    executed = nbformat.from_dict(chapter.notebook)
    pieces = [("stdout", "one\n\n"), ("stdout", "  two\n"), ("stderr", "odd"), ("stdout", "end")]
    executed.cells[-1].outputs = [
        nbformat.v4.new_output("stream", name=name, text=text) for name, text in pieces
    ]
    found = [(each.name, each.text) for each in staged(chapter, executed, "").cells[-1].outputs]
    assert found == [("stdout", "one\n\n  two\n"), ("stderr", "odd"), ("stdout", "end")]


def test_address_of_the_site_is_the_one_that_is_told(monkeypatch):
    monkeypatch.setenv("GPU_COURSE_REPOSITORY", "Owner/name")
    monkeypatch.delenv("GPU_COURSE_SITE", raising=False)
    assert site_address() == "https://owner.github.io/name/"
    monkeypatch.setenv("GPU_COURSE_SITE", "https://example.org/course")
    assert site_address() == "https://example.org/course"


@pytest.mark.parametrize(
    ("variable", "value", "cure"),
    [
        ("GPU_COURSE_SITE", "example.org", "one such as https://example.org/course/"),
        ("GPU_COURSE_SITE", "https:///course", "one such as https"),
        ("GPU_COURSE_SITE", "http://[", "one such as https"),
        ("GPU_COURSE_SITE", "https://exa mple.org", "one such as https"),
        ("GPU_COURSE_SITE", "https://example.org:port/", "one such as https"),
        ("GPU_COURSE_REPOSITORY", "name alone", "owner/name, or unset it"),
        ("GPU_COURSE_REPOSITORY", "a/b/c", "owner/name, or unset it"),
    ],
)
def test_wrong_address_is_one_sentence(monkeypatch, variable, value, cure):
    monkeypatch.delenv("GPU_COURSE_SITE", raising=False)
    monkeypatch.setenv(variable, value)
    said = f"{variable} is '{re.escape(value)}', which is no .*{cure}"
    with pytest.raises(CourseError, match=said):
        site_address()


def test_chapter_without_output_is_refused(light, copy):
    (copy / "ci" / "outputs" / f"{CHAPTER}.ipynb").unlink()
    done = run(light, copy, "--check")
    assert done.returncode != 0
    assert f"stale: {CHAPTER}: has no stored output" in done.stderr


def test_broken_stored_output_is_one_clear_sentence(light, copy):
    (copy / "ci" / "outputs" / f"{CHAPTER}.ipynb").write_text("{")
    done = run(light, copy, "--check")
    assert done.returncode != 0
    assert f"The stored output of {CHAPTER} cannot be read" in done.stderr
    assert "Traceback" not in done.stderr


def test_warning_of_the_book_is_an_error(light, copy):
    setup = copy / "book" / "start" / "setup.md"
    setup.write_text(setup.read_text() + "\nSee {ref}`ch-nowhere`.\n")
    done = run(light, copy)
    assert done.returncode != 0
    assert "Jupyter Book reported" in done.stderr


def test_every_stored_output_is_named_after_a_chapter():
    folder = ROOT / "ci" / "outputs"
    stored = {
        path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.ipynb")
    }
    assert stored <= set(chapters.names())


def test_public_repository_gives_links_to_colab():
    chapter = chapters.read(CHAPTER)
    with_repository = pages.header(chapter, {}, {}, "owner/name", [], "the.whl")
    assert (
        "https://colab.research.google.com/github/owner/name/blob/gh-pages/"
        f"notebooks/colab/{CHAPTER}.ipynb" in with_repository
    )
    assert "colab.research.google.com" not in pages.header(chapter, {}, {}, "", [], "the.whl")


def test_header_escapes_what_it_shows():
    chapter = chapters.read(CHAPTER)
    executed = notebooks.read_executed(chapter)
    assert isinstance(executed, nbformat.NotebookNode)
    html = pages.header(chapter, {}, {}, "", ["<script>alert(1)</script>"], "the.whl")
    assert "<script>" not in html


def test_header_says_what_has_drawn_the_pictures():
    chapter = chapters.read("deep-learning/roots-unet")
    record = records.read(notebooks.read_executed(chapter))
    words = "drawn by an earlier version of display/charts.py"
    parts = (chapter, record, {}, "", [], "the.whl")
    assert f"The pictures were {words}.</p>" in pages.header(*parts, words)
    assert "The pictures" not in pages.header(*parts)


def test_arrows_of_the_menu_get_a_name(tmp_path):
    page = tmp_path / "reference" / "page.html"
    page.parent.mkdir()
    page.write_text('<summary><span class="toctree-toggle" role="presentation"></span></summary>')
    mend_markup(tmp_path)
    assert page.read_text().startswith('<summary aria-label="Pages of this section"><span class=')


def test_regions_of_one_name_are_numbered(tmp_path):
    regions = [f'<div role="region" aria-label="{name}" tabindex="0">' for name in "abaa"]
    page = tmp_path / "page.html"
    page.write_text("".join(regions))
    mend_markup(tmp_path)
    assert re.findall('aria-label="([^"]*)"', page.read_text()) == ["a", "b", "a (2)", "a (3)"]
    assert page.read_text().count(' tabindex="0"') == 4


@pytest.mark.parametrize("empty", ["", "&nbsp;", "<p></p>", "\n"])
def test_an_empty_corner_of_a_table_is_no_heading(tmp_path, empty):
    page = tmp_path / "page.html"
    page.write_text(f'<thead><tr><th class="head">{empty}</th><th>full</th></tr></thead>')
    mend_markup(tmp_path)
    assert page.read_text() == ('<thead><tr><td class="head"></td><th>full</th></tr></thead>')


def test_line_ends_of_windows_stale_nothing(light, copy):
    """A checkout with ``core.autocrlf``, or an archive that was made on Windows."""
    changed = 0
    for file in copy.rglob("*"):
        content = file.read_bytes() if file.is_file() else b"\0"
        if b"\0" not in content and file.suffix not in {".png", ".webp"}:
            file.write_bytes(content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
            changed += b"\n" in content
    assert changed > 500
    done = run(light, copy, "--check")
    assert done.returncode == 0, done.stderr
