"""The command line as a process: what it prints, where, and how it ends."""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from gpu_course import paths
from gpu_course.book import chapters
from tests.toy import CHAPTER


@pytest.fixture
def run(tmp_path):
    """Return a function that runs ``gpu-course`` in an empty folder, cut off from the network."""
    folder = tmp_path / "here"
    folder.mkdir()
    empty = tmp_path / "empty"
    empty.mkdir()

    def gpu_course(*arguments, **environment):
        settings = {"GPU_COURSE_MIRROR": empty, "GPU_COURSE_CACHE": tmp_path / "cache"}
        settings |= {"GPU_COURSE_SIZE": "small", "COLUMNS": "100", **environment}
        return subprocess.run(
            [sys.executable, "-m", "gpu_course", *map(str, arguments)],
            cwd=folder,
            env={**os.environ, **{name: str(value) for name, value in settings.items()}},
            capture_output=True,
            text=True,
            check=False,
        )

    gpu_course.folder = folder
    return gpu_course


def sentence(done):
    """Return the one sentence that a mendable fault prints, after making sure it is only that."""
    assert done.returncode == 1, done
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("gpu-course: ")
    assert lines[0].endswith((".", "?"))
    return lines[0]


def test_version_is_that_of_the_package(run):
    done = run("--version")
    assert (done.returncode, done.stdout.strip()) == (0, importlib.metadata.version("gpu-course"))


COMMANDS = [
    *("doctor", "notebooks", "images", "run", "process", "scores"),
    *("bundle", "accept", "classroom", "train", "predict", "export"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(run, command):
    assert command in run("--help").stdout
    done = run(command, "--help")
    assert done.returncode == 0
    assert "Usage: gpu-course" in done.stdout or "Usage: python -m gpu_course" in done.stdout


def test_unknown_command_is_a_usage_error(run):
    done = run("teach")
    assert done.returncode == 2
    assert "No such command" in done.stderr


# --- chapters ------------------------------------------------------------------------------------


def test_unknown_chapter_is_one_sentence_that_lists_them(run):
    said = sentence(run("run", "start/imagse"))
    assert "Did you mean 'start/images'?" in said
    assert all(name in said for name in chapters.names())


def test_chapter_without_code_cannot_be_run(run):
    assert "has no code to run" in sentence(run("run", "reference/bibliography"))


def test_run_keeps_a_file_that_is_there(run):
    (run.folder / "introduction.ipynb").write_text("mine")
    assert "may hold your work" in sentence(run("run", "start/introduction"))
    assert (run.folder / "introduction.ipynb").read_text() == "mine"


@pytest.fixture
def course_with(tmp_path):
    """Return a function that makes a course of one chapter and returns its source folder."""

    def make(text):
        root = tmp_path / "course"
        # Without what a wheel ships inside the package: the course made here has its own chapter.
        left_out = shutil.ignore_patterns("*cache*", "_shipped")
        shutil.copytree(paths.package(), root / "src" / "gpu_course", ignore=left_out)
        shutil.copytree(paths.data(), root / "data")
        (root / "book" / "part").mkdir(parents=True)
        (root / "book" / "part" / "toy.md").write_text(text, encoding="utf-8")
        return root / "src"

    return make


def test_chapter_that_runs_is_written_with_its_outputs(run, course_with):
    done = run("run", "part/toy", PYTHONPATH=course_with(CHAPTER))
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("toy.ipynb")
    notebook = nbformat.read(run.folder / "toy.ipynb", as_version=4)
    assert "the end" in notebook.cells[-1].outputs[0].text


def test_chapter_that_raises_is_one_sentence_and_leaves_no_file(run, course_with):
    text = CHAPTER.replace("print(pixels)", "pixels[7]")
    said = sentence(run("run", "part/toy", PYTHONPATH=course_with(text)))
    assert "the cell that begins “pixels = [0, 1, 1]” raised IndexError" in said
    assert list(run.folder.iterdir()) == []


def test_chapter_that_kills_its_kernel_is_one_sentence(run, course_with):
    text = CHAPTER.replace("print(pixels)", "import os; os._exit(9)")
    said = sentence(run("run", "part/toy", PYTHONPATH=course_with(text)))
    assert "ended its kernel" in said
    assert list(run.folder.iterdir()) == []


# --- notebooks -----------------------------------------------------------------------------------


def test_notebooks_never_replace_work_unasked(run):
    first = run("notebooks", "mine")
    assert first.returncode == 0, first.stderr
    files = sorted((run.folder / "mine").rglob("*.ipynb"))
    assert [str(file.relative_to(run.folder)) for file in files] == sorted(
        first.stdout.splitlines()
    )
    for file in files:
        nbformat.validate(nbformat.read(file, as_version=4))
    work = files[-1]
    work.write_text("solved!")
    others = {file: file.read_bytes() for file in files}
    assert "--overwrite" in sentence(run("notebooks", "mine"))
    assert {file: file.read_bytes() for file in files} == others
    assert run("notebooks", "mine", "--overwrite").returncode == 0
    assert work.read_text() != "solved!"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_notebooks_are_all_written_where_nobody_reads_their_list(run):
    here = {"cwd": run.folder, "stderr": subprocess.PIPE, "text": True, "check": False}
    command = [sys.executable, "-m", "gpu_course", "notebooks", "mine"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, **here)
    assert done.returncode == 1
    assert "the disk is full" in done.stderr
    written = {file.relative_to(run.folder / "mine") for file in run.folder.rglob("*.ipynb")}
    assert written == {Path(f"{c.name}.ipynb") for c in chapters.read_all() if c.code_cells}


def test_notebooks_of_an_unknown_kind_are_a_usage_error(run):
    done = run("notebooks", "mine", "--kind", "teacher")
    assert done.returncode == 2
    assert "'student', 'solved', 'colab'" in done.stderr
    assert list(run.folder.iterdir()) == []


def test_notebooks_cannot_go_into_a_file(run):
    (run.folder / "mine").write_text("a file")
    assert "mine" in sentence(run("notebooks", "mine"))


# --- images --------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["list", "fetch", "verify"])
def test_unknown_image_is_one_sentence_with_the_closest_name(run, action):
    said = sentence(run("images", action, "beez"))
    assert "Did you mean 'bees'?" in said


def test_missing_mirror_folder_is_named_with_the_cure(run, tmp_path):
    done = run("images", "fetch", "beesbook", GPU_COURSE_MIRROR=tmp_path / "nowhere")
    said = sentence(done)
    assert f"{tmp_path / 'nowhere'} does not exist" in said
    assert "GPU_COURSE_MIRROR" in said
    assert not list(tmp_path.rglob("*.jpeg"))


def test_one_cause_is_told_once_however_many_files_it_hits(run, tmp_path):
    done = run("images", "fetch", "rootnav", GPU_COURSE_MIRROR=tmp_path / "nowhere")
    sentence(done)


def test_damaged_file_in_the_mirror_is_refused_and_not_kept(run, tmp_path):
    mirror = tmp_path / "mirror"
    file = next(p for p in _paths("beesbook"))
    (mirror / file).parent.mkdir(parents=True)
    (mirror / file).write_bytes(b"not a photograph")
    said = sentence(run("images", "fetch", "beesbook", GPU_COURSE_MIRROR=mirror))
    assert file in said
    assert "sha256" in said
    assert not list((tmp_path / "cache").rglob("*.*"))
    said = sentence(run("images", "verify", "beesbook", GPU_COURSE_MIRROR=mirror))
    assert f"{file} is damaged" in said


def _paths(name):
    from gpu_course.images import catalogue

    return catalogue.files(name)


def test_images_list_names_every_set(run):
    from gpu_course import images

    done = run("images", "list")
    assert done.returncode == 0
    assert all(name in done.stdout for name in images.names())


def test_fetching_from_a_mirror_succeeds(run, mirror):
    done = run("images", "fetch", "bees-yard", GPU_COURSE_MIRROR=mirror.resolve())
    assert done.returncode == 0, done.stderr
    assert run("images", "verify", "bees-yard", GPU_COURSE_MIRROR=mirror.resolve()).returncode == 0


# --- scores and doctor ---------------------------------------------------------------------------


def test_scores_are_json_that_another_program_reads(run):
    done = run("scores", "--json")
    assert done.returncode == 0, done.stderr
    keys = {"set", "method", "metric", "value", "n", "chapter", "split"}
    for score in json.loads(done.stdout):
        assert set(score) == keys
        assert score["chapter"] in chapters.names()
        assert score["split"] == "test"


def test_doctor_report_is_plain_text_that_names_nobody(run):
    done = run("doctor", "--report")
    assert done.returncode in {0, 1}
    assert "\x1b" not in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert str(Path.home()) not in done.stdout
    assert importlib.metadata.version("gpu-course") in done.stdout


def test_unknown_size_is_one_sentence_with_the_choices(run):
    said = sentence(run("run", "start/introduction", GPU_COURSE_SIZE="gigantic"))
    assert "small" in said
    assert "laptop" in said
    assert list(run.folder.iterdir()) == []


# --- bundles -------------------------------------------------------------------------------------


def test_bundle_tells_a_list_that_is_none(run):
    done = run("bundle", "out", "--python", "3.12", "--have", "nowhere.txt")
    assert "nowhere.txt cannot be read" in sentence(done)
    (run.folder / "have.txt").write_text("numpy\n")
    done = run("bundle", "out", "--python", "3.12", "--have", "have.txt")
    assert "names no version in “numpy”" in sentence(done)
    assert not (run.folder / "out").exists()


def test_accept_tells_a_file_that_is_no_archive(run):
    assert "cannot be read as an archive of results" in sentence(run("accept", "results.tar"))
