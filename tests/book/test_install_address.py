import importlib.metadata
import json

import pytest

from gpu_course.book import install_address


@pytest.fixture
def nowhere(monkeypatch):
    """Pretend that the course was installed from a folder, and return a way to change that."""
    monkeypatch.delenv("GPU_COURSE_REPOSITORY", raising=False)

    def installed_from(record):
        class Distribution:
            def read_text(self, name):
                assert name == "direct_url.json"
                return json.dumps(record) if record else None

        monkeypatch.setattr(importlib.metadata, "distribution", lambda name: Distribution())

    installed_from({"url": "file:///somewhere", "dir_info": {"editable": True}})
    return installed_from


def test_copy_without_a_public_address_names_no_package_on_an_index(nowhere):
    assert install_address.requirement(["cuda12"]) == ""
    nowhere(None)
    assert install_address.requirement() == ""


def test_repository_of_the_workflow_is_pinned_to_the_commit(nowhere, monkeypatch):
    monkeypatch.setenv("GPU_COURSE_REPOSITORY", "owner/name")
    wanted = install_address.requirement(["cuda12", "deep-learning"])
    assert wanted.startswith(
        "gpu-course[cuda12,deep-learning] @ git+https://github.com/owner/name@"
    )
    assert len(wanted.rpartition("@")[2]) in (4, 40)


def test_copy_installed_from_git_installs_the_same_commit(nowhere):
    vcs = {"vcs": "git", "commit_id": "a" * 40}
    nowhere({"url": "https://example.org/course", "vcs_info": vcs})
    assert (
        install_address.requirement() == f"gpu-course @ git+https://example.org/course@{'a' * 40}"
    )
    nowhere({"url": "ssh://git@example.org/course", "vcs_info": vcs})
    assert install_address.requirement() == ""
