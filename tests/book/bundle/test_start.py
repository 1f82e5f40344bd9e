"""The script that travels with a bundle, run as on a node: by itself, with no course installed."""

import errno
import os
import signal
import subprocess
import sys

import pytest

from gpu_course.book.bundle import start
from tests import interrupts
from tests.book.bundle.toys import bundle, machine

PYTHON, PLATFORM = machine()


def run(folder, *arguments, **environment):
    return subprocess.run(
        ["sh", folder / "run.sh", *arguments],
        env={**os.environ, "PYTHON": sys.executable, "PYTHONPATH": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def sentence(done):
    """Return the one line of a fault, after making sure that nothing else was said."""
    assert done.returncode == 1, done
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@pytest.fixture
def toy(tmp_path):
    return bundle(tmp_path, PYTHON, PLATFORM)


def test_parts_are_joined_installed_aside_and_handed_over(toy):
    assert len(list(toy.glob("part-*"))) > 1
    done = run(toy, "--budget", "60", "--minutes", "9", "--no-benchmarks")
    assert done.returncode == 0, done.stderr
    assert "on node 60 --minutes 9 --no-benchmarks" in done.stdout
    assert done.stdout.startswith(f"comparing {len(list(toy.iterdir())) - 2} files with their sums")
    assert (toy / "work" / "site" / "gpu_course" / "book" / "__init__.py").is_file()
    again = run(toy)
    assert "installing" not in again.stdout
    assert "on node 900" in again.stdout


def test_python_without_filters_of_archives_unpacks_too(toy, monkeypatch):
    """As Debian 12's, which is 3.11.2."""
    plain = start.tarfile.TarFile.extractall
    monkeypatch.delattr(start.tarfile, "data_filter", raising=False)
    monkeypatch.setattr(start.tarfile.TarFile, "extractall", lambda self, path: plain(self, path))
    monkeypatch.setattr(start, "HERE", str(toy))
    (toy / "work").mkdir()
    start.unpack(start.verified(str(toy)), str(toy / "work"))
    assert list((toy / "work" / "wheels").glob("gpu_course-*.whl"))


def test_truncated_part_is_told_by_its_length(toy):
    part = toy / "part-001"
    part.write_bytes(part.read_bytes()[:100])
    assert "part-001 is cut off: 100 bytes came of 5000. Copy it again." in sentence(run(toy))
    assert not (toy / "work").exists()


def test_wrong_sum_is_told_by_name(toy):
    part = toy / "part-001"
    part.write_bytes(part.read_bytes()[:-1] + b"?")
    assert "part-001 is damaged: its sha256 is not" in sentence(run(toy))


def test_missing_part_is_told_by_name(toy):
    (toy / "part-002").unlink()
    assert "part-002 is missing from the bundle" in sentence(run(toy))


@pytest.mark.parametrize("share", [0, 0.5, 0.999])
def test_script_that_was_half_copied_does_not_end_as_if_all_was_done(toy, share):
    script = toy / "start.py"
    script.write_bytes(script.read_bytes()[: int(share * script.stat().st_size)])
    assert "start.py is not whole. Copy the bundle again." in sentence(run(toy))
    script.unlink()
    assert "start.py is not whole" in sentence(run(toy))


@pytest.mark.parametrize("lines", [6, 12, 25, -1])
def test_shell_script_that_was_half_copied_fails(toy, lines):
    script = toy / "run.sh"
    script.write_text("\n".join(script.read_text().splitlines()[:lines]) + "\n")
    done = run(toy)
    assert done.returncode
    assert done.stderr
    assert not (toy / "work").exists()


def test_bundle_for_another_python_is_refused(tmp_path):
    toy = bundle(tmp_path, "3.9", PLATFORM)
    assert "This bundle is for Python 3.9, and there is none here." in sentence(run(toy))
    done = subprocess.run(
        [sys.executable, toy / "start.py"], capture_output=True, text=True, check=False
    )
    assert f"for Python 3.9, and this is Python {PYTHON}." in sentence(done)


def test_bundle_for_another_platform_is_refused(tmp_path):
    toy = bundle(tmp_path, PYTHON, "somewhere-else")
    assert f"is for somewhere-else, and this machine is {PLATFORM}." in sentence(run(toy))


def test_no_platform_is_named_for_which_no_bundle_can_be_made(monkeypatch):
    monkeypatch.setattr(start.platform, "machine", lambda: "riscv64")
    with pytest.raises(start.StopError, match=r"No bundle can be made for it: take one of linux-x"):
        start.suits({"pythons": [PYTHON], "platforms": ["linux-x86_64"]})


def test_wheel_for_another_python_is_named(tmp_path):
    toy = bundle(tmp_path, PYTHON, PLATFORM, [("strange", "cp37-cp37m-win32")])
    said = sentence(run(toy))
    assert "strange-1.0-cp37-cp37m-win32.whl is for another Python or system" in said
    assert not (toy / "work" / "site").exists()


def test_work_of_another_bundle_is_kept(toy, tmp_path):
    (toy / "work").mkdir()
    (toy / "work" / "plan.json").write_text('{"parts": []}')
    assert "holds another bundle" in sentence(run(toy))


def test_full_disk_is_one_sentence_before_anything_is_written(toy, monkeypatch, capsys):
    monkeypatch.setattr(start, "HERE", str(toy))
    monkeypatch.setattr(start.shutil, "disk_usage", lambda _: Free())
    assert start.main([]) == 1
    assert "is too full: 0 MiB are free" in capsys.readouterr().err
    assert os.listdir(toy / "work") == [start.LOCK]


class Free:
    free = 1000


def test_disk_that_fills_up_is_one_sentence(toy, monkeypatch, capsys):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(start, "HERE", str(toy))
    monkeypatch.setattr(start.shutil, "copyfileobj", full)
    assert start.main([]) == 1
    assert capsys.readouterr().err == (
        "start.py: The disk is full. Free some space, or work in a folder on another disk.\n"
    )


def test_folders_with_spaces_and_letters_are_walked_through(tmp_path):
    """Also where CDPATH would lead elsewhere, and Python lies in such a folder too."""
    place = tmp_path / "Übung eins"
    place.mkdir()
    toy = bundle(place, PYTHON, PLATFORM)
    python = place / "mein python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (tmp_path / "elsewhere" / "bundle").mkdir(parents=True)
    done = subprocess.run(
        ["sh", "bundle/run.sh", "--no-benchmarks"],
        cwd=place,
        env={
            **os.environ,
            **{"PYTHON": str(python), "PYTHONPATH": "", "LC_ALL": "C"},
            "CDPATH": str(tmp_path / "elsewhere"),
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "on node 900 --no-benchmarks" in done.stdout
    assert (toy / "work" / "site").is_dir()


def test_second_start_in_one_folder_is_refused(toy, monkeypatch, capsys):
    monkeypatch.setattr(start, "HERE", str(toy))
    with start.alone(str(toy / "work")):
        assert start.main([]) == 1
    assert capsys.readouterr().err.endswith("work. Wait until it has ended.\n")
    assert os.listdir(toy / "work") == [start.LOCK]


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (KeyboardInterrupt(), 130, "\nstart.py: Stopped. Start it again, and it goes on.\n"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 1, ""),
        (
            PermissionError(errno.EACCES, "Permission denied", "/x"),
            1,
            "start.py: /x: Permission denied. Check the folder and its permissions.\n",
        ),
        (
            start.shutil.Error([("a", "b", "[Errno 28] No space left on device: 'b'")]),
            1,
            "start.py: The disk is full. Free some space, or work in a folder on another disk.\n",
        ),
    ],
)
def test_each_end_has_its_status_and_its_sentence(monkeypatch, capsys, error, status, said):
    def fails(_):
        raise error

    monkeypatch.setattr(start, "verified", fails)
    assert start.main([]) == status
    assert capsys.readouterr().err == said


@pytest.fixture
def classroom(tmp_path, monkeypatch):
    """Return a classroom's bundle whose course is there already, and the student's folder."""
    here, mine = tmp_path / "Kurs für Übende", tmp_path / "Übung eins"
    for name in ("a.ipynb", "b.ipynb"):
        (here / "notebooks").mkdir(parents=True, exist_ok=True)
        (here / "notebooks" / name).write_text("ours")
    monkeypatch.setattr(start, "HERE", str(here))
    monkeypatch.setattr(start, "install", lambda *_: None)
    return here, mine


def test_notebooks_are_laid_out_all_or_none_and_never_twice(classroom, monkeypatch, capsys):
    _, mine = classroom
    copy = start.shutil.copytree

    def half(source, target):
        copy(source, target)
        os.remove(os.path.join(target, "b.ipynb"))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(start.shutil, "copytree", half)
    with pytest.raises(OSError, match="No space"):
        start.classroom({}, [str(mine)])
    assert not (mine / "notebooks").exists()
    monkeypatch.setattr(start.shutil, "copytree", copy)
    assert start.classroom({}, [str(mine)]) == 0
    assert sorted(os.listdir(mine / "notebooks")) == ["a.ipynb", "b.ipynb"]
    assert str(mine) in capsys.readouterr().out
    (mine / "notebooks" / "a.ipynb").write_text("solved!")
    assert start.classroom({}, [str(mine)]) == 0
    assert (mine / "notebooks" / "a.ipynb").read_text() == "solved!"


PLAN = {
    "commit": "one",
    "install": ["gpu-course"],
    "install_bare": ["prototype==1"],
    "room": {f"{PYTHON} {PLATFORM}": 5 << 20},
}


def test_environment_is_made_once_for_each_archive(tmp_path, monkeypatch):
    """A student who gets a newer archive must not go on with the older course."""
    venv, made = tmp_path / ".venv", []
    monkeypatch.setattr(start, "complaint", lambda command: venv.mkdir(parents=True, exist_ok=True))
    monkeypatch.setattr(start, "pip", lambda arguments, *_: made.append(arguments[-1]))
    for plan in (PLAN, PLAN, {**PLAN, "commit": "two"}, {**PLAN, "commit": "two"}):
        start.install(plan, str(venv), "python")
    assert made == ["gpu-course", "prototype==1"] * 2


@pytest.mark.parametrize(
    ("asked", "called"),
    [
        (["--doctor"], ["-m", "gpu_course", "doctor"]),
        (["--run", "start/introduction"], ["-m", "gpu_course", "run", "start/introduction"]),
        (["--lab"], ["-m", "jupyterlab", "notebooks"]),
    ],
)
def test_student_runs_what_was_installed_with_the_images_of_the_class(
    classroom, monkeypatch, asked, called
):
    here, mine = classroom
    seen = []
    monkeypatch.setattr(start, "handed_over", lambda *given: seen.append(given) or 3)
    assert start.classroom({}, [str(mine), *asked]) == 3
    ((command, folder, environment),) = seen
    assert folder == str(mine)
    assert command[0].startswith(str(mine / ".venv"))
    assert [word.removeprefix(f"{mine}{os.sep}") for word in command[1:]] == called
    assert environment["GPU_COURSE_MIRROR"] == str(here / "images")


SLOW = """
import signal, sys, time
try:
    print("begun", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    time.sleep(1)
    print("tidied up", flush=True)
    sys.exit(7)
"""


@pytest.mark.skipif(os.name != "posix", reason="sends a signal to a group of processes")
def test_ctrl_c_is_left_to_the_program_that_runs():
    code = f"import sys; sys.path.insert(0, {os.path.dirname(start.__file__)!r}); import start; "
    code += f"sys.exit(start.handed_over([sys.executable, '-c', {SLOW!r}], '.', {{}}))"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=interrupts.heed,
    )
    assert process.stdout.readline() == "begun\n"
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=60) == ("tidied up\n", "")
    assert process.returncode == 7


def test_student_without_room_is_told_so_before_anything_is_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(start.shutil, "disk_usage", lambda _: Free())
    monkeypatch.setattr(start, "complaint", lambda _: 1 / 0)
    with pytest.raises(start.StopError, match=r"0 MiB are free, and 6 MiB are needed\. Free some"):
        start.install(PLAN, str(tmp_path / ".venv"), "python")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()]
)
def test_environment_that_was_not_finished_takes_no_room(tmp_path, monkeypatch, error):
    def fails(*_):
        raise error

    venv = tmp_path / ".venv"
    monkeypatch.setattr(start, "complaint", lambda _: (venv / "bin").mkdir(parents=True))
    monkeypatch.setattr(start, "pip", fails)
    with pytest.raises(type(error)):
        start.install(PLAN, str(venv), "python")
    assert list(tmp_path.iterdir()) == []


def test_disk_that_fills_while_parts_are_joined_keeps_nothing_of_them(toy, monkeypatch):
    def full(source, target):
        target.write(source.read(100))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(start, "HERE", str(toy))
    monkeypatch.setattr(start.shutil, "copyfileobj", full)
    assert start.main([]) == 1
    assert os.listdir(toy / "work") == [start.LOCK]


def test_environment_that_cannot_be_made_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(start, "HERE", str(tmp_path))
    (tmp_path / "file").write_text("x")
    with pytest.raises(start.StopError, match=r"file/\.venv cannot be made: .*Not a directory"):
        start.install(PLAN, str(tmp_path / "file/.venv"), "python")
    says = [sys.executable, "-c", "import os, sys; sys.exit(f'pip: {os.strerror(28)}')"]
    with pytest.raises(OSError, match="No space left"):
        start.complaint(says)
