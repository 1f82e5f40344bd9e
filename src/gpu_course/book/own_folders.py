"""The folders of this machine, which no page of the book may name."""

import html
import json
import os
import re
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from gpu_course import paths


def _own_folders() -> set[str]:
    """Return the folders of this machine that no page may name."""
    named = [os.environ.get(name, "").strip() for name in ("GPU_COURSE_MIRROR", "GPU_COURSE_CACHE")]
    places = [Path.home(), paths.root(), paths.package().parent, paths.cache()]
    folders = {*map(str, places), sys.prefix, tempfile.gettempdir(), *named}
    folders |= {os.path.realpath(folder) for folder in folders if folder and "://" not in folder}
    return {folder.rstrip("/\\") for folder in folders} - {""}


def named_in(outputs: str) -> str:
    """Return the folder of this machine that a page would name; ``""`` if none.

    Parameters
    ----------
    outputs : str
        The outputs of a cell, written as JSON without escapes for characters beyond ASCII.
    """
    for folder in sorted(_own_folders()):
        in_json = json.dumps(folder, ensure_ascii=False)[1:-1]
        for form in {in_json, html.escape(in_json), quote(folder)}:
            # The home /root is not in deep-learning/roots-unet, nor /tmp in a/tmp.
            if re.search(rf"(?<![\w-]){re.escape(form)}(?![\w-])", outputs):
                return folder
    return ""
