"""Ship the course's own files inside the wheel, so that a plain ``pip install`` has them.

An editable install reads them from the checkout instead (see ``gpu_course.paths``).
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ShipCourseFiles(BuildHookInterface):
    """Copy ``data/``, ``book/`` and ``ci/outputs/`` to ``gpu_course/_shipped/``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the folders to a standard wheel; leave an editable one alone."""
        if version == "standard":
            for folder in ("data", "book", "ci/outputs"):
                source = Path(self.root, folder)
                if source.is_dir():
                    build_data["force_include"][str(source)] = f"gpu_course/_shipped/{folder}"
