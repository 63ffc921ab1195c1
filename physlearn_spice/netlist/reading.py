"""Flat cards, one after the other, to what each of them says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..couplings import Coupling
from ..elements import Element
from ..errors import DeckError
from .active import CONTROLLED, read_controlled, read_coupling
from .analyses import ANALYSES, Analysis, read_analysis
from .diodes import diode_elements
from .lines import at_line
from .models import (
    AS_IT_STANDS,
    Context,
    ElementCard,
    Model,
    Temperature,
    read_element_card,
    read_model,
)
from .names import Names
from .nonlinear import read_core_law, read_cubic, read_varactor
from .numbers import is_number, number
from .options import OPTION_CARDS, check_options, check_vectors, told_options
from .passives import PASSIVE, passive_elements
from .screen import OTHER_ANALYSES
from .source_cards import Feeds

__all__ = ["Reading"]

_UNITS = {
    "x": "a subcircuit",
    "q": "a transistor",
    "m": "a transistor",
    "j": "a transistor",
    "t": "a transmission line",
    "o": "a transmission line",
    "s": "a switch",
    "w": "a switch",
}
_OF_THE_WRITER = (("noopac", ""), ("method", "trap"))  # which it adds by itself
_NODE_VOLTAGE = re.compile(r"v\s*\(\s*([^()\s]+)\s*\)\s*=?\s*([^\s=]+)")


@dataclass
class Reading:
    """What the cards read so far have said."""

    names: Names
    seen: dict[str, int] = field(default_factory=dict[str, int])  # name to line
    parts: list[ElementCard | tuple[int, Element]] = field(
        default_factory=list[ElementCard | tuple[int, Element]]
    )
    couplings: list[tuple[int, Coupling]] = field(default_factory=list[tuple[int, Coupling]])
    models: dict[str, Model] = field(default_factory=dict[str, Model])
    feeds: Feeds = field(default_factory=Feeds)
    core_laws: list[str] = field(default_factory=list[str])  # of saturating inductors
    analyses: list[tuple[int, Analysis]] = field(default_factory=list[tuple[int, Analysis]])
    options: dict[str, float | str | None] = field(default_factory=dict[str, float | str | None])
    celsius: dict[str, float] = field(default_factory=dict[str, float])  # .temp, temp=, tnom=
    save: list[str] = field(default_factory=list[str])
    node_voltages: dict[str, float] = field(default_factory=dict[str, float])
    notes: list[str] = field(default_factory=list[str])

    def note(self, line: int, text: str) -> None:
        """Remember what was read otherwise than it stands there."""
        self.notes.append(f"line {line}: {text}")

    def read(self, line: int, card: str) -> None:
        """Take in a card.

        Raises
        ------
        DeckError
            Naming the line.
        """
        with at_line(line):
            if card[0] == ".":
                self._dot(line, card)
            else:
                self._device(line, card)

    @property
    def temperature(self) -> Temperature:
        """Of the circuit; a ``.temp`` card counts before an option."""
        told = self.celsius
        return Temperature(told.get(".temp", told.get("temp", 27.0)), told.get("tnom", 27.0))

    @property
    def initial(self) -> dict[str, float]:
        """What ``ic=`` says: voltages [V] of capacitors and currents [A] of inductors, by name."""
        cards = (part for part in self.parts if isinstance(part, ElementCard))
        given = ((card.name, card.value("ic")) for card in cards if card.name[0] in PASSIVE)
        return {name: start for name, start in given if start is not None}

    def elements(self) -> Iterator[tuple[int, Element]]:
        """Yield what the cards say with the models that may stand below them, and the lines.

        Raises
        ------
        DeckError
            Naming the line.
        """
        context = Context(self.models, self.temperature, self.names.fresh, self.note)
        for part in self.parts:
            if not isinstance(part, ElementCard):
                yield part
                continue
            made = passive_elements if part.name[0] in PASSIVE else diode_elements
            with at_line(part.line):
                elements = made(part, context)
            yield from ((part.line, element) for element in elements)

    def _device(self, line: int, card: str) -> None:
        name, letter = re.split(r"[\s(),=]", card, maxsplit=1)[0], card[0]
        if name in self.seen:
            raise DeckError(f"the name {name!r} is already on line {self.seen[name]}")
        self.seen[name] = line
        if letter == "b" and read_core_law(card):
            self.core_laws.append(card)
        elif letter in "viba":
            self.feeds.read_card(line, card)
        elif letter == "k":
            found = read_coupling(card)
            if len(found) > 1:
                self.note(line, f"{name!r} couples each pair of its coils; ngspice takes two only")
            self.couplings += [(line, each) for each in found]
        elif letter in CONTROLLED:
            self.parts.append((line, read_controlled(card)))
        elif letter not in PASSIVE and letter != "d":
            what = _UNITS.get(letter, "no element that is known")
            raise DeckError(f"{name!r} is {what}, which can't be read as a network; {AS_IT_STANDS}")
        elif law := re.fullmatch(r"(c\S*|r\S*)\s+(\S+)\s+(\S+)\s+(?:q|r)=('.*)", card):
            read = read_varactor if letter == "c" else read_cubic
            self.parts.append((line, read(*law.groups())))
        else:
            self.parts.append(read_element_card(line, card))

    def _dot(self, line: int, card: str) -> None:
        word, *rest = card.split()
        if word in OTHER_ANALYSES:
            self.note(line, f"{word!r} was passed over: it is left to ngspice itself")
        elif word in ANALYSES:
            self._analysis(line, card)
        elif word == ".model":
            self._model(line, card)
        elif word in OPTION_CARDS:
            self._options(told_options(card))
        elif word.partition("=")[0] == ".temp":
            values = card.removeprefix(".temp").replace("=", " ").split()
            if len(values) != 1:
                raise DeckError("ngspice runs at one temperature: .temp CELSIUS")
            self.celsius[".temp"] = number(values[0])
        elif word == ".save":
            self.seen[word] = line
            check_vectors(rest)
            self.save += rest
        elif word == ".nodeset":
            self.note(line, "'.nodeset' was passed over: it only helps ngspice to begin")
        elif word == ".ic":
            self.seen[word] = line
            text = card.removeprefix(".ic")
            if _NODE_VOLTAGE.sub("", text).strip(" ,"):
                raise DeckError(f".ic is read as v(NODE)=VALUE: {card!r}")
            for node, value in _NODE_VOLTAGE.findall(text):
                self.node_voltages[node] = number(value)
        elif word != ".end":
            raise DeckError(f"{word!r} can't be read as part of a network; {AS_IT_STANDS}")

    def _options(self, told: dict[str, str]) -> None:
        for name, text in told.items():
            if name in ("temp", "tnom"):  # which the elements' values heed
                self.celsius[name] = number(text)
            elif (name, text) not in _OF_THE_WRITER:
                self.options[name] = _option(text)
                check_options({name: self.options[name]})
            else:
                self.options.pop(name, None)

    def _analysis(self, line: int, card: str) -> None:
        word, *rest = card.replace(",", " ").split()  # to ngspice a comma is a blank here
        card = " ".join([word, *rest])
        times = [text for text in rest if text != "uic"]
        if word == ".tran" and len(times) == 1:
            card = card.replace(times[0], f"0 {times[0]}", 1)
            self.note(line, "'.tran STOP' is LTspice's; ngspice wants a step before it")
        elif word == ".tran" and times and is_number(times[0]) and number(times[0]) == 0:
            self.note(line, "a step of 0 is not ngspice's; it has the default of the largest step")
        self.analyses.append((line, read_analysis(card, line)))

    def _model(self, line: int, card: str) -> None:
        file = re.match(r"\.model\s+(\S+)\s+filesource\s*\((.*)\)$", card)
        model = Model(line, file[1], "filesource", {}) if file else read_model(line, card)
        if model.name in self.models:
            raise DeckError(f"there is already a model {model.name!r}")
        self.models[model.name] = model
        if file:
            self.feeds.read_model(file[1], file[2])


def _option(text: str) -> float | str | None:
    if not text:
        return None
    if text.isdecimal():
        return int(text)  # itl1=50.0 would be another text
    return number(text) if is_number(text) else text
