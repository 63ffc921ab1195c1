"""Names of other programs made into such as a network takes: letters, digits and _."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Names", "PlainNames", "plain_names"]

_STRANGE = re.compile(r"[^a-z0-9_]")
_BETWEEN = re.compile(r"([\s(),=]+)")
_VECTOR = re.compile(r"\b(v|i)\s*\(\s*([^()\s,]+)\s*\)|@([^\s\[\]]+)\[")
_KNOWN_NODES = 2  # words behind a device's name that are nodes, whatever it is


class Names:
    """Names that are taken, and new ones that are not."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)

    def fresh(self, name: str) -> str:
        """Return the name, with as many _ behind it as nothing else has."""
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name


@dataclass(frozen=True)
class PlainNames:
    """Plain names of devices and nodes for those that are not plain."""

    devices: dict[str, str]
    nodes: dict[str, str]
    notes: tuple[str, ...] = ()

    def card(self, card: str) -> str:
        """Return the card with plain names in the place of the others."""
        if card[0] == ".":
            return _VECTOR.sub(self._vector, card)
        words = _BETWEEN.split(card)
        words[0] = self.devices.get(words[0], words[0])
        for k, word in enumerate(words[2::2], start=1):
            is_device = card[0] == "k" or (card[0] in "fh" and k > _KNOWN_NODES)
            is_node = k <= _KNOWN_NODES or card[0] in "eg"
            known = self.devices if is_device else self.nodes if is_node else {}
            words[2 * k] = known.get(word, word)
        return "".join(words)

    def _vector(self, match: re.Match[str]) -> str:
        kind, of, parameter = match.groups()
        if parameter:
            return f"@{self.devices.get(parameter, parameter)}["
        known = self.nodes if kind == "v" else self.devices
        return f"{kind}({known.get(of, of)})"


def plain_names(cards: list[tuple[int, str]], names: Names) -> PlainNames:
    """Return the plain names that a deck needs: ``r1.2`` is called ``r1_2``."""
    devices: dict[str, str] = {}
    nodes: dict[str, str] = {}
    notes: list[str] = []
    for line, card in cards:
        if card[0] in ".ab(),=":  # code models and laws are the writer's own, others are no cards
            continue
        name, *words = _BETWEEN.split(card)[::2]
        ends = [] if name[0] == "k" else words[:_KNOWN_NODES]
        for what, found, into in (("", [name], devices), ("node ", ends, nodes)):
            for each in found:
                if each not in into and _STRANGE.search(each):
                    into[each] = names.fresh(_STRANGE.sub("_", each))
                    notes.append(f"line {line}: {what}{each!r} is called {into[each]!r} here")
    return PlainNames(devices, nodes, tuple(notes))
