"""Source cards: V and I with DC, AC and a waveform, and the B and A cards of this package."""

from __future__ import annotations

import cmath
import math
import re
from dataclasses import dataclass, field, replace

from ..elements import Element, Vccs, Vcvs
from ..errors import DeckError
from ..network import GROUND
from ..stimulus import CardWaveform, Chirp, Stimulus, Tone
from .models import AS_IT_STANDS
from .numbers import number
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

    def read_model(self, line: int, name: str, parameters: str) -> None:
        """Take in a filesource model."""
        file = re.fullmatch(r'file="([^"/\\]+)" amploffset=\[0\] amplscale=\[1\]', parameters)
        if not file:
            raise DeckError(
                'a filesource is read as file="NAME" amploffset=[0] amplscale=[1], without a '
                "folder",
                line=line,
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


def _nodes(line: int, name: str, words: list[str]) -> tuple[str, str]:
    if len(words) < 2:
        raise DeckError(f"{name!r} needs two nodes", line=line)
    plus, minus = (GROUND if node == "gnd" else node for node in words[:2])
    if plus == minus:
        raise DeckError(f"{name!r}: both ends are on node {plus!r}", line=line)
    return plus, minus


def _source(line: int, card: str) -> Feed:
    """Read a V or I card as ngspice does, to which brackets, commas and = are blanks."""
    name, *words = re.sub("[(),=]", " ", card).split()
    plus, minus = _nodes(line, name, words)
    words = words[2:]
    feed, dc = Feed(line, name, plus, minus), None
    waveforms: list[CardWaveform] = []
    notes: list[str] = []
    if words and _is_number(words[0]):
        dc = number(words.pop(0), line)
    while words:
        word = words.pop(0)
        if word == "ac":
            amplitude, *phase = _numbers(words, line, most=2) or [1.0]
            feed = replace(feed, ac=amplitude, ac_phase=math.radians(sum(phase)))
        elif word == "dc":
            values = _numbers(words, line, most=1)
            if not values:
                raise DeckError(f"{name!r}: 'dc' without a value", line=line)
            if dc not in (None, values[0]):
                raise DeckError(f"{name!r} has two DC values, {dc!r} and {values[0]!r}", line=line)
            dc = values[0]
        elif word in KEYWORDS or word == "sine":
            values = _numbers(words, line)
            parameters: dict[str, float] = {}
            while word == "pwl" and len(words) > 1 and words[0] in ("r", "td"):
                key = words.pop(0)
                parameters[key] = number(words.pop(0), line)
            try:
                offset, waveform = read_waveform(word.replace("sine", "sin"), values, parameters)
            except DeckError as error:
                raise DeckError(f"{name!r}: {error}", line=line) from error
            feed = replace(feed, offset=offset, waveform=waveform)
            waveforms.append(waveform)
        elif word in ("distof1", "distof2"):
            _numbers(words, line, most=2)
        elif word == "rser" and name[0] == "v" and words:
            feed = replace(feed, resistance=number(words.pop(0), line))
            notes.append(
                f"{name!r}: rser= is LTspice's, not ngspice's; it is the port's resistance"
            )
        else:
            if word == "external":  # which nobody is let run
                raise DeckError(f"{name!r} is driven by a program ('external')", line=line)
            law = "is no data" if word in _NO_DATA else "is not read"
            raise DeckError(
                f"{name!r}: {word!r} {law}; DC, AC, SIN, PULSE, PWL, EXP, SFFM and AM are; "
                f"{AS_IT_STANDS}",
                line=line,
            )
    if len(waveforms) > 1:
        notes.append(f"{name!r} has {len(waveforms)} waveforms, of which ngspice plays the last")
    if not waveforms:
        feed = replace(feed, offset=dc or 0.0)
    elif dc is None:  # the operating point is the transient's first moment
        first = waveforms[-1] if isinstance(waveforms[-1], Tone) else waveforms[-1].filled(1.0, 1.0)
        dc = feed.offset + first(0.0).item()
    return replace(feed, dc=dc or 0.0, notes=tuple(notes))


def _numbers(words: list[str], line: int, most: int | None = None) -> list[float]:
    """Take the numbers off the front."""
    found: list[float] = []
    while words and _is_number(words[0]) and (most is None or len(found) < most):
        found.append(number(words.pop(0), line))
    return found


def _is_number(word: str) -> bool:
    return word[0] in "+-.0123456789"


def _chirp_source(line: int, card: str) -> Feed:
    name, *words = card.split()
    plus, minus = _nodes(line, name, words)
    given = " ".join(words[2:]).removeprefix("v=")
    constants = re.match(r"time<=([^?]+)\?(.+)\*sin\(2\*pi\*\(([^*]+)\*time\+\((.+)-\3\)/2/", given)
    if constants:
        duration, amplitude, f_start, f_stop = (number(text, line) for text in constants.groups())
        chirp = Chirp(amplitude, f_start, f_stop, duration)
        if chirp_voltage(chirp) == given:
            return Feed(line, name, plus, minus, waveform=chirp)
    raise DeckError(
        f"{name!r}: only this package's chirp is read from a B source; {AS_IT_STANDS}", line=line
    )


def _sampled_source(line: int, card: str) -> Feed:
    match = re.fullmatch(r"(a\S+)\s+%vd\s*\(\s*\[\s*(\S+)\s+(\S+?)\s*\]\s*\)\s+(\S+)", card)
    if not match:
        raise DeckError("only a filesource with a %vd port is read from an A card", line=line)
    name, plus, minus, model = match.groups()
    return Feed(line, name, plus, minus, model=model)
