"""A network, its signal and what may move: for walkers and other methods, on either engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..engines import Choice, choose
from ..errors import NetworkError, SimulationError, Status
from ..network import Network
from ..ngspice import Session
from ..stimulus import Tone
from .counted import Counted, Method, ask
from .objective import absorbed_at_tones, absorbed_power_at, check_movable, check_tones
from .recipes import recipe
from .rule import Tuner
from .walk import State, around, walk

__all__ = ["Job", "Tuned", "engine_for"]

_AGREES = 1e-6  # relative error of the best power that is still handed out
_LANES = 8  # walkers that the compiled loop takes at once


@dataclass(frozen=True)
class Tuned:
    """What a run gives: the best ``network`` it met, and every measured power [W] (n,) in order.

    ``powers[0]`` is the network's as it came; refused trials are included.
    """

    network: Network
    powers: NDArray[np.float64]


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


class Job:
    """A network, its signal and what may move, ready for methods on the chosen engine.

    Parameters are those of :func:`.tuning.tune`; ``x`` is where it starts, ``at_once`` how many
    walkers it takes together.
    """

    def __init__(
        self,
        network: Network,
        tones: Sequence[Tone],
        movable: Sequence[str],
        factor: float,
        engine: str = "auto",
    ) -> None:
        check_tones(network, tones)
        check_movable(network, movable)
        start = network.values(movable)
        self.network, self.tones, self.movable = network, tuple(tones), tuple(movable)
        self.x, self.bounds = np.log(start), around(start, factor)
        self.is_linear = engine_for(network, engine).engine == "linear"
        self.at_once = _LANES if self.is_linear else 1

    def walk(
        self,
        tuner: str | Tuner,
        rngs: Sequence[np.random.Generator],
        n_evaluations: int,
        watch: Callable[[list[State]], bool] = lambda states: False,
    ) -> list[Tuned]:
        """Walk with up to ``at_once`` walkers until all evaluations are made, or ``watch`` ends."""
        parts: list[NDArray[np.float64]] = []
        best = [self.x] * len(rngs)
        if isinstance(tuner, str):
            tuner = recipe(tuner, len(self.movable))
        for states, powers in self._steps(tuner, rngs, n_evaluations):
            parts.append(powers)
            best = [state.best_x for state in states]
            if watch(states):
                break
        together = np.concatenate(parts, axis=1)
        return [self._tuned(x, powers) for x, powers in zip(best, together, strict=True)]

    def ask(
        self,
        method: Method,
        rng: np.random.Generator,
        n_evaluations: int,
        watch: Callable[[Counted], bool] = lambda objective: False,
    ) -> Tuned:
        """Let a method ask for the power until all evaluations are made, or ``watch`` ends."""
        objective = Counted(
            self._powers,
            n_evaluations,
            with_gradient=self._with_gradient if self.is_linear else None,
            names=self.movable,
            watch=watch,
        )
        powers = ask(method, objective, self.x, self.bounds, rng)
        return self._tuned(objective.best_x, powers)

    def _tuned(self, best_x: NDArray[np.float64], powers: NDArray[np.float64]) -> Tuned:
        """Solve the best again by the engine's way that pivots where it must."""
        best = self.network.with_values(self.movable, np.exp(best_x))
        if self.is_linear:
            power, again = powers.max(), absorbed_power_at(best, self.tones, engine="linear")
            if not abs(power - again) <= _AGREES * again:
                raise SimulationError(
                    f"the best power was {power:g} W without pivoting, and is {again:g} W",
                    status=Status.INACCURATE,
                    advice="tune this network with engine='ngspice'",
                )
        return Tuned(best, powers)

    @cached_property
    def _powers(self) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
        if self.is_linear:
            from .listening import powers_by_lanes  # Numba takes half a second to load

            return powers_by_lanes(self.network, self.tones, self.movable)
        measure = absorbed_at_tones(Session(), self.network, self.tones, self.movable)
        return lambda points: np.array([measure(x).total for x in points])

    def _with_gradient(self, x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        from ..linear import gradient

        values = dict(zip(self.movable, np.exp(x).tolist(), strict=True))
        frequency = [tone.frequency for tone in self.tones]
        found = gradient(self.network, frequency, self.movable, values=values)
        squared = np.array([tone.amplitude**2 for tone in self.tones])
        return float(squared @ found.absorbed_power), squared @ found.power

    def _steps(
        self, tuner: Tuner, rngs: Sequence[np.random.Generator], n_evaluations: int
    ) -> Iterator[tuple[list[State], NDArray[np.float64]]]:
        if self.is_linear:
            from .listening import listening
            from .together import walk_together

            yield from walk_together(
                listening(self.network, self.tones, self.movable),
                self.x,
                tuner=tuner,
                bounds=self.bounds,
                rngs=rngs,
                n_evaluations=n_evaluations,
            )
            return
        (rng,) = rngs
        for state, new in walk(
            absorbed_at_tones(Session(), self.network, self.tones, self.movable),
            self.x,
            tuner=tuner,
            bounds=self.bounds,
            rng=rng,
            n_evaluations=n_evaluations,
        ):
            yield [state], np.array([new])
