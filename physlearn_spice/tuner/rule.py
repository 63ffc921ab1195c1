"""A rule: noise, detector, brake and memory put together, and the scale that the brake goes by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import NetworkError, PhyslearnError
from .brakes import Brake
from .detector import IDEAL, Detector
from .memory import Memory
from .objective import Absorbed

__all__ = ["Tuner", "reference_of"]


@dataclass(frozen=True)
class Tuner:
    """Noise, detector, brake and memory put together.

    Parameters
    ----------
    brake, memory
        As in :mod:`.brakes` and :mod:`.memory`.
    noise
        s0: standard deviation of an unbraked step in ln(value), of white noise.
    warm_up
        Unbraked steps before the first braked one; they set the brake's reference, and count.
    reference_share
        The reference is this share of the warm-up's median power, total and own.
    one_at_a_time
        Whether each step after the warm-up moves a single component, drawn at random.
    own_memory
        Whether each component keeps its step or goes back by its own power, not all by the total.
    detector
        What the brake is shown of the power.
    correlation
        Correlation time of the noise [steps]; 0 is white. See :mod:`.noise`.
    reference
        Total power [W] that is the brake's reference, a d-th of it each component's; the warm-up
        sets it otherwise.
    need
        Power [W] that each component must take in to live, its metabolic cost: the reference of
        each, and d times that of the total, in place of the warm-up's.
    """

    brake: Brake
    memory: Memory
    noise: float
    warm_up: int = 40
    reference_share: float = 0.3
    one_at_a_time: bool = False
    own_memory: bool = False
    detector: Detector = IDEAL
    correlation: float = 0.0
    reference: float | None = None
    need: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.correlation < np.inf:
            raise PhyslearnError(
                f"the noise's correlation time is {self.correlation!r} steps: "
                "must be at least 0 and finite"
            )
        if self.reference is not None and self.need is not None:
            raise PhyslearnError("the tuner has a reference and a need: give one of them")
        for name in ("reference", "need"):
            power = getattr(self, name)
            if power is not None and not 0 < power < np.inf:
                raise PhyslearnError(
                    f"the tuner's {name} is {power!r} W: must exceed 0 and be finite"
                )


def reference_of(tuner: Tuner, warm_up: Sequence[Absorbed]) -> Absorbed:
    """Scale of the brake: the tuner's own, or a share of the medians of the warm-up's powers.

    Where no current can flow, as on the way to an open end, there is nothing to brake by: the
    reference is infinite.

    Raises
    ------
    NetworkError
        Nothing is absorbed; or the brake needs the power of a component that has no resistor in
        its branch.
    """
    own = np.median([absorbed.own for absorbed in warm_up], axis=0)
    if tuner.reference is not None:
        reference = Absorbed(tuner.reference, np.full(own.size, tuner.reference / own.size))
    elif tuner.need is not None:
        reference = Absorbed(own.size * tuner.need, np.full(own.size, tuner.need))
    else:
        idle = own <= 1e-9 * own.max(initial=0.0)
        reference = Absorbed(
            tuner.reference_share * float(np.median([absorbed.total for absorbed in warm_up])),
            np.where(idle, np.inf, tuner.reference_share * own),
        )
    if not reference.total > 0:
        raise NetworkError("the network absorbs nothing from this signal, whatever its values")
    feels_nothing = np.isnan(warm_up[-1].own).any()
    if np.isnan(tuner.brake(warm_up[-1], reference)).any() or (tuner.own_memory and feels_nothing):
        raise NetworkError(
            f"a local {'memory' if tuner.own_memory else 'brake'} needs a resistor in the branch "
            "of every movable component: give each inductor and capacitor an ESR"
        )
    return reference
