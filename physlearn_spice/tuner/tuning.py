"""A whole tuning run: a network in, the best network that the walk met out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..engines import Choice, choose, sweep
from ..errors import NetworkError, SimulationError, Status
from ..measures import dissipated_at_tones
from ..netlist import at_frequencies
from ..network import Network
from ..ngspice import Session
from ..stimulus import Tone
from .objective import absorbed_at_tones, check_tones
from .recipes import RECIPES, recipe
from .rule import Tuner
from .walk import State, around, walk

__all__ = ["Tuned", "absorbed_power_at", "compare", "dissipated_power_at", "engine_for", "tune"]


_AGREES = 1e-6  # relative error of the best power that is still handed out
_LANES = 8  # walkers that the compiled loop takes at once


@dataclass(frozen=True)
class Tuned:
    """What a run gives: the best ``network`` it met, and every measured power [W] (n,) in order.

    ``powers[0]`` is the network's as it came; refused trials are included.
    """

    network: Network
    powers: NDArray[np.float64]


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
    job = _Job(network, tones, movable, tuner, factor, n_evaluations, engine)
    (tuned,) = job.run([rng], lambda states: watch(states[0]))
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
    tuners: Sequence[str] = tuple(RECIPES),
    engine: str = "auto",
    watch: Callable[[str, State, int], None] = lambda name, state, finished: None,
) -> dict[str, list[Tuned]]:
    """Tune one network by several recipes, each with the same walkers' noise and number of trials.

    Parameters are those of :func:`tune`; ``tuners`` names the recipes, and ``watch`` sees the
    recipe's name, the state of a walker and the number of finished runs.

    Returns
    -------
    dict
        ``n_walkers`` runs by the name of the recipe.
    """
    runs: dict[str, list[Tuned]] = {name: [] for name in tuners}
    finished = 0
    for name in tuners:
        job = _Job(network, tones, movable, name, factor, n_evaluations, engine)
        rngs = [np.random.default_rng([seed, 1 + walker]) for walker in range(n_walkers)]
        at_once = job.at_once
        for first in range(0, n_walkers, at_once):

            def seen(states: list[State], name: str = name, finished: int = finished) -> bool:
                watch(name, states[0], finished)
                return False

            runs[name] += job.run(rngs[first : first + at_once], seen)
            finished = sum(map(len, runs.values()))
    return runs


def engine_for(network: Network, engine: str = "auto") -> Choice:
    """Choose the engine for a tuner's loop, which the linear engine has for R, L and C.

    Errors are those of :func:`.engines.choose`.
    """
    choice = choose(network, engine)
    if choice.engine == "linear" and (network.controlled or network.couplings):
        reason = "couplings and controlled sources are not in the compiled loop"
        if engine == "linear":
            raise NetworkError(f"the linear engine can't tune this network: {reason}")
        return Choice("ngspice", reason)
    return choice


class _Job:
    """A network, its signal and its tuner, ready to walk on the chosen engine."""

    def __init__(
        self,
        network: Network,
        tones: Sequence[Tone],
        movable: Sequence[str],
        tuner: str | Tuner,
        factor: float,
        n_evaluations: int,
        engine: str,
    ) -> None:
        check_tones(network, tones)
        start = network.values(movable)
        self.network, self.tones, self.movable = network, tones, movable
        self.x, self.bounds = np.log(start), around(start, factor)
        self.tuner = recipe(tuner, len(movable)) if isinstance(tuner, str) else tuner
        self.n_evaluations = n_evaluations
        self.is_linear = engine_for(network, engine).engine == "linear"
        self.at_once = _LANES if self.is_linear else 1

    def run(
        self, rngs: Sequence[np.random.Generator], watch: Callable[[list[State]], bool]
    ) -> list[Tuned]:
        """Walk with up to ``at_once`` walkers until all evaluations are made, or ``watch`` ends."""
        parts: list[NDArray[np.float64]] = []
        best = [self.x] * len(rngs)
        for states, powers in self._steps(rngs):
            parts.append(powers)
            best = [state.best_x for state in states]
            if watch(states):
                break
        powers = np.concatenate(parts, axis=1)
        if self.is_linear:
            for x, of_walker in zip(best, powers, strict=True):
                self._check(x, float(of_walker.max()))
        return [
            Tuned(self.network.with_values(self.movable, np.exp(x)), of_walker)
            for x, of_walker in zip(best, powers, strict=True)
        ]

    def _check(self, x: NDArray[np.float64], power: float) -> None:
        """Solve the best again by the engine's way that pivots where it must."""
        again = absorbed_power_at(
            self.network.with_values(self.movable, np.exp(x)), self.tones, engine="linear"
        )
        if not abs(power - again) <= _AGREES * again:
            raise SimulationError(
                f"the best power was {power:g} W without pivoting, and is {again:g} W",
                status=Status.INACCURATE,
                advice="tune this network with engine='ngspice'",
            )

    def _steps(
        self, rngs: Sequence[np.random.Generator]
    ) -> Iterator[tuple[list[State], NDArray[np.float64]]]:
        if self.is_linear:
            from .listening import listening  # Numba takes half a second to load
            from .together import walk_together

            yield from walk_together(
                listening(self.network, self.tones, self.movable),
                self.x,
                tuner=self.tuner,
                bounds=self.bounds,
                rngs=rngs,
                n_evaluations=self.n_evaluations,
            )
            return
        (rng,) = rngs
        for state, new in walk(
            absorbed_at_tones(Session(), self.network, self.tones, self.movable),
            self.x,
            tuner=self.tuner,
            bounds=self.bounds,
            rng=rng,
            n_evaluations=self.n_evaluations,
        ):
            yield [state], np.array([new])


def dissipated_power_at(
    network: Network, tones: Sequence[Tone], *, engine: str = "auto"
) -> dict[str, float]:
    """Mean power [W] in each resistor of a linear network when the tones drive its first port."""
    ordered = sorted(tones, key=lambda tone: tone.frequency)
    points = at_frequencies(tone.frequency for tone in ordered)
    return dissipated_at_tones(network, sweep(network, *points, engine=engine), ordered)


def absorbed_power_at(network: Network, tones: Sequence[Tone], *, engine: str = "auto") -> float:
    """Mean power [W] that a linear network absorbs at tones, source resistance not counted."""
    return sum(dissipated_power_at(network, tones, engine=engine).values())
