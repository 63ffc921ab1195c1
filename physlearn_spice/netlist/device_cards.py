"""One device's or model's card with names as they are in the network, and values as numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import DeckError
from .devices import JOINS
from .flat_names import FlatNames, Place
from .groups import replaced, words_of
from .numbers import is_number, num, number_in_part

__all__ = ["FlatCard"]

_NODES = {**JOINS, "k": 0, "e": 4, "g": 4, "s": 4}  # those that it senses included
_NODE = re.compile(r"[\s(),]*([^\s(),=][^\s),=]*)")
_NO_CONTROL = re.compile(r"[\s(),]*(poly|value|vol|cur|table|laplace|freq|[vi]\s*=|[{'])")
_POLY = re.compile(r"[\s)]*poly\s*\(\s*(\d{1,3})\s*\)")
_LAW = re.compile(r"\b[vi]\s*\(|\b(time|temper|hertz)\b")
_IN_LAW = re.compile(
    r"(?P<voltage>\bv\s*\([^()]*\))|(?P<current>\bi\s*\([^()]*\))"
    r"|\b(?P<name>[a-z_]\w*)\b(?!\s*\(|\s*=(?!=))",
    re.ASCII,
)
_VALUED = "rlcviefghk"  # of these ngspice takes a bare word for a parameter
# what LTspice's library of parts says of one, and no simulation heeds
_RATING = re.compile(
    r"(?<!\S)(mfg|pn|type|v|vrms|vpk|irms|ipk|tol|pwr)\s*=\s*(\"[^\"]*\"|[^\s\"]+)(?!\S)"
)
_WORDS = {*("ac", "dc", "sin", "pulse", "pwl", "exp", "sffm", "am", "poly", "uic", "params:")}
_MULTIPLIED = "rlcdgfiqjmz"  # by the m= of the instance around, in ngspice


@dataclass(frozen=True)
class FlatCard:
    """Writes one card anew."""

    names: FlatNames
    place: Place
    line: int
    notes: list[str]

    def device(self, card: str) -> str:
        """Return a device's card.

        Raises
        ------
        DeckError
            Naming the line: an expression that has no value, an XSPICE device in an instance.
        """
        name, *rest = card.split(None, 1)
        if name[0] == "a":
            if self.place.suffix:
                raise DeckError(f"{name!r}: no XSPICE device in a subcircuit", line=self.line)
            return card
        here = self._device(name)
        letter, tail = name[0], rest[0] if rest else ""
        if letter in "rlc" and (ratings := [found[1] for found in _RATING.finditer(tail)]):
            self._note(f"{name!r}: passed over, as no simulation heeds it: {', '.join(ratings)}")
            tail = _RATING.sub("", tail)
        nodes, tail = self._take_nodes(tail, min(_NODES.get(letter, 2), 2))
        if letter in "eg" and not _NO_CONTROL.match(tail):
            controls, tail = self._take_nodes(tail, 2)
            nodes += controls
        elif letter not in "eg":
            more, tail = self._take_nodes(tail, _NODES.get(letter, 2) - len(nodes))
            nodes += more
        elif poly := _POLY.match(tail):
            controls, tail = self._take_nodes(tail[poly.end() :], 2 * int(poly[1]))
            nodes += [f"poly({poly[1]})", *controls]
        if letter == "b" or _LAW.search(tail):
            return " ".join([here, *nodes, self._law(tail)])
        return " ".join([here, *nodes, *self._tail(letter, tail)])

    def model(self, card: str) -> str:
        """Return a ``.model`` card.

        Raises
        ------
        DeckError
            Naming the line: an expression that has no value.
        """
        word, *rest = card.split(None, 2)
        if rest:
            rest[0] = self.place.models.get(rest[0], rest[0])
        text = replaced(" ".join([word, *rest]), self._spelled, self.line)
        return re.sub(r"(?<==)\s*([a-z_]\w*)", lambda found: self._bare(found[1]) or found[0], text)

    def _device(self, name: str) -> str:
        return self.names.device(name, self.place, self.line)

    def _node(self, name: str) -> str:
        return self.names.node(name, self.place, self.line)

    def _take_nodes(self, text: str, n: int) -> tuple[list[str], str]:
        nodes: list[str] = []
        for _ in range(n):
            found = _NODE.match(text)
            if not found:
                break
            nodes.append(self._node(found[1]))
            text = text[found.end() :]
        return nodes, re.sub(r"^[\s),]+", "", text)

    def _law(self, text: str) -> str:
        """Put numbers and the network's names into a law of voltages and currents."""

        def renamed(found: re.Match[str]) -> str:
            if name := found["name"]:
                value = self._bare(name)
                return f"({value})" if value else name
            kind, _, inner = found[0].rstrip(")").partition("(")
            names = [name.strip() for name in inner.split(",")]
            if kind.strip() == "i":
                return f"i({','.join(map(self._device, names))})"
            return f"v({','.join(self._node(n) for n in names if n)})"

        return _IN_LAW.sub(renamed, text)

    def _tail(self, letter: str, text: str) -> list[str]:
        """Return what stands behind the nodes."""
        found: list[str] = []
        if letter in "fh" and (poly := _POLY.match(text)):
            found, text = [f"poly({poly[1]})"], text[poly.end() :]
        words = words_of(re.sub("[(),]", " ", text) if letter == "k" else text, self.line)
        named = {"f": 1, "h": 1, "w": 1, "k": len(words) - 1}.get(letter, 0)
        if letter in "fh" and found:
            named = int(found[0][5:-1])
        is_name = re.compile("l" if letter == "k" else "")  # a number is none
        found += [self._device(word) if is_name.match(word) else word for word in words[:named]]
        found += [self._word(letter, word) for word in words[max(named, 0) :]]
        if self.place.factor != 1 and letter in _MULTIPLIED:
            if any(word.startswith("m=") for word in found):
                raise DeckError(
                    "of an m= inside of an instance with another, ngspice heeds the outer one "
                    "alone; leave one",
                    line=self.line,
                )
            found.append(f"m={num(self.place.factor)}")
        return found

    def _word(self, letter: str, word: str) -> str:
        name, is_pair, value = word.partition("=")
        if is_pair and not re.search("[{']", name):
            return f"{name}={self._given(value)}"
        if re.search("[{']", word):
            return replaced(word, self._spelled, self.line)
        if letter in _VALUED and word not in _WORDS:
            bare = self._bare(word)
            if bare:
                self._note(f"{word!r} is the parameter of that name to ngspice, and no model")
                return bare
            if word not in self.place.models:
                return self._number(word)
        return self.place.models.get(word, word)

    def _given(self, text: str) -> str:
        """Return the value of NAME=VALUE, which may be an expression without braces."""
        if re.search("[{'\"]", text):
            return replaced(text, self._spelled, self.line)
        if re.search(r"[a-z_]", text) and not is_number(text):
            try:
                return self._spelled(text)
            except DeckError:
                return self._number(text)
        return text

    def _number(self, word: str) -> str:
        """Spell a number of which ngspice reads a part; leave any other word."""
        parts = re.fullmatch(r"(\(?)([+-]?\.?\d[^(),]*)([),]*)", word)
        if not parts or is_number(parts[2]):
            return word
        value = number_in_part(parts[2], self.line)
        self._note(f"{parts[2]!r} is {value:g} to ngspice, which reads its first part only")
        return f"{parts[1]}{num(value)}{parts[3]}"

    def _bare(self, name: str) -> str:
        """Spell a parameter's value; "" where there is none of this name."""
        return self._spelled(name) if self.place.scope.has(name) else ""

    def _spelled(self, group: str) -> str:
        return self.place.scope.spelled(group, self.line)

    def _note(self, text: str) -> None:
        self.notes.append(f"line {self.line}: {text}")
