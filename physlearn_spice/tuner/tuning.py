"""A whole tuning run: a network in, the best network that the walk met out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ..measures import dissipated_at_tones
from ..netlist import at_frequencies
from ..network import Network
from ..ngspice import Session, sweep
from ..stimulus import Tone
from .objective import absorbed_at_tones
from .recipes import RECIPES, recipe
from .walk import State, around, walk

__all__ = ["Tuned", "absorbed_power_at", "compare", "dissipated_power_at", "tune"]


@dataclass(frozen=True)
class Tuned:
    """What a run gives: the best ``network`` it met, and every measured power [W] (n,) in order.

    ``powers[0]`` is the network's as it came; refused trials are included.
    """

    network: Network
    powers: NDArray[np.float64]


def tune(
    session: Session,
    network: Network,
    tones: Sequence[Tone],
    *,
    movable: Sequence[str],
    tuner: str,
    factor: float,
    n_evaluations: int,
    rng: np.random.Generator,
    watch: Callable[[State], bool] = lambda state: False,
) -> Tuned:
    """Tune a linear network to tones by one of the recipes.

    Parameters
    ----------
    session
        Runs the circuit.
    network, tones
        Driven at its first port by the tones: peak amplitudes [V].
    movable
        Names of the resistors, inductors or capacitors that move.
    tuner
        Name of a recipe.
    factor
        Values stay between start / factor and start * factor.
    n_evaluations
        Measurements, warm-up and refused trials included.
    rng
        Draws the noise.
    watch
        Sees the state after the warm-up and after every step; when it returns True the run ends.
    """
    start = network.values(movable)
    steps = walk(
        absorbed_at_tones(session, network, tones, movable),
        np.log(start),
        tuner=recipe(tuner, len(movable)),
        bounds=around(start, factor),
        rng=rng,
        n_evaluations=n_evaluations,
    )
    powers: list[float] = []
    best_x = np.log(start)
    for state, new in steps:
        powers += new
        best_x = state.best_x
        if watch(state):
            break
    return Tuned(network.with_values(movable, np.exp(best_x)), np.array(powers))


def compare(
    session: Session,
    network: Network,
    tones: Sequence[Tone],
    *,
    movable: Sequence[str],
    factor: float,
    n_evaluations: int,
    n_walkers: int,
    seed: int,
    watch: Callable[[str, State, int], None] = lambda name, state, finished: None,
) -> dict[str, list[Tuned]]:
    """Tune one network by every recipe, each with the same walkers' noise and number of trials.

    Parameters are those of :func:`tune`; ``watch`` sees the recipe's name, the state and the number
    of finished runs after every step.

    Returns
    -------
    dict
        ``n_walkers`` runs by the name of the recipe.
    """
    runs: dict[str, list[Tuned]] = {name: [] for name in RECIPES}
    for finished, (name, walker) in enumerate(product(RECIPES, range(n_walkers))):

        def seen(state: State, name: str = name, finished: int = finished) -> bool:
            watch(name, state, finished)
            return False

        run = tune(
            session,
            network,
            tones,
            movable=movable,
            tuner=name,
            factor=factor,
            n_evaluations=n_evaluations,
            rng=np.random.default_rng([seed, 1 + walker]),
            watch=seen,
        )
        runs[name].append(run)
    return runs


def dissipated_power_at(network: Network, tones: Sequence[Tone]) -> dict[str, float]:
    """Mean power [W] in each resistor of a linear network when the tones drive its first port."""
    ordered = sorted(tones, key=lambda tone: tone.frequency)
    spectrum = sweep(network, *at_frequencies(tone.frequency for tone in ordered))
    return dissipated_at_tones(network, spectrum, ordered)


def absorbed_power_at(network: Network, tones: Sequence[Tone]) -> float:
    """Mean power [W] that a linear network absorbs at tones, source resistance not counted."""
    return sum(dissipated_power_at(network, tones).values())
