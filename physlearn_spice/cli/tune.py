"""``physlearn tune``."""

from __future__ import annotations

import json
import signal
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from math import e
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..elements import Capacitor, Inductor, Resistor
from ..errors import NetworkError
from ..files import write_text
from ..measures import available_power
from ..netlist import Ac
from ..network import Network
from ..ngspice import Session
from ..plots import figure, save_figure, spectrum_curves, tuner_trace
from ..resonances import natural_band
from ..stimulus import Multitone
from ..tuner import RECIPES, State, absorbed_at_tones, around, recipe, walk
from . import generate, spectrum
from .inputs import JsonOption, OutOption, SeedOption, load_network, load_signal

__all__ = ["tune"]

_KINDS = {"r": Resistor, "l": Inductor, "c": Capacitor}


def tune(
    network: Annotated[Path, typer.Argument(help="Network: a deck, or JSON of generate.")],
    sound: Annotated[
        str,
        typer.Argument(metavar="SIGNAL", help="A .wav or .csv file, or tones: 220,277:0.5 (Hz:V)."),
    ],
    tuner: Annotated[str, typer.Option(help=f"One of {', '.join(RECIPES)}.")] = "local-latch",
    evaluations: Annotated[
        int, typer.Option("--evaluations", "-n", help="Trials included.")
    ] = 1000,
    tones: Annotated[int, typer.Option(help="Strongest partials taken from a recording.")] = 6,
    move: Annotated[str, typer.Option(help="Kinds that may move: letters of r, l, c.")] = "lc",
    span: Annotated[
        float, typer.Option("--range", help="Values stay within this factor of their start.")
    ] = round(e**1.2, 2),
    amplitude: Annotated[float, typer.Option(help="Factor on the signal's voltage.")] = 1.0,
    time_scale: Annotated[
        float, typer.Option(help="Factor on the signal's time: 1e-3 turns Hz into kHz.")
    ] = 1.0,
    seed: SeedOption = 0,
    out: OutOption = Path("tuned"),
    as_json: JsonOption = False,
) -> None:
    """Tune a network by noise and brake until it absorbs a signal.

    Writes network.cir, network.json, trace.csv, trace.png and spectrum.png. Ctrl-C stops early and
    writes the best so far.

    Example: physlearn tune net/network.json sound.wav --tuner local-latch --out tuned
    """
    net = load_network(network)
    stimulus = load_signal(sound, tones).scaled(amplitude, time_scale)
    unknown = set(move.lower()) - set(_KINDS)
    if unknown or not move:
        raise NetworkError(f"--move {move!r}: letters of r, l and c")
    movable = net.names(*(_KINDS[letter] for letter in move.lower()))
    if not movable:
        raise NetworkError(f"the network has no element of the kinds {move!r} that may move")
    start = net.values(movable)
    objective = absorbed_at_tones(Session(), net, stimulus.tones, movable)
    steps = walk(
        objective,
        np.log(start),
        tuner=recipe(tuner, len(movable)),
        bounds=around(start, span),
        rng=np.random.default_rng(seed),
        n_evaluations=evaluations,
    )
    rs = net.port().resistance
    available = sum(float(available_power(tone.amplitude, rs)) for tone in stimulus.tones)
    console = Console(stderr=as_json)
    powers, state, stopped = _follow(console, steps, evaluations, available)
    best = net.with_values(movable, np.exp(state.best_x))
    _save(net, best, stimulus, np.array(powers), out, label=tuner)
    quarter = np.array(powers[-max(1, len(powers) // 4) :])
    facts: dict[str, Any] = {
        "tuner": tuner,
        "evaluations": state.n_evaluations,
        "tones": [[tone.frequency, tone.amplitude] for tone in stimulus.tones],
        "available_W": available if np.isfinite(available) else None,
        "untuned_W": powers[0],
        "best_W": state.best_power,
        "mean_last_quarter_W": float(quarter.mean()),
        "interrupted": stopped,
        "out": str(out),
    }
    if as_json:
        print(json.dumps(facts))
    else:
        gain = f"{state.best_power / powers[0]:.3g} times"
        console.print(
            f"Mean power absorbed at {len(stimulus.tones)} tones (amplitudes are peak, source "
            f"resistance not counted; Pav = {available:.4g} W): {powers[0]:.4g} W untuned, "
            f"{quarter.mean():.4g} W mean of the last quarter, [b]{state.best_power:.4g} W[/b] at "
            f"best, {gain} the start, in {state.n_evaluations} evaluations. The best is in {out}.",
            highlight=False,
        )
    if stopped:
        raise KeyboardInterrupt


def _follow(
    console: Console,
    steps: Iterator[tuple[State, list[float]]],
    evaluations: int,
    available: float,
) -> tuple[list[float], State, bool]:
    """Walk to the end, or to the first Ctrl-C; show how far it is and what is absorbed."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with _ctrl_c() as pressed, Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("warm-up", total=evaluations)
        state, powers = next(steps)
        for step in steps:
            state, new = step
            powers += new
            now = f"{new[-1]:.3g} W" if np.isinf(available) else f"{new[-1] / available:.3f} Pav"
            progress.update(task, completed=len(powers), description=f"absorbs {now}")
            if pressed:
                break
    return powers, state, bool(pressed)


@contextmanager
def _ctrl_c() -> Generator[list[int]]:
    """Note Ctrl-C instead of raising it, which inside ngspice's callbacks would be lost."""
    pressed: list[int] = []
    previous = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, previous)


def _save(
    before: Network,
    after: Network,
    stimulus: Multitone,
    powers: np.ndarray[Any, np.dtype[np.float64]],
    folder: Path,
    *,
    label: str,
) -> None:
    generate.save(after, folder, title=f"physlearn tune, {label}")
    rows = [f"{k},{power!r}" for k, power in enumerate(powers.tolist(), start=1)]
    write_text(folder / "trace.csv", "\n".join(["evaluation,absorbed_W", *rows, ""]))
    low, high = natural_band(before)
    frequencies = [tone.frequency for tone in stimulus.tones]
    sweep = Ac(min(low, *frequencies), max(high, *frequencies), 500, "dec")
    port = before.port().name
    curves = {}
    for name, network in {"untuned": before, "tuned": after}.items():
        _, result = spectrum.analyse(network, port, sweep)
        curves[name] = spectrum.efficiency(network, result, port)
        frequency = result.frequency
        if name == "tuned":
            with figure() as (fig, axes):
                spectrum_curves(
                    axes[0, 0], frequency, curves, stimulus.tones, name_of_tones="tones"
                )
                save_figure(fig, folder / "spectrum.png")
    with figure() as (fig, axes):
        tuner_trace(axes[0, 0], {label: powers[None, :]})
        save_figure(fig, folder / "trace.png")
