"""``.model`` cards, and parameters of cards by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from ..errors import DeckError
from .numbers import number

__all__ = [
    "AS_IT_STANDS",
    "Context",
    "ElementCard",
    "Model",
    "Temperature",
    "read_element_card",
    "read_model",
]

AS_IT_STANDS = "physlearn run runs the deck as it stands"
_MODEL = re.compile(r"\.model\s+([^\s=(),]+)\s+(\w+)\s*(.*)")
_PAIR = re.compile(r"([\w.]+)\s*=\s*([^\s=]+)")


@dataclass(frozen=True)
class Model:
    """One ``.model`` card; the parameters are numbers as text."""

    line: int
    name: str
    kind: str
    parameters: dict[str, str]

    def value(self, name: str) -> float | None:
        """Return a parameter as a number; None where it is not given."""
        text = self.parameters.get(name)
        return None if text is None else number(text, self.line)

    def only(self, known: Collection[str]) -> None:
        """Refuse parameters that can't be represented.

        Raises
        ------
        DeckError
            Naming the first of them, and the model's line.
        """
        _refuse_others(f"model {self.name!r}", self.parameters, known, self.line)


@dataclass(frozen=True)
class ElementCard:
    """The card of an element: its nodes, the words behind them, and parameters by name."""

    line: int
    name: str
    a: str
    b: str
    words: tuple[str, ...]
    parameters: dict[str, tuple[str, ...]]

    def value(self, name: str) -> float | None:
        """Return a parameter as a number; None where it is not given."""
        texts = self.parameters.get(name)
        if texts is None:
            return None
        if len(texts) != 1:
            raise DeckError(f"{self.name!r}: {name} needs one value", line=self.line)
        return number(texts[0], self.line)

    def factor(self, name: str) -> float:
        """Return a factor of the value; 1 where it is not given.

        Raises
        ------
        DeckError
            It is not positive.
        """
        given = self.value(name)
        if given is not None and given <= 0:
            raise DeckError(f"{self.name!r}: {name}={given!r}, must be positive", line=self.line)
        return 1.0 if given is None else given

    def only(self, known: Collection[str]) -> None:
        """Refuse parameters that can't be represented.

        Raises
        ------
        DeckError
            Naming the first of them.
        """
        _refuse_others(repr(self.name), self.parameters, known, self.line)


def _refuse_others(what: str, parameters: Iterable[str], known: Collection[str], line: int) -> None:
    for key in parameters:
        if key not in known:
            raise DeckError(f"{what}: {key}= can't be represented; {AS_IT_STANDS}", line=line)


@dataclass(frozen=True)
class Temperature:
    """Of the circuit, and at which its values are told [Celsius]."""

    circuit: float = 27.0
    nominal: float = 27.0

    def of(self, card: ElementCard) -> float:
        """Temperature [Celsius] of an element."""
        own = card.value("temp")
        return self.circuit + (card.value("dtemp") or 0.0) if own is None else own


@dataclass(frozen=True)
class Context:
    """What a card is read with besides itself.

    ``fresh`` makes a name that nothing has; ``note`` is told what ngspice reads otherwise.
    """

    models: Mapping[str, Model]
    temperature: Temperature
    fresh: Callable[[str], str]
    note: Callable[[int, str], None]


def read_model(line: int, card: str) -> Model:
    """Read a ``.model`` card of any kind; whether its parameters can be read is its user's to say.

    Raises
    ------
    DeckError
        No name, no kind, or parameters that are not NAME=VALUE.
    """
    match = _MODEL.fullmatch(card)
    if not match:
        raise DeckError(f"a model needs a name and a kind: {card!r}", line=line)
    inside = re.sub("[(),]", " ", match[3])
    if _PAIR.sub("", inside).strip():
        raise DeckError(f"parameters are read as NAME=VALUE: {card!r}", line=line)
    return Model(line, match[1], match[2], dict(_PAIR.findall(inside)))


def read_element_card(line: int, card: str) -> ElementCard:
    """Read the card of an element of two nodes.

    Raises
    ------
    DeckError
        It has no nodes, or nothing behind them.
    """
    name, *words = re.sub(r"\s*=\s*", "= ", re.sub("[(),]", " ", card)).split()
    if len(words) < 3 or any("=" in word for word in words[:2]):
        raise DeckError(f"{name!r} needs two nodes and a value; it has {words}", line=line)
    plain: list[str] = []
    named: dict[str, list[str]] = {}
    into = plain
    for word in words[2:]:
        if word.endswith("="):
            into = named.setdefault(word[:-1], [])
        else:
            into.append(word)
    parameters = {key: tuple(values) for key, values in named.items()}
    return ElementCard(line, name, words[0], words[1], tuple(plain), parameters)
