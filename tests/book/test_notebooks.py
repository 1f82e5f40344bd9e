import hashlib
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from gpu_course.book import chapters, links, notebooks
from gpu_course.book.install_address import Source
from gpu_course.errors import CourseError
from tests.toy import CHAPTER


@pytest.fixture
def toy():
    return chapters.parse("part/toy", CHAPTER)


@pytest.fixture
def executed(toy):
    notebook = nbformat.from_dict(toy.notebook)
    for number, cell in enumerate(c for c in notebook.cells if c.cell_type == "code"):
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=f"output {number}\n")]
    return notebook


def build(toy, kind, **options):
    return notebooks.build(toy, kind, links.chapter_links([toy], "https://example.org"), **options)


def everything(notebook):
    return "\n".join(cell.source for cell in notebook.cells)


def test_student_has_stubs_and_nothing_of_the_solution(toy):
    notebook = build(toy, "student")
    text = everything(notebook)
    assert "def count(pixels):\n    ..." in text
    assert "print('the end')".replace("'", '"') in text
    assert "What to remember" in text
    assert "ecret" not in text
    assert "Return the folder of data cards" not in text
    assert not any(cell.get("outputs") for cell in notebook.cells)


@pytest.mark.parametrize("kind", notebooks.KINDS)
def test_no_raw_directive_text_is_left(toy, executed, kind):
    markdown = [
        cell.source
        for cell in build(toy, kind, executed=executed).cells
        if cell.cell_type == "markdown"
    ]
    assert not any(mark in text for text in markdown for mark in (":::", "{ref}", ")=", "{code"))


def test_caption_follows_its_cell_with_links(toy):
    cells = build(toy, "student").cells
    position = next(i for i, cell in enumerate(cells) if cell.source.startswith("pixels ="))
    assert cells[position + 1].source == (
        "*Three pixels, see [A toy chapter](https://example.org/part/toy.html#ch-toy).*"
    )


def test_solved_carries_solution_and_outputs(toy, executed):
    notebook = build(toy, "solved", executed=executed)
    assert "def data() -> Path:" in everything(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    outputs = [cell.outputs[0].text for cell in code[1:]]  # behind the one that asks for the course
    assert outputs == [f"output {number}\n" for number in range(4)]


def test_solved_refuses_outputs_of_other_code(toy, executed):
    executed.cells[1].source += "\nchanged = 1"
    with pytest.raises(CourseError, match="older than its code"):
        build(toy, "solved", executed=executed)
    with pytest.raises(CourseError, match="do not exist"):
        build(toy, "solved")


WHEEL = Source("the.whl", "a" * 64, "", ">=3.11,<3.14")


def test_colab_has_one_set_up_cell_behind_the_title(toy):
    notebook = build(toy, "colab", install=WHEEL)
    assert notebook.cells[0].source.startswith("# A toy chapter")
    assert notebook.metadata["accelerator"] == "GPU"
    # Where the student's notebook asks for the course, this one installs it.
    assert len(notebook.cells) == len(build(toy, "student").cells)


@pytest.mark.parametrize("kind", ["student", "solved"])
def test_first_cell_says_how_to_get_the_course_where_it_is_absent(toy, executed, kind, monkeypatch):
    cell = build(toy, kind, executed=executed).cells[1]
    assert cell.metadata["jupyter"] == {"source_hidden": True}
    exec(cell.source, {"__name__": "__main__"})  # here it is installed
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(Exception, match=r"gpu_course is not installed .*start/setup") as stopped:
        exec(cell.source, {"__name__": "__main__"})
    # One sentence, no traceback.
    assert stopped.value._render_traceback_() == [str(stopped.value)]


@pytest.fixture
def set_up(toy, tmp_path, monkeypatch):
    """Return a way to run the set-up cell in an empty folder, and what it would install."""
    monkeypatch.chdir(tmp_path)
    asked = []
    monkeypatch.setattr("subprocess.run", lambda command, **options: asked.append(command))
    monkeypatch.setattr("gpu_course.book.set_up.here", lambda extras: asked.append(extras))

    def run(source):
        asked.clear()
        cell = build(toy, "colab", install=source).cells[1].source
        exec(compile(cell, "set-up", "exec"), {"__name__": "__main__"})
        return asked

    return run


def said(error):
    """Return what the notebook shows of an error that stopped it: its sentence, no traceback."""
    (line,) = error.value._render_traceback_()
    return line


def test_set_up_installs_the_file_beside_the_notebook_alone(set_up, tmp_path):
    file = tmp_path / "the.whl"
    file.write_bytes(b"course")
    source = replace(WHEEL, sha256=hashlib.sha256(b"course").hexdigest())
    pip, extras = set_up(source)
    assert pip[-1] == Path("the.whl")
    assert "--no-deps" in pip
    assert extras == []


def test_set_up_fetches_the_file_where_the_site_is_known(set_up, tmp_path):
    (tmp_path / "site").mkdir()
    file = tmp_path / "site" / "the.whl"
    file.write_bytes(b"course")
    sha256 = hashlib.sha256(b"course").hexdigest()
    set_up(replace(WHEEL, sha256=sha256, address=file.as_uri()))
    assert (tmp_path / "the.whl").read_bytes() == b"course"


@pytest.mark.parametrize("address", ["", "file:///nowhere/the.whl"])
def test_set_up_without_the_file_says_which_and_where_to(set_up, address):
    with pytest.raises(Exception, match=r"Download the\.whl .* beside this notebook") as error:
        set_up(replace(WHEEL, address=address))
    assert said(error).startswith("Download the.whl")


def test_set_up_refuses_another_file(set_up, tmp_path):
    (tmp_path / "the.whl").write_bytes(b"something else")
    with pytest.raises(Exception, match="not the file this notebook was made with") as error:
        set_up(WHEEL)
    assert "\n" not in said(error)


def test_set_up_names_the_python_it_needs_before_anything_else(set_up):
    with pytest.raises(Exception, match=r"needs Python 3\.30 to 3\.31, and here is Python 3\.1"):
        set_up(replace(WHEEL, python=">=3.30,<3.32"))


def test_set_up_of_a_git_commit_and_of_no_known_origin(set_up):
    pip, _ = set_up(Source(address="git+https://example.org/x@abc", python=">=3.11"))
    assert pip[-1] == "gpu-course @ git+https://example.org/x@abc"
    with pytest.raises(Exception, match="take the Colab notebook from the chapter's page"):
        set_up(Source(python=">=3.11"))


def test_same_input_gives_the_same_bytes(toy, executed):
    first, second = (nbformat.writes(build(toy, "solved", executed=executed)) for _ in range(2))
    assert first == second


def test_unknown_kind_is_one_clear_sentence(toy):
    with pytest.raises(CourseError, match="no notebook kind “teacher”"):
        build(toy, "teacher")
