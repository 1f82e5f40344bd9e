"""The live U-Net reads the very file of weights that the chapters use."""

from gpu_course import paths


def test_the_site_offers_the_files_of_weights_that_live_figures_fetch(site):
    live = site.folder / "_static" / "live"
    code = "".join(file.read_text(encoding="utf-8") for file in live.glob("*.js"))
    weights = paths.data() / "weights"
    named = {file.name for file in weights.iterdir() if f'"weights/{file.name}"' in code}
    assert named
    assert named == {file.name for file in (live / "weights").iterdir()}
    for name in named:
        assert (live / "weights" / name).read_bytes() == (weights / name).read_bytes()
