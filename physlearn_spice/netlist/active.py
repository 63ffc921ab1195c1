"""Cards of controlled sources and couplings, read, and elements of several cards put together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations

from ..couplings import Coupling
from ..elements import Cccs, Ccvs, Element, Inductor, Resistor, SaturatingInductor, Vccs, Vcvs
from ..errors import DeckError
from .names import core_nodes, meter_of
from .nonlinear import core_law, core_parts, read_core_law
from .numbers import number
from .source_cards import Feeds, ends_of

__all__ = ["CONTROLLED", "read_controlled", "read_coupling", "with_cores", "without_meters"]

_BY_VOLTAGE = {"e": Vcvs, "g": Vccs}
_BY_CURRENT = {"f": Cccs, "h": Ccvs}
CONTROLLED = {*_BY_VOLTAGE, *_BY_CURRENT}


def read_controlled(card: str) -> Vcvs | Vccs | Cccs | Ccvs:
    """Read a card whose first letter is one of :data:`CONTROLLED`, linear or ``poly(1)`` so.

    Brackets and commas around nodes count for nothing, as in ngspice.

    Raises
    ------
    DeckError
        Another form, or a law that is not a gain times what controls.
    """
    name, *words = re.sub("[(),]", " ", card).split()
    n_controls = 2 if name[0] in _BY_VOLTAGE else 1
    if words[2:4] == ["poly", "1"]:
        words = [*words[:2], *words[4:]]
        if len(words) != n_controls + 4 or number(words.pop(-2)) != 0:
            raise DeckError(f"{name!r}: of a poly(1), only '0 GAIN' is read")
    if len(words) != n_controls + 3 or re.search("[{'=]", card):  # an expression is no gain
        form = "A B PLUS MINUS GAIN" if n_controls == 2 else "A B SOURCE GAIN"
        raise DeckError(f"{name!r} is read as '{name} {form}', not {card!r}")
    *told, value = words
    gain = number(value)
    if name[0] in _BY_CURRENT:
        a, b, control = told
        return _BY_CURRENT[name[0]](name, a, b, control, gain)
    a, b, plus, minus = told
    return _BY_VOLTAGE[name[0]](name, a, b, plus, minus, gain)


def read_coupling(card: str) -> list[Coupling]:
    """Read a K card; one of three or more inductors is a coupling of each pair, 0 is none.

    Raises
    ------
    DeckError
        No two inductors, no value, or another card behind it.
    """
    bare = re.sub(r"[(),]|\b(k|coefficient)\s*=", " ", card)
    name, *words = bare.split()
    if len(words) < 3:
        raise DeckError(f"{name!r} needs two inductors and a value; it has {words}")
    *coils, value = words
    for coil in coils:
        if coil[0] != "l":
            raise DeckError(
                f"{name!r}: {coil!r} is no inductor; a second coupling has a line of its own"
            )
    k = number(value)
    if k == 0:
        return []
    if len(coils) == 2:
        return [Coupling(name, coils[0], coils[1], k)]
    return [Coupling(f"{name}_{one}_{two}", one, two, k) for one, two in combinations(coils, 2)]


def with_cores(elements: Iterable[Element], feeds: Feeds, laws: Iterable[str]) -> list[Element]:
    """Put saturating inductors in the place of the cards that the writer makes of them.

    Raises
    ------
    DeckError
        A law without the rest of them.
    """
    found = {element.name: element for element in elements}
    for law in laws:
        told = read_core_law(law)
        name, *values = told if told else ("",)
        linear, source = found.get(name), found.get(f"ei_{name}")
        meter = next((feed for feed in feeds.cards if feed.name == f"vi_{name}"), None)
        if linear and source and meter:
            coil = SaturatingInductor(name, linear.a, source.b, *values)
            parts = core_parts(coil)
            ends = meter_of(name)[1], core_nodes(name)[0]
            if (
                core_law(coil) == law
                and [found.get(part.name) for part in parts] == [*parts]
                and (meter.plus, meter.minus) == ends
                and meter.is_silent
            ):
                feeds.cards.remove(meter)
                for part in parts[1:]:
                    del found[part.name]
                found[name] = coil
                continue
        raise DeckError(f"only this package's saturating inductor is read from {law.split()[0]!r}")
    return list(found.values())


def without_meters(elements: Iterable[Element], feeds: Feeds) -> list[Element]:
    """Take the writer's meters out of the sources, and give what they measure its node back.

    Raises
    ------
    NetworkError
        The element behind the meter has both ends on one node.
    """
    found = {element.name: element for element in elements}
    touches = Counter(node for card in (*found.values(), *feeds.cards) for node in ends_of(card))
    control_of: dict[str, str] = {}
    for feed in list(feeds.cards):
        metered = found.get(feed.name.removeprefix("vi_"))
        if not isinstance(metered, Resistor | Inductor) or not feed.is_silent:
            continue
        source, node = meter_of(metered.name)
        if (feed.name, feed.plus, metered.b) == (source, node, node) and touches[node] == 2:
            found[metered.name] = replace(metered, b=feed.minus)
            feeds.cards.remove(feed)
            control_of[source] = metered.name
    return [
        replace(e, control=control_of.get(e.control, e.control))
        if isinstance(e, Cccs | Ccvs)
        else e
        for e in found.values()
    ]
