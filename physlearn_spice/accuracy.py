"""How far a spectrum is from the truth, told by the power balance of its own voltages and currents.

Rounding, or a bad pivot order, leaves currents r_k that do not add up to zero at the nodes. In a
reciprocal circuit these tell the error of what the port sees. Let M x = b be the circuit's
equations, with M symmetric, and x + dx the computed answer with M (x + dx) = b + r. What the
sources deliver is P = b^T x (no conjugate: P = V I of a single port), so to first order

    dP = b^T dx = b^T M^-1 r = x^T r = sum_k v_k r_k + sum_L i_L e_L,

with e_L what is missing in the law of inductor L, couplings included. No second solution is needed.
With controlled sources M is not symmetric, and only the currents r_k themselves are left to judge.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .couplings import coupled_groups, least_energy
from .elements import Capacitor, Cccs, Ccvs, Inductor, Resistor, Vccs, Vcvs
from .errors import SimulationError, Status
from .flows import current_of
from .netlist import Deck, FlatCircuit
from .netlist.numbers import is_number, number
from .network import GROUND, Network
from .results import Spectrum

__all__ = ["Balance", "SpectrumCheck", "balance"]

_WORST = 1e-6  # error of a driving-point admittance with which a spectrum is still handed out
_SAFE = 1e-10  # bound on rounding errors below which nothing need be checked
_EPS = float(np.finfo(float).eps)
_TINY = float(np.finfo(float).tiny)
_NOTHING = 1e-12  # admittance [S] that is none: ngspice's own gmin


@dataclass(frozen=True)
class Balance:
    """What is missing in a spectrum's balances.

    Parameters
    ----------
    admittance_error
        Error of what the ports see, over what they deliver (n_freq,). Of a network driven at one
        port it is the relative error of the driving-point admittance, exact to first order. Of
        one with controlled sources it is not known, and nan.
    node_error
        For each node the current that is missing there, over those that meet there or, where it
        is more, what the ports deliver (n_freq,).
    """

    admittance_error: NDArray[np.float64]
    node_error: Mapping[str, NDArray[np.float64]]


def balance(
    network: Network,
    spectrum: Spectrum,
    values: Mapping[str, float] | None = None,
    shunt: float = 0.0,
) -> Balance:
    """Add up the currents at the nodes, and the power.

    Nodes at which nonlinear elements meet are left out.

    Parameters
    ----------
    spectrum
        With every node voltage and the current of every inductor and source.
    values
        Values in SI by name that are not the network's own.
    shunt
        Conductance from each node to ground [S], of the option ``rshunt``.

    Raises
    ------
    PhyslearnError
        A vector was not saved.
    """
    values = values or {}
    omega = 2 * np.pi * spectrum.frequency
    row = {node: k for k, node in enumerate(network.nodes)}
    zero = np.zeros(len(omega), complex)
    v = np.array([zero if n == GROUND else spectrum.voltage(n) for n in network.nodes])
    missing, imbalance, power = shunt * v, zero.copy(), np.zeros(len(omega))
    meeting, unknown = np.abs(missing), {GROUND}

    def add(a: str, b: str, current: NDArray[Any]) -> None:
        for node, leaving in ((a, current), (b, -current)):
            missing[row[node]] += leaving
            meeting[row[node]] += np.abs(leaving)

    for element in network.elements:
        across = v[row[element.a]] - v[row[element.b]]
        match element:
            case Capacitor():
                current = across * (1j * omega * values.get(element.name, element.value))
            case Resistor() | Vcvs() | Vccs() | Cccs() | Ccvs():
                current = current_of(network, spectrum, element.name, values)
            case Inductor():
                current = spectrum.current(element.name)
                reactance = 1j * omega * values.get(element.name, element.value)
                imbalance += current * (across - reactance * current)
            case _:
                unknown |= {element.a, element.b}
                continue
        add(element.a, element.b, current)
    mutual = network.mutual_inductances(values)
    for k in network.couplings:  # in the laws of both
        currents = spectrum.current(k.first) * spectrum.current(k.second)
        imbalance -= 2j * omega * mutual[k.name] * currents
    delivered = np.zeros(len(omega))
    for port in network.ports:
        current = spectrum.current(f"v{port.name}")
        add(port.plus, port.minus, current)
        power += np.abs((v[row[port.plus]] - v[row[port.minus]]) * current)
        delivered += np.abs(current)
    known = [node for node in network.nodes if node not in unknown]
    for k in map(row.__getitem__, known):
        imbalance += v[k] * missing[k]
    nothing = _NOTHING * np.abs(v).max(axis=0)
    floor = np.maximum(delivered, nothing + _TINY)
    flows = delivered > nothing
    power = np.maximum(power, _TINY)
    error = flows * np.abs(imbalance) / power
    return Balance(
        np.full_like(error, np.nan) if network.controlled else error,
        {n: flows * np.abs(missing[row[n]]) / np.maximum(meeting[row[n]], floor) for n in known},
    )


class SpectrumCheck:
    """A check that refuses spectra of a circuit that are wrong by more than 1e-6.

    Of a network the error of the driving-point admittance is judged; of one with controlled
    sources, which is not reciprocal, whether the currents add up at each node; of a stranger's
    circuit whether they do where only resistors, inductors, capacitors and voltage sources meet.
    """

    def __init__(self, circuit: Deck | FlatCircuit) -> None:
        self._circuit = circuit
        elements = () if isinstance(circuit, FlatCircuit) else circuit.network.elements
        self._resistors, self._inductors, self._capacitors = (
            [(e.name, e.value) for e in elements if isinstance(e, kind)]
            for kind in (Resistor, Inductor, Capacitor)
        )
        ports = () if isinstance(circuit, FlatCircuit) else circuit.network.ports
        self._k_of = (
            {}
            if isinstance(circuit, FlatCircuit)
            else {k.pair: (k.name, k.coefficient) for k in circuit.network.couplings}
        )
        self._resistors += [(f"rs{p.name}", p.resistance) for p in ports if p.resistance > 0]
        self._shunt = _conductance(circuit.options.get("rshunt"))

    def __call__(self, spectrum: Spectrum, values: Mapping[str, float]) -> None:
        """Judge a spectrum of the circuit with other values by name, in SI.

        Raises
        ------
        SimulationError
            It is wrong; or it might be, and the deck's ``save`` leaves out what it takes to tell.
        """
        if isinstance(self._circuit, FlatCircuit):
            _check_nodes(self._circuit, spectrum, values, self._shunt)
        elif not self.is_needless(spectrum.frequency, values, values):
            _check_admittance(self._circuit.network, spectrum, values, self._shunt)

    def is_needless(
        self,
        frequency: NDArray[np.float64],
        least: Mapping[str, float],
        most: Mapping[str, float],
    ) -> bool:
        """Whether no rounding can matter, with values by name, in SI, between two bounds.

        Nodal voltages hold a current through a conductance g only to eps g |v|: so the bound is
        the largest conductance times the largest impedance, over the least share of the energy
        that coupled coils have left. What gains make of a voltage has no such bound.
        """
        # ngspice solves a nonlinear network's operating point first, see ADR 4
        if isinstance(self._circuit, FlatCircuit) or not self._circuit.network.is_linear:
            return False
        if self._circuit.network.controlled:
            return False
        low, high = 2 * math.pi * float(frequency[0]), 2 * math.pi * float(frequency[-1])
        r = [most.get(name, value) for name, value in self._resistors]
        x = [high * most.get(name, value) for name, value in self._inductors]
        b = [low * least.get(name, value) for name, value in self._capacitors]
        smallest = min((least.get(name, value) for name, value in self._resistors), default=1.0)
        most_allowed = _SAFE / _EPS * smallest * self._looseness(least, most)
        return (
            max(r, default=0.0) < most_allowed
            and max(x, default=0.0) < most_allowed
            and min(b, default=math.inf) * most_allowed > 1
        )

    def _looseness(self, least: Mapping[str, float], most: Mapping[str, float]) -> float:
        """Return the least share of energy that any coupled coils keep, between two bounds."""
        k_of = {
            pair: max(abs(bound.get(name, k)) for bound in (least, most))
            for pair, (name, k) in self._k_of.items()
        }
        return min((least_energy(group, k_of) for group in coupled_groups(k_of)), default=1.0)


def _conductance(resistance: object) -> float:
    """Of the option ``rshunt`` [S]; 0 where it is not given, or is no resistance."""
    text = str(resistance)
    return 1 / number(text) if is_number(text) and number(text) > 0 else 0.0


def _check_admittance(
    network: Network, spectrum: Spectrum, values: Mapping[str, float], shunt: float
) -> None:
    needed = {f"v({node})" for node in network.nodes if node != GROUND}
    needed |= {f"i({name})" for name in network.names(Inductor, Vcvs, Ccvs)}
    needed |= {f"i(v{port.name})" for port in network.ports}
    if not needed <= spectrum.vectors.keys():
        raise SimulationError(
            "the spectrum might be inaccurate, and can't be checked",
            status=Status.INACCURATE,
            advice="let the deck save all",
        )
    found = balance(network, spectrum, values, shunt)
    wrong = {} if network.controlled else {"the admittance": found.admittance_error}
    wrong |= {f"the current at node {node!r}": error for node, error in found.node_error.items()}
    what, error = max(wrong.items(), key=lambda item: item[1].max())
    top = int(np.argmax(error))
    if error[top] < _WORST:
        return
    resistors = {e.name: e.value for e in network.elements if isinstance(e, Resistor)}
    resistors |= {f"rs{port.name}": port.resistance for port in network.ports if port.resistance}
    least = min(resistors, key=lambda name: values.get(name, resistors[name]), default="")
    raise SimulationError(
        f"{what} is wrong by {error[top]:.1e} at {spectrum.frequency[top]:g} Hz",
        status=Status.INACCURATE,
        advice=f"{Status.INACCURATE.advice} (the smallest is {least!r})" if least else "",
    )


def _check_nodes(
    circuit: FlatCircuit, spectrum: Spectrum, values: Mapping[str, float], shunt: float
) -> None:
    omega = 2 * np.pi * spectrum.frequency
    vectors = {**spectrum.vectors, f"v({GROUND})": np.zeros(len(omega), complex)}
    sources = {name: words for name, words in circuit.others.items() if name[0] == "v"}
    unknown = {GROUND}
    unknown.update(
        word for name in circuit.others.keys() - sources for word in circuit.others[name]
    )
    ends = {name: (a, b) for name, (a, b, _) in circuit.elements.items()}
    ends |= {name: (words[0], words[1]) for name, words in sources.items()}
    meeting: dict[str, list[NDArray[Any]]] = defaultdict(list)
    for name, (a, b) in ends.items():
        current = vectors.get(f"i({name})")
        if name[0] in "rc" and {f"v({a})", f"v({b})"} <= vectors.keys():
            across = vectors[f"v({a})"] - vectors[f"v({b})"]
            value = values.get(name, circuit.elements[name][2])
            current = across / value if name[0] == "r" else across * (1j * omega * value)
        if current is None:
            unknown |= {a, b}
            continue
        meeting[a].append(current)
        meeting[b].append(-current)
    delivered = np.zeros(len(omega))
    for name in sources:
        delivered += np.abs(vectors.get(f"i({name})", 0.0))
    if meeting and not delivered.any():  # of current sources
        delivered = np.max([np.abs(c) for some in meeting.values() for c in some], axis=0)
    voltages = [np.abs(vector) for name, vector in vectors.items() if name.startswith("v(")]
    nothing = _NOTHING * np.max(voltages, axis=0) + _TINY
    for node in meeting.keys() - unknown:
        currents = np.array([*meeting[node], shunt * vectors.get(f"v({node})", 0.0 * omega)])
        most = np.maximum(np.abs(currents).sum(axis=0), np.maximum(delivered, nothing))
        error = (delivered > nothing) * np.abs(currents.sum(axis=0)) / most
        top = int(np.argmax(error))
        if not error[top] < _WORST:
            raise SimulationError(
                f"the current at node {node!r} is wrong by {error[top]:.1e} "
                f"at {spectrum.frequency[top]:g} Hz",
                status=Status.INACCURATE,
            )
