"""One finding of the doctor."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Check:
    """What the doctor found about one part of the installation.

    Attributes
    ----------
    name : str
        The part examined.
    status : {"ok", "warn", "fail"}
        ``warn`` means that the course runs, but a part of it slowly or not at all; ``fail`` that
        no chapter will run.
    what : str
        What was found, in one line.
    cure : str
        What to do about it; empty where nothing need be done.
    """

    name: str
    status: Status
    what: str
    cure: str = ""
