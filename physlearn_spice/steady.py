"""The mean power of a network in its steady state under tones, from transients long enough."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from .elements import (
    Capacitor,
    CubicConductance,
    Diode,
    Element,
    Inductor,
    Resistor,
    SaturatingInductor,
    Varactor,
    thermal_voltage,
)
from .errors import PhyslearnError
from .measures import points_per_period
from .modes import known_modes
from .netlist import Deck, Source, Tran
from .network import Network
from .ngspice import Session, simulate
from .periods import SteadyPower
from .resonances import Resonance
from .results import Waveforms
from .settling import common_period, settled_power
from .stimulus import Multitone, Tone

__all__ = ["steady_power"]

_FEWEST = 32  # periods
_TIME_CONSTANTS = 14  # in the first record: the last quarter begins with exp(-10.5), 3e-5
_NONLINEAR = 200  # steps in the shortest period, for its harmonics
# Newton's steps end at 1e-3 by default, which moves a diode's power by 2e-3; trtol keeps the steps
# in time as they are
_TIGHT = {"reltol": 1e-6, "trtol": 7000.0}
_SHARPEST = 1e6
_MOST_STEPS = 1_000_000


def steady_power(
    network: Network,
    drive: Tone | Multitone,
    *,
    port: str | None = None,
    dc: float = 0.0,
    window: float | None = None,
    tolerance: float = 1e-3,
    most_steps: int = _MOST_STEPS,
    session: Session | None = None,
) -> SteadyPower:
    """Run a network from rest until it settles, or say that it did not.

    The first transient has fourteen time constants of the network's slowest mode near the drive,
    nonlinear elements replaced by what they are at rest; each further one starts anew and is twice
    as long. The step is so short that the power at the tones is right to the tolerance.

    Parameters
    ----------
    drive
        Voltage of the port's source, on top of ``dc`` [V]; the first port without ``port``.
    window
        Time [s] in the place of the drive's period, long against the beats of tones that have none
        in common. The mean power alone is judged then.
    tolerance
        Relative, of the power: half of it for the step, half for what has not settled.
    most_steps
        In the longest transient.
    session
        To run in; its circuit is replaced. By default the process's own.

    Raises
    ------
    PhyslearnError
        The tones have no common period and there is no window; or ``most_steps`` are too few.
    SimulationError
        As of a session.
    """
    tones = (drive,) if isinstance(drive, Tone) else drive.tones
    period = window or common_period(tones)
    if period is None:
        raise PhyslearnError(
            "the tones have no common period of up to 1000 cycles: give a window [s] to average "
            "over, which is long against their beats"
        )
    modes = known_modes(_at_rest(network)) or []
    # half of it for the step, and half for what is left of the transient
    step = _step(modes, tones, tolerance / 2, is_linear=network.is_linear)
    per_period = math.ceil(period / step)
    most = most_steps // per_period
    if most < _FEWEST:
        raise PhyslearnError(
            f"{most_steps} steps are fewer than {_FEWEST} periods of {per_period}: raise most_steps"
        )
    slowest = max((_time_constant(mode) for mode in _near(modes, tones)), default=0.0)
    n_periods = max(_TIME_CONSTANTS * slowest / period, _FEWEST)
    source = {network.port(port).name: Source(dc=dc, waveform=drive)}
    while True:
        n = math.ceil(min(n_periods, most))
        tran = Tran(n * period, period / per_period)
        deck = Deck(network, (tran,), source, options={} if network.is_linear else _TIGHT)
        found = settled_power(
            network,
            _run(deck, session),
            period,
            tolerance=tolerance / 2,
            by_power=window is not None,
        )
        if found.settled or n >= most:
            return found
        n_periods = 2 * n


def _run(deck: Deck, session: Session | None) -> Waveforms:
    if session is None:
        (result,) = simulate(deck)
    else:
        (analysis,) = session.load(deck)
        result = session.run(analysis)
    assert isinstance(result, Waveforms)  # it is what a Tran gives
    return result


def _at_rest(network: Network) -> Network:
    """Return the network with its nonlinear elements as they are for small signals about 0 V."""

    def linear(e: Element) -> Element:
        match e:
            case Diode():
                ohm = e.emission_coefficient * thermal_voltage() / e.saturation_current
                return Resistor(f"r_{e.name}", e.a, e.b, ohm)
            case Varactor():
                return Capacitor(e.name, e.a, e.b, e.zero_bias_capacitance)
            case CubicConductance():
                return Resistor(e.name, e.a, e.b, 1 / e.g1)
            case SaturatingInductor():
                return Inductor(e.name, e.a, e.b, e.initial_inductance)
            case _:
                return e

    return replace(network, elements=tuple(map(linear, network.elements)))


def _near(modes: Sequence[Resonance], tones: Sequence[Tone]) -> list[Resonance]:
    """Return the modes in whose bandwidth a tone is, or else the nearest to each."""
    found: list[Resonance] = []
    for f in (tone.frequency for tone in tones):
        inside = [mode for mode in modes if abs(mode.f0 - f) < mode.bandwidth]
        found += inside or sorted(modes, key=lambda mode: abs(mode.f0 - f))[:1]
    return found


def _time_constant(mode: Resonance) -> float:
    """Time [s] in which the amplitude of a mode falls by e."""
    return max(mode.quality_factor, 0.0) / (math.pi * mode.f0)


def _step(
    modes: Sequence[Resonance], tones: Sequence[Tone], tolerance: float, *, is_linear: bool
) -> float:
    """Return the longest step [s] with which every tone's power is right to the tolerance."""
    steps: list[float] = []
    for f in (tone.frequency for tone in tones):
        points = _points(modes, f, tolerance)
        steps.append(1 / (f * (points if is_linear else max(points, _NONLINEAR))))
    return min(steps)


def _points(modes: Sequence[Resonance], frequency: float, tolerance: float) -> int:
    """Points per period of a tone anywhere, where :func:`points_per_period` is for one at f0.

    By each mode P goes with 1 / (1 + x^2), x = Q (f/f0 - f0/f). The trapezoidal rule moves x by
    some y, and so P by 2 x y / (1 + x^2) on the flank, also of another mode, and by y^2 on top.
    """
    ratios = [frequency / mode.f0 for mode in modes]
    qualities = [min(abs(mode.quality_factor), _SHARPEST) for mode in modes]
    x = [q * abs(ratio - 1 / ratio) for q, ratio in zip(qualities, ratios, strict=True)]
    slopes = [2 * each / (1 + each**2) for each in x]
    elsewhere = sum(slopes)
    points = [points_per_period(1.0, tolerance**2)]  # the power of an R and a C goes with f^2
    for q, ratio, own in zip(qualities, ratios, slopes, strict=True):
        near = 2 / (ratio + 1 / ratio)  # 1 at f0; far from it others move the power no more
        slope = own + near * min(elsewhere - own, 1.0)
        y = (math.sqrt(slope**2 + 4 * tolerance) - slope) / 2
        points.append(points_per_period(q / near, y**2))
    return max(points)
