"""A program run as on other processors: what does the course answer there?

OpenBLAS and NumPy choose their code by the processor. Both can be told to choose that of an older
one; each runs in a process of its own, as they choose once.
"""

import os
import platform
import subprocess
import sys

import numpy as np
import pytest

on_x86 = pytest.mark.skipif(
    platform.machine() not in {"x86_64", "AMD64"}, reason="the code of other x86 processors is run"
)

#: OpenBLAS: fused products or none. NumPy: without the instructions of the last ten years.
PROCESSORS = {
    "as it is": {},
    "with AVX2": {
        "OPENBLAS_CORETYPE": "Haswell",
        "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    },
    "with SSE": {
        "OPENBLAS_CORETYPE": "Nehalem",
        "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
    },
}


def answers_of(program, folder):
    """Run a program on each processor; return its name, and the arrays that it saved, by name.

    The program saves them with ``np.savez(sys.argv[1], …)``.
    """
    result = {}
    for number, (name, settings) in enumerate(PROCESSORS.items()):
        file = folder / f"{number}.npz"
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program, file],
            env=os.environ | settings, check=True, timeout=300,
        )  # fmt: skip
        with np.load(file) as arrays:
            result[name] = dict(arrays)
    return result
