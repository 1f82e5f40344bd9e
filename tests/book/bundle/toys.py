"""Wheels, bundles and archives of results small enough to be made in a moment."""

import hashlib
import json
import tarfile
import zipfile
from io import BytesIO

from gpu_course.book.bundle import packing, start


def wheel(folder, name, version="1.0", tag="py3-none-any", requires=(), files=()):
    """Write a wheel; `files` are pairs of path and text."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{name}-{version}"
    metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
    metadata += [f"Requires-Dist: {line}" for line in requires]
    path = folder / f"{stem}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{stem}.dist-info/METADATA", "\n".join(metadata) + "\n")
        text = f"Wheel-Version: 1.0\nGenerator: toy\nRoot-Is-Purelib: true\nTag: {tag}\n"
        archive.writestr(f"{stem}.dist-info/WHEEL", text)
        archive.writestr(f"{stem}.dist-info/RECORD", "")
        for file, content in files:
            archive.writestr(file, content)
    return path


PIP = "import sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n"
"""Stands for pip's own wheel: hands over to the pip that is installed."""

COURSE = [
    ("gpu_course/__init__.py", ""),
    ("gpu_course/book/__init__.py", ""),
    ("gpu_course/book/bundle/__init__.py", ""),
    ("gpu_course/book/bundle/on_node.py", "import sys\nprint('on node', *sys.argv[2:])\n"),
]


def bundle(tmp_path, python, platform, more=()):
    """Write the bundle of a course of four files in parts of 500 bytes; return its folder."""
    tree, out = tmp_path / "tree", tmp_path / "bundle"
    wheel(tree / "wheels", "gpu_course", files=COURSE)
    for name, tag in more:
        wheel(tree / "wheels", name, tag=tag)
    stand_in = tree / "wheels" / "pip-1.whl" / "pip" / "__main__.py"
    stand_in.parent.mkdir(parents=True)
    stand_in.write_text(PIP)
    out.mkdir()
    plan = {"kind": "node", "pythons": [python], "platforms": [platform], "wheels": 1}
    plan["room"] = 10_000
    packing.finish(out, {**plan, "parts": packing.split(tree, out, 5000)})
    return out


def machine():
    """Return the Python and the platform that the tests run on, as a bundle names them."""
    import platform
    import sys

    here = start.MACHINES.get((sys.platform, platform.machine()), "linux-x86_64")
    return "{}.{}".format(*sys.version_info[:2]), here


def archive(path, commit, files, **changes):
    """Write an archive of results whose sums are right; `changes` are made afterwards."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    about = {"commit": commit, "python": "3.12.1", "have": {}, "files": sums}
    content = {"results.json": json.dumps(about).encode(), **files, **changes}
    with tarfile.open(path, "w") as out:
        for name, data in content.items():
            if data is not None:
                member = tarfile.TarInfo(name)
                member.size = len(data)
                out.addfile(member, BytesIO(data))
    return path
