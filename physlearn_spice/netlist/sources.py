"""Voltage sources of a deck: which of them are ports, and what they do."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..elements import Element, Resistor, Vccs, Vcvs
from ..errors import DeckError, NetworkError, StimulusError
from ..network import GROUND, Network, Port
from ..stimulus import Chirp, Multitone, Samples, Stimulus, Tone
from .dc_sweep import Dc, check_swept
from .deck import Source
from .numbers import number
from .write import chirp_voltage

__all__ = ["Feeds", "check_read_sweep", "ends_of", "ports_and_sources"]


@dataclass(frozen=True)
class _Feed:
    """One source card: what it puts between ``plus`` and ``minus``."""

    line: int
    name: str
    plus: str
    minus: str
    dc: float = 0.0
    ac: float = 0.0
    waveform: Stimulus | None = None
    model: str = ""  # of a sampled source

    @property
    def is_silent(self) -> bool:
        """Whether it is a source of 0 V."""
        return self.dc == self.ac == 0 and self.waveform is None and not self.model


@dataclass
class Feeds:
    """The source cards of a deck: V, and the B and A cards that the writer puts behind them."""

    cards: list[_Feed] = field(default_factory=list[_Feed])
    models: dict[str, str] = field(default_factory=dict[str, str])  # name to file name

    def read_card(self, line: int, card: str) -> None:
        """Take in a card that starts with v, b or a."""
        reader = {"v": _voltage_source, "b": _chirp_source, "a": _sampled_source}[card[0]]
        self.cards.append(reader(line, card))

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


def ports_and_sources(
    feeds: Feeds, elements: list[Element], folder: Path | None
) -> tuple[tuple[Port, ...], dict[str, Source], set[str]]:
    """Join sources in series into ports.

    A resistor ``rsNAME`` that alone follows the source ``vNAME`` is the port's source resistance.

    Returns
    -------
    tuple
        Ports, their sources by name, and the names of the resistors that went into ports.
    """
    touches = Counter(node for x in (*elements, *feeds.cards) for node in ends_of(x))
    below = {feed.plus: feed for feed in feeds.cards if touches[feed.plus] == 2}
    joined = {feed.minus for feed in feeds.cards if feed.minus in below} - {GROUND}
    ports: list[Port] = []
    sources: dict[str, Source] = {}
    absorbed: set[str] = set()
    for head in feeds.cards:
        if head.plus in joined:
            continue
        chain = [head]
        while chain[-1].minus in joined:
            chain.append(below[chain[-1].minus])
        if head.name[0] != "v":
            raise DeckError(f"{head.name!r} stands behind no voltage source", line=head.line)
        name = head.name[1:]
        source = Source(
            sum(feed.dc for feed in chain),
            sum(feed.ac for feed in chain),
            _sum_of([w for feed in chain if (w := _waveform(feed, feeds, folder))], head),
        )
        plus, resistance = head.plus, 0.0
        for element in elements:
            if element.name != f"rs{name}" or touches[plus] != 2:
                continue
            if isinstance(element, Resistor) and plus in (element.a, element.b):
                plus = element.b if plus == element.a else element.a
                resistance = element.value
                absorbed.add(element.name)
                break
        try:
            ports.append(Port(name, plus, chain[-1].minus, resistance))
        except NetworkError as error:
            raise DeckError(str(error), line=head.line) from error
        sources[name] = source
    if not ports:
        raise DeckError(
            "the deck has no voltage source: nothing drives the network (its first line is the "
            "title, and no card)"
        )
    return tuple(ports), sources, absorbed


def check_read_sweep(
    sweep: Dc, line: int, feeds: Feeds, network: Network, sources: Mapping[str, Source]
) -> None:
    """Refuse a DC sweep of what is no source of its own in the network.

    Raises
    ------
    DeckError
        Naming the line and the source.
    """
    dc = {feed.name: feed.dc for feed in feeds.cards}
    try:
        check_swept([sweep], network)
    except DeckError as error:
        raise DeckError(str(error), line=line) from error
    joined = sources.get(sweep.source[1:]) if sweep.source in dc else None
    if joined and joined.dc != dc[sweep.source]:
        raise DeckError(
            f"DC sweep of {sweep.source!r}: other sources stand in series with it, and a port has "
            "one DC voltage; put theirs into its own",
            line=line,
        )


def ends_of(card: Element | _Feed) -> tuple[str, ...]:
    """Nodes that a card touches, those that it senses included."""
    match card:
        case _Feed():
            return card.plus, card.minus
        case Vcvs() | Vccs():
            return card.a, card.b, card.control_plus, card.control_minus
        case _:
            return card.a, card.b


def _waveform(feed: _Feed, feeds: Feeds, folder: Path | None) -> Stimulus | None:
    if not feed.model:
        return feed.waveform
    if feed.model not in feeds.models:
        raise DeckError(f"{feed.name!r}: there is no model {feed.model!r}", line=feed.line)
    if folder is None:
        raise DeckError(f"{feed.name!r} reads a file: load the deck from a folder", line=feed.line)
    return _read_samples(folder / feeds.models[feed.model], feed.line)


def _read_samples(path: Path, line: int) -> Samples:
    """Read a data file that the writer made."""
    try:
        header, *rows = path.read_text(encoding="utf-8").splitlines()
        rate, _, name = header.removeprefix("# sample_rate ").partition(" ")
        values = [float(row.split()[1]) for row in rows[:-2]]  # the last two end the signal
        return Samples(np.array(values), float(rate), json.loads(name))
    except (OSError, ValueError, IndexError, StimulusError) as error:
        raise DeckError(f"can't read the samples in {str(path)!r}: {error}", line=line) from error


def _sum_of(waveforms: list[Stimulus], head: _Feed) -> Stimulus | None:
    tones = [w for w in waveforms if isinstance(w, Tone)]
    if len(waveforms) > 1 and len(tones) < len(waveforms):
        raise DeckError(f"{head.name!r}: only sines can be added in series", line=head.line)
    if len(tones) > 1:
        return Multitone(tuple(tones))
    return waveforms[0] if waveforms else None


def _nodes(line: int, name: str, words: list[str]) -> tuple[str, str]:
    if len(words) < 2:
        raise DeckError(f"{name!r} needs two nodes", line=line)
    plus, minus = (GROUND if node == "gnd" else node for node in words[:2])
    if plus == minus:
        raise DeckError(f"{name!r}: both ends are on node {plus!r}", line=line)
    return plus, minus


def _voltage_source(line: int, card: str) -> _Feed:
    name, *words = card.split()
    plus, minus = _nodes(line, name, words)
    tail = " ".join(words[2:])
    dc, ac, tone = None, 0.0, None
    sine = re.search(r"\bsin\s*\(([^()]*)\)", tail) or re.search(r"\bsin\s+([^()]*)$", tail)
    if sine:
        tail = f"{tail[: sine.start()]} {tail[sine.end() :]}"
        offset, tone = _sine(sine[1].replace(",", " ").split(), line, name)
        dc = offset
    tokens = tail.split()
    while tokens:
        word = tokens.pop(0)
        if word == "ac":
            ac = number(tokens.pop(0), line) if tokens and _is_number(tokens[0]) else 1.0
            if tokens and _is_number(tokens[0]) and number(tokens.pop(0), line) != 0:
                raise DeckError(f"{name!r}: AC phases other than 0 are not read", line=line)
        elif word == "dc" or _is_number(word):
            if word == "dc" and not tokens:
                raise DeckError(f"{name!r}: 'dc' without a value", line=line)
            value = number(tokens.pop(0) if word == "dc" else word, line)
            if dc is not None and value != dc:
                raise DeckError(
                    f"{name!r}: DC value {value!r} differs from the sine's offset {dc!r}", line=line
                )
            dc = value
        else:
            raise DeckError(f"{name!r}: {word!r} is not read; DC, AC and SIN are", line=line)
    return _Feed(line, name, plus, minus, dc or 0.0, ac, tone)


def _sine(words: list[str], line: int, name: str) -> tuple[float, Tone]:
    values = [number(word, line) for word in words]
    if not 3 <= len(values) <= 6 or any(values[3:5]):
        raise DeckError(
            f"{name!r}: a sine is read as sin(offset amplitude frequency 0 0 phase)", line=line
        )
    phase = values[5] if len(values) == 6 else 0.0
    return values[0], Tone(values[1], values[2], math.radians(phase))


def _is_number(word: str) -> bool:
    return word[0] in "+-.0123456789"


def _chirp_source(line: int, card: str) -> _Feed:
    name, *words = card.split()
    plus, minus = _nodes(line, name, words)
    given = " ".join(words[2:]).removeprefix("v=")
    constants = re.match(r"time<=([^?]+)\?(.+)\*sin\(2\*pi\*\(([^*]+)\*time\+\((.+)-\3\)/2/", given)
    if constants:
        duration, amplitude, f_start, f_stop = (number(text, line) for text in constants.groups())
        chirp = Chirp(amplitude, f_start, f_stop, duration)
        if chirp_voltage(chirp) == given:
            return _Feed(line, name, plus, minus, waveform=chirp)
    raise DeckError(f"{name!r}: only this package's chirp is read from a B source", line=line)


def _sampled_source(line: int, card: str) -> _Feed:
    match = re.fullmatch(r"(a\S+)\s+%vd\s*\(\s*\[\s*(\S+)\s+(\S+?)\s*\]\s*\)\s+(\S+)", card)
    if not match:
        raise DeckError("only a filesource with a %vd port is read from an A card", line=line)
    name, plus, minus, model = match.groups()
    return _Feed(line, name, plus, minus, model=model)
