"""The benchmark of the plugin's window says why where there is no window."""

import pytest

from benchmarks import napari_plugin as b
from gpu_course import napari_view

pytestmark = pytest.mark.display


def test_without_a_window_it_says_why(monkeypatch, capsys):
    monkeypatch.setattr(napari_view, "missing", lambda: "there is no screen.")
    b.main()
    assert capsys.readouterr().out == "No window here: there is no screen.\n"
