"""One finding of the doctor."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Check:
    """What the doctor found about one part of the installation.

    ``warn`` means that the course runs, but a part of it slowly or not at all; ``fail`` that no
    chapter will run.
    """

    name: str  # the part examined
    status: Status
    what: str  # what was found, in one line
    cure: str = ""  # what to do about it; empty where nothing need be done
