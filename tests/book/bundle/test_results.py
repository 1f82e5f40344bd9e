"""Accepting results: a toy course is executed once, and archives of it are damaged in turn."""

import errno
import json
import os
import subprocess

import nbformat
import pytest

from gpu_course import paths, runs
from gpu_course.book import chapters, commit, execution, records
from gpu_course.book.bundle import comparison, results
from gpu_course.errors import CourseError
from tests.book.bundle.toys import archive
from tests.toy import HEAD

TEXT = f"""{HEAD}
```{{code-cell}}
from gpu_course import scores
scores.table([scores.Score("nuclei", "classical", "Dice", 0.5, 1, "part/toy")])
```
"""


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """Execute the toy chapter in a git checkout of one commit; return checkout and notebook."""
    root = tmp_path_factory.mktemp("course")
    (root / "book" / "part").mkdir(parents=True)
    (root / "book" / "part" / "toy.md").write_text(TEXT)
    (root / "data" / "scores").mkdir(parents=True)
    for words in (
        ["init", "--quiet"],
        ["add", "--all"],
        ["-c", "user.name=A", "-c", "user.email=a@b.org", "commit", "--quiet", "-m", "one"],
    ):
        subprocess.run(["git", *words], cwd=root, check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "root", lambda: root)
        chapter = chapters.read("part/toy")
        notebook, _ = execution.execute(chapter, commit=commit.name(root))
    return root, notebook


@pytest.fixture
def course(executed, monkeypatch):
    """Make the toy course the one of this test, with nothing accepted yet."""
    root, _ = executed
    monkeypatch.setattr(paths, "root", lambda: root)
    yield root
    subprocess.run(["git", "clean", "-fdq"], cwd=root, check=True)
    subprocess.run(["git", "checkout", "-q", "."], cwd=root, check=True)


@pytest.fixture
def files(executed):
    """Return the files of a good archive."""
    content = nbformat.writes(executed[1]).encode()
    return {
        "outputs/part/toy.ipynb": content,
        "benchmarks/toy.txt": b"fast\n",
        "doctor.txt": b"well\n",
        "weights/part/toy/net.safetensors": b"12345678",
    }


@pytest.fixture
def made(tmp_path, course, files):
    """Return a function that writes an archive, good but for the given changes."""

    def make(origin="", **changes):
        where = tmp_path / "results.tar"
        return archive(where, origin or commit.name(course), files, **changes)

    return make


def stored(course):
    """Return what was written into the checkout besides its commit."""
    return sorted(
        path.relative_to(course).as_posix()
        for path in course.rglob("*")
        if path.is_file() and ".git" not in path.parts and path.suffix != ".md"
    )


def test_own_results_are_stored_with_scores_and_weights(course, made, files):
    taken = results.accept(made())
    assert taken.chapters == ["part/toy"]
    assert taken.stale == {}
    run = json.loads(taken.file.read_text())
    assert stored(course) == [
        "ci/outputs/part/toy.ipynb",
        f"data/runs/{taken.file.name}",
        "data/scores/part/toy.json",
        "data/weights/net.safetensors",
    ]
    assert records.problems(chapters.read("part/toy")) == []
    assert run["reports"] == {"benchmarks/toy.txt": "fast\n", "doctor.txt": "well\n"}
    assert [(row["metric"], row["stored"], row["new"]) for row in run["scores"]] == [
        ("Dice", None, 0.5)
    ]
    # Accepted twice is accepted; the outputs are no change of the tree.
    assert results.accept(made()).rows[0].stored == 0.5
    assert commit.changes(course) == []


def edited(files, change):
    """Return the notebook of an archive after `change`."""
    notebook = nbformat.reads(files["outputs/part/toy.ipynb"].decode(), as_version=4)
    change(notebook)
    return nbformat.writes(notebook).encode()


def test_edited_notebook_is_refused(course, made, files):
    def change(notebook):
        notebook.cells[1].outputs[0].data["text/plain"] = "0.9"

    bad = made(**{"outputs/part/toy.ipynb": edited(files, change)})
    with pytest.raises(CourseError, match="was changed after the node wrote it"):
        results.accept(bad)
    assert stored(course) == []


def test_edited_cell_is_refused_although_the_sums_are_right(course, made, files):
    def change(notebook):
        notebook.cells[1].source += "\nprint('more')"

    files["outputs/part/toy.ipynb"] = edited(files, change)
    with pytest.raises(CourseError, match="code cells in the result of part/toy are not those"):
        results.accept(made())


def test_drawn_by_another_version_is_refused_however_long_it_ran(course, made, files):
    def change(notebook):
        record = notebook.metadata[records.KEY]
        record["seconds"] = 2 * records.LONG
        record["inputs"]["src/gpu_course/display/charts.py"] = "0" * 64

    files["outputs/part/toy.ipynb"] = edited(files, change)
    with pytest.raises(CourseError, match=r"does not belong to .*display/charts\.py: changed"):
        results.accept(made())
    assert stored(course) == []


def test_notebook_without_a_record_is_refused(course, made, files):
    files["outputs/part/toy.ipynb"] = edited(files, lambda n: n.metadata.pop(records.KEY))
    with pytest.raises(CourseError, match="part/toy has no record of this run"):
        results.accept(made())


def test_archive_without_its_facts_is_refused(course, made):
    with pytest.raises(CourseError, match=r"has no results\.json"):
        results.accept(made(**{"results.json": None}))


def test_archive_that_lacks_a_file_is_refused(course, made):
    with pytest.raises(CourseError, match=r"lacks doctor\.txt"):
        results.accept(made(**{"doctor.txt": None}))


def test_truncated_archive_is_refused(course, made):
    file = made()
    file.write_bytes(file.read_bytes()[:700])
    with pytest.raises(CourseError, match="cannot be read as an archive"):
        results.accept(file)


@pytest.mark.parametrize("origin", ["0123456789ab", "unknown", "HEAD"])
def test_other_commit_is_refused(course, made, origin):
    with pytest.raises(CourseError, match=f"come from commit {origin}, which is not in the hist"):
        results.accept(made(origin))


def test_record_of_another_commit_is_refused(course, made, files):
    def change(notebook):
        notebook.metadata[records.KEY]["commit"] = "0123456789ab"

    files["outputs/part/toy.ipynb"] = edited(files, change)
    with pytest.raises(CourseError, match="no record of this run"):
        results.accept(made())


def test_weights_must_be_those_that_the_record_names(course, made, files):
    def name(sha256):
        def change(notebook):
            notebook.metadata[records.KEY]["trained"] = {"net.safetensors": sha256}

        return change

    own = records.sha256_of(files["weights/part/toy/net.safetensors"])
    files["outputs/part/toy.ipynb"] = edited(files, name(own))
    assert results.accept(made()).chapters == ["part/toy"]
    files["outputs/part/toy.ipynb"] = edited(files, name("0" * 64))
    with pytest.raises(CourseError, match="weights in the result of part/toy are not those"):
        results.accept(made())


def test_stale_result_names_chapter_and_cause(course, made):
    file = made()
    (course / "book" / "part" / "toy.md").write_text(TEXT.replace("0.5", "0.6"))
    with pytest.raises(CourseError, match=r"part/toy does not belong .*its code cells changed"):
        results.accept(file)


def test_score_that_differs_is_refused_until_told_otherwise(course, made):
    results.accept(made())
    output = course / "ci" / "outputs" / "part" / "toy.ipynb"
    output.write_text(output.read_text().replace('"value": 0.5', '"value": 0.52'))
    before = output.read_bytes()
    with pytest.raises(CourseError, match=r"Dice +0\.520 +0\.500 +±0\.01 +DIFFERS"):
        results.accept(made())
    assert output.read_bytes() == before
    assert not results.accept(made(), despite_scores=True).rows[0].agrees


def test_only_named_chapters_are_taken(course, made):
    with pytest.raises(CourseError, match=r"no result of part/other\. It has part/toy"):
        results.accept(made(), only=["part/other"])


def test_full_disk_stores_nothing(course, made, monkeypatch):
    file, calls = made(), []

    def full(descriptor):
        calls.append(descriptor)
        if len(calls) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CourseError, match=r"cannot be stored in .*: the disk is full"):
        results.accept(file)
    assert stored(course) == []


def test_weights_under_a_path_are_refused(course, made, files):
    files["weights/part/toy/../../x.safetensors"] = b"1"
    with pytest.raises(CourseError, match="weights under a name that is none"):
        results.accept(made())


def score(metric, value):
    return {
        "chapter": "part/toy",
        "set": "nuclei",
        "method": "m",
        "metric": metric,
        "value": value,
        "split": "test",
    }


@pytest.mark.parametrize(
    ("metric", "trains", "off", "agrees"),
    [
        ("Dice", False, 0.009, True),
        ("Dice", False, 0.011, False),
        ("AP@0.5", False, 0.029, True),
        ("AP@0.5", False, 0.031, False),
        ("Dice", True, 0.049, True),
        ("Dice", True, 0.051, False),
    ],
)
def test_tolerance_is_by_kind_of_score(metric, trains, off, agrees):
    rows = comparison.compare([score(metric, 0.5)], [score(metric, 0.5 + off)], trains=trains)
    assert [row.agrees for row in rows] == [agrees]


def test_score_that_is_gone_disagrees_and_a_new_one_does_not():
    rows = comparison.compare([score("PQ", 0.5)], [score("Dice", 0.5)], trains=False)
    assert [(row.metric, row.agrees) for row in rows] == [("Dice", True), ("PQ", False)]


def with_run(files, **changes):
    """Put a measured table into the notebook of an archive."""
    shown = {"table": "part/toy/race", "device": "a card", "kind": "GPU", "library": "CuPy"}
    shown |= {"rows": {"blur": 3.0}, **changes}

    def change(notebook):
        output = nbformat.v4.new_output("display_data", data={runs.MIME: shown})
        notebook.cells[1].outputs.append(output)

    files["outputs/part/toy.ipynb"] = edited(files, change)


def test_what_a_gpu_measured_becomes_the_stored_run(course, made, files):
    with_run(files)
    files["benchmarks/toy.json"] = json.dumps({"benchmark": "toy", "tables": []}).encode()
    taken = results.accept(made())
    run = runs.read("part/toy/race")
    assert run.rows == {"blur": 3.0}
    assert (run.device, run.commit) == ("a card", commit.name(course))
    assert json.loads(taken.file.read_text())["benchmarks"] == [{"benchmark": "toy", "tables": []}]
    assert results.accept(made()).stale == {}


@pytest.mark.parametrize("changes", [{"kind": "CPU"}, {"rows": {}}])
def test_what_a_processor_measured_is_no_stored_run(course, made, files, changes):
    with_run(files, **changes)
    results.accept(made())
    assert runs.read("part/toy/race") is None


@pytest.mark.parametrize("table", ["part/other/race", "part/toy/../x", "part/toy/"])
def test_a_table_of_another_chapter_is_refused(course, made, files, table):
    with_run(files, table=table)
    with pytest.raises(CourseError, match="no table of this chapter"):
        results.accept(made())
    assert stored(course) == []
