"""The programs in places and at moments that are not those of the author."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import execute
import nbformat
import pytest

from gpu_course import paths
from gpu_course.book import chapters, commit, execution, gaps, lock, own_folders, records, run
from gpu_course.errors import CourseError

SOURCES = Path(__file__).resolve().parents[2]
HOLD = """
import sys, time
from pathlib import Path
from gpu_course.book import lock
with lock.alone(Path(sys.argv[1]), "run of this course"):
    print("held", flush=True)
    time.sleep(60)
"""


def python(code, *arguments, **options):
    places = os.pathsep.join([str(SOURCES / "ci"), str(SOURCES / "src")])
    environment = {**os.environ, "PYTHONPATH": places, **options.pop("environment", {})}
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=options.pop("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment,
    )


def test_second_run_is_refused_and_a_killed_one_leaves_no_lock(tmp_path):
    file = tmp_path / "_build" / "execute.lock"
    first = python(HOLD, file)
    assert first.stdout.readline() == "held\n"
    refused = pytest.raises(CourseError, match=r"Another run of this course is running\. Wait")
    with refused, lock.alone(file, "run of this course"):
        pass
    first.send_signal(signal.SIGKILL)
    first.communicate()
    with lock.alone(file, "run of this course"):
        pass


ENDS = """
import os, sys
from gpu_course import command_line
from gpu_course.errors import CourseError
def main():
    {}
sys.exit(command_line.ends_well(main, "toy"))
"""


def test_reader_who_has_gone_ends_a_program_without_a_word():
    read, write = os.pipe()
    os.close(read)
    process = python(ENDS.format("print('x' * 100_000, flush=True)"), stdout=write)
    os.close(write)
    assert (process.communicate()[1], process.returncode) == ("", 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("end", ["return 0", "sys.exit(0)"])
def test_full_disk_behind_the_output_is_one_sentence(end):
    with open("/dev/full", "w") as full:
        process = python(ENDS.format(f"print('scores'); {end}"), stdout=full)
    assert process.communicate()[1] == (
        "toy: Cannot write the output: the disk is full. Free some space and try again.\n"
    )
    assert process.returncode == 1


def test_forbidden_file_and_course_error_are_one_sentence_and_a_bug_is_none():
    process = python(ENDS.format("raise PermissionError(13, 'Permission denied', 'here/file')"))
    said = process.communicate()[1]
    assert (process.returncode, said.count("\n")) == (1, 1)
    assert "Cannot use here/file: Permission denied. Work in a folder" in said
    process = python(ENDS.format("raise CourseError('No “x”. Give one.')"))
    assert process.communicate()[1] == "toy: No “x”. Give one.\n"
    process = python(ENDS.format("raise FileNotFoundError(2, 'No such file', 'gone')"))
    assert "Traceback" in process.communicate()[1]


@pytest.mark.parametrize(
    ("code", "cure"),
    [
        ("import pathlib; pathlib.Path('~nobody-of-that-name').expanduser()", "Correct that var"),
        (
            "import tempfile; tempfile._candidate_tempdir_list = list; tempfile.gettempdir()",
            "name another folder in the environment variable TMPDIR",
        ),
    ],
)
def test_machine_without_a_home_or_a_temporary_folder_is_one_sentence(code, cure):
    process = python(ENDS.format(code))
    said = process.communicate()[1]
    assert (process.returncode, said.count("\n")) == (1, 1)
    assert cure in said


def test_locale_without_letters_prints_all_the_same():
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    process = python(ENDS.format(r"print('2 \xd7 \u201c')"), environment=locale)
    out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert out == "2 × “\n"


def test_course_unpacked_in_another_repository_is_in_no_commit_of_it(tmp_path):
    course = tmp_path / "Übung eins" / "kurs"
    course.mkdir(parents=True)
    (course / "file").write_text("one")
    words = ["git", "-c", "user.name=A", "-c", "user.email=a@b.org"]

    def git(*arguments):
        subprocess.run([*words, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message", "theirs")
    theirs = commit.name(tmp_path)
    assert len(theirs) == 12
    assert commit.in_history(tmp_path, theirs)
    (course / "file").write_text("two")
    assert commit.name(tmp_path) == f"{theirs}+changes"
    assert commit.changes(tmp_path) == ["Übung eins/kurs/file"]
    assert commit.name(course) == commit.UNKNOWN
    assert commit.changes(course) == []
    assert not commit.in_history(course, theirs)


def test_git_answers_for_the_folder_whatever_a_hook_has_set(tmp_path, monkeypatch):
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
        words = ["git", "-c", "user.name=A", "-c", "user.email=a@b.org"]
        for arguments in (["init", "--quiet"], ["commit", "--quiet", "--allow-empty", "-m", name]):
            subprocess.run([*words, *arguments], cwd=tmp_path / name, check=True)
    ours = commit.name(tmp_path / "ours")
    assert ours != commit.name(tmp_path / "theirs")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "theirs" / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "theirs"))
    assert commit.name(tmp_path / "ours") == ours
    assert commit.changes(tmp_path / "ours") == []


def test_machine_without_git_knows_no_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit.name(tmp_path) == commit.UNKNOWN
    assert not commit.in_history(tmp_path, "0123456789ab")


# --- what a page may not leave out or show -------------------------------------------------------


def chapter(front):
    return chapters.parse("part/toy", f"---\ncourse:\n  {front}\n---\n# Toy\n")


def test_absent_images_are_refused_with_the_cure(monkeypatch, tmp_path):
    monkeypatch.setenv("GPU_COURSE_MIRROR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GPU_COURSE_CACHE", str(tmp_path))
    toy = chapter("images: [rootnav]")
    with pytest.raises(CourseError, match=r"left out.*nowhere does not exist.*allow-gaps"):
        gaps.refuse(toy, gaps.before(toy))


def test_absent_library_is_refused_with_the_cure(monkeypatch):
    monkeypatch.setitem(gaps.MODULES, "torch", ("no_such_module",))
    toy = chapter("needs: [torch, cupy]")
    with pytest.raises(CourseError, match=r"no_such_module is not installed\. Run"):
        gaps.refuse(toy, gaps.before(toy))
    assert gaps.before(chapter("needs: [cupy]")) == []


def test_images_that_were_never_read_are_named():
    toy = chapter("images: [beesbook, rootnav]")
    inputs = [f"{records.REGISTRY}::roots/test/C_osr_0129.jpg", "data/cards/beesbook.toml"]
    assert gaps.unread(toy, inputs) == ["beesbook"]


@pytest.mark.parametrize("folder", ["/srv/Bilder für Kurse", "/srv/a&b", "/srv/images"])
@pytest.mark.parametrize("form", ["{}", "{}/roots/x.jpg", "The mirror {} has no x."])
def test_folder_of_the_machine_is_found_in_outputs(monkeypatch, folder, form):
    monkeypatch.setenv("GPU_COURSE_MIRROR", folder)
    shown = json.dumps([{"text": form.format(folder)}], ensure_ascii=False)
    assert own_folders.named_in(shown) == folder
    assert own_folders.named_in(shown.replace(folder, f"https://x{folder}-2")) == ""


def test_output_that_names_the_mirror_is_refused_in_any_letters(monkeypatch):
    monkeypatch.setenv("GPU_COURSE_MIRROR", "/srv/Bilder für Kurse")
    toy = chapters.parse("part/toy", "# Toy\n\n```{code-cell}\nprint(reason)\n```\n")
    cell = toy.notebook.cells[-1]
    said = "The mirror /srv/Bilder für Kurse has no cells3d/nuclei.tif."
    cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=said)]
    with pytest.raises(CourseError, match="shows a folder of this machine, /srv/Bilder für Kurse"):
        execution.obey(toy, toy.notebook)


def test_line_ends_of_windows_change_no_digest(tmp_path):
    for name, text in {
        "a.toml": b"x = 1\n",
        "a.cl": b"int x;\n",
        "a.py": b"x = 1\ny = 2\n",
    }.items():
        unix, windows = tmp_path / name, tmp_path / f"w-{name}"
        unix.write_bytes(text)
        windows.write_bytes(text.replace(b"\n", b"\r\n"))
        assert records.digest(unix) == records.digest(windows)
    (tmp_path / "a.safetensors").write_bytes(b"\r\n")
    (tmp_path / "b.safetensors").write_bytes(b"\n")
    assert records.sha256(tmp_path / "a.safetensors") != records.sha256(tmp_path / "b.safetensors")


DRAWN = """
import os
import matplotlib.pyplot as plt
print(os.environ["PYTHONHASHSEED"], flush=True)
plt.plot([1, 2]);
"""


def test_settings_of_the_author_change_no_page(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    toy = chapters.parse("part/toy", f"# Toy\n\n```{{code-cell}}{DRAWN}```\n")
    run.execute(toy.notebook, toy.name)
    said, picture = toy.notebook.cells[-1].outputs
    assert said.text == "0\n"
    assert "image/png" in picture.data


# --- a killed execution --------------------------------------------------------------------------

KILLED = """
import sys; from pathlib import Path
from gpu_course import paths
paths.root = lambda: Path(sys.argv[1])
import execute
execute.main(["--size", "small", "--allow-changes"])
"""
HEAD = (
    "---\nkernelspec:\n  display_name: Python 3\n  language: python\n  name: python3\n---\n# A\n\n"
)


def test_killed_execution_keeps_what_was_stored_and_the_next_goes_on(tmp_path, monkeypatch, capsys):
    (tmp_path / "book").mkdir()
    (tmp_path / "data").symlink_to(paths.data(), target_is_directory=True)
    for name, code in {"a": "print(1)", "b": "import time; time.sleep(30)"}.items():
        (tmp_path / "book" / f"{name}.md").write_text(
            f"{HEAD}```{{code-cell}}\n{code}\n```\n", encoding="utf-8"
        )
    stored = tmp_path / "ci" / "outputs" / "a.ipynb"
    process = python(KILLED, tmp_path)
    lines = iter(process.stdout.readline, "")
    assert any("b" in line.split() for line in lines)
    time.sleep(0.5)
    process.kill()
    process.communicate()
    before = stored.read_bytes()
    assert os.listdir(stored.parent) == ["a.ipynb"]

    monkeypatch.setattr(paths, "root", lambda: tmp_path)
    monkeypatch.setattr(records, "scores_path", lambda one: tmp_path / f"{one.name}.json")
    (tmp_path / "book" / "b.md").write_text(
        f"{HEAD}```{{code-cell}}\nprint(2)\n```\n", encoding="utf-8"
    )
    assert execute.main(["--size", "small", "--allow-changes"]) == 0
    assert "[1/1] b" in capsys.readouterr().out
    assert stored.read_bytes() == before
