"""The benchmark of the plugin's window opens it, works in each way, and closes it again."""

import pytest

from benchmarks import napari_plugin as b
from gpu_course import napari_view

pytestmark = pytest.mark.display


def test_both_ways_are_watched_and_the_table_is_printed(monkeypatch, capsys):
    if napari_view.missing():
        pytest.skip(napari_view.missing())
    asked = []
    watch = napari_view.longest_silence

    def counted(start, *arguments, **options):
        asked.append(start)
        return watch(start, *arguments, **options)

    monkeypatch.setattr(b.sizes, "pick", lambda **_: 160)
    monkeypatch.setattr(b, "ROUNDS", 1)
    monkeypatch.setattr(napari_view, "longest_silence", counted)
    b.main()
    printed = capsys.readouterr().out
    assert len(asked) == 2
    assert "best of 1 rounds, 160²" in printed
    assert "(1.00)" in printed


def test_without_a_window_it_says_why(monkeypatch, capsys):
    monkeypatch.setattr(napari_view, "missing", lambda: "there is no screen.")
    b.main()
    assert capsys.readouterr().out == "No window here: there is no screen.\n"
