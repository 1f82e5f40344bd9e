"""What lies in the folder of a store, for the eye."""

from pathlib import Path

import pandas as pd


def count_files(path: Path | str) -> pd.DataFrame:
    """Count the files below each entry of a store, with their sizes.

    A row for each file or folder at the top: how many files it holds, and their KB.
    """
    rows = {}
    for entry in sorted(Path(path).iterdir()):
        inside = [entry] if entry.is_file() else [f for f in entry.rglob("*") if f.is_file()]
        rows[entry.name] = (len(inside), sum(f.stat().st_size for f in inside) / 1e3)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["files", "KB"])
