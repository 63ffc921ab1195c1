"""The sections on where results come from: the network's elements, the commands, the versions."""

from __future__ import annotations

import shlex
from dataclasses import fields

from ..elements import Capacitor, Inductor, Resistor
from ..history import Step
from ..network import Network
from .contents import Part
from .html import DASH, Html, details, join, plain, quantity, table, tag
from .sections import Section

__all__ = ["elements", "notes", "repeat"]

_ROWS = 10  # of a table that is not folded away
_UNITS = {Resistor: "Ω", Inductor: "H", Capacitor: "F"}


def elements(network: Network) -> Section:
    """List what the network is made of."""
    rows: list[tuple[str, ...]] = []
    for e in network.elements:
        if isinstance(e, Resistor | Inductor | Capacitor):
            value = quantity(e.value, _UNITS[type(e)], 5)
        else:
            skipped = {"name", "a", "b"}
            own = [f for f in fields(e) if f.name not in skipped]
            value = ", ".join(f"{f.name} = {getattr(e, f.name)}" for f in own)
        rows.append((e.name, e.kind, e.a, e.b, value))
    for k in network.couplings:
        rows.append((k.name, k.kind, k.first, k.second, plain(k.coefficient)))
    for p in network.ports:
        rows.append(
            (p.name, "port", p.plus, p.minus, f"source resistance {quantity(p.resistance, 'Ω')}")
        )
    whole = table(("name", "kind", "from", "to", "value"), rows, words=4)
    shown = whole if len(rows) <= _ROWS else details(f"All {len(rows)} elements and ports", whole)
    return Section("Elements", shown)


def notes(said: list[str]) -> Section | None:
    """List what a reader must know besides."""
    if not said:
        return None
    return Section("Notes", tag("ul", *(tag("li", text) for text in said)))


def repeat(part: Part) -> Section | None:
    """Tell with which commands, of which versions, the same would come out again."""
    body: list[Html] = []
    for step in part.steps:
        body.append(tag("pre", tag("code", shlex.join(step.words)), class_="command"))
        body.append(tag("p", _made(step), class_="note"))
    if part.steps:
        versions = part.steps[-1].versions
        body.append(table(("versions", ""), [(n, str(v)) for n, v in versions.items()], words=2))
        body += [
            details(f"All arguments of {step.command}", _arguments(step)) for step in part.steps
        ]
    if part.deck:
        body.append(details("The deck, network.cir", tag("pre", tag("code", part.deck))))
    return Section("How to repeat it", join(body)) if body else None


def _made(step: Step) -> str:
    when = step.date.replace("T", " ").replace("+00:00", " UTC")
    reason = step.facts.get("engine_reason")
    engine = step.facts.get("engine")
    by = f", {engine} engine: {reason}" if engine and reason else ""
    return f"{when} on {step.platform}{by}."


def _arguments(step: Step) -> Html:
    rows = [(name, DASH if value is None else str(value)) for name, value in step.arguments.items()]
    return table(("argument", "value"), rows, words=2)
