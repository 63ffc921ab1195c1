"""SPICE text to deck: what :mod:`.write` wrote, and plain linear decks, diodes and V by hand.

A card that can't be represented is refused with its line number. Decks are data: cards that run
commands or read files are refused by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from ..couplings import Coupling
from ..elements import Capacitor, Diode, Element, Inductor, Resistor, Varactor
from ..errors import DeckError, NetworkError, StimulusError
from ..network import GROUND, Network
from .active import CONTROLLED, read_controlled, read_coupling, without_meters
from .analyses import read_analysis
from .control_block import lifted
from .deck import Ac, Analysis, Deck
from .doubts import doubts
from .flat import flat_cards
from .layout import cards, open_ends, read_text, title
from .numbers import number
from .paste import screened_cards
from .screen import HOSTILE, OUTPUT
from .sources import Feeds, ports_and_sources
from .write import varactor_charge

__all__ = ["load_deck", "read_deck"]

_LINEAR = {"r": Resistor, "l": Inductor, "c": Capacitor}
_UNITS = {
    "i": "a current source",
    "x": "a subcircuit",
    "q": "a transistor",
    "m": "a transistor",
    "j": "a transistor",
    "t": "a transmission line",
    "o": "a transmission line",
    "s": "a switch",
    "w": "a switch",
}


def load_deck(path: Path, *, include_from: Path | None = None) -> Deck:
    """Read the deck in a file, and the data files beside it that its sampled sources name.

    ``include_from`` is as for :func:`read_deck`.

    Raises
    ------
    DeckError
        As :func:`read_deck`; also where the file can't be read.
    """
    return read_deck(read_text(path), folder=path.parent, include_from=include_from)


def read_deck(text: str, *, folder: Path | None = None, include_from: Path | None = None) -> Deck:
    """Read SPICE text; sampled sources are looked for in ``folder``.

    ``.include`` and ``.lib`` take files from the folder ``include_from``, and are refused without.

    Raises
    ------
    DeckError
        Naming the line: an unknown or unsafe card, a missing, negative or misspelt value, a name
        used twice, a node at an open end. Without a line: no elements, no source, a floating
        part, a loop of voltage sources, an AC analysis with nothing to excite it.
    """
    parts = _Parts()
    lines = text.splitlines()
    if not any(line.strip() for line in lines):
        raise DeckError("the deck is empty")
    found, notes = lifted(cards(lines))
    flat = flat_cards(screened_cards(lines, include_from) if include_from else found)
    notes += [*doubts(lines), *flat.notes]
    for line, card in flat.cards:
        try:
            _read_card(parts, line, card)
        except DeckError as error:
            if error.line is not None:
                raise
            raise DeckError(str(error), line=line) from error
        except (NetworkError, StimulusError) as error:
            raise DeckError(str(error), line=line) from error
    elements, element_lines = _resolve_models(parts)
    try:
        elements = without_meters(elements, parts.feeds)
        ports, sources, absorbed = ports_and_sources(parts.feeds, elements, folder)
        kept = tuple(e for e in elements if e.name not in absorbed)
        network = Network(kept, ports, tuple(parts.couplings))
    except NetworkError as error:
        raise DeckError(str(error)) from error
    declared = open_ends(lines)
    for node in network.stubs:
        if node not in declared:
            (name,) = (e.name for e in elements if node in (e.a, e.b))
            raise DeckError(
                f"node {node!r} is floating: only {name!r} touches it; connect it, or declare an "
                f"open end with a line '* open: {node}'",
                line=element_lines[name],
            )
    if any(isinstance(a, Ac) for a in parts.analyses) and not any(s.ac for s in sources.values()):
        raise DeckError("the deck has an .ac card but no source with an AC amplitude: add 'ac 1'")
    return Deck(
        network,
        tuple(parts.analyses),
        sources,
        title=title(lines),
        options=parts.options,
        save=tuple(parts.save) or ("all",),
        notes=tuple(sorted(notes, key=_line_of)),
    )


def _line_of(note: str) -> int:
    return int(note.removeprefix("line ").partition(":")[0])


@dataclass
class _Parts:
    """What the cards read so far have said."""

    elements: list[tuple[int, Element | _DiodeCard]] = field(default_factory=list)  # with its line
    couplings: list[Coupling] = field(default_factory=list[Coupling])
    seen: dict[str, int] = field(default_factory=dict[str, int])  # name to line
    models: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    feeds: Feeds = field(default_factory=Feeds)
    analyses: list[Analysis] = field(default_factory=list)
    options: dict[str, float | str | None] = field(default_factory=dict)
    save: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class _DiodeCard:
    """A diode whose model may stand further down."""

    name: str
    a: str
    b: str
    model: str


def _read_card(parts: _Parts, line: int, card: str) -> None:
    word, *rest = card.split()
    if word.startswith("."):
        _read_dot_card(parts, line, word, rest, card)
        return
    if word in parts.seen:
        raise DeckError(f"the name {word!r} is already on line {parts.seen[word]}", line=line)
    parts.seen[word] = line
    letter = word[0]
    if letter in "vba":
        parts.feeds.read_card(line, card)
        return
    if letter == "k":
        parts.couplings += read_coupling(card, line)
        return
    if letter in CONTROLLED:
        parts.elements.append((line, read_controlled(card, line)))
        return
    if letter not in _LINEAR and letter != "d":
        what = _UNITS.get(letter, "no element that is known")
        raise DeckError(f"{word!r} is {what}, which can't be read as a network", line=line)
    if len(rest) < 3:
        raise DeckError(f"{word!r} needs two nodes and a value; it has {rest}", line=line)
    a, b = (GROUND if node == "gnd" else node for node in rest[:2])
    tail = " ".join(rest[2:])
    if letter == "d":
        parts.elements.append((line, _DiodeCard(word, a, b, tail)))
    elif tail.startswith("q="):
        parts.elements.append((line, _varactor(word, a, b, tail, line)))
    else:
        parts.elements.append((line, _LINEAR[letter](word, a, b, number(tail, line))))


def _varactor(name: str, a: str, b: str, tail: str, line: int) -> Varactor:
    charge = tail.removeprefix("q=").strip("'")
    constants = re.match(r"([^*]+)\*([^/]+)/\(1-([^)]+)\)", charge)
    if constants:
        varactor = Varactor(name, a, b, *(number(text, line) for text in constants.groups()))
        if varactor_charge(varactor) == charge:
            return varactor
    raise DeckError(f"{name!r}: only the charge law of this package's varactor is read", line=line)


def _read_dot_card(parts: _Parts, line: int, word: str, rest: list[str], card: str) -> None:
    if word in HOSTILE:
        raise DeckError(f"{word!r} is refused: {HOSTILE[word]}", line=line)
    if word in OUTPUT:
        return
    match word:
        case ".end":
            return
        case ".op" | ".ac" | ".tran":
            parts.analyses.append(read_analysis(card, line))
        case ".options" | ".option" | ".opt":
            for entry in re.sub(r"\s*=\s*", "=", " ".join(rest)).split():
                name, _, value = entry.partition("=")
                parts.options[name] = _option(value)
        case ".save":
            parts.save += rest
        case ".model":
            model = re.match(r"\.model\s+(\S+)\s+(d|filesource)\s*\((.*)\)$", card)
            if not model:
                raise DeckError(f"only diode models are read: {card!r}", line=line)
            if model[1] in parts.models or model[1] in parts.feeds.models:
                raise DeckError(f"there is already a model {model[1]!r}", line=line)
            if model[2] == "filesource":
                parts.feeds.read_model(line, model[1], model[3])
            else:
                pair = re.compile(r"(\w+)\s*=\s*(\S+)")
                if pair.sub("", model[3]).strip():
                    raise DeckError(f"parameters are read as NAME=VALUE: {card!r}", line=line)
                parts.models[model[1]] = line, dict(pair.findall(model[3]))
        case _:
            raise DeckError(f"{word!r} can't be read as part of a network", line=line)
    _drop_defaults(parts)


def _option(text: str) -> float | str | None:
    if text.isdigit():
        return int(text)  # itl1=50.0 would be another text
    try:
        return number(text) if text else None
    except DeckError:
        return text


def _drop_defaults(parts: _Parts) -> None:
    """Drop the options that the writer adds by itself."""
    for name, value in (("noopac", None), ("method", "trap")):
        if parts.options.get(name, "") == value:
            del parts.options[name]


def _resolve_models(parts: _Parts) -> tuple[list[Element], dict[str, int]]:
    elements: list[Element] = []
    for line, item in parts.elements:
        if not isinstance(item, _DiodeCard):
            elements.append(item)
            continue
        if item.model not in parts.models:
            raise DeckError(f"{item.name!r}: there is no model {item.model!r}", line=line)
        model_line, given = parts.models[item.model]
        for key in given:
            if key not in ("is", "n"):
                raise DeckError(
                    f"diode parameter {key!r} is not in the network's law; IS and N are",
                    line=model_line,
                )
        values = {key: number(text, model_line) for key, text in given.items()}
        try:
            diode = Diode(item.name, item.a, item.b, values.get("is", 1e-14), values.get("n", 1.0))
        except NetworkError as error:
            raise DeckError(str(error), line=line) from error
        elements.append(diode)
    return elements, {item.name: line for line, item in parts.elements}
