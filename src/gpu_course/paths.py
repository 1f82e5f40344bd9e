"""Where the course's own files are, in a checkout and in an installed wheel alike."""

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def package() -> Path:
    """Return the folder of the package's own modules."""
    return _PACKAGE


def root() -> Path:
    """Return the folder that holds ``data/``, ``book/`` and ``ci/outputs/``.

    In a wheel these are shipped inside the package; in a checkout (or an editable install) they
    are the repository's own folders.
    """
    shipped = _PACKAGE / "_shipped"
    return shipped if shipped.is_dir() else _PACKAGE.parents[1]


def data() -> Path:
    """Return the folder of data cards, registry and scores."""
    return root() / "data"


def cache() -> Path:
    """Return the folder of what is fetched or learned once (it need not exist yet).

    ``GPU_COURSE_CACHE`` names another one.
    """
    import pooch

    named = os.environ.get("GPU_COURSE_CACHE", "").strip()
    # Absolute at once: a kernel starts in a folder of its own, where “cache” would be another one.
    return Path(named).expanduser().absolute() if named else Path(pooch.os_cache("gpu-course"))
