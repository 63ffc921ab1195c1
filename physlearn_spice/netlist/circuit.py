"""Whether a flat list of cards is a circuit: checked by name, before anything is solved.

ngspice answers most of what is refused here with a note, or with numbers that mean nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations

from ..couplings import coupled_groups, least_energy
from ..errors import DeckError
from ..network import GROUND
from ..topology import first_loop, not_joined
from .devices import Device, devices_of
from .groups import replaced
from .numbers import is_number, number

__all__ = ["check_circuit"]

_TAKEN = re.compile(  # names that ngspice answers with vectors of its own, or of another plot
    r"time|frequency|(v|i|res|temp)-sweep|all[viy]?|.*[#@].*|\..*|"
    r"(t(r(an?)?)?|ac?|op?|c(o(n(st?)?)?)?|(tran|ac|op|dc)\d+|all)\..*"
)
_ADD_ONE = "add one, such as 'v1 NODE 0 ac 1' (the first line of a deck is its title, and no card)"
_MOST_COUPLED = 1000  # coils, since the check costs the cube of their number
_ROUNDING = 1e-9


def check_circuit(cards: Iterable[tuple[int | None, str]]) -> None:
    """Refuse a list of cards that is no circuit, or not one whose answer is determined.

    Parameters
    ----------
    cards
        (line, card) in lower case, one a card, without a title. Inside of subcircuit definitions
        only names and values are checked: ngspice's flat listing of the deck has the rest.

    Raises
    ------
    DeckError
        Naming the devices or nodes, the line, and the remedy.
    """
    scopes = _scopes(cards)
    for scope in scopes:
        _check_devices(devices_of(scope))
        _check_definitions(scope)
    devices = devices_of(scopes[0])
    words = [card.split() for _, card in scopes[0] if card[0] == "."]
    _check_couplings(devices)
    _check_sweeps(devices, scopes[0])
    _check_solvable(devices)
    if any(w[0] == ".ac" for w in words) and not any(device.excites for device in devices):
        sources = " or ".join(repr(d.name) for d in devices if d.name[0] in "vi")
        what = f"add 'ac 1' to {sources}" if sources else _ADD_ONE
        raise DeckError(f"the deck has an .ac card but no source with an AC amplitude: {what}")
    if _needs_operating_point(devices, words):
        has_shunt = any(w[0].startswith(".opt") and "rshunt" in " ".join(w) for w in words)
        _check_operating_point(devices, has_shunt=has_shunt)


def _scopes(cards: Iterable[tuple[int | None, str]]) -> list[list[tuple[int | None, str]]]:
    """Return the cards at the top, and those of each subcircuit's definition."""
    around: list[list[tuple[int | None, str]]] = [[]]
    found = list(around)
    for line, card in cards:
        word = card.split()[0]
        if word == ".if":
            return [[]]  # which of its branches holds is ngspice's to say
        if word == ".subckt":
            around[-1].append((line, card))
            around.append([])
            found.append(around[-1])
        elif word != ".ends":
            around[-1].append((line, card))
        elif len(around) > 1:
            around.pop()
    return found


def _check_devices(devices: list[Device]) -> None:
    seen: dict[str, int | None] = {}
    for device in devices:
        if device.name in seen:
            raise DeckError(f"the name {device.name!r} is used twice: rename one", line=device.line)
        seen[device.name] = device.line
        if device.kind in "rlc" and len(device.words) < 3:
            raise DeckError(
                f"{device.name!r} has no value, and ngspice would take one of its own",
                line=device.line,
            )
        if device.kind == "k" and len(_coupling(device)) < 3:
            raise DeckError(f"{device.name!r} needs two coils and a value", line=device.line)
        if device.kind not in "kxa" and (len(device.words) < 2 or "=" in "".join(device.ends)):
            raise DeckError(f"{device.name!r} needs two nodes", line=device.line)
        if device.kind in "rlcvi":
            _check_value(device)
        for node in device.ends:
            if _TAKEN.fullmatch(node):
                raise DeckError(
                    f"{device.name!r}: ngspice has vectors of its own by the name of node "
                    f"{node!r}; rename it",
                    line=device.line,
                )


def _check_value(device: Device) -> None:
    """Refuse values of which ngspice reads a part only: 4k7 is 4000 to it, and 1,5k is 5000."""
    outside = replaced(device.card, lambda _: "x", device.line or 0)  # of expressions
    words = re.sub("[(),]", " ", outside).split()[1:]
    numeric = [word for word in words[2:4] if re.match(r"[+-]?\.?(\d|$)", word)]
    for word in numeric:
        number(word, device.line)
    if len(numeric) > 1 and device.kind in "rlc":
        raise DeckError(
            f"{device.name!r} has two values, {' and '.join(numeric)}: leave one", line=device.line
        )


def _check_definitions(cards: Iterable[tuple[int | None, str]]) -> None:
    seen: set[tuple[str, str]] = set()
    for line, card in cards:
        word, *names = card.split()
        if word not in (".model", ".subckt") or not names:
            continue
        if (word, names[0]) in seen:
            raise DeckError(f"the name {names[0]!r} is used twice: rename one", line=line)
        seen.add((word, names[0]))


def _check_sweeps(devices: list[Device], cards: list[tuple[int | None, str]]) -> None:
    names = {device.name for device in devices}
    may_be_inside = any(device.kind == "x" for device in devices)
    for line, card in cards:
        word, *rest = card.split()
        if word != ".dc" or names.issuperset(rest[:1]) or ("." in rest[0] and may_be_inside):
            continue
        raise DeckError(f"DC sweep of {rest[0]!r}: there is no such device", line=line)


def _check_couplings(devices: list[Device]) -> None:
    """Refuse couplings of more energy than their coils have: k must be positive semi-definite."""
    coils = {device.name for device in devices if device.kind == "l"}
    k_of: dict[tuple[str, str], float] = defaultdict(float)  # of two coils; several add up
    device_of: dict[tuple[str, str], Device] = {}
    for device in devices:
        if device.kind != "k":
            continue
        *coupled, value = _coupling(device)
        if len(coupled) > _MOST_COUPLED:
            raise DeckError(
                f"{device.name!r} couples more than {_MOST_COUPLED} coils", line=device.line
            )
        for k, coil in enumerate(coupled):
            if coil not in coils or coil in coupled[:k]:
                wrong = "itself" if coil in coils else f"{coil!r}, which is no inductor"
                raise DeckError(f"{device.name!r} couples a coil with {wrong}", line=device.line)
        if not is_number(value):
            continue  # an expression, which the flat listing has evaluated
        for pair in combinations(sorted(coupled), 2):
            k_of[pair] += number(value)
            device_of[pair] = device
    for order in coupled_groups(k_of):
        if len(order) > _MOST_COUPLED:
            raise DeckError(
                f"more than {_MOST_COUPLED} coils are coupled, {order[0]!r} among them: leave out "
                "what is weak"
            )
        if least_energy(order, k_of) < -_ROUNDING:
            pairs = [pair for pair in k_of if pair[0] in order]
            at_fault = dict.fromkeys(device_of[pair].name for pair in pairs)
            raise DeckError(
                f"the couplings {', '.join(at_fault)} are not positive definite: "
                f"{', '.join(order)} would store negative energy; lower them",
                line=device_of[pairs[-1]].line,
            )


def _coupling(device: Device) -> list[str]:
    """Return the coils and the value, which may have a name."""
    return re.sub(r"\b(k|coefficient)\s*=\s*", " ", " ".join(device.words)).split()


def _check_solvable(devices: list[Device]) -> None:
    lines = {device.name: device.line for device in devices}
    fixed = [device for device in devices if device.fixes_voltage]
    loop = first_loop(edge for device in fixed for edge in device.edges)
    if loop:
        raise DeckError(
            f"voltage-source loop: {', '.join(loop)} fix one voltage twice; put a resistor into it",
            line=lines[loop[-1]],
        )
    nodes = dict.fromkeys(node for device in devices for node in device.ends)
    if devices and nodes.keys() <= {GROUND}:
        raise DeckError(f"there is no node but ground, {GROUND!r}", line=devices[0].line)
    edges = [edge for device in devices if device.kind != "i" for edge in device.edges]
    floating = not_joined(nodes, edges, to=GROUND)
    if floating:
        touching = [d for d in devices if set(d.ends) & set(floating)]
        feeding = [d.name for d in touching if d.kind == "i"]
        raise DeckError(
            f"current-source cutset: only {', '.join(feeding)} lead to node {floating[0]!r}, whose "
            "voltage is open; put a resistor across one"
            if feeding
            else f"node {floating[0]!r} is floating: no path leads from it to ground, node "
            f"{GROUND!r}; connect it",
            line=touching[0].line,
        )


def _needs_operating_point(devices: list[Device], words: list[list[str]]) -> bool:
    kinds = {word for word, *_ in words}
    from_point = any(w[0] == ".tran" and "uic" not in w for w in words)
    about_point = ".ac" in kinds and not all(device.is_linear for device in devices)
    return bool({".op", ".dc"} & kinds) or from_point or about_point


def _check_operating_point(devices: list[Device], *, has_shunt: bool) -> None:
    lines: Mapping[str, int | None] = {device.name: device.line for device in devices}
    stiff = [device for device in devices if device.fixes_voltage or device.kind == "l"]
    loop = first_loop(edge for device in stiff for edge in device.edges)
    if loop:
        raise DeckError(
            f"{', '.join(loop)} are a loop without resistance, which leaves its DC current open; "
            "put a resistor into it, or start a transient at rest (uic)",
            line=lines[loop[-1]],
        )
    nodes = dict.fromkeys(node for device in devices for node in device.ends)
    edges = [edge for device in devices if device.kind not in "ic" for edge in device.edges]
    cut_off = () if has_shunt else not_joined(nodes, edges, to=GROUND)
    if cut_off:
        touching = next(d for d in devices if cut_off[0] in d.ends)
        raise DeckError(
            f"node {cut_off[0]!r} has no DC path to ground, only capacitors; give it a resistor, "
            "start a transient at rest (uic), or take the option rshunt=1e12",
            line=touching.line,
        )
