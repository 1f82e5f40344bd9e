import hashlib

import nbformat
import pytest

from gpu_course import paths
from gpu_course.book import chapters, notebooks, records
from tests.toy import CHAPTER

CHARTS = "src/gpu_course/display/charts.py"
DRAWN = "drawn by an earlier version of display/charts.py"

ROW = "path,url,bytes,sha256,licence,citation,package\n"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Return the root of a course with one chapter, one registered image, one module."""
    root = tmp_path / "course"
    package = root / "src" / "gpu_course"
    package.mkdir(parents=True)
    (package / "used.py").write_text("x = 1\n")
    (package / "used.cl").write_text("kernel\n")
    (package / "display").mkdir()
    (package / "display" / "charts.py").write_text("colour = 1\n")
    (root / "data" / "cards").mkdir(parents=True)
    (root / "data" / "cards" / "bees.toml").write_text('title = "Bees"\n')
    image = root.parent / "cache" / "bees" / "one.jpg"
    image.parent.mkdir(parents=True)
    image.write_bytes(b"pixels")
    (root / "data" / "registry.csv").write_text(
        f"{ROW}bees/one.jpg,u,6,{digest(b'pixels')},l,c,\nroots/two.jpg,u,1,{'0' * 64},l,c,\n"
    )
    (root / "book").mkdir()
    (root / "book" / "toy.md").write_text(CHAPTER)
    monkeypatch.setattr(paths, "root", lambda: root)
    monkeypatch.setattr(paths, "package", lambda: package)
    return root


@pytest.fixture
def stored(tree):
    """Store an output of the toy chapter that belongs to the tree."""
    chapter = chapters.read("toy")
    notebook = nbformat.from_dict(chapter.notebook)
    inputs = records.inputs_of(
        [str(tree / "src" / "gpu_course" / "used.py")],
        [
            str(tree / "data" / "cards" / "bees.toml"),
            str(tree / "data" / "registry.csv"),
            str(tree.parent / "cache" / "bees" / "one.jpg"),
            str(tree / "src" / "gpu_course" / "used.cl"),
            "/etc/hostname",
        ],
        {},
    )
    notebook.metadata[records.KEY] = {"code": chapter.code, "inputs": inputs}
    chapter.output_path.parent.mkdir(parents=True)
    nbformat.write(notebook, chapter.output_path)
    return inputs


def problems():
    return records.problems(chapters.read("toy"))


def test_inputs_name_modules_data_files_and_single_registered_images(stored):
    assert stored == {
        "data/cards/bees.toml": digest(b'title = "Bees"\n'),
        "data/registry.csv::bees/one.jpg": digest(b"pixels"),
        "src/gpu_course/used.cl": digest(b"kernel\n"),
        "src/gpu_course/used.py": digest(b"x = 1"),  # its code, without the line's end
    }
    assert problems() == []


def test_chapter_without_output_says_so(tree):
    assert problems() == ["has no stored output"]


@pytest.mark.parametrize(
    ("file", "change", "reason"),
    [
        ("src/gpu_course/used.py", "x = 2\n", "src/gpu_course/used.py: changed"),
        ("src/gpu_course/used.cl", "kernel 2\n", "src/gpu_course/used.cl: changed"),
        ("src/gpu_course/used.py", None, "src/gpu_course/used.py: is gone"),
        ("data/cards/bees.toml", 'title = "Beez"\n', "data/cards/bees.toml: changed"),
        (
            "data/registry.csv",
            f"{ROW}bees/one.jpg,u,6,{'1' * 64},l,c,\n",
            "data/registry.csv: bees/one.jpg: changed",
        ),
        ("data/registry.csv", ROW, "data/registry.csv: bees/one.jpg: is gone"),
        (
            "book/toy.md",
            CHAPTER.replace("[0, 1, 1]", "[1, 1, 1]"),
            "book/toy.md: its code cells changed",
        ),
    ],
)
def test_every_kind_of_change_is_named(tree, stored, file, change, reason):
    if change is None:
        (tree / file).unlink()
    else:
        (tree / file).write_text(change)
    assert problems() == [reason]


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("book/toy.md", CHAPTER.replace("How many", "How very many")),
        ("src/gpu_course/unused.py", "y = 1\n"),
        ("src/gpu_course/used.py", '"""A better word."""\n\nx = 1  # one\n'),
        (
            "data/registry.csv",
            f"{ROW}bees/one.jpg,u,6,{digest(b'pixels')},l,c,\nnew.jpg,u,1,{'2' * 64},l,c,\n",
        ),
    ],
)
def test_what_the_run_did_not_use_stales_nothing(tree, stored, file, change):
    (tree / file).write_text(change)
    assert problems() == []


def test_how_an_exercise_is_judged_is_no_input_of_its_page(tree):
    room = tree / "src" / "gpu_course" / "lessons" / "part" / "toy"
    room.mkdir(parents=True)
    files = [room / "checks.py", room / "solutions.py"]
    for file in files:
        file.write_text("x = 1\n")
    assert [*records.inputs_of(map(str, files), [], {})] == [
        "src/gpu_course/lessons/part/toy/solutions.py"
    ]


@pytest.mark.parametrize("name", chapters.names())
def test_a_stored_page_shows_its_exercises_unsolved(name):
    """So no stored output hangs on how an answer is judged."""
    executed = notebooks.read_executed(chapters.read(name))
    cells = executed.cells if executed else []
    for cell in (cell for cell in cells if "check" in cell.metadata.get("tags", [])):
        (said,) = [output["data"]["text/plain"] for output in cell.outputs]
        assert said.startswith("Not solved yet: Your function returned nothing.")


FACE = """from gpu_course import lazy_names

__getattr__, __dir__ = lazy_names.attach(__name__, {%s})
"""


@pytest.fixture
def through_a_face(tree):
    """Store a run of the toy chapter that imported one of two modules of a package."""
    package = tree / "src" / "gpu_course" / "toys"
    package.mkdir()
    face, module = package / "__init__.py", package / "one.py"
    face.write_text(FACE % '"one": ("ball", "doll"), "two": ("kite",)')
    module.write_text("ball = doll = 1\n")
    chapter = chapters.read("toy")
    notebook = nbformat.from_dict(chapter.notebook)
    inputs = records.inputs_of([str(face), str(module)], [], {})
    notebook.metadata[records.KEY] = {"code": chapter.code, "inputs": inputs}
    chapter.output_path.parent.mkdir(parents=True)
    nbformat.write(notebook, chapter.output_path)
    assert problems() == []
    return face


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ('"one": ("ball", "doll"), "two": ("kite", "lorry"), "six": ("top",)', []),
        ('"one": ("ball",), "two": ("doll", "kite")', ["src/gpu_course/toys/__init__.py: changed"]),
    ],
)
def test_a_name_of_a_module_that_was_not_imported_stales_nothing(through_a_face, table, found):
    through_a_face.write_text(FACE % table)
    assert problems() == found


def test_scores_edited_by_hand_are_noticed(tree, stored):
    file = tree / "data" / "scores" / "toy.json"
    file.parent.mkdir()
    file.write_text('{"chapter": "toy", "scores": [{"value": 1.0}]}')
    assert problems() == ["data/scores/toy.json: differs from the scores on the page"]


def test_a_run_depends_on_blocks_for_the_devices_it_computed_on():
    devices = [{"address": "cpu"}, {"address": "cuda:0"}, {"address": None}]
    assert records.devices_apart({"devices": devices}) == {"cuda"}
    assert records.devices_apart({"devices": devices[:1]}) == set()
    assert records.devices_apart({}) == set()


def test_a_mend_for_a_gpu_stales_what_was_computed_on_one_alone(stored, tree):
    file = tree / "src" / "gpu_course" / "used.py"
    kinds = ("cuda", "mps")
    blocks = [f'if device.type == "{kind}":\n    x = "{kind}"\n' for kind in kinds]
    file.write_text("x = 1\n" + "".join(blocks), encoding="utf-8")
    assert problems() == []
    chapter = chapters.read("toy")
    for kind in kinds:
        machine = {"devices": [{"address": f"{kind}:0" if kind == "cuda" else kind}]}
        record = {"code": chapter.code, "inputs": stored, "machine": machine}
        found = records.stale(chapter, record)
        assert found == ["src/gpu_course/used.py: changed"]


@pytest.fixture
def drawn(tree, stored):
    """Return a function that stores a run of the toy chapter which drew a chart as well."""

    def store(*, seconds=1.0, trains=False):
        if trains:
            text = CHAPTER.replace("  minutes: 5\n", "  minutes: 5\n  trains: true\n")
            (tree / "book" / "toy.md").write_text(text)
        chapter = chapters.read("toy")
        notebook = nbformat.from_dict(chapter.notebook)
        inputs = stored | {CHARTS: records.digest(tree / CHARTS)}
        record = {"code": chapter.code, "inputs": inputs, "seconds": seconds}
        notebook.metadata[records.KEY] = record
        nbformat.write(notebook, chapter.output_path)
        assert problems() == []
        assert records.notes([chapter]) == {}
        return record

    return store


LONG_RUNS = pytest.mark.parametrize("run", [{"trains": True}, {"seconds": records.LONG + 1}])


@LONG_RUNS
@pytest.mark.parametrize("change", ["colour = 2\n", None])
def test_a_module_that_draws_stales_no_long_run_and_is_noted(tree, drawn, run, change):
    record = drawn(**run)
    if change:
        (tree / CHARTS).write_text(change)
    else:
        (tree / CHARTS).unlink()
    assert problems() == []
    assert records.notes([chapters.read("toy")]) == {"toy": DRAWN}
    # Results of a node are compared by this.
    assert records.stale(chapters.read("toy"), record)[0].startswith(f"{CHARTS}: ")


@LONG_RUNS
@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("src/gpu_course/used.py", "x = 2\n"),
        ("src/gpu_course/used.cl", "kernel 2\n"),
        ("data/cards/bees.toml", 'title = "Beez"\n'),
    ],
)
def test_whatever_else_changes_stales_a_long_run(tree, drawn, run, file, change):
    drawn(**run)
    (tree / file).write_text(change)
    (tree / CHARTS).write_text("colour = 2\n")
    assert problems() == [f"{file}: changed"]
    assert records.notes([chapters.read("toy")]) == {"toy": DRAWN}


def test_a_module_that_draws_stales_a_short_run(tree, drawn):
    drawn(seconds=records.LONG)
    (tree / CHARTS).write_text("colour = 2\n")
    assert problems() == [f"{CHARTS}: changed"]
    assert records.notes([chapters.read("toy")]) == {}
