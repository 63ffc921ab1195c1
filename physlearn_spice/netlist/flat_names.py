"""Names of a flat deck: letters, digits and _ alone, and those inside of an instance end with it.

``r1`` in ``x2`` is ``r1_x2``, and in an ``x2`` of ``x1`` it is ``r1_x2_x1``; ngspice says
``r.x1.x2.r1``. A name that is taken gets another _ behind it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..network import GROUND
from .layout import Card
from .names import Names
from .parameters import Scope

__all__ = ["FlatNames", "Place", "plain"]

_INNER_NODE = re.compile(r"(x[^.]*\.)+[^.]+")
_VECTOR = re.compile(r"\b(v|i)\s*\(([^()]*)\)|@([^\s\[\]]+)\[")


@dataclass(frozen=True)
class Place:
    """Where cards stand: at the top, or inside of an instance."""

    scope: Scope
    joined: Mapping[str, str]  # the instance's own nodes to those of the flat deck
    models: Mapping[str, str]  # likewise
    factor: float = 1.0  # of such instances in parallel
    path: str = ""  # as ngspice spells it: "x1.x2."

    @property
    def suffix(self) -> str:
        """What names inside end with."""
        return self.scope.suffix


def plain(name: str) -> str:
    """Return a name with _ for what is no letter or digit."""
    return re.sub(r"[^a-z0-9_]", "_", name)


class FlatNames:
    """Names in the author's deck, as ngspice spells them, to those in the flat one."""

    def __init__(self, found: Sequence[Card], common: set[str], notes: list[str]) -> None:
        self._found = found
        self._common = common  # nodes that are the same everywhere
        self._notes = notes
        self._nodes: dict[str, str] = {}
        self._devices: dict[str, str] = {}

    @cached_property
    def _free(self) -> Names:
        return Names(word for _, card in self._found for word in re.split(r"[\s(),=]+", card))

    def node(self, name: str, place: Place, line: int) -> str:
        """Return what a node is called."""
        if name in (GROUND, "gnd"):
            return GROUND
        if name in self._common:
            return self._called(self._nodes, name, plain(name), place, line)
        if name in place.joined:
            return place.joined[name]
        if not place.path and _INNER_NODE.fullmatch(name):
            wanted = "_".join(map(plain, reversed(name.split("."))))
        else:
            wanted = f"{plain(name)}{place.suffix}"
        return self._called(self._nodes, f"{place.path}{name}", wanted, place, line)

    def device(self, name: str, place: Place, line: int) -> str:
        """Return what a device is called."""
        there = f"{name[:1]}.{place.path}{name}" if place.path else name
        return self._called(self._devices, there, f"{plain(name)}{place.suffix}", place, line)

    def _called(
        self, known: dict[str, str], there: str, wanted: str, place: Place, line: int
    ) -> str:
        if there in known:
            return known[there]
        here = known[there] = there if wanted == there else self._free.fresh(wanted)
        as_expected = here == wanted and place.path  # of an instance's names
        if here != there and not as_expected:
            node = "node " if known is self._nodes else ""
            self._notes.append(f"line {line}: {node}{there!r} is called {here!r} here")
        return here

    def renamed(self, card: str) -> str:
        """Return a card with new names in the vectors that it asks for."""
        return _VECTOR.sub(self._vector, card)

    def _vector(self, found: re.Match[str]) -> str:
        kind, inside, device = found.groups()
        if device:
            return f"@{self._devices.get(device, device)}["
        known = self._nodes if kind == "v" else self._devices
        names = (name.strip() for name in inside.split(","))
        return f"{kind}({','.join(known.get(name, name) for name in names)})"
