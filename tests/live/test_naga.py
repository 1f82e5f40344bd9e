"""The compiler of Firefox takes every kernel; the other tests use a browser with another one."""

import re

import pytest

from tests.live.test_live_files import LIVE

wgpu = pytest.importorskip("wgpu", reason="naga, the compiler of Firefox, comes with wgpu")

# What the page puts before the kernels that a reader edits.
HEAD = re.search(r"HEAD = `(.*?)`", (LIVE / "kernel-run.js").read_text("utf-8"), re.S)[1]
CODES = {file.name: file.read_text("utf-8") for file in LIVE.glob("*.wgsl")}
CODES |= {file.name: HEAD + file.read_text("utf-8") for file in (LIVE / "kernels").glob("*.wgsl")}
CONSTANTS = {("limits.wgsl", "compute"): {"STEPS": 256}}
ENTRIES = [
    (name, entry)
    for name, code in sorted(CODES.items())
    for entry in re.findall(r"@compute[^{]*?fn (\w+)", code)
]


@pytest.fixture(scope="module")
def compiler():
    """Return a device of any kind, a program on the processor, too: naga compiles for one."""
    adapters = wgpu.gpu.enumerate_adapters_sync()
    if not adapters:
        pytest.skip("no driver for WebGPU outside a browser: a package such as mesa-vulkan-drivers")
    return adapters[0].request_device_sync()


def test_all_kernels_are_in_files():
    assert len({name for name, _ in ENTRIES}) == len(CODES) == len([*LIVE.rglob("*.wgsl")])
    assert not [file.name for file in LIVE.glob("*.js") if "@compute @" in file.read_text("utf-8")]


@pytest.mark.parametrize(("name", "entry"), ENTRIES)
def test_naga_compiles(compiler, name, entry):
    module = compiler.create_shader_module(code=CODES[name])
    stage = {
        "module": module,
        "entry_point": entry,
        "constants": CONSTANTS.get((name, entry), {}),
    }
    assert compiler.create_compute_pipeline(layout="auto", compute=stage)


def test_naga_refuses(compiler):
    with pytest.raises(wgpu.GPUValidationError, match="there"):
        compiler.create_shader_module(code=HEAD + "fn main() { dst[there] = 1.0; }")
