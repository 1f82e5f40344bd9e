"""How every program of the course ends: its status, and one sentence where a person can mend it."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib

import pytest

from gpu_course import command_line, environment, paths, writable
from gpu_course.command_line import StoppedError, ends_well
from gpu_course.errors import CourseError
from tests import interrupts

posix = pytest.mark.skipif(os.name != "posix", reason="a shell of POSIX closes streams by >&-")


def gpu_course(arguments, how="", cwd=None, **more):
    command = f'"{sys.executable}" -m gpu_course {arguments} {how}'
    return subprocess.run(
        ["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"],
        cwd=cwd,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        check=False,
    )


# --- the status ----------------------------------------------------------------------------------


def raises(error):
    def main():
        raise error

    return main


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (KeyboardInterrupt(), 130, "toy: Stopped. What was finished before is kept.\n"),
        (SystemExit(130), 130, "toy: Stopped. What was finished before is kept.\n"),
        (StoppedError("Stopped. Start it again."), 130, "toy: Stopped. Start it again.\n"),
        (CourseError("No “x”. Give one."), 1, "toy: No “x”. Give one.\n"),
        (SystemExit(2), 2, ""),
        (SystemExit(), 0, ""),
        (SystemExit("the cause"), 1, "toy: the cause\n"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 1, ""),
    ],
)
def test_each_end_has_its_status_and_its_sentence(capsys, error, status, said):
    assert ends_well(raises(error), "toy") == status
    assert capsys.readouterr().err == said


@pytest.mark.parametrize(
    "error",
    [
        NotADirectoryError(errno.ENOTDIR, "Not a directory", "file/below"),
        OSError(errno.ENAMETOOLONG, "File name too long", "x" * 9),
        shutil.Error([("a", "b", "[Errno 28] No space left on device: 'b'")]),
    ],
)
def test_places_that_hold_no_file_are_one_sentence(capsys, error):
    assert ends_well(raises(error)) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith(("Cannot use", "A folder cannot be copied: the disk is full."))


def test_what_waits_in_the_buffer_is_no_second_fault():
    """A command that prints, then finds a fault, where nobody reads: the fault alone is told."""
    code = (
        "import sys; from gpu_course import command_line; from gpu_course.errors import CourseError"
        "\ndef main(): print('x'); raise CourseError('No “x”. Give one.')"
        "\nsys.exit(command_line.ends_well(main, 'toy'))"
    )
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-c", code],
        stdout=write,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
        text=True,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "toy: No “x”. Give one.\n")


@posix
@pytest.mark.parametrize("how", [">&-", "<&- >&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_fault(how, tmp_path):
    done = gpu_course("scores", how, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


@posix
def test_files_never_take_the_place_of_a_closed_stream(monkeypatch, tmp_path):
    """Where 1 is closed, the next file that is opened would get what libraries print."""
    code = (
        "import os, sys; from gpu_course import command_line"
        f"\ndef main():\n    file = open({str(tmp_path / 'work')!r}, 'w')"
        "\n    os.system('echo printed by a library')\n    assert file.fileno() > 2"
        "\nsys.exit(command_line.ends_well(main, 'toy'))"
    )
    words = ["bash", "-c", 'exec "$0" -c "$1" <&- >&-', sys.executable, code]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "work").read_text() == ""


@posix
def test_interrupted_command_ends_by_the_convention(tmp_path):
    """Ctrl-C reaches the whole group: the command, and the kernel that it started."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gpu_course", "run", "start/introduction"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=interrupts.heed,
        env={**os.environ, "GPU_COURSE_SIZE": "small"},
    )
    psutil = pytest.importorskip("psutil")
    end = time.monotonic() + 60
    while not psutil.Process(process.pid).children() and time.monotonic() < end:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (
        130,
        "gpu-course: Stopped. What was finished before is kept.\n",
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("typer", "status", "said"),
    [
        # The first third of a second: nothing but the front door is there to answer.
        ("import os, signal; os.kill(os.getpid(), signal.SIGINT)", 130, "gpu-course: Stopped.\n"),
        # The environment that only builds the site.
        ("raise ModuleNotFoundError(name='typer')", 1, "gpu-course: The package typer is missing"),
    ],
)
def test_front_door_answers_while_the_command_line_is_imported(tmp_path, typer, status, said):
    (tmp_path / "typer.py").write_text(typer)
    done = subprocess.run(
        [sys.executable, "-m", "gpu_course", "scores"],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{os.pathsep.join(sys.path)}"},
        preexec_fn=interrupts.heed if os.name == "posix" else None,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1


def test_the_front_door_is_light():
    """What it imports before it can answer is the package's own face, and nothing of typer's."""
    code = "import sys; import gpu_course.__main__; print([n for n in sys.modules if 'gpu_c' in n])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "['gpu_course', 'gpu_course.__main__']\n"
    metadata = tomllib.loads((paths.root() / "pyproject.toml").read_text(encoding="utf-8"))
    assert metadata["project"]["scripts"] == {"gpu-course": "gpu_course.__main__:main"}


# --- what cannot be written is told before the work ----------------------------------------------


def test_place_that_cannot_be_written_is_told_with_its_reason(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    writable.refuse(tmp_path / "new" / "below" / "result.ipynb")
    assert os.listdir(tmp_path) == ["file"]
    with pytest.raises(CourseError, match=r"below.*Not a directory.*nothing was begun"):
        writable.refuse(tmp_path / "file" / "below")
    with pytest.raises(CourseError, match="too long"):
        writable.refuse(tmp_path / ("x" * 300) / "below")

    def full(**_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(writable.tempfile, "TemporaryFile", full)
    with pytest.raises(CourseError, match=r"the disk is full\. Free some space"):
        writable.refuse(tmp_path / "result.ipynb")


@pytest.mark.parametrize(
    "arguments",
    [
        "run start/introduction --output file/below/a.ipynb",
        "train mine --model file/a.safetensors",
        "predict bees-stardist mine file/out",
    ],
)
def test_commands_refuse_before_they_work(tmp_path, arguments):
    (tmp_path / "file").write_text("x")
    done = gpu_course(arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("gpu-course: Cannot write file")
    assert done.stderr.endswith("nothing was begun.\n")


# --- environment variables -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("GPU_COURSE_CASHE", "x", "no environment variable GPU_COURSE_CASHE. Did you mean 'GPU_C"),
        ("GPU_COURSE_", "", "no environment variable GPU_COURSE_."),
        ("GPU_COURSE_MIRROR", "http://", "is 'http://', which is no web address. Set it to a f"),
        ("GPU_COURSE_MIRROR", "http://[", "which is no web address"),
        ("GPU_COURSE_MIRROR", "ftp://example.org", "which is no web address"),
        ("GPU_COURSE_MIRROR", "file:///images", "which is no web address"),
        ("GPU_COURSE_MIRROR", "~nobody-of-that-name", "the ~ of a user whom this machine does no"),
        ("GPU_COURSE_CACHE", "~nobody-of-that-name", "the ~ of a user whom this machine does no"),
        ("GPU_COURSE_CACHE", "x" * 5000, "File name too long. Correct the path, or the environm"),
    ],
)
def test_value_that_nobody_can_read_is_one_sentence(monkeypatch, capsys, name, value, said):
    from gpu_course.images import registry

    monkeypatch.setenv(name, value)
    path = next(entry.path for entry in registry.entries() if not entry.package)
    assert ends_well(lambda: registry.verify(path), "toy") == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert said in told


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("GPU_COURSE_MIRROR", v) for v in ("", "images", "/a:/b", "C:/images", "C:\\images")],
        ("GPU_COURSE_MIRROR", "https://example.org:8000/a b/"),
        ("GPU_COURSE_MIRROR", "http://localhost"),
        *[(name, "") for name in sorted(environment.OF_PEOPLE)],
        *[(name, " ") for name in sorted(environment.OF_PEOPLE)],
    ],
)
def test_value_that_can_be_read_stays(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    environment.settle()
    assert os.environ[name] == value


@pytest.mark.parametrize("name", environment.EMPTY_IS_UNSET)
def test_opencl_variables_set_to_nothing_are_unset(monkeypatch, name):
    monkeypatch.setenv(name, "")
    environment.settle()
    assert name not in os.environ
    monkeypatch.setenv(name, "/mine")
    environment.settle()
    assert os.environ[name] == "/mine"


def test_every_variable_that_the_course_reads_is_known():
    import re

    from gpu_course import paths

    sources = [*paths.package().rglob("*.py"), *(paths.root() / "ci").glob("*.py")]
    found = {
        name
        for source in sources
        for name in re.findall(r'"(GPU_COURSE_[A-Z_]+)"', source.read_text(encoding="utf-8"))
    }
    known = environment.OF_PEOPLE | environment.OF_PROGRAMS
    assert found - {environment.PREFIX} <= known
    assert command_line.STOPPED == 130


SLOW = """
import sys, time
from gpu_course.command_line import busy
with busy("Reading [cells]") as ready:
    time.sleep(0.3)
    ready()
    print("done", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="terminals of POSIX")
def test_who_waits_at_a_terminal_sees_that_a_command_is_at_work():
    import pty

    there, here = pty.openpty()
    command = [sys.executable, "-c", SLOW]
    subprocess.run(
        command, stdout=here, stderr=here, check=True, env=os.environ | {"TERM": "xterm"}
    )
    os.close(here)
    seen = os.read(there, 65536).decode()
    assert "Reading [cells] …" in seen
    assert seen.index("Reading [cells]") < seen.index("\x1b[2K") < seen.index("done")


def test_nothing_of_it_goes_into_a_file_or_a_pipe():
    done = subprocess.run([sys.executable, "-c", SLOW], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("done\n", "")
