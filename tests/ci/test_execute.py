import errno
import json
import os
import re
import shutil
import subprocess

import execute
import nbformat
import pytest

from gpu_course import paths
from gpu_course.book import chapters, execution, records
from gpu_course.errors import CourseError
from tests.toy import HEAD

GOOD = f"""{HEAD}
```{{code-cell}}
from pathlib import Path
from gpu_course import paths, scores
card = (paths.data() / "cards" / "nuclei.toml").read_text()
Path("left-behind.txt").write_text("a chapter may write")
scores.table([scores.Score("nuclei", "classical", "Dice", 0.5, 1, "good")])
```
"""


def cell(code: str) -> str:
    return f"{HEAD}\n```{{code-cell}}\n{code}\n```\n"


@pytest.fixture
def book(tmp_path, monkeypatch):
    """Return a function that adds a chapter to a book whose outputs go to a temporary folder."""
    real_data = paths.data()
    monkeypatch.setattr(paths, "root", lambda: tmp_path)
    (tmp_path / "book").mkdir()
    # The kernel imports the real package; its data folder is the one to compare with.
    (tmp_path / "data").symlink_to(real_data, target_is_directory=True)
    monkeypatch.setattr(
        records, "scores_path", lambda chapter: tmp_path / "scores" / f"{chapter.name}.json"
    )

    def add(name, text):
        (tmp_path / "book" / f"{name}.md").write_text(text)
        return chapters.read(name)

    return add


@pytest.fixture
def good(book):
    chapter = book("good", GOOD)
    assert execute.main(["good", "--size", "small"]) == 0
    return chapter


def test_run_is_recorded_and_belongs_to_the_tree(good, capsys):
    record = records.read(nbformat.read(good.output_path, as_version=4))
    assert record["code"] == good.code
    assert "data/cards/nuclei.toml" in record["inputs"]
    assert "src/gpu_course/scores.py" in record["inputs"]
    # Asking for the devices happens after the chapter and must not count as its input.
    assert "src/gpu_course/devices/record.py" not in record["inputs"]
    assert record["machine"]["size"] == "small"
    assert record["machine"]["python"]
    assert record["seconds"] >= 0
    assert records.problems(good) == []
    capsys.readouterr()
    assert execute.main(["good"]) == 0
    assert "nothing to execute" in capsys.readouterr().out


def test_scores_on_the_page_are_stored(good):
    stored = json.loads(records.scores_path(good).read_text())
    assert stored["chapter"] == "good"
    assert [(s["set"], s["metric"], s["value"]) for s in stored["scores"]] == [
        ("nuclei", "Dice", 0.5)
    ]


def test_chapter_writes_nothing_into_the_tree(good, tmp_path):
    assert not list(tmp_path.glob("**/left-behind.txt"))
    assert not os.path.exists("left-behind.txt")


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("1 / 0", "raised ZeroDivisionError: division by zero"),
        ("import os; os._exit(1)", "ended its kernel"),
        ("import time; time.sleep(60)", "took longer than the 5 s that a cell may take"),
        ("import sys; print('careful', file=sys.stderr)", "writes a warning.*careful"),
        ("import os; print(os.path.expanduser('~'))", "shows a folder of this machine"),
        ("print('x' * 900_000)", "a page may carry 800 KB"),
    ],
)
def test_bad_chapter_fails_and_leaves_the_stored_output(book, good, capsys, code, word):
    before = good.output_path.read_bytes()
    book("good", cell(code))
    book("other", cell("print('still runs')"))
    assert execute.main(["good", "other", "--size", "small", "--timeout", "5"]) == 1
    error = capsys.readouterr().err
    assert "good: " in error
    assert re.search(word, error, re.DOTALL)
    assert good.output_path.read_bytes() == before
    assert chapters.read("other").output_path.is_file()


def test_a_word_that_begins_like_a_folder_of_this_machine_is_none(book):
    book("good", cell("import os; print(os.path.expanduser('~') + 's-unet')"))
    assert execute.main(["good", "--size", "small"]) == 0


def test_full_disk_keeps_the_stored_output(good, monkeypatch):
    before = good.output_path.read_bytes()

    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CourseError, match="the disk is full"):
        execution.store(good, nbformat.read(good.output_path, as_version=4), {})
    assert good.output_path.read_bytes() == before
    assert os.listdir(good.output_path.parent) == ["good.ipynb"]


def test_book_over_its_budget_is_refused(good, monkeypatch):
    monkeypatch.setattr(execution, "BOOK_BUDGET", 100)
    with pytest.raises(CourseError, match="stored outputs of the course would take"):
        execution.store(good, nbformat.read(good.output_path, as_version=4), {})


TRAINS = cell(
    "from pathlib import Path\n"
    "from gpu_course.deep_learning import weights\n"
    "file = weights.own('toy')\n"
    "file.parent.mkdir()\n"
    "file.write_bytes(b'12345678')"
).replace("---\n# A", "course:\n  trains: true\n---\n# A")


@pytest.fixture
def own_data(book, tmp_path):
    """Give the book a data folder of its own, into which weights may be written."""
    (tmp_path / "data").unlink()
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def test_weights_that_a_chapter_trains_are_kept(book, own_data):
    book("trains", TRAINS)
    assert execute.main(["trains", "--size", "small"]) == 0
    assert (own_data / "weights" / "toy.safetensors").read_bytes() == b"12345678"


def test_older_pictures_of_a_training_are_noted_and_drawn_again_when_asked(
    book, own_data, tmp_path, monkeypatch, capsys
):
    """The kernel draws with the real package; here its module has changed since."""
    shown = "from gpu_course.display import charts"
    chapter = book("trains", TRAINS.replace("from pathlib", f"{shown}\nfrom pathlib"))
    drawn = shutil.copytree(paths.package(), tmp_path / "package") / "display" / "charts.py"
    assert execute.main(["trains", "--size", "small"]) == 0
    monkeypatch.setattr(paths, "package", lambda: tmp_path / "package")
    assert execute.main(["trains"]) == 0
    assert "note:" not in capsys.readouterr().out
    drawn.write_text(drawn.read_text(encoding="utf-8") + "MORE = 1\n", encoding="utf-8")
    before = chapter.output_path.read_bytes()
    assert execute.main(["trains"]) == 0
    out = capsys.readouterr().out
    assert "note: trains: drawn by an earlier version of display/charts.py" in out
    assert "nothing to execute" in out
    assert chapter.output_path.read_bytes() == before
    assert execute.main(["trains", "--all", "--size", "small"]) == 0
    assert "[1/1] trains" in capsys.readouterr().out


def test_chapters_that_read_weights_run_after_those_that_train_them(
    book, own_data, monkeypatch, capsys
):
    # The kernel's own package has other data: name the file.
    file = own_data / "weights" / "toy.safetensors"
    book("a-reader", cell(f"print(open({str(file)!r}).read())"))
    book("trains", TRAINS)
    assert execute.main(["a-reader", "trains", "--size", "small"]) == 0
    assert "12345678" in chapters.read("a-reader").output_path.read_text()
    out = capsys.readouterr().out
    assert out.index("trains") < out.index("a-reader")


def test_weights_over_their_budget_are_refused_and_nothing_is_written(
    book, own_data, monkeypatch, capsys
):
    monkeypatch.setattr(execution, "WEIGHTS_BUDGET", 12)
    (own_data / "weights").mkdir()
    (own_data / "weights" / "older.safetensors").write_bytes(b"12345")
    chapter = book("trains", TRAINS)
    assert execute.main(["trains", "--size", "small"]) == 1
    assert "The weights of the course would take" in capsys.readouterr().err
    assert [file.name for file in (own_data / "weights").iterdir()] == ["older.safetensors"]
    assert not chapter.output_path.exists()


def test_trainings_of_other_seeds_do_not_count(book, own_data, monkeypatch):
    monkeypatch.setattr(execution, "WEIGHTS_BUDGET", 12)
    (own_data / "weights" / "again").mkdir(parents=True)
    (own_data / "weights" / "again" / "older-1.safetensors").write_bytes(b"12345")
    book("trains", TRAINS)
    assert execute.main(["trains", "--size", "small"]) == 0
    assert chapters.read("trains").output_path.exists()


def test_unknown_chapter_is_one_clear_sentence(book):
    with pytest.raises(CourseError, match="There is no chapter “nothing”"):
        execute.main(["nothing"])


@pytest.fixture
def repository(book, good, tmp_path):
    """Make the toy book a git repository with one commit, after its first execution."""

    def git(*arguments):
        who = ["-c", "user.name=A Reader", "-c", "user.email=reader@example.org"]
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    # Where the toy book's scores go; those of the real book are results of a run.
    (tmp_path / ".gitignore").write_text("/scores/\n/_build/\n")
    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message", "first")
    return tmp_path


def test_changed_tree_is_refused_before_anything_runs(book, good, repository, capsys):
    before = good.output_path.read_bytes()
    book("good", cell("print('edited')"))
    book("new", cell("print('new')"))
    assert execute.main(["good", "new", "--size", "small"]) == 1
    error = capsys.readouterr().err
    assert "book/good.md and 1 more differ from the last commit" in error
    assert "--allow-changes" in error
    assert good.output_path.read_bytes() == before
    assert not chapters.read("new").output_path.exists()


def test_changed_tree_runs_when_told_to_and_its_record_says_so(book, repository):
    book("good", cell("print('edited')"))
    assert execute.main(["good", "--size", "small", "--allow-changes"]) == 0
    record = records.read(nbformat.read(chapters.read("good").output_path, as_version=4))
    assert re.fullmatch(r"[0-9a-f]{12}\+changes", record["commit"])


def test_every_chapter_of_a_clean_run_names_the_commit(book, repository):
    for name in ("good", "second"):
        book(name, cell(f"print({name!r})"))
    subprocess.run(["git", "add", "--all"], cwd=repository, check=True)
    subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@b.org", "commit", "--quiet", "-m", "two"],
        cwd=repository,
        check=True,
    )
    # The output of the first chapter, stored before the second runs, is no change.
    assert execute.main(["good", "second", "--size", "small"]) == 0
    for name in ("good", "second"):
        record = records.read(nbformat.read(chapters.read(name).output_path, as_version=4))
        assert re.fullmatch(r"[0-9a-f]{12}", record["commit"])


def test_fresh_chapters_need_no_clean_tree(book, repository, capsys):
    (repository / "notes.txt").write_text("a note")
    assert execute.main(["good"]) == 0
    assert "nothing to execute" in capsys.readouterr().out
