"""The live U-Net reads the very file of weights that the chapters use."""

from gpu_course import paths


def test_the_site_offers_the_files_of_weights_that_live_figures_fetch(site):
    live = site.folder / "_static" / "live"
    named = {
        file.name
        for file in (paths.data() / "weights").glob("*.safetensors")
        if any(f"weights/{file.name}" in code.read_text(encoding="utf-8") for code in live.glob("*.js"))
    }
    assert named
    assert named == {file.name for file in (live / "weights").iterdir()}
    for name in named:
        assert (live / "weights" / name).read_bytes() == (paths.data() / "weights" / name).read_bytes()
