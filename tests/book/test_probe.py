"""What a chapter's kernel opens is heard, also where a library opens it outside Python."""

import json
import subprocess
import sys

import pytest

from gpu_course.book import probe, records
from gpu_course.deep_learning import weights


def opened_by(code):
    """Return the files that a program opens which the probe listens to."""
    report = "import json; print(json.dumps(sorted(sys._gpu_course_opened)))"
    program = "\n".join([probe.START, "import sys", code, report])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_files_that_are_read_are_heard_and_those_written_are_not(tmp_path):
    (tmp_path / "read").write_text("x")
    heard = opened_by(
        f"open({str(tmp_path / 'read')!r}).read(); open({str(tmp_path / 'new')!r}, 'w').close()"
    )
    assert str(tmp_path / "read") in heard
    assert str(tmp_path / "new") not in heard


def test_a_network_that_is_loaded_belongs_to_what_the_output_was_computed_from():
    pytest.importorskip("safetensors")
    file = weights.find(weights.shipped()[0])
    read = "from gpu_course.deep_learning.safetensors_file import read"
    inputs = records.inputs_of([], opened_by(f"{read}; read({str(file)!r}, largest=1e9)"), {})
    assert inputs == {f"data/weights/{file.name}": records.sha256(file)}
