import nbformat
import pytest

from gpu_course.book import chapters, links, notebooks
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
    outputs = [cell.outputs[0].text for cell in notebook.cells if cell.cell_type == "code"]
    assert outputs == [f"output {number}\n" for number in range(4)]


def test_solved_refuses_outputs_of_other_code(toy, executed):
    executed.cells[1].source += "\nchanged = 1"
    with pytest.raises(CourseError, match="older than its code"):
        build(toy, "solved", executed=executed)
    with pytest.raises(CourseError, match="do not exist"):
        build(toy, "solved")


def test_colab_has_one_pinned_set_up_cell_behind_the_title(toy):
    notebook = build(toy, "colab", requirement="gpu-course @ git+https://example.org/x@abc")
    assert notebook.cells[0].source.startswith("# A toy chapter")
    assert "'gpu-course @ git+https://example.org/x@abc'" in notebook.cells[1].source
    assert "Change runtime type" in notebook.cells[1].source
    assert notebook.metadata["accelerator"] == "GPU"
    assert len(notebook.cells) == len(build(toy, "student").cells) + 1
    compile(notebook.cells[1].source, "set-up", "exec")


def test_same_input_gives_the_same_bytes(toy, executed):
    first, second = (nbformat.writes(build(toy, "solved", executed=executed)) for _ in range(2))
    assert first == second


def test_unknown_kind_is_one_clear_sentence(toy):
    with pytest.raises(CourseError, match="no notebook kind “teacher”"):
        build(toy, "teacher")
