"""What every element has, whatever its law: a name that SPICE takes, and the nodes it joins."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import ClassVar

from .errors import NetworkError

__all__ = ["TwoTerminal", "check_name"]

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def check_name(kind: str, name: str, letter: str) -> None:
    """Refuse a name that is not one of SPICE's for this kind of thing.

    Raises
    ------
    NetworkError
        Naming the thing.
    """
    if not _NAME.fullmatch(name) or name[0] != letter:
        raise NetworkError(
            f"{kind} {name!r}: the name must be lower-case letters, digits and _, "
            f"starting with {letter!r}"
        )


@dataclass(frozen=True, slots=True)
class TwoTerminal:
    """What every element has: a name and the nodes it joins."""

    letter: ClassVar[str]
    kind: ClassVar[str]
    positive: ClassVar[tuple[str, ...]]

    name: str
    a: str
    b: str

    def __post_init__(self) -> None:
        check_name(self.kind, self.name, self.letter)
        if self.a == self.b:
            raise NetworkError(f"{self.kind} {self.name!r}: both ends are on node {self.a!r}")
        for field in self.positive:
            value = getattr(self, field)
            if not (math.isfinite(value) and value > 0):
                raise NetworkError(
                    f"{self.kind} {self.name!r}: {field} = {value!r}, must be positive and finite"
                )
