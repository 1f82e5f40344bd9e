"""What lies in a package: everything it names, and weights that give what the course gives."""

import ast
import hashlib
import io
import json
import sys

import numpy as np
import pytest
import tifffile
import torch
import yaml
from PIL import Image
from scipy import special

from gpu_course import paths
from gpu_course.deep_learning import predict_tiled, storage, unet, weights
from gpu_course.deep_learning.normalisation import FixedRange, Normalisation
from gpu_course.model_zoo import about, description, network_files
from tests.model_zoo.conftest import python


def named(part):
    """Yield every file that a description names with its sum, wherever."""
    if isinstance(part, dict):
        if "sha256" in part:
            yield part["source"], part["sha256"]
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from named(each)


def array(package, name):
    return np.load(io.BytesIO(package.files[name]), allow_pickle=False)


def step(pixels, what):
    """Return (N, C, Y, X) pixels after one step, as the format defines it."""
    how = what.get("kwargs", {})
    if what["id"] == "scale_range":
        axes = tuple(["batch", "channel", "y", "x"].index(axis) for axis in how["axes"])
        wanted = [how["min_percentile"], how["max_percentile"]]
        low, high = np.percentile(pixels, wanted, axis=axes, keepdims=True)
        return ((pixels - low) / (high - low + 1e-6)).astype(np.float32)
    if what["id"] == "scale_linear":
        return (pixels * how["gain"] + how["offset"]).astype(np.float32)
    assert what["id"] == "sigmoid"
    return special.expit(pixels)


def answer(package, network, pixels):
    """Return what a program gives that knows the description alone."""
    for what in package.description["inputs"][0]["preprocessing"]:
        pixels = step(pixels, what)
    with torch.inference_mode():
        result = network(torch.from_numpy(pixels)).numpy()
    for what in package.description["outputs"][0]["postprocessing"]:
        result = step(result, what)
    return result


def from_state_dict(package):
    """Build the network of the file with the architecture, without the course."""
    entry = package.description["weights"]["pytorch_state_dict"]
    source = package.files[entry["architecture"]["source"]].decode()
    tree = ast.parse(source)
    asked = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    asked |= {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    assert asked == {"__future__", "typing", "torch"}
    names = {"__name__": "architecture"}
    exec(compile(tree, "unet.py", "exec"), names)
    network = names[entry["architecture"]["callable"]](**entry["architecture"]["kwargs"])
    content = io.BytesIO(package.files[entry["source"]])
    network.load_state_dict(torch.load(content, weights_only=True))
    return network.eval()


def from_torchscript(package):
    return torch.jit.load(io.BytesIO(package.files[description.SCRIPT]))


LOADED = pytest.mark.parametrize("load", [from_state_dict, from_torchscript])


def test_it_is_complete_and_every_sum_is_right(package):
    told = package.description
    sums = dict(named(told))
    assert set(package.files) == {*sums, *told["covers"], told["documentation"], "rdf.yaml"}
    for name, sha256 in sums.items():
        assert hashlib.sha256(package.files[name]).hexdigest() == sha256, name
    assert len(sums) == 7


@LOADED
def test_the_weights_give_the_course_s_answer(package, load):
    given, wanted = array(package, description.INPUT), array(package, description.OUTPUT)
    assert given.shape == wanted.shape == (1, 1, 256, 256)
    assert given.dtype == wanted.dtype == np.float32
    for name, tensor in ((description.SEEN, given), (description.FOUND, wanted)):
        np.testing.assert_array_equal(
            tifffile.imread(io.BytesIO(package.files[name])), tensor[0, 0]
        )
    # It tests something: roots are found, and most is none.
    assert 0.01 < (wanted > 0.5).mean() < 0.3
    np.testing.assert_allclose(answer(package, load(package), given), wanted, atol=1e-4)


@LOADED
def test_the_answer_is_that_of_the_course_at_other_sizes_too(package, load):
    network, normalisation, _ = storage.load(weights.find("roots-unet"))
    pixels = np.random.default_rng(0).normal(90, 20, (2, 1, 160, 208)).astype(np.float32)
    pixels[:, :, 40:44] += 90
    found = answer(package, load(package), pixels)
    for image, given in zip(pixels, found, strict=True):
        wanted = predict_tiled(
            network, image[0], normalisation=normalisation, device="cpu", precision="float32"
        )
        np.testing.assert_allclose(given, wanted, atol=1e-4)


@pytest.mark.parametrize("norm", unet.NORMS)
@pytest.mark.parametrize("up", unet.UPS)
def test_every_kind_of_network_is_recorded_for_any_size(norm, up):
    torch.manual_seed(0)
    network = unet.UNet(2, 1, depth=2, width=4, norm=norm, up=up).eval()
    recorded = torch.jit.load(io.BytesIO(network_files.torchscript(network, 32)))
    image = torch.rand(3, 2, 48, 64)
    with torch.inference_mode():
        torch.testing.assert_close(recorded(image), network(image))


@pytest.mark.parametrize("scale", [Normalisation(2, 98), FixedRange(20, 220)])
def test_the_steps_before_the_network_are_the_course_s(scale):
    pixels = np.random.default_rng(1).integers(0, 255, (2, 40, 50)).astype(np.float32)
    prepared = pixels[None]
    for what in description.prepared(scale):
        prepared = step(prepared, what)
    np.testing.assert_allclose(prepared[0], scale(pixels), atol=1e-5)


def test_sizes_are_those_of_the_network(package):
    axes = {axis.get("id"): axis for axis in package.description["inputs"][0]["axes"]}
    assert axes["y"]["size"] == axes["x"]["size"] == {"min": 128, "step": 16}
    # What a program throws away of a tile is what the course does, and something is left of each.
    assert description.halo(16) == 32
    for stride in (2**depth for depth in range(unet.DEEPEST + 1)):
        least = description.smallest(stride)
        assert least % stride == 0
        assert least > 2 * description.halo(stride)
        assert least >= 2 * stride


def test_the_cover_is_as_the_zoo_wants_it(package):
    (name,) = package.description["covers"]
    content = package.files[name]
    assert len(content) < 500_000
    with Image.open(io.BytesIO(content)) as cover:
        assert cover.width == 2 * cover.height


def test_the_text_says_what_the_card_says(package):
    text = package.files["documentation.md"].decode()
    card = (paths.data() / "network-cards" / "roots-unet.toml").read_text(encoding="utf-8")
    assert "## Validation" in text
    assert text.count("\n* ") >= 4
    for line in text.splitlines():
        if line.startswith("* ") and "doi:" not in line:
            assert line[2:] in card
    assert "96 simulated train scenes" in text


def test_the_authors_are_those_of_the_citation():
    cited = yaml.safe_load((paths.root() / "CITATION.cff").read_text(encoding="utf-8"))
    assert [author["name"] for author in cited["authors"]] == [about.AUTHORS]
    assert cited["license"] == about.LICENCE


def test_the_zoo_s_own_library_finds_it_valid(package, tmp_path):
    pytest.importorskip("bioimageio.spec")
    code = (
        "import json\n"
        "from bioimageio.spec import load_model_description\n"
        f"model = load_model_description({str(package.path)!r}, perform_io_checks=True)\n"
        "told = model.validation_summary\n"
        "print(json.dumps([told.status, [e.msg for d in told.details for e in d.errors]]))\n"
    )
    done = python(sys.executable, code, BIOIMAGEIO_CACHE_PATH=str(tmp_path))
    assert done.returncode == 0, done.stderr
    status, errors = json.loads(done.stdout.splitlines()[-1])
    assert (status, errors) == ("valid-format", [])
