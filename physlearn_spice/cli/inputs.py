"""What the commands take: networks, signals and laws of values, as words on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import NetworkError, StimulusError
from ..generators import Fixed, Law, LogNormal, LogUniform
from ..netlist import load_deck
from ..netlist.numbers import number
from ..network import Network
from ..recordings import from_csv, from_wav, spectral_tones
from ..stimulus import Multitone, Tone

__all__ = ["JsonOption", "OutOption", "SeedOption", "band", "law", "load_network", "load_signal"]

SeedOption = Annotated[
    int, typer.Option(help="Seed of the random numbers: same seed, same result.")
]
OutOption = Annotated[Path, typer.Option("--out", "-o", help="Folder for what is written.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document, for machines.")]


def load_network(path: Path) -> Network:
    """Read a network from JSON (``.json``) or from a deck (any other ending)."""
    if path.suffix != ".json":
        return load_deck(path).network
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NetworkError(f"can't read {str(path)!r}: {error}") from error
    return Network.from_json(text)


def load_signal(signal: str, n_tones: int) -> Multitone:
    """Take the strongest partials of a WAV or CSV file, or tones given as 220,277:0.5 (Hz:V)."""
    path = Path(signal)
    if path.suffix.lower() == ".wav":
        return spectral_tones(from_wav(path), n_tones)
    if path.suffix.lower() == ".csv":
        return spectral_tones(from_csv(path), n_tones)
    if path.exists():
        raise StimulusError(f"{signal!r} is neither .wav nor .csv")
    tones: list[Tone] = []
    for word in signal.split(","):
        frequency, _, amplitude = word.partition(":")
        tones.append(Tone(number(amplitude or "1"), number(frequency)))
    return Multitone(tuple(tones))


def law(text: str) -> Law:
    """Read a law of values: 10 is fixed, 1m:4m log-uniform between, 10~0.5 log-normal about."""
    for separator, kind in ((":", LogUniform), ("~", LogNormal)):
        if separator in text:
            first, _, second = text.partition(separator)
            return kind(number(first), number(second))
    return Fixed(number(text))


def band(text: str) -> tuple[float, float]:
    """Read a frequency band, 100:2k [Hz]."""
    low, found, high = text.partition(":")
    if not found or not 0 < number(low) < number(high):
        raise NetworkError(f"the band {text!r} is not like 100:2k, low before high, in Hz")
    return number(low), number(high)
