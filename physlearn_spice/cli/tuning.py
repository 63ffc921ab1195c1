"""What ``tune`` and ``tune compare`` share: their arguments, what moves, and Ctrl-C."""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from math import e
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..elements import Capacitor, Inductor, Resistor
from ..errors import NetworkError
from ..netlist import Ac
from ..network import Network
from ..resonances import natural_band
from ..stimulus import Tone

__all__ = [
    "DEFAULT_RANGE",
    "AmplitudeOption",
    "EvaluationsOption",
    "MoveOption",
    "NetworkArgument",
    "RangeOption",
    "SoundArgument",
    "TimeScaleOption",
    "TonesOption",
    "band_around",
    "end_noted",
    "evaluation_bar",
    "movable_names",
]

DEFAULT_RANGE = round(e**1.2, 2)
_KINDS = {"r": Resistor, "l": Inductor, "c": Capacitor}

NetworkArgument = Annotated[Path, typer.Argument(help="A deck, or network.json or .graphml.")]
SoundArgument = Annotated[
    str,
    typer.Argument(metavar="SIGNAL", help="A .wav or .csv file, or tones: 220,277:0.5 (Hz:V)."),
]
EvaluationsOption = Annotated[int, typer.Option("--evaluations", "-n", help="Trials included.")]
TonesOption = Annotated[int, typer.Option(help="Strongest partials taken from a recording.")]
MoveOption = Annotated[str, typer.Option(help="Kinds that may move: letters of r, l, c.")]
RangeOption = Annotated[
    float, typer.Option("--range", help="Values stay within this factor of their start.")
]
AmplitudeOption = Annotated[float, typer.Option(help="Factor on the signal's voltage.")]
TimeScaleOption = Annotated[
    float, typer.Option(help="Factor on the signal's time: 1e-3 turns Hz into kHz.")
]


@contextmanager
def evaluation_bar(
    console: Console, n_evaluations: int, at_first: str = ""
) -> Generator[Callable[[int, str], None]]:
    """Give a function that shows how many evaluations are made, and words beside them."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(at_first, total=n_evaluations)
        yield lambda done, words: progress.update(task, completed=done, description=words)


def movable_names(network: Network, kinds: str) -> tuple[str, ...]:
    """Names of the elements of these kinds, letters of r, l and c.

    Raises
    ------
    NetworkError
        The letters are others, or the network has no such element.
    """
    unknown = set(kinds.lower()) - set(_KINDS)
    if unknown or not kinds:
        raise NetworkError(f"--move {kinds!r}: letters of r, l and c")
    names = network.names(*(_KINDS[letter] for letter in kinds.lower()))
    if not names:
        raise NetworkError(f"the network has no element of the kinds {kinds!r} that may move")
    return names


def band_around(network: Network, tones: Sequence[Tone]) -> Ac:
    """Sweep over the network's natural band and all tones."""
    low, high = natural_band(network)
    frequencies = [tone.frequency for tone in tones]
    return Ac(min(low, *frequencies), max(high, *frequencies), 500, "dec")


@contextmanager
def end_noted() -> Generator[list[int]]:
    """Note Ctrl-C or a request to end, instead of stopping where nothing is saved yet."""
    asked: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    previous = [signal.signal(number, lambda number, _: asked.append(number)) for number in numbers]
    try:
        yield asked
    finally:
        for number, handler in zip(numbers, previous, strict=True):
            signal.signal(number, handler)
