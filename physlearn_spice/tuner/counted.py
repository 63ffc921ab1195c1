"""A counted objective: every measurement is recorded, and none is made beyond the budget.

A *method* asks it as it likes, one point at a time, many, or with the gradient, and never looks at
its own count: when the budget is used up the objective ends the method.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import NetworkError, PhyslearnError
from .walk import Bounds

__all__ = ["GRADIENT_COST", "Counted", "EnoughError", "Method", "ask"]

GRADIENT_COST = 2
"""Evaluations that a power with its gradient counts for: one solution, and one more of the adjoint.

With the factors at hand the second costs less than the first, so the gradient is not favoured.
"""

Measure = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""From points (n, d) to powers [W] (n,)."""

WithGradient = Callable[[NDArray[np.float64]], tuple[float, NDArray[np.float64]]]
"""From a point (d,) to its power [W] and the derivatives by x [W] (d,)."""


class EnoughError(Exception):
    """No more is measured: the budget is used up, or who watches wants to end."""


class Counted:
    """Power as a function of x = ln(component values), for so many evaluations.

    Parameters
    ----------
    measure
        From points (n, d) to powers [W] (n,).
    n_evaluations
        The budget.
    with_gradient
        From a point to power and gradient, if there is one.
    names
        Of the d components, for messages.
    watch
        Sees the objective after every question; when it returns True the method is ended.
    """

    def __init__(
        self,
        measure: Measure,
        n_evaluations: int,
        *,
        with_gradient: WithGradient | None = None,
        names: Sequence[str] = (),
        watch: Callable[[Counted], bool] = lambda objective: False,
    ) -> None:
        if n_evaluations < 1:
            raise PhyslearnError(f"{n_evaluations} evaluations: must be at least 1")
        self.n_evaluations = n_evaluations
        self.best_power = -np.inf
        self._measure, self._with_gradient = measure, with_gradient
        self._names, self._watch = names, watch
        self._powers: list[float] = []
        self._best_x: NDArray[np.float64] = np.empty(0)

    @property
    def powers(self) -> NDArray[np.float64]:
        """Every power [W] (n,) in order; one with its gradient stands there twice."""
        return np.array(self._powers)

    @property
    def best_x(self) -> NDArray[np.float64]:
        """Where the most was measured up to now, (d,)."""
        return self._best_x.copy()

    @property
    def first_power(self) -> float:
        """What was measured first [W], a scale for the rest."""
        return self._powers[0]

    @property
    def last_power(self) -> float:
        """What was measured last [W]."""
        return self._powers[-1]

    @property
    def done(self) -> int:
        """Evaluations made so far."""
        return len(self._powers)

    @property
    def left(self) -> int:
        """Evaluations that may still be made."""
        return self.n_evaluations - self.done

    def __call__(self, x: NDArray[np.float64]) -> float:
        """Measure at x (d,): the power [W]."""
        return float(self.many(x[None])[0])

    def many(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Measure at points (n, d), which count n: the powers [W] (n,).

        Raises
        ------
        EnoughError
            There were more points than evaluations left; those that fit are recorded.
        PhyslearnError
            A power is not finite.
        """
        some = points[: self.left]
        powers = self._measure(some) if len(some) else np.empty(0)
        for x, power in zip(some, powers.tolist(), strict=True):
            self._record(x, power, 1)
        if len(some) < len(points) or self._watch(self):
            raise EnoughError
        return powers

    def with_gradient(self, x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Measure power [W] and its derivatives by x [W] (d,), which counts ``GRADIENT_COST``.

        Raises
        ------
        EnoughError
            Too few evaluations are left; what is left goes to the power alone.
        PhyslearnError
            There is no gradient, or the power is not finite.
        """
        if self._with_gradient is None:
            raise PhyslearnError(
                "this objective has no gradient: it takes the linear engine and a network of "
                "R, L and C; choose another method"
            )
        if self.left < GRADIENT_COST:
            self.many(np.tile(x, (self.left + 1, 1)))
        power, slope = self._with_gradient(x)
        if not np.isfinite(slope).all():
            power = float("nan")
        self._record(x, power, GRADIENT_COST)
        if self._watch(self):
            raise EnoughError
        return power, slope

    def _record(self, x: NDArray[np.float64], power: float, count: int) -> None:
        if not np.isfinite(power):
            ends = [(float(x[k]), self._name(k)) for k in (int(x.argmin()), int(x.argmax()))]
            (low, least), (high, most) = ends
            raise PhyslearnError(
                f"the power is {power} at evaluation {self.done + 1}, where ln(value) goes from "
                f"{low:.6g} ({least}) to {high:.6g} ({most}): look at the circuit there, or keep "
                "the components in narrower bounds"
            )
        self._powers += [power] * count
        if power > self.best_power:
            self.best_power, self._best_x = power, x.copy()

    def _name(self, k: int) -> str:
        return self._names[k] if self._names else f"x[{k}]"


Method = Callable[[Counted, NDArray[np.float64], Bounds, np.random.Generator], None]
"""Asks the objective, from a start x (d,) and within the bounds, until that has had enough."""


def ask(
    method: Method,
    objective: Counted,
    x: NDArray[np.float64],
    bounds: Bounds,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Let a method ask until the budget is used up: every power [W] (n,) in order.

    Raises
    ------
    NetworkError
        No component is movable.
    PhyslearnError
        The start is out of bounds, a power is not finite, or the method ended before its time.
    """
    if not x.size:
        raise NetworkError("no component is movable: name one, or a kind that the network has")
    outside = (x < bounds.low) | (x > bounds.high)
    if outside.any():
        k = int(outside.argmax())
        raise PhyslearnError(
            f"the start {x[k]:g} of x[{k}] is not within {bounds.low[k]:g} and {bounds.high[k]:g}"
        )
    try:
        method(objective, x, bounds, rng)
    except EnoughError:
        return objective.powers
    raise PhyslearnError(
        f"the method ended after {objective.done} of {objective.n_evaluations} evaluations: "
        "methods are compared on equal numbers, so let it ask until it is stopped"
    )
