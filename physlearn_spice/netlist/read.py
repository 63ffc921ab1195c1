"""SPICE text to deck: what :mod:`.write` wrote, and decks that others wrote.

A card that can't be represented is refused with its line number. Decks are data: cards that run
commands or read files are refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ..couplings import Coupling
from ..elements import Cccs, Ccvs, Element
from ..errors import DeckError, NetworkError
from ..network import Network, Port
from .ac_sweep import Ac
from .active import with_cores, without_meters
from .analyses import Analysis
from .dc_sweep import Dc, check_swept
from .deck import Deck
from .doubts import doubts
from .flat import flat_cards
from .flat_names import plain
from .layout import open_ends, read_text, title
from .lines import at_line
from .names import Names
from .paste import pasted_cards
from .reading import Reading
from .source import Source
from .source_cards import ends_of
from .sources import Driven, ports_and_sources, swept_source

__all__ = ["load_deck", "read_deck"]


def load_deck(path: Path, *, include_from: Path | None = None, ports: Sequence[Port] = ()) -> Deck:
    """Read the deck in a file, and the data files beside it that its sampled sources name.

    Parameters are those of :func:`read_deck`.

    Raises
    ------
    DeckError
        As :func:`read_deck`; also where the file can't be read.
    """
    text = read_text(path)
    return read_deck(text, folder=path.parent, include_from=include_from, ports=ports)


def read_deck(
    text: str,
    *,
    folder: Path | None = None,
    include_from: Path | None = None,
    ports: Sequence[Port] = (),
) -> Deck:
    """Read SPICE text as a network with its sources and analyses.

    Parameters
    ----------
    folder
        Where sampled sources are looked for.
    include_from
        The folder from which ``.include`` and ``.lib`` may take files; without one they are
        refused.
    ports
        Further ports, besides those that the deck's sources are.

    Raises
    ------
    DeckError
        Naming the line: an unknown or unsafe card, a missing, negative or misspelt value, a name
        used twice, a node at an open end. Without a line: no elements, no source, a floating
        part, a loop of voltage sources, an AC analysis with nothing to excite it and no further
        port.
    """
    lines = text.splitlines()
    if not any(line.strip() for line in lines):
        raise DeckError("the deck is empty")
    found, notes = pasted_cards(lines, include_from)
    flat = flat_cards(found)
    words = (word for _, card in flat.cards for word in re.split(r"[\s(),=]+", card))
    reading = Reading(Names(words), notes=[*notes, *doubts(lines), *flat.notes])
    for line, card in flat.cards:
        reading.read(line, card)
    return _deck(reading, lines, folder, tuple(ports))


def _deck(reading: Reading, lines: list[str], folder: Path | None, ports: tuple[Port, ...]) -> Deck:
    """Put together what the cards have said."""
    found = list(reading.elements())
    line_of = _lines_by_name(reading, found)
    with _at_line_of(line_of):
        elements = with_cores((e for _, e in found), reading.feeds, reading.core_laws)
        elements = without_meters(elements, reading.feeds)
        driven = ports_and_sources(reading.feeds, elements, folder, ports)
        line_of |= {new: line_of[old] for old, new in driven.controls.items()}
        kept = (e for e in elements if e.name not in driven.absorbed)
        network = Network(
            tuple(_with_control(e, driven.controls) for e in kept),
            (*driven.ports, *ports),
            tuple(_couplings(reading)),
        )
    _check_ends(network, line_of, {plain(node) for node in open_ends(lines)})
    if not ports:  # which the caller will excite
        _check_excited(reading, driven.sources)
    begins = {node: v for node, v in reading.node_voltages.items() if node in network.nodes}
    for node in reading.node_voltages.keys() - begins.keys():
        reading.note(reading.seen[".ic"], f"node {node!r} of .ic is none of the network's")
    save = tuple(_saved(reading, driven)) or ("all",)
    return Deck(
        network,
        tuple(_analyses(reading, driven, network)),
        driven.sources,
        title=title(lines),
        options=reading.options,
        save=save,
        initial=reading.initial,
        node_voltages=begins,
        notes=tuple(sorted((*reading.notes, *driven.notes), key=_line_of_note)),
    )


def _line_of_note(note: str) -> int:
    return int(note.removeprefix("line ").partition(":")[0])


def _analyses(reading: Reading, driven: Driven, network: Network) -> Iterator[Analysis]:
    """Yield the analyses, with sweeps of what the sources are to the network."""
    for line, analysis in reading.analyses:
        if isinstance(analysis, Dc):
            analysis = swept_source(analysis, line, reading.feeds, driven)
            with at_line(line):
                check_swept([analysis], network)
        yield analysis


def _lines_by_name(reading: Reading, elements: list[tuple[int, Element]]) -> dict[str, int]:
    """Return the lines of devices, ports and nodes by name."""
    at = {node: feed.line for feed in reading.feeds.cards for node in ends_of(feed)}
    at |= {node: line for line, e in reversed(elements) for node in ends_of(e)}
    at |= {coupling.name: line for line, coupling in reading.couplings}
    at |= {feed.name[1:]: feed.line for feed in reading.feeds.cards} | reading.seen
    return at | {element.name: line for line, element in elements}


@contextmanager
def _at_line_of(line_of: Mapping[str, int]) -> Generator[None]:
    """Give an error inside the line of the first thing that it names."""
    try:
        yield
    except NetworkError as error:
        named = re.findall("'([^']+)'", str(error))
        line = next((line_of[name] for name in named if name in line_of), None)
        raise DeckError(str(error), line=line) from error


def _with_control(element: Element, controls: dict[str, str]) -> Element:
    """Return a current-controlled source that senses its port's source by the name it has now."""
    if isinstance(element, Cccs | Ccvs):
        return replace(element, control=controls.get(element.control, element.control))
    return element


def _couplings(reading: Reading) -> list[Coupling]:
    """Return the couplings; several of one pair add up, as in ngspice, and 0 is none."""
    found: dict[tuple[str, str], Coupling] = {}
    for line, coupling in reading.couplings:
        before = found.get(coupling.pair)
        if before is None:
            found[coupling.pair] = coupling
            continue
        reading.note(line, f"{coupling.name!r} adds to {before.name!r}, which couples the same two")
        total = before.coefficient + coupling.coefficient
        with at_line(line):
            found[coupling.pair] = replace(before, coefficient=total)
    return list(found.values())


def _check_ends(network: Network, line_of: dict[str, int], declared: set[str]) -> None:
    for node in network.stubs:
        if node not in declared:
            (name,) = (e.name for e in network.elements if node in (e.a, e.b))
            raise DeckError(
                f"node {node!r} is floating: only {name!r} touches it; connect it, or declare an "
                f"open end with a line '* open: {node}'",
                line=line_of[name],
            )


def _check_excited(reading: Reading, sources: dict[str, Source]) -> None:
    is_swept = any(isinstance(analysis, Ac) for _, analysis in reading.analyses)
    if is_swept and not any(source.ac for source in sources.values()):
        names = " or ".join(repr(feed.name) for feed in reading.feeds.cards if feed.name[0] in "vi")
        raise DeckError(
            "the deck has an .ac card but no source with an AC amplitude: add 'ac 1'"
            + (f" to {names}" if names else "")
        )


def _saved(reading: Reading, driven: Driven) -> list[str]:
    """Return vectors under the names that they have in the network's deck, less what it has not."""
    found: list[str] = []
    for vector in reading.save:
        kind, _, of = vector.rstrip(")").partition("(")
        new = {"v": driven.behind, "i": driven.controls}.get(kind, {}).get(of, of)
        if kind != "v" or of not in driven.lost:
            found.append(f"{kind}({new})" if vector.endswith(")") else vector)
        else:
            reading.note(
                reading.seen[".save"], f"{vector} is no more: its node is inside of a port"
            )
    return found
