import hashlib
import importlib.metadata
import json
import zipfile

import pytest

from gpu_course.book import install_address
from gpu_course.book.install_address import Source


@pytest.fixture
def installed_from(monkeypatch):
    """Return a way to say what pip recorded about the origin of the course."""

    def record(found):
        class Distribution:
            metadata = {"Requires-Python": ">=3.11,<3.14"}  # noqa: RUF012

            def read_text(self, name):
                assert name == "direct_url.json"
                return json.dumps(found) if found else None

        monkeypatch.setattr(importlib.metadata, "distribution", lambda name: Distribution())

    return record


@pytest.fixture
def wheel(tmp_path):
    file = tmp_path / "gpu_course-9.1-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("gpu_course-9.1.dist-info/METADATA", "Requires-Python: >=3.11,<3.14\n\n")
    return file


def test_wheel_is_known_by_name_hash_and_place_on_the_site(wheel):
    sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
    nowhere = Source(wheel.name, sha256, "", ">=3.11,<3.14")
    assert install_address.of_wheel(wheel) == nowhere
    found = install_address.of_wheel(wheel, "https://example.org/course/")
    assert found.address == f"https://example.org/course/downloads/{wheel.name}"


def test_pythons_that_will_do():
    assert Source(python=">=3.11,<3.14").bounds() == ((3, 11), (3, 14))
    assert Source(python="<3.14,>=3.11").bounds() == ((3, 11), (3, 14))


@pytest.mark.parametrize(
    "record", [None, {"url": "file:///somewhere", "dir_info": {"editable": True}}]
)
def test_copy_of_unknown_origin_names_no_package_on_an_index(installed_from, record):
    installed_from(record)
    assert install_address.installed() == Source(python=">=3.11,<3.14")


@pytest.mark.parametrize(
    "archive", [{"hashes": {"sha256": "a" * 64}}, {"hash": f"sha256={'a' * 64}"}]
)
def test_copy_installed_from_a_file_asks_for_that_very_file(installed_from, archive):
    url = "https://example.org/downloads/gpu_course-9.1-py3-none-any.whl"
    installed_from({"url": url, "archive_info": archive})
    found = install_address.installed()
    assert (found.file, found.sha256) == ("gpu_course-9.1-py3-none-any.whl", "a" * 64)
    assert found.address == url


def test_file_on_disk_without_a_recorded_hash_is_hashed_while_it_is_there(installed_from, wheel):
    installed_from({"url": wheel.as_uri(), "archive_info": {}})
    found = install_address.installed()
    assert found == install_address.of_wheel(wheel)
    wheel.unlink()
    assert install_address.installed() == Source(python=">=3.11,<3.14")


def test_copy_installed_from_git_installs_the_same_commit(installed_from):
    vcs = {"vcs": "git", "commit_id": "a" * 40}
    installed_from({"url": "https://example.org/course", "vcs_info": vcs})
    found = install_address.installed()
    assert (found.file, found.address) == ("", f"git+https://example.org/course@{'a' * 40}")
    installed_from({"url": "ssh://git@example.org/course", "vcs_info": vcs})
    assert install_address.installed().address == ""
