"""Whole tuning runs: a network in, the best networks that were met out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from ..errors import PhyslearnError
from ..network import Network
from ..stimulus import Tone
from .baselines import BASELINES
from .counted import Counted
from .job import Job, Tuned
from .recipes import RECIPES
from .rule import Tuner
from .walk import State

__all__ = ["compare", "tune"]


def tune(
    network: Network,
    tones: Sequence[Tone],
    *,
    movable: Sequence[str],
    tuner: str | Tuner,
    factor: float,
    n_evaluations: int,
    rng: np.random.Generator,
    engine: str = "auto",
    watch: Callable[[State], bool] = lambda state: False,
) -> Tuned:
    """Tune a linear network to tones by one of the recipes.

    Parameters
    ----------
    network, tones
        Driven at its first port by the tones: peak amplitudes [V].
    movable
        Names of the resistors, inductors or capacitors that move.
    tuner
        Name of a recipe, or noise, brake and memory of your own.
    factor
        Values stay between start / factor and start * factor.
    n_evaluations
        Measurements, warm-up and refused trials included.
    rng
        Draws the noise.
    engine
        ``"linear"``, ``"ngspice"``, or ``"auto"``: as :func:`engine_for` says.
    watch
        Sees the state after the warm-up and then now and again, after every step with ngspice; when
        it returns True the run ends.
    """
    job = Job(network, tones, movable, factor, engine)
    (tuned,) = job.walk(tuner, [rng], n_evaluations, lambda states: watch(states[0]))
    return tuned


def compare(
    network: Network,
    tones: Sequence[Tone],
    *,
    movable: Sequence[str],
    factor: float,
    n_evaluations: int,
    n_walkers: int,
    seed: int,
    methods: Sequence[str] = tuple(RECIPES),
    engine: str = "auto",
    watch: Callable[[str, int, float], bool] = lambda name, done, power: False,
) -> dict[str, list[Tuned]]:
    """Tune one network by several methods, each with the same seeds and number of evaluations.

    Parameters
    ----------
    methods
        Names of recipes and of baselines.
    n_walkers
        Runs of each; they differ in their seeds.
    watch
        Sees the method's name, the evaluations that it has made over all its runs, and the power
        [W] of the last one; when it returns True the comparison ends.

    Other parameters are those of :func:`tune`.

    Returns
    -------
    dict
        ``n_walkers`` runs by the name of the method; only of those that came to their end.

    Raises
    ------
    PhyslearnError
        There is no such method.
    """
    for name in methods:
        if name not in RECIPES and name not in BASELINES:
            known = ", ".join((*RECIPES, *BASELINES))
            raise PhyslearnError(f"there is no method {name!r}; there are {known}")
    job = Job(network, tones, movable, factor, engine)
    runs: dict[str, list[Tuned]] = {}
    for name in methods:
        rngs = [np.random.default_rng([seed, 1 + walker]) for walker in range(n_walkers)]
        found = _runs(job, name, rngs, n_evaluations, partial(watch, name))
        if any(len(run.powers) < n_evaluations for run in found):
            break
        runs[name] = found
    return runs


def _runs(
    job: Job,
    name: str,
    rngs: Sequence[np.random.Generator],
    n_evaluations: int,
    watch: Callable[[int, float], bool],
) -> list[Tuned]:
    """Run a method once for each generator; where ``watch`` ends a run, it is the last."""
    found: list[Tuned] = []

    def seen_walkers(states: Sequence[State]) -> bool:
        done = len(found) * n_evaluations + len(states) * states[0].n_evaluations
        return watch(done, states[0].absorbed.total)

    def seen_objective(objective: Counted) -> bool:
        return watch(len(found) * n_evaluations + objective.done, objective.last_power)

    while len(found) < len(rngs):
        some = rngs[len(found) :][: job.at_once]
        if name in BASELINES:
            found += [job.ask(BASELINES[name], some[0], n_evaluations, seen_objective)]
        else:
            found += job.walk(name, some, n_evaluations, seen_walkers)
        if len(found[-1].powers) < n_evaluations:
            break
    return found
