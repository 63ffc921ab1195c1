"""Section 5: a random Kirchhoff network tunes itself to a recorded sound by noise and a brake.

Eight junctions, every two joined by a resistor, an inductor and a capacitor in series: 28 branches
with 21 independent loops. A source behind 10 Ohm plays the six strongest partials of a glass that
hums. The resistors stay as they were drawn; the inductors and capacitors shake, the less the more
power is absorbed. Then the control: does the tuned network absorb any sound better, as a better
resistor would, or only the one that it heard?
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from physlearn_spice import (
    Ac,
    Capacitor,
    Deck,
    EdgeModel,
    Inductor,
    LogUniform,
    Multitone,
    Network,
    Samples,
    Source,
    Tran,
    complete,
    from_wav,
    spectral_tones,
)
from physlearn_spice.cli import run_to_exit
from physlearn_spice.engines import choose
from physlearn_spice.files import make_folder
from physlearn_spice.folders import Tuning, save_ledgers, save_tuning
from physlearn_spice.history import add_step
from physlearn_spice.measures import Ledger, available_at_tones, ledger, points_per_period
from physlearn_spice.ngspice import simulate
from physlearn_spice.results import Waveforms
from physlearn_spice.tuner import absorbed_power_at, compare

SIGNALS = Path(__file__).parent / "signals"
TUNERS: tuple[str, ...] = ("plain", "global", "local", "global-latch", "local-latch")
BEST_TUNER, WALKERS, EVALUATIONS, RANGE = "local-latch", 3, 1000, 3.3
LISTEN_FROM, LISTEN_FOR = 0.05, 1.5  # the part of a recording that is played in time [s]
SWEEP = Ac(50.0, 3000.0, 800, "dec")


def build(*, seed: int = 1) -> Network:
    """K_8 with a series RLC on each edge, resonances between 100 Hz and 2 kHz."""
    edge = EdgeModel(
        resistance=LogUniform(1.0, 4.0),
        inductance=LogUniform(16e-3, 320e-3),
        capacitance=LogUniform(0.4e-6, 8e-6),
    )
    return complete(8, edge=edge, rng=np.random.default_rng(seed), source_resistance=10.0)


def deck(*, seed: int = 1) -> Deck:
    """The deck in netlists/: the absorbed power from 50 Hz to 3 kHz, at 1 V peak."""
    return Deck(build(seed=seed), (SWEEP,), {"1": Source(ac=1.0)}, title="kirchhoff_tuner")


def listen(network: Network, sound: Samples) -> tuple[Ledger, float]:
    """Play a part of the recording itself, from rest: the ledger, and energy in / available."""
    first, count = (round(t * sound.sample_rate) for t in (LISTEN_FROM, LISTEN_FOR))
    part = Samples(sound.values[first : first + count], sound.sample_rate)
    # half of this step moves the shares by 0.1 % (glass) and 1 % (choir)
    step = 1 / (1600.0 * points_per_period(50.0, 1e-2))
    (played,) = simulate(Deck(network, (Tran(part.duration, step),), {"1": Source(waveform=part)}))
    assert isinstance(played, Waveforms)
    book, rs = ledger(network, played), network.port().resistance
    available = float(np.trapezoid(part(played.time) ** 2, played.time)) / (4 * rs)
    return book, sum(book.energy_in.values()) / available


def main(
    seed: Annotated[int, typer.Option(min=0, help="Of the network and of the noise.")] = 1,
    out: Annotated[Path, typer.Option(help="Folder for files and figures.")] = Path(
        "out/kirchhoff_tuner"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Tune K_8 to a humming glass with five tuners, then let it hear a choir."""
    make_folder(out)
    console = Console(stderr=as_json)
    untuned = build(seed=seed)
    recordings = {name: from_wav(SIGNALS / f"{name}.wav") for name in ("glass_hum", "choir")}
    glass, choir = (spectral_tones(recording, 6) for recording in recordings.values())

    def share(network: Network, signal: Multitone) -> float:
        """Mean absorbed over available power; the source resistance is not counted."""
        power = absorbed_power_at(network, signal.tones)
        return power / available_at_tones(network, signal.tones)

    available = available_at_tones(untuned, glass.tones)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("", total=len(TUNERS) * WALKERS * EVALUATIONS)

        def watch(name: str, done: int, power: float) -> bool:
            share_now = f"{name} absorbs {power / available:.2f} Pav"
            before = [*TUNERS].index(name) * WALKERS * EVALUATIONS
            progress.update(task, completed=before + done, description=share_now)
            return False

        runs = compare(
            untuned,
            glass.tones,
            movable=untuned.names(Inductor, Capacitor),
            factor=RANGE,
            n_evaluations=EVALUATIONS,
            n_walkers=WALKERS,
            seed=seed,
            methods=TUNERS,
            watch=watch,
        )
    powers = {name: np.array([run.powers for run in walks]) for name, walks in runs.items()}
    rows = {
        name: {
            "last_quarter": float(powers[name][:, -EVALUATIONS // 4 :].mean()) / available,
            "best": float(powers[name].max(axis=1).mean()) / available,
            "choir": float(np.mean([share(run.network, choir) for run in walks])),
        }
        for name, walks in runs.items()
    }
    tuned = max(runs[BEST_TUNER], key=lambda run: run.powers.max()).network
    facts: dict[str, Any] = {
        "seed": seed,
        "evaluations": EVALUATIONS,
        "walkers": WALKERS,
        "available_W": available,
        "untuned": {"glass": share(untuned, glass), "choir": share(untuned, choir)},
        "tuned": {"glass": share(tuned, glass), "choir": share(tuned, choir)},
        "tuners": rows,
    }
    with console.status("writing files, and playing the recordings"):
        tuning = Tuning(untuned, tuned, glass.tones, powers)
        save_tuning(tuning, SWEEP, out, title="kirchhoff_tuner, tuned")
        books: dict[str, Ledger] = {}
        for state, network in {"untuned": untuned, "tuned": tuned}.items():
            for name, recording in recordings.items():
                book, taken = listen(network, recording)
                facts[state][f"{name}_recording"] = taken
                facts[state][f"{name}_residual"] = book.residual
                if name == "glass_hum":
                    books[f"{state}: {taken:.1%} of the available energy"] = book
        save_ledgers(books, out)
        choice = choose(untuned)
        engine = {"engine": choice.engine, "engine_reason": choice.reason}
        words = ["./run", "circuit", "kirchhoff_tuner", "--seed", str(seed)]
        add_step(out, "kirchhoff_tuner", words, {"seed": seed}, {**engine, **facts})
    if as_json:
        print(json.dumps(facts))
    else:
        show(console, facts, out)


def show(console: Console, facts: dict[str, Any], out: Path) -> None:
    """Print the comparison and the control."""
    before, after = facts["untuned"], facts["tuned"]
    table = Table("tuner", "last quarter", "best", "choir", box=None)
    table.add_row("untuned", "", f"{before['glass']:.3f}", f"{before['choir']:.3f}")
    for name, row in facts["tuners"].items():
        table.add_row(name, *(f"{row[key]:.3f}" for key in ("last_quarter", "best", "choir")))
    console.print(
        f"Mean absorbed over available power (Pav = {facts['available_W']:.4g} W) at the six "
        f"strongest partials of glass_hum.wav: source resistance not counted, amplitudes peak. "
        f"{facts['walkers']} walkers of {facts['evaluations']} counted evaluations for each tuner, "
        "with the same seeds; the last column is the best network's share of choir.wav.",
        table,
        f"Tuned ({BEST_TUNER}, best walker): glass {before['glass']:.3f} -> {after['glass']:.3f}, "
        f"{after['glass'] / before['glass']:.1f} times; control, choir {before['choir']:.3f} -> "
        f"{after['choir']:.3f}.",
        f"The recordings themselves, {LISTEN_FOR} s played in time, energy in over available: "
        f"glass {before['glass_hum_recording']:.3f} -> {after['glass_hum_recording']:.3f}, choir "
        f"{before['choir_recording']:.3f} -> {after['choir_recording']:.3f}; ledger residual "
        f"{after['glass_hum_residual']:.0e}.",
        f"Files and figures are in {out}.",
        highlight=False,
        sep="\n",
    )


if __name__ == "__main__":
    run_to_exit(lambda: typer.run(main))
