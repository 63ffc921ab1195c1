"""What a network takes in, element by element: powers, energies, the ledger that must close.

Absorbed power is what the elements of the network dissipate; a port's source resistance belongs
to the source and is never counted. Phasors are peak values, so mean powers carry a factor 1/2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .elements import (
    Capacitor,
    Cccs,
    Ccvs,
    CubicConductance,
    Diode,
    Inductor,
    Resistor,
    SaturatingInductor,
    Varactor,
    Vccs,
    Vcvs,
)
from .errors import PhyslearnError
from .flows import current_of
from .network import Network
from .results import Spectrum, Waveforms
from .shown import Shown
from .stimulus import Tone

__all__ = [
    "Ledger",
    "absorbed_power",
    "admittance",
    "available_at_tones",
    "available_power",
    "delivered_power",
    "dissipated_at_tones",
    "dissipated_power",
    "efficiency",
    "input_power",
    "ledger",
    "mean_input_power",
    "points_per_period",
    "reflection",
    "stored_energy",
]


def dissipated_power(network: Network, spectrum: Spectrum) -> dict[str, NDArray[np.float64]]:
    """Mean power [W] (n_freq,) in each resistor, |v|^2 / (2 R).

    From the resistors, not from Re Y at the port: in a network of low loss Re Y is the small
    difference of large numbers.
    """
    return {
        e.name: np.abs(spectrum.voltage(e.a, e.b)) ** 2 / (2 * e.value)
        for e in network.elements
        if isinstance(e, Resistor)
    }


def absorbed_power(network: Network, spectrum: Spectrum) -> NDArray[np.float64]:
    """Mean power [W] (n_freq,) in all resistors of the network, source resistances not counted."""
    powers = dissipated_power(network, spectrum)
    return np.sum(list(powers.values()), axis=0) if powers else np.zeros(len(spectrum.frequency))


def delivered_power(network: Network, spectrum: Spectrum) -> dict[str, NDArray[np.float64]]:
    """Mean power [W] (n_freq,) that each controlled source gives, -Re(v i*) / 2."""
    return {
        e.name: -np.real(
            spectrum.voltage(e.a, e.b) * current_of(network, spectrum, e.name).conj() / 2
        )
        for e in network.controlled
    }


def stored_energy(network: Network, spectrum: Spectrum) -> dict[str, NDArray[np.float64]]:
    """Mean energy [J] (n_freq,) in each inductor, L |i|^2 / 4, and capacitor, C |v|^2 / 4.

    Also in each coupling, M Re(i1 i2*) / 2, which may be negative; no sum with its coils is.
    """
    energies: dict[str, NDArray[np.float64]] = {}
    for e in network.elements:
        if isinstance(e, Inductor):
            energies[e.name] = e.value * np.abs(spectrum.current(e.name)) ** 2 / 4
        elif isinstance(e, Capacitor):
            energies[e.name] = e.value * np.abs(spectrum.voltage(e.a, e.b)) ** 2 / 4
    mutual = network.mutual_inductances()
    for k in network.couplings:
        product = spectrum.current(k.first) * spectrum.current(k.second).conj()
        energies[k.name] = mutual[k.name] * np.real(product) / 2
    return energies


def available_power(amplitude: ArrayLike, resistance: float) -> NDArray[np.float64]:
    """Most that a source of ``amplitude`` [V peak] behind ``resistance`` can give: V^2 / (8 Rs).

    Infinite for an ideal source.
    """
    squared = np.asarray(amplitude, float) ** 2
    return squared / (8 * resistance) if resistance > 0 else np.full_like(squared, math.inf)


def dissipated_at_tones(
    network: Network, spectrum: Spectrum, tones: Sequence[Tone]
) -> dict[str, float]:
    """Mean power [W] in each resistor when all tones sound together.

    ``spectrum`` is the response to 1 V peak at the tones' frequencies, in their order: the powers
    of different frequencies add.

    Raises
    ------
    PhyslearnError
        The spectrum's frequencies are others.
    """
    wanted = [tone.frequency for tone in tones]
    if len(wanted) != len(spectrum.frequency) or not np.allclose(
        wanted, spectrum.frequency, rtol=1e-9, atol=0
    ):
        raise PhyslearnError("the spectrum is not at the tones' frequencies in their order")
    squares = np.array([tone.amplitude**2 for tone in tones])
    return {
        name: float(power @ squares) for name, power in dissipated_power(network, spectrum).items()
    }


def available_at_tones(network: Network, tones: Sequence[Tone], port: str | None = None) -> float:
    """Available power [W] of all tones together: sum of V^2 / (8 Rs), V peak."""
    resistance = network.port(port).resistance
    return sum(float(available_power(tone.amplitude, resistance)) for tone in tones)


def efficiency(
    network: Network, spectrum: Spectrum, port: str | None = None, *, amplitude: float = 1.0
) -> NDArray[np.float64]:
    """P / Pav (n_freq,): absorbed power over what the port's source could give at most.

    ``amplitude`` is the source's [V peak]; no other port is driven. With an ideal source, which
    can give any power, the absorbed power is taken over its own maximum in the spectrum.
    """
    absorbed = absorbed_power(network, spectrum)
    resistance = network.port(port).resistance
    if resistance:
        return absorbed / available_power(amplitude, resistance)
    return absorbed / (absorbed.max() or 1.0)


def admittance(
    network: Network, spectrum: Spectrum, port: str | None = None, *, loaded: bool = False
) -> NDArray[np.complex128]:
    """Driving-point admittance Y = I/V [S] (n_freq,) of the driven port; the first by default.

    ``loaded`` puts the source resistance in series with the network: the poles of that Y are the
    resonances as the source drives them.
    """
    p = network.port(port)
    current = -spectrum.current(f"v{p.name}")  # SPICE counts it into the source's plus
    voltage = spectrum.voltage(p.plus, p.minus)
    across = voltage + p.resistance * current if loaded else voltage
    return np.asarray(current / across, dtype=np.complex128)


def reflection(
    network: Network, spectrum: Spectrum, port: str | None = None
) -> NDArray[np.complex128]:
    """S11 (n_freq,) against the port's source resistance.

    1 - |S11|^2 is the share of the available power that enters: P / Pav, unless another port lets
    some of it out again.

    An ideal source (Rs = 0) has no available power; S11 is 1 there and says nothing.
    """
    p = network.port(port)
    y = admittance(network, spectrum, port) * p.resistance
    return (1 - y) / (1 + y)


def input_power(
    network: Network, spectrum: Spectrum, port: str | None = None
) -> NDArray[np.float64]:
    """Mean power [W] (n_freq,) that enters the network through a port, Re(V I*) / 2.

    Negative where the port's resistance takes power out.
    """
    p = network.port(port)
    current = -spectrum.current(f"v{p.name}")
    return np.real(spectrum.voltage(p.plus, p.minus) * current.conj()) / 2


def mean_input_power(
    network: Network, waveforms: Waveforms, port: str | None = None, *, since: float = 0.0
) -> float:
    """Mean power [W] that enters a port from ``since`` [s] to the end: v i, weighted by time.

    Over whole periods of a steady state this converges faster than any power of the step.
    """
    p, time = network.port(port), waveforms.time
    if not since < time[-1]:
        raise PhyslearnError(f"the waveforms end at {time[-1]:g} s, not after {since:g} s")
    power = -waveforms.voltage(p.plus, p.minus) * waveforms.current(f"v{p.name}")
    begin = max(since, float(time[0]))
    after = time > begin
    t = np.concatenate([[begin], time[after]])
    values = np.concatenate([[np.interp(begin, time, power)], power[after]])
    return float(np.trapezoid(values, t) / (t[-1] - begin))


@dataclass(frozen=True)
class Ledger(Shown):
    """Where the energy went between the first and the last instant [J].

    Parameters
    ----------
    energy_in
        Through each port into the network, by port name; source resistances are outside.
    dissipated
        In each resistor, cubic conductance and diode, by element name.
    stored
        Change of the energy in each inductor, saturating or not, capacitor, varactor and coupling
        (M i1 i2), by name.
    source_loss
        In each port's source resistance, by port name.
    time, energy_in_t, dissipated_t, stored_t
        The sums over ports and elements as they grow, (n_time,).
    delivered, delivered_t
        By each controlled source into the rest of the network, by element name; and their sum.
    """

    energy_in: Mapping[str, float]
    dissipated: Mapping[str, float]
    stored: Mapping[str, float]
    source_loss: Mapping[str, float]
    time: NDArray[np.float64]
    energy_in_t: NDArray[np.float64]
    dissipated_t: NDArray[np.float64]
    stored_t: NDArray[np.float64]
    delivered: Mapping[str, float] = field(default_factory=dict[str, float])
    delivered_t: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))

    @property
    def residual(self) -> float:
        """What does not close, (in - dissipated - stored) / in; sources' energy counts as in.

        A closed ledger is bookkeeping: it says that the currents and voltages obey Kirchhoff and
        the elements' laws, not that the step was short enough.
        """
        sources = (*self.energy_in.values(), *self.delivered.values())
        total = sum(abs(energy) for energy in sources)
        given = self.energy_in_t[-1] + self.delivered_t[-1]
        gap = given - self.dissipated_t[-1] - self.stored_t[-1]
        return float(gap / total) if total > 0 else float(gap)


def ledger(network: Network, waveforms: Waveforms) -> Ledger:
    """Account for the energy of a transient.

    Over each step the mean voltage times the mean current is the energy: with the trapezoidal
    rule that closes to rounding for R, L and C at any step. Stored energies are the elements' own
    state functions at both ends.
    """
    time, zero = waveforms.time, np.zeros_like(waveforms.time)
    flows = {p.name: _input_energy(network, waveforms, p.name) for p in network.ports}
    dissipated: dict[str, NDArray[np.float64]] = {}
    stored: dict[str, NDArray[np.float64]] = {}
    delivered: dict[str, NDArray[np.float64]] = {}
    for e in network.elements:
        v: NDArray[np.float64] = waveforms.voltage(e.a, e.b)
        match e:
            case Resistor():
                dissipated[e.name] = _cumulative(time, v, v / e.value)
            case Diode() | CubicConductance():
                dissipated[e.name] = _cumulative(time, v, e.current(v))
            case Inductor():
                stored[e.name] = e.value * waveforms.current(e.name) ** 2 / 2
            case Capacitor():
                stored[e.name] = e.value * v**2 / 2
            case Varactor():
                stored[e.name] = e.energy(v)
            case SaturatingInductor():
                stored[e.name] = e.energy(waveforms.current(e.name))
            case Vcvs() | Vccs() | Cccs() | Ccvs():
                delivered[e.name] = -_cumulative(time, v, current_of(network, waveforms, e.name))
    mutual = network.mutual_inductances()
    for k in network.couplings:
        stored[k.name] = mutual[k.name] * waveforms.current(k.first) * waveforms.current(k.second)
    changed = {name: energy - energy[0] for name, energy in stored.items()}
    return Ledger(
        energy_in=_last({name: energy for name, (_, energy) in flows.items()}),
        dissipated=_last(dissipated),
        stored=_last(changed),
        source_loss={
            p.name: float(_cumulative(time, p.resistance * flows[p.name][0], flows[p.name][0])[-1])
            for p in network.ports
        },
        time=time,
        energy_in_t=np.sum([energy for _, energy in flows.values()], axis=0),
        dissipated_t=np.sum([zero, *dissipated.values()], axis=0),
        stored_t=np.sum([zero, *changed.values()], axis=0),
        delivered=_last(delivered),
        delivered_t=np.sum([zero, *delivered.values()], axis=0),
    )


def _last(energies: Mapping[str, NDArray[np.float64]]) -> dict[str, float]:
    return {name: float(energy[-1]) for name, energy in energies.items()}


def points_per_period(quality_factor: float, tolerance: float = 1e-3) -> int:
    """Time steps per period for a relative error ``tolerance`` of the power absorbed on resonance.

    The trapezoidal rule lowers a frequency by the fraction (omega h)^2 / 12, which a resonance
    of quality Q answers with (2 Q)^2 times its square: N = 2 pi sqrt(Q / (6 sqrt(tolerance))).
    At least 20.
    """
    return max(20, math.ceil(2 * math.pi * math.sqrt(quality_factor / (6 * math.sqrt(tolerance)))))


def _input_energy(
    network: Network, waveforms: Waveforms, port: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Current into the port [A] and the energy that has entered [J], both (n_time,)."""
    p = network.port(port)
    current = -waveforms.current(f"v{p.name}")
    return current, _cumulative(waveforms.time, waveforms.voltage(p.plus, p.minus), current)


def _cumulative(
    time: NDArray[np.float64], v: NDArray[np.float64], i: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Integral of v i dt [J] (n_time,), from midpoint averages."""
    steps = (v[1:] + v[:-1]) * (i[1:] + i[:-1]) / 4 * np.diff(time)
    return np.concatenate([[0.0], np.cumsum(steps)])
