"""``physlearn tune``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.markup import escape

from ..errors import SimulationError, Status
from ..files import make_folder
from ..folders import Tuning, save_tuning
from ..measures import available_at_tones
from ..network import Network
from ..stimulus import Tone
from ..tuner import RECIPES, State, absorbed_power_at, engine_for
from ..tuner import tune as tuner_run
from ..tuner.statistics import last_quarter
from ..wording import counted
from .inputs import (
    CheckOption,
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

__all__ = ["tune"]


def tune(
    context: typer.Context,
    network: NetworkArgument,
    sound: SoundArgument,
    tuner: Annotated[str, typer.Option(help=f"One of {', '.join(RECIPES)}.")] = "local-latch",
    evaluations: EvaluationsOption = 1000,
    tones: TonesOption = 6,
    move: MoveOption = "lc",
    span: RangeOption = DEFAULT_RANGE,
    amplitude: AmplitudeOption = 1.0,
    time_scale: TimeScaleOption = 1.0,
    port: PortOption = None,
    include: IncludeOption = None,
    seed: SeedOption = 0,
    engine: EngineOption = "auto",
    check: CheckOption = False,
    out: OutOption = Path("tuned"),
    as_json: JsonOption = False,
) -> None:
    """Tune a network by noise and brake until it absorbs a signal.

    Writes network.cir, network.json, network.raw, spectrum.s1p, result.nc and figures. Ctrl-C stops
    early and writes the best so far.

    Example: physlearn tune net/network.json sound.wav --tuner local-latch --out tuned
    """
    net, _ = load_driven(network, port, include, needs_ac=False)
    stimulus = load_signal(sound, tones).scaled(amplitude, time_scale)
    movable = movable_names(net, move)
    choice = engine_for(net, engine)
    make_folder(out)
    console = Console(stderr=as_json)
    if not as_json:
        console.print(str(choice), style="dim", highlight=False)
    available = available_at_tones(net, stimulus.tones)
    with end_noted() as asked:
        with evaluation_bar(console, evaluations, "warm-up") as show:

            def watch(state: State) -> bool:
                power = state.absorbed.total
                now = f"{power:.3g} W" if np.isinf(available) else f"{power / available:.3f} Pav"
                show(state.n_evaluations, f"absorbs {now}")
                return bool(asked)

            tuned = tuner_run(
                net,
                stimulus.tones,
                movable=movable,
                tuner=tuner,
                factor=span,
                n_evaluations=evaluations,
                rng=np.random.default_rng([seed, 1]),  # not the bits that drew the network
                engine=choice.engine,
                watch=watch,
            )
        powers = tuned.powers
        over = band_around(net, stimulus.tones)
        tuning = Tuning(net, tuned.network, stimulus.tones, {tuner: powers[None, :]})
        with console.status("writing files"):
            save_tuning(tuning, over, out, title=f"physlearn tune, {tuner}")
    late = float(last_quarter(powers[None, :])[0])
    best, stopped = float(powers.max()), len(powers) < evaluations
    facts: dict[str, Any] = {
        "engine": choice.engine,
        "engine_reason": choice.reason,
        "tuner": tuner,
        "evaluations": len(powers),
        "tones": [[tone.frequency, tone.amplitude] for tone in stimulus.tones],
        "available_W": available if np.isfinite(available) else None,
        "untuned_W": float(powers[0]),
        "best_W": best,
        "mean_last_quarter_W": late,
        "interrupted": stopped,
        "out": str(out),
    }
    if check:
        facts["check_difference"] = _check(tuned.network, stimulus.tones)
    leave_note(context, out, facts)
    if as_json:
        print(json.dumps(facts))
    else:
        most = f"Pav = {available:.4g} W" if np.isfinite(available) else "an ideal source"
        gain = f"{best / powers[0]:.3g} times"
        console.print(
            f"Mean power absorbed at {counted(len(stimulus.tones), 'tone')} (amplitudes are peak, "
            f"source resistance not counted; {most}): {powers[0]:.4g} W untuned, "
            f"{late:.4g} W mean of the last quarter, [b]{best:.4g} W[/b] at "
            f"best, {gain} the start, in {len(powers)} evaluations. The best is in "
            f"{escape(str(out))}.",
            highlight=False,
        )
        if check:
            console.print(f"ngspice differs by {facts['check_difference']:.1e} in its power.")
    if stopped:
        print(f"interrupted after {len(powers)} evaluations", file=sys.stderr)
        raise typer.Exit(130)


def _check(network: Network, tones: Sequence[Tone]) -> float:
    """Compare what both engines say the best network absorbs, as a relative difference."""
    ours, theirs = (absorbed_power_at(network, tones, engine=e) for e in ("linear", "ngspice"))
    difference = abs(ours - theirs) / max(abs(theirs), np.finfo(float).tiny)
    if difference > 1e-6:
        raise SimulationError(
            f"the engines differ by {difference:.1e} in the absorbed power",
            status=Status.INACCURATE,
        )
    return difference
