"""Source cards: V and I with DC, AC and a waveform, and the B and A cards of this package."""

from __future__ import annotations

import cmath
import math
import re
from dataclasses import dataclass, field, replace

from ..elements import Element, Vccs, Vcvs
from ..errors import DeckError
from ..stimulus import CardWaveform, Chirp, Stimulus, Tone
from .models import AS_IT_STANDS
from .numbers import begins_number, number
from .waveform_cards import KEYWORDS, read_waveform
from .write import chirp_voltage

__all__ = ["Feed", "Feeds", "ends_of"]

_NO_DATA = {"trnoise", "trrandom", "portnum", "z0"}


@dataclass(frozen=True)
class Feed:
    """One source card: what it puts between ``plus`` and ``minus`` [V], or drives there [A].

    ``dc`` is for the operating point, ``offset`` for transients, where ``waveform`` is added.
    """

    line: int
    name: str
    plus: str
    minus: str
    dc: float = 0.0
    ac: float = 0.0
    ac_phase: float = 0.0  # [rad]
    offset: float = 0.0
    waveform: Stimulus | None = None
    resistance: float = 0.0
    model: str = ""  # of a sampled source
    notes: tuple[str, ...] = ()

    @property
    def is_silent(self) -> bool:
        """Whether it is a source of 0 V."""
        return self.dc == self.ac == self.offset == 0 and self.waveform is None and not self.model

    @property
    def phasor(self) -> complex:
        """Its AC amplitude with its phase."""
        return cmath.rect(self.ac, self.ac_phase) if self.ac_phase else self.ac

    def through(self, resistance: float) -> Feed:
        """Return the voltage source behind a resistance that a current source across it is."""
        waveform = self.waveform and self.waveform.scaled(amplitude=resistance)
        return replace(
            self,
            plus=self.minus,  # the current flows from plus through the source to minus
            minus=self.plus,
            dc=self.dc * resistance,
            ac=self.ac * resistance,
            offset=self.offset * resistance,
            waveform=waveform,
            resistance=resistance,
        )


@dataclass
class Feeds:
    """The source cards of a deck: V and I, and the B and A cards that the writer puts behind V."""

    cards: list[Feed] = field(default_factory=list[Feed])
    models: dict[str, str] = field(default_factory=dict[str, str])  # name to file name

    def read_card(self, line: int, card: str) -> None:
        """Take in a card that starts with v, i, b or a."""
        readers = {"v": _source, "i": _source, "b": _chirp_source, "a": _sampled_source}
        self.cards.append(readers[card[0]](line, card))

    def read_model(self, name: str, parameters: str) -> None:
        """Take in a filesource model."""
        file = re.fullmatch(r'file="([^"/\\]+)" amploffset=\[0\] amplscale=\[1\]', parameters)
        if not file:
            raise DeckError(
                'a filesource is read as file="NAME" amploffset=[0] amplscale=[1], without a folder'
            )
        self.models[name] = file[1]


def ends_of(card: Element | Feed) -> tuple[str, ...]:
    """Nodes that a card touches, those that it senses included."""
    match card:
        case Feed():
            return card.plus, card.minus
        case Vcvs() | Vccs():
            return card.a, card.b, card.control_plus, card.control_minus
        case _:
            return card.a, card.b


def _nodes(name: str, words: list[str]) -> tuple[str, str]:
    """Take the two nodes off the front."""
    if len(words) < 2:
        raise DeckError(f"{name!r} needs two nodes")
    plus, minus = words.pop(0), words.pop(0)
    if plus == minus:
        raise DeckError(f"{name!r}: both ends are on node {plus!r}")
    return plus, minus


def _source(line: int, card: str) -> Feed:
    """Read a V or I card as ngspice does, to which brackets, commas and = are blanks."""
    name, *words = re.sub("[(),=]", " ", card).split()
    return _Source(Feed(line, name, *_nodes(name, words)), words).read()


@dataclass
class _Source:
    """The card of a V or I, of which ``words`` are left, and what it has said so far."""

    feed: Feed
    words: list[str]
    dc: float | None = None
    waveforms: list[CardWaveform] = field(default_factory=list[CardWaveform])
    notes: list[str] = field(default_factory=list[str])

    def read(self) -> Feed:
        if self.words and begins_number(self.words[0]):
            self.dc = number(self.words.pop(0))
        while self.words:
            word = self.words.pop(0)
            if word == "ac":
                amplitude, *phase = self._numbers(most=2) or [1.0]
                self.feed = replace(self.feed, ac=amplitude, ac_phase=math.radians(sum(phase)))
            elif word == "dc":
                self._read_dc()
            elif word in KEYWORDS or word == "sine":
                self._read_waveform(word.replace("sine", "sin"))
            elif word in ("distof1", "distof2"):
                self._numbers(most=2)
            elif word == "rser" and self.feed.name[0] == "v" and self.words:
                self.feed = replace(self.feed, resistance=number(self.words.pop(0)))
                self._note("rser= is LTspice's, not ngspice's; it is the port's resistance")
            elif word == "external":  # which nobody is let run
                raise self._error("driven by a program ('external')")
            else:
                raise self._error(
                    f"{word!r} {'is no data' if word in _NO_DATA else 'is not read'}; DC, AC, SIN, "
                    f"PULSE, PWL, EXP, SFFM and AM are; {AS_IT_STANDS}"
                )
        return self._whole()

    def _read_dc(self) -> None:
        values = self._numbers(most=1)
        if not values:
            raise self._error("'dc' without a value")
        if self.dc not in (None, values[0]):
            raise self._error(f"has two DC values, {self.dc!r} and {values[0]!r}")
        self.dc = values[0]

    def _read_waveform(self, keyword: str) -> None:
        values = self._numbers()
        parameters: dict[str, float] = {}
        while keyword == "pwl" and len(self.words) > 1 and self.words[0] in ("r", "td"):
            key = self.words.pop(0)
            parameters[key] = number(self.words.pop(0))
        try:
            offset, waveform = read_waveform(keyword, values, parameters)
        except DeckError as error:
            raise self._error(str(error)) from error
        self.feed = replace(self.feed, offset=offset, waveform=waveform)
        self.waveforms.append(waveform)

    def _whole(self) -> Feed:
        dc = self.dc
        if len(self.waveforms) > 1:
            n = len(self.waveforms)
            self._note(f"has {n} waveforms, of which ngspice plays the last")
        if not self.waveforms:
            self.feed = replace(self.feed, offset=dc or 0.0)
        elif dc is None:  # the operating point is the transient's first moment
            last = self.waveforms[-1]
            first = last if isinstance(last, Tone) else last.filled(1.0, 1.0)
            dc = self.feed.offset + first(0.0).item()
        return replace(self.feed, dc=dc or 0.0, notes=tuple(self.notes))

    def _numbers(self, most: int | None = None) -> list[float]:
        """Take the numbers off the front."""
        found: list[float] = []
        while self.words and begins_number(self.words[0]) and len(found) != most:
            found.append(number(self.words.pop(0)))
        return found

    def _note(self, text: str) -> None:
        self.notes.append(f"{self.feed.name!r}: {text}")

    def _error(self, text: str) -> DeckError:
        return DeckError(f"{self.feed.name!r}: {text}")


def _chirp_source(line: int, card: str) -> Feed:
    name, *words = card.split()
    plus, minus = _nodes(name, words)
    given = " ".join(words).removeprefix("v=")
    constants = re.match(r"time<=([^?]+)\?(.+)\*sin\(2\*pi\*\(([^*]+)\*time\+\((.+)-\3\)/2/", given)
    if constants:
        duration, amplitude, f_start, f_stop = map(number, constants.groups())
        chirp = Chirp(amplitude, f_start, f_stop, duration)
        if chirp_voltage(chirp) == given:
            return Feed(line, name, plus, minus, waveform=chirp)
    raise DeckError(f"{name!r}: only this package's chirp is read from a B source; {AS_IT_STANDS}")


def _sampled_source(line: int, card: str) -> Feed:
    match = re.fullmatch(r"(a\S+)\s+%vd\s*\(\s*\[\s*(\S+)\s+(\S+?)\s*\]\s*\)\s+(\S+)", card)
    if not match:
        raise DeckError("only a filesource with a %vd port is read from an A card")
    name, plus, minus, model = match.groups()
    return Feed(line, name, plus, minus, model=model)
