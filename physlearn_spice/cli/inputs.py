"""What the commands take: networks, signals and laws of values, as words on the command line."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ..errors import DeckError, NetworkError, StimulusError
from ..generators import Fixed, Law, LogNormal, LogUniform
from ..graphml import from_graphml
from ..netlist import load_deck
from ..netlist.numbers import number
from ..network import GROUND, Network, Port
from ..recordings import from_csv, from_wav, spectral_tones
from ..stimulus import Multitone, Samples, Tone

__all__ = [
    "CheckOption",
    "EngineOption",
    "IncludeOption",
    "JsonOption",
    "OutOption",
    "PortOption",
    "SeedOption",
    "band",
    "folder_of_includes",
    "law",
    "load_driven",
    "load_signal",
    "read_network_text",
    "share",
]

SeedOption = Annotated[
    int, typer.Option(min=0, help="Seed of the random numbers: same seed, same result.")
]
OutOption = Annotated[Path, typer.Option("--out", "-o", help="Folder for what is written.")]
EngineOption = Annotated[
    str, typer.Option(help="auto, linear or ngspice: which engine computes small signals.")
]
CheckOption = Annotated[
    bool, typer.Option("--check", help="Run the last point again in ngspice, and compare.")
]
IncludeOption = Annotated[
    Path | None, typer.Option(help="Folder from which decks may .include files.")
]
PortOption = Annotated[
    str | None,
    typer.Option(help="Driven port, its source (v1), or two nodes (out:0) [first AC source]."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document, for machines.")]
_READERS = {".json": Network.from_json, ".graphml": from_graphml}


def read_network_text(path: Path) -> str:
    """Read a text file in UTF-8.

    Raises
    ------
    NetworkError
        It can't be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise NetworkError(f"can't read {str(path)!r}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise NetworkError(f"can't read {str(path)!r}: {error}") from error


def load_driven(
    path: Path, driven: str | None, include: Path | None, *, needs_ac: bool
) -> tuple[Network, Port]:
    """Read a network from JSON (``.json``), GraphML (``.graphml``) or a deck (any other ending).

    The port that drives it comes first. ``driven`` names it: a port, the source of one (``v1``), or
    two nodes to be one (``out:0``). Without it, it is a deck's first source with an AC amplitude,
    or a deck's only source unless it ``needs_ac``, or the first port of a file of the package's
    own. What the reader notes of a deck goes to standard error.

    Raises
    ------
    DeckError
        None of the sources is told from the others, and none was named.
    """
    if path.suffix in _READERS:
        network = _READERS[path.suffix](read_network_text(path))
        return _driven_by(network, network.port(driven))
    include = folder_of_includes(include)
    name = (driven or "").lower()
    plus, is_pair, minus = name.partition(":")
    added: tuple[Port, ...] = ()
    if is_pair:
        if not plus:
            raise DeckError(f"--port {driven!r}: two nodes are written OUT:0")
        added = (Port("".join(filter(str.isalnum, plus + minus)), plus, minus or GROUND),)
    deck = load_deck(path, include_from=include, ports=added)
    for note in deck.notes:
        print(f"warning: {note}", file=sys.stderr)
    network = deck.network
    if added:
        return _driven_by(network, *added)
    names = [port.name for port in network.ports]
    if driven:
        is_source = name not in names and name[:1] == "v" and name[1:] in names
        return _driven_by(network, network.port(name[1:] if is_source else name))
    for port in network.ports:
        if deck.source(port.name).ac or (len(names) == 1 and not needs_ac):
            return _driven_by(network, port)
    raise DeckError(
        "the deck has no AC source: add 'ac 1' to a source's card, or say which port drives it: "
        f"--port {' or '.join(names)}"
    )


def folder_of_includes(path: Path | None) -> Path | None:
    """Return the folder of ``--include``.

    Raises
    ------
    DeckError
        There is none.
    """
    if path is not None and not path.is_dir():
        raise DeckError(f"--include {str(path)!r}: there is no such folder")
    return path


def _driven_by(network: Network, port: Port) -> tuple[Network, Port]:
    rest = (other for other in network.ports if other != port)
    return replace(network, ports=(port, *rest)), port


def load_signal(signal: str, n_tones: int) -> Multitone:
    """Take the strongest partials of a WAV or CSV file, or tones given as 220,277:0.5 (Hz:V)."""
    path = Path(signal)
    readers: dict[str, Callable[[Path], Samples]] = {".wav": from_wav, ".csv": from_csv}
    if path.suffix.lower() in readers:
        samples = readers[path.suffix.lower()](path)
        try:
            return spectral_tones(samples, n_tones)
        except StimulusError as error:
            raise StimulusError(f"{error} (--tones says how many partials to take)") from error
    if path.exists() or path.suffix[1:].isalpha():
        raise StimulusError(f"{signal!r} is neither a .wav nor a .csv file, nor tones in Hz")
    tones: list[Tone] = []
    for word in signal.split(","):
        frequency, _, amplitude = word.partition(":")
        tones.append(Tone(_number(amplitude or "1"), _number(frequency)))
    return Multitone(tuple(tones))


def law(text: str) -> Law:
    """Read a law of values: 10 is fixed, 1m:4m log-uniform between, 10~0.5 log-normal about."""
    for separator, kind in ((":", LogUniform), ("~", LogNormal)):
        if separator in text:
            first, _, second = text.partition(separator)
            return kind(_number(first), _number(second))
    return Fixed(_number(text))


def band(text: str) -> tuple[float, float]:
    """Read a frequency band, 100:2k [Hz]."""
    low, found, high = text.partition(":")
    if not found or not 0 < _number(low) < _number(high):
        raise NetworkError(f"the band {text!r} is not like 100:2k, low before high, in Hz")
    return _number(low), _number(high)


def share(text: str) -> float:
    """Read a share: 5% or 0.05."""
    return _number(text.removesuffix("%")) / (100 if text.endswith("%") else 1)


def _number(text: str) -> float:
    """Read a number with SPICE's suffixes, but not M, which SPICE takes for milli."""
    if re.search(r"\dM(?!eg|EG|il|IL)", text):
        raise NetworkError(f"{text!r}: SPICE reads M as milli; write meg for a million, or m")
    return number(text)
