"""``physlearn tune compare``."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..errors import PhyslearnError
from ..files import make_folder
from ..folders import Tuning, save_tuning
from ..measures import available_at_tones
from ..tuner import BASELINES, RECIPES, engine_for
from ..tuner import compare as compare_methods
from ..tuner.statistics import bootstrap, hitting_time, last_quarter, regret
from .inputs import (
    EngineOption,
    IncludeOption,
    JsonOption,
    OutOption,
    PortOption,
    SeedOption,
    load_driven,
    load_signal,
)
from .notes import leave_note
from .tuning import (
    DEFAULT_RANGE,
    AmplitudeOption,
    EvaluationsOption,
    MoveOption,
    NetworkArgument,
    RangeOption,
    SoundArgument,
    TimeScaleOption,
    TonesOption,
    band_around,
    end_noted,
    evaluation_bar,
    movable_names,
)

__all__ = ["compare"]

_METHODS = (*RECIPES, *BASELINES)


def compare(
    context: typer.Context,
    network: NetworkArgument,
    sound: SoundArgument,
    methods: Annotated[
        str, typer.Option(help=f"Some of {', '.join(_METHODS)}; all by default.")
    ] = "",
    evaluations: EvaluationsOption = 1000,
    runs: Annotated[int, typer.Option(min=2, help="Runs of each method, with other seeds.")] = 8,
    target: Annotated[
        float, typer.Option(help="Share of the available power that hitting times are to.")
    ] = 0.9,
    tones: TonesOption = 6,
    move: MoveOption = "lc",
    span: RangeOption = DEFAULT_RANGE,
    amplitude: AmplitudeOption = 1.0,
    time_scale: TimeScaleOption = 1.0,
    port: PortOption = None,
    include: IncludeOption = None,
    seed: SeedOption = 0,
    engine: EngineOption = "auto",
    out: OutOption = Path("compared"),
    as_json: JsonOption = False,
) -> None:
    """Tune a network by every rule and baseline, on equal numbers of evaluations.

    Prints a table, and writes the best network of all as tune does, with every power in result.nc
    and the mean power against evaluations in trace.png. Ctrl-C ends with the methods that are done.

    Example: physlearn tune compare net/network.json sound.wav --runs 8 --out compared
    """
    net, _ = load_driven(network, port, include, needs_ac=False)
    stimulus = load_signal(sound, tones).scaled(amplitude, time_scale)
    movable = movable_names(net, move)
    choice = engine_for(net, engine)
    names = [name.strip() for name in methods.split(",")] if methods else list(_METHODS)
    if choice.engine != "linear" and not methods:
        names.remove("gradient")
    if len(set(names)) < len(names):
        raise PhyslearnError(f"--methods {methods!r}: one is named twice")
    make_folder(out)
    console = Console(stderr=as_json)
    if not as_json:
        console.print(str(choice), style="dim", highlight=False)
    with end_noted() as asked:
        with evaluation_bar(console, runs * evaluations) as show:

            def watch(name: str, done: int, power: float) -> bool:
                show(done, name)
                return bool(asked)

            found = compare_methods(
                net,
                stimulus.tones,
                movable=movable,
                factor=span,
                n_evaluations=evaluations,
                n_walkers=runs,
                seed=seed,
                methods=names,
                engine=choice.engine,
                watch=watch,
            )
        stopped = len(found) < len(names)
        if not found:
            print("interrupted before a method was done", file=sys.stderr)
            raise typer.Exit(130)
        powers = {name: np.array([run.powers for run in tuned]) for name, tuned in found.items()}
        tuned = [run for runs_of_one in found.values() for run in runs_of_one]
        best = max(tuned, key=lambda run: run.powers.max())
        over = band_around(net, stimulus.tones)
        with console.status("writing files"):
            tuning = Tuning(net, best.network, stimulus.tones, powers)
            save_tuning(tuning, over, out, title="physlearn tune compare, the best")
    available = available_at_tones(net, stimulus.tones)
    unit = available if np.isfinite(available) else max(float(p.max()) for p in powers.values())
    rows = {name: _row(p, unit, target, np.random.default_rng(seed)) for name, p in powers.items()}
    facts: dict[str, Any] = {
        "engine": choice.engine,
        "engine_reason": choice.reason,
        "evaluations": evaluations,
        "runs": runs,
        "tones": [[tone.frequency, tone.amplitude] for tone in stimulus.tones],
        "available_W": available if np.isfinite(available) else None,
        "unit_W": unit,
        "target": target,
        "untuned_W": float(best.powers[0]),
        "methods": rows,
        "interrupted": stopped,
        "out": str(out),
    }
    leave_note(context, out, facts)
    if as_json:
        print(json.dumps(facts))
    else:
        _show(console, facts)
    if stopped:
        print(f"interrupted: {', '.join(found)} are done", file=sys.stderr)
        raise typer.Exit(130)


def _row(
    powers: NDArray[np.float64], unit: float, target: float, rng: np.random.Generator
) -> dict[str, Any]:
    """Return what the table says of a method, powers as shares of ``unit`` [W]."""
    quarter = bootstrap(last_quarter(powers) / unit, rng)
    best = bootstrap(powers.max(axis=1) / unit, rng)
    times = hitting_time(powers, target * unit)
    hit = times[np.isfinite(times)]
    median = float(np.median(times))
    return {
        "last_quarter": quarter.estimate,
        "last_quarter_95": [quarter.low, quarter.high],
        "best": best.estimate,
        "best_95": [best.low, best.high],
        "regret": float(regret(powers, unit).mean() / unit),
        "runs_that_hit": len(hit),
        "median_hitting_time": median if np.isfinite(median) else None,
    }


def _show(console: Console, facts: Mapping[str, Any]) -> None:
    target, runs = facts["target"], facts["runs"]
    table = Table(
        "method", "evaluations", "last quarter", "95 %", "best", f"to {target:g}", "hit", box=None
    )
    for name, row in facts["methods"].items():
        low, high = row["last_quarter_95"]
        time = row["median_hitting_time"]
        table.add_row(
            name,
            str(facts["evaluations"]),
            f"{row['last_quarter']:.3f}",
            f"{low:.3f} to {high:.3f}",
            f"{row['best']:.3f}",
            "-" if time is None else f"{time:.0f}",
            f"{row['runs_that_hit']}/{runs}",
        )
    known = facts["available_W"] is not None
    over = "available power" if known else "the highest power that any method met"
    console.print(
        f"Mean absorbed power over {over}, {facts['unit_W']:.4g} W, at {len(facts['tones'])} tones "
        "(amplitudes are peak, source resistance not counted). Each method has "
        f"{runs} runs of {facts['evaluations']} counted evaluations, failed trials included; a "
        "power with its gradient counts as 2. Best: mean over runs of the highest. "
        f"To {target:g}: median evaluations until that share was first met.",
        table,
        f"Untuned: {facts['untuned_W'] / facts['unit_W']:.3f}. The best network of all is in "
        f"{escape(facts['out'])}.",
        highlight=False,
        sep="\n",
    )
