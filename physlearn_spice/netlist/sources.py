"""Sources of a deck: which of them are ports, and what they do."""

from __future__ import annotations

import cmath
import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..elements import Element, Resistor
from ..errors import DeckError, StimulusError
from ..network import GROUND, Port
from ..stimulus import CardWaveform, Multitone, Samples, Stimulus, Sum, Tone
from .dc_sweep import Dc
from .lines import at_line
from .models import AS_IT_STANDS
from .source import Source
from .source_cards import Feed, Feeds, ends_of

__all__ = ["Driven", "ports_and_sources", "swept_source"]


@dataclass(frozen=True)
class Driven:
    """What the sources of a deck are to a network.

    ``absorbed`` are the names of resistors that went into ports. ``controls`` gives for each
    source's name the name that its port's source has, and ``behind`` for each node between a
    source and its resistance the name that the writer gives it. ``lost`` are the nodes between
    sources in series.
    """

    ports: tuple[Port, ...]
    sources: dict[str, Source]
    absorbed: set[str]
    controls: dict[str, str]
    behind: dict[str, str]
    lost: set[str]
    notes: list[str]


def ports_and_sources(
    feeds: Feeds, elements: list[Element], folder: Path | None, further: Sequence[Port] = ()
) -> Driven:
    """Join sources in series into ports, and current sources with the resistor across them.

    A resistor ``rsNAME`` that alone follows the source ``vNAME`` is the port's source resistance.
    ``further`` ports need no source.

    Raises
    ------
    DeckError
        Naming the line: a current source with no resistor across it, sources that can't be one.
    """
    ends = [node for x in (*elements, *feeds.cards) for node in ends_of(x)]
    touches = Counter([*ends, *(node for port in further for node in (port.plus, port.minus))])
    found = Driven((), {}, set(), {}, {}, set(), [])
    ports: list[Port] = []
    for head, *below in _chains(feeds, touches, found):
        if head.name[0] not in "vi":
            raise DeckError(f"{head.name!r} stands behind no voltage source", line=head.line)
        chain = [_thevenin(head, elements, found) if head.name[0] == "i" else head, *below]
        name = _port_name(head, {port.name for port in (*ports, *further)}, found)
        plus, resistance = _behind_resistor(chain[0].plus, f"rs{name}", elements, touches, found)
        resistance += sum(feed.resistance for feed in chain)
        with at_line(head.line):
            ports.append(Port(name, plus, chain[-1].minus, resistance))
            found.sources[name] = _joined(chain, feeds, folder)
        found.controls.update({feed.name: f"v{name}" for feed in chain})
        found.notes.extend(f"line {feed.line}: {text}" for feed in chain for text in feed.notes)
    if not ports and not further:
        raise DeckError(
            "the deck has no source: nothing drives the network; add one, such as 'v1 NODE 0 ac 1' "
            "(the first line of a deck is its title, and no card)"
        )
    return replace(found, ports=tuple(ports))


def _chains(feeds: Feeds, touches: Counter[str], found: Driven) -> Iterator[list[Feed]]:
    """Yield voltage sources in series, from the first plus on, and current sources alone."""
    voltages = [feed for feed in feeds.cards if feed.name[0] != "i"]
    below = {feed.plus: feed for feed in voltages if touches[feed.plus] == 2}
    found.lost.update({feed.minus for feed in voltages} & below.keys() - {GROUND})
    for head in feeds.cards:
        chain = [head]
        if head.name[0] != "i":
            if head.plus in found.lost:
                continue
            while chain[-1].minus in found.lost:
                chain.append(below[chain[-1].minus])
        yield chain


def _behind_resistor(
    node: str, name: str, elements: list[Element], touches: Counter[str], found: Driven
) -> tuple[str, float]:
    """Return the node behind the source's resistor of that name, and the resistance [Ohm]."""
    for e in elements:
        if e.name == name and isinstance(e, Resistor) and node in (e.a, e.b) and touches[node] == 2:
            found.behind[node] = f"port{name.removeprefix('rs')}_s"
            found.absorbed.add(name)
            return (e.b if node == e.a else e.a), e.value
    return node, 0.0


def swept_source(sweep: Dc, line: int, feeds: Feeds, driven: Driven) -> Dc:
    """Return a DC sweep of one of the deck's sources as one of its port's source.

    Raises
    ------
    DeckError
        Naming the line: another source with a DC value is in series with it.
    """
    feed = next((feed for feed in feeds.cards if feed.name == sweep.source), None)
    if feed is None or sweep.source not in driven.controls:
        return sweep
    source = driven.controls[sweep.source]
    if feed.name[0] == "i":
        port = next(port for port in driven.ports if f"v{port.name}" == source)
        feed = feed.through(port.resistance)
        values = (sweep.start, sweep.stop, sweep.step)
        sweep = Dc(sweep.source, *(value * port.resistance for value in values))
    if driven.sources[source[1:]].dc != feed.dc:
        raise DeckError(
            f"DC sweep of {sweep.source!r}: other sources stand in series with it, and a port has "
            "one DC voltage; put theirs into its own",
            line=line,
        )
    return replace(sweep, source=source)


def _thevenin(feed: Feed, elements: list[Element], found: Driven) -> Feed:
    """Return a current source and the resistor across it as a voltage source in series with it."""
    for element in elements:
        across = {element.a, element.b} == {feed.plus, feed.minus}
        if isinstance(element, Resistor) and across and element.name not in found.absorbed:
            found.absorbed.add(element.name)
            found.notes.append(
                f"line {feed.line}: {feed.name!r} across {element.name!r} is the port "
                f"{feed.name!r}, a voltage source in series with that resistance, which counts "
                "as the source's"
            )
            return feed.through(element.value)
    raise DeckError(
        f"{feed.name!r} is a current source with no resistor across it, and a port is a source "
        f"with a resistance: put one between {feed.plus!r} and {feed.minus!r} (1g is next to none);"
        f" {AS_IT_STANDS}",
        line=feed.line,
    )


def _port_name(head: Feed, taken: set[str], found: Driven) -> str:
    """Name a port as its source, of letters and digits; a current source keeps its own letter."""
    told = head.name if head.name[0] == "i" else head.name[1:]
    plain = "".join(c for c in told if c.isascii() and c.isalnum()) or head.name
    while plain in taken:
        plain += "x"
    if plain != told:
        found.notes.append(f"line {head.line}: {head.name!r} is the port {plain!r}")
    return plain


def _joined(chain: list[Feed], feeds: Feeds, folder: Path | None) -> Source:
    """Add up sources in series."""
    dc, offset = (math.fsum(parts) for parts in ((f.dc for f in chain), (f.offset for f in chain)))
    waveforms = [w for feed in chain if (w := _waveform(feed, feeds, folder))]
    ac, phase = chain[0].ac, chain[0].ac_phase
    if len(chain) > 1:
        total = sum(feed.phasor for feed in chain)
        is_plain = not any(feed.ac_phase for feed in chain)
        ac, phase = (total.real, 0.0) if is_plain else cmath.polar(total)
    return Source(dc, ac, _sum_of(waveforms, chain[0]), phase, None if offset == dc else offset)


def _waveform(feed: Feed, feeds: Feeds, folder: Path | None) -> Stimulus | None:
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


def _sum_of(waveforms: list[Stimulus], head: Feed) -> Stimulus | None:
    if len(waveforms) < 2:
        return waveforms[0] if waveforms else None
    tones = [w for w in waveforms if isinstance(w, Tone)]
    if len(tones) == len(waveforms):
        return Multitone(tuple(tones))
    parts = [w for w in waveforms if isinstance(w, CardWaveform)]
    if len(parts) < len(waveforms):
        raise DeckError(
            f"{head.name!r}: a chirp or samples can't be added to other waveforms", line=head.line
        )
    return Sum(tuple(parts))
