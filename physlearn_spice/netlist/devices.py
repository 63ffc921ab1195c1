"""Device cards: which nodes they join, and whether ngspice takes them for linear."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..network import GROUND
from ..topology import Edge

__all__ = ["JOINS", "Device", "devices_of"]

JOINS = {"q": 3, "j": 3, "z": 3, "u": 3, "m": 4, "t": 4, "o": 4}  # others join two nodes
_UNKNOWN_INSIDE = "xa"  # subcircuits not yet flattened, XSPICE devices with nodes that are bits
_LINEAR = "rlckviefgh"
_LAW = re.compile(r"\b(poly|value|vol|table|cur)\b|['{].*\b[vi]\s*\(")  # a parameter is none


@dataclass(frozen=True)
class Device:
    """One device's card: its name, the words behind it, and the line it came from."""

    line: int | None
    name: str
    words: tuple[str, ...]  # behind the name
    card: str

    @property
    def kind(self) -> str:
        """The letter that its name begins with."""
        return self.name[0]

    @property
    def ends(self) -> tuple[str, ...]:
        """The nodes that it joins, or might."""
        if self.kind == "k":
            return ()
        if self.kind in _UNKNOWN_INSIDE:
            return (GROUND, *(word for word in self.words[:-1] if "=" not in word))
        return self.words[: JOINS.get(self.kind, 2)]

    @property
    def fixes_voltage(self) -> bool:
        """Whether it is a voltage source, controlled or not."""
        return self.kind in "ve" or (self.kind == "b" and bool(re.search(r"\bv\s*=", self.card)))

    @property
    def edges(self) -> list[Edge]:
        """A star that joins its nodes."""
        first, *others = self.ends or ("",)
        return [(self.name, first, other) for other in others]

    @property
    def is_linear(self) -> bool:
        """Whether ngspice honours ``noopac`` in a circuit of such devices."""
        return self.kind in _LINEAR and not _LAW.search(self.card)

    @property
    def excites(self) -> bool:
        """Whether it might drive an AC analysis."""
        return self.kind in "xa" or bool(self.kind in "vi" and re.search(r"\bac\b", self.card))


def devices_of(cards: Iterable[tuple[int | None, str]]) -> list[Device]:
    """Read the device cards among (line, card) in lower case."""
    return [_device(line, card) for line, card in cards if card[0] not in ".*"]


def _device(line: int | None, card: str) -> Device:
    between = r"[(),\[\]~]|%\w+" if card[0] == "a" else r"[(),]"  # others may have a node d[0]
    name, *words = re.sub(between, " ", card).split()
    nodes = tuple(GROUND if word == "gnd" else word for word in words)
    return Device(line, name, nodes, card)
