"""Reach against dimension: every rule and baseline on banks of resonators and coupled networks.

Each seed draws a network and the noise of all methods on it. Told are means over seeds of the mean
absorbed over available power in the last quarter of the evaluations, failed trials included, with
their confidence intervals; the JSON has every seed's.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from physlearn_spice.cli import run_to_exit
from physlearn_spice.files import write_text
from physlearn_spice.tuner import BASELINES, RECIPES, Job, recipe
from physlearn_spice.tuner.problems import Problem, coupled_network, resonator_bank
from physlearn_spice.tuner.statistics import bootstrap, hitting_time, last_quarter, regret

TARGET = 0.9  # share of available power that hitting times are to
KEYS = ("last_quarter", "best", "regret", "hitting_time")


def measure(
    problems: Sequence[Problem], methods: Sequence[str], n_evaluations: int
) -> dict[str, dict[str, list[float]]]:
    """By method: what each problem's run came to, powers over the available power."""
    rules = {name: recipe(name, len(problems[0].movable)) for name in methods if name in RECIPES}
    found: dict[str, dict[str, list[float]]] = {m: {key: [] for key in KEYS} for m in methods}
    for seed, problem in enumerate(problems):
        job = Job(problem.network, problem.tones, problem.movable, problem.factor)
        for name in methods:
            rng = np.random.default_rng([seed, 1])
            if name in rules:
                (tuned,) = job.walk(rules[name], [rng], n_evaluations)
            else:
                tuned = job.ask(BASELINES[name], rng, n_evaluations)
            share = tuned.powers[None] / problem.available
            told = (last_quarter(share), share.max(axis=1), regret(share, 1.0))
            for key, value in zip(KEYS, (*told, hitting_time(share, TARGET)), strict=True):
                found[name][key].append(float(value[0]))
    return found


def summary(values: Sequence[float]) -> list[float]:
    """Mean over seeds, and the bounds of its 95 % interval."""
    return list(bootstrap(values, np.random.default_rng(0)))


def show(console: Console, results: dict[str, Any], methods: Sequence[str], key: str) -> None:
    """Print one table: a method a row, a problem a column."""
    table = Table("", *results, box=None)
    for name in methods:
        cells: list[str] = []
        for of in results.values():
            mean, low, high = summary(of[name][key])
            cells.append(f"{mean:.3f} ({low:.3f}-{high:.3f})")
        table.add_row(name, *cells)
    console.print(f"[b]{key}[/b]", table)


def main(
    bank: Annotated[str, typer.Option(help="Numbers of resonators.")] = "1,4,16,64",
    coupled: Annotated[
        str, typer.Option(help="Nodes of K_n: 7, 14, 25 have 21, 91, 300.")
    ] = "7,14",
    seeds: Annotated[int, typer.Option(min=2, help="Networks, each with its own noise.")] = 10,
    bank_evaluations: Annotated[int, typer.Option(help="Of each method on a bank.")] = 4000,
    coupled_evaluations: Annotated[int, typer.Option(help="And on a coupled network.")] = 3000,
    methods: Annotated[str, typer.Option(help="By name.")] = ",".join((*RECIPES, *BASELINES)),
    out: Annotated[Path, typer.Option(help="JSON file.")] = Path("tuner_dimension.json"),
) -> None:
    """Measure all methods on all problems, print tables and write what each seed gave."""
    console = Console(width=200)
    names = methods.split(",")
    kinds = [
        (f"bank d={d}", resonator_bank, int(d), bank_evaluations) for d in bank.split(",") if d
    ]
    for n in map(int, filter(None, coupled.split(","))):
        title = f"K_{n} d={n * (n - 1) // 2}"
        kinds.append((title, coupled_network, n, coupled_evaluations))
    results: dict[str, Any] = {}
    for title, draw, size, n_evaluations in kinds:
        begin = time.perf_counter()
        problems = [draw(size, np.random.default_rng([seed, 0])) for seed in range(seeds)]
        results[title] = measure(problems, names, n_evaluations)
        console.print(f"{title}: {time.perf_counter() - begin:.0f} s", style="dim")
    settings = {
        "seeds": seeds,
        "bank_evaluations": bank_evaluations,
        "coupled_evaluations": coupled_evaluations,
        "target": TARGET,
    }
    write_text(
        out, json.dumps({**settings, "results": results}, indent=1).replace("Infinity", "null")
    )
    for key in ("last_quarter", "best"):
        show(console, results, names, key)


if __name__ == "__main__":
    run_to_exit(lambda: typer.run(main))
