"""What the tuner listens to: the power absorbed at the stimulus's tones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..elements import Resistor
from ..engines import sweep
from ..errors import NetworkError, StimulusError
from ..measures import dissipated_at_tones
from ..netlist import Deck, Source, at_frequencies
from ..network import GROUND, Network
from ..ngspice import Session
from ..results import Spectrum, concatenate
from ..stimulus import Tone

__all__ = [
    "Absorbed",
    "Objective",
    "absorbed_at_tones",
    "absorbed_power_at",
    "dissipated_power_at",
]


class Absorbed(NamedTuple):
    """Mean power [W]: ``total`` of the network, and ``own`` (d,) of each movable component.

    An ideal inductor or capacitor dissipates nothing; its own power is that of the resistors in
    its branch, which carry its current. It is nan where the branch has none.
    """

    total: float
    own: NDArray[np.float64]


Objective = Callable[[NDArray[np.float64]], Absorbed]
"""From x = ln(component values) (d,) to what is absorbed there."""


def absorbed_at_tones(
    session: Session, network: Network, tones: Sequence[Tone], movable: Sequence[str]
) -> Objective:
    """Measure by ngspice, with ``alter`` and one AC point per tone.

    Powers of different frequencies add; the source resistance is not counted.

    Parameters
    ----------
    session
        Runs the circuit, and holds it as long as the objective is used.
    network
        Linear, driven at its first port.
    tones
        Peak amplitudes [V] and frequencies [Hz], all different.
    movable
        Names of the d components that x moves.
    """
    check_tones(network, tones)
    resistors = [e for e in network.elements if isinstance(e, Resistor)]
    column = {e.name: k for k, e in enumerate(resistors)}
    in_branch = np.zeros((len(movable), len(resistors)))
    for row, some in enumerate(resistors_in_branch(network, movable)):
        in_branch[row, [column[name] for name in some]] = 1
    moved = [(row, column[name]) for row, name in enumerate(movable) if name in column]
    rows, columns = np.array(moved, int).reshape(-1, 2).T
    ohms = np.array([e.value for e in resistors])
    feels_nothing = ~in_branch.any(axis=1)
    points = at_frequencies(tone.frequency for tone in tones)
    nodes = sorted({f"v({n})" for e in resistors for n in (e.a, e.b) if n != GROUND})
    save = ("all",) if network.controlled else tuple(nodes)  # what it takes to judge a spectrum
    deck = Deck(network, points, {network.port().name: Source(ac=1.0)}, save=save)
    session.load(deck)

    def objective(x: NDArray[np.float64]) -> Absorbed:
        values = np.exp(x)
        session.alter(movable, values)
        spectra = [s for point in points if isinstance(s := session.run(point), Spectrum)]
        powers = dissipated_at_tones(network, concatenate(spectra), tones)
        per_resistor = np.array([powers[e.name] for e in resistors])
        per_resistor[columns] *= ohms[columns] / values[rows]  # those were of the network's own
        own = np.where(feels_nothing, np.nan, in_branch @ per_resistor)
        return Absorbed(float(per_resistor.sum()), own)

    return objective


def check_tones(network: Network, tones: Sequence[Tone]) -> None:
    """Say why a network can't be tuned to tones, if so.

    Raises
    ------
    NetworkError
        It is nonlinear, or has no resistor.
    StimulusError
        The tones are silent, too loud, or two are one.
    """
    if not network.is_linear:
        raise NetworkError("tuning by AC needs a linear network: R, L and C")
    if not tones:
        raise StimulusError("the signal has no tones: there is nothing to absorb")
    if len({tone.frequency for tone in tones}) < len(tones):
        raise StimulusError("two tones have the same frequency: add them up to one")
    if max((abs(tone.amplitude) for tone in tones), default=0.0) > 1e100:
        raise StimulusError("the signal's amplitudes are too large to square")
    if not any(tone.amplitude for tone in tones):
        raise StimulusError("the signal is silent: every tone has amplitude 0")
    if not network.names(Resistor):
        raise NetworkError("a network without a resistor absorbs nothing")


def check_movable(network: Network, movable: Sequence[str]) -> None:
    """Say why components can't move, if so.

    Raises
    ------
    NetworkError
        There is none, one is named twice, or the network has no such element.
    """
    if not movable:
        raise NetworkError("no component is movable: name one, or a kind that the network has")
    if len(set(movable)) < len(movable):
        twice = next(name for name in movable if list(movable).count(name) > 1)
        raise NetworkError(f"{twice!r} is named twice among the movable components")
    network.values(movable)


def resistors_in_branch(network: Network, movable: Sequence[str]) -> list[list[str]]:
    """Names of the resistors in the branch of each of the d movable components."""
    resistors = set(network.names(Resistor))
    of = {name: branch for branch in network.branches for name in branch}
    return [[name for name in of[moved] if name in resistors] for moved in movable]


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
