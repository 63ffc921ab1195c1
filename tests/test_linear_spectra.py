"""S, Y and Z of textbook two-ports, their laws, and spectra with ngspice's vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import skrf
from numpy.typing import NDArray

from physlearn_spice import (
    Ac,
    Capacitor,
    EdgeModel,
    Inductor,
    Network,
    NetworkError,
    Port,
    Resistor,
    SimulationError,
    complete,
    ngspice,
)
from physlearn_spice.accuracy import balance
from physlearn_spice.linear import (
    admittance_parameters,
    drive,
    impedance_parameters,
    scattering_parameters,
    sweep,
)
from tests.linear_cases import case
from tests.random_networks import random_network

FREQUENCY = np.geomspace(1e3, 1e6, 7)
OMEGA = 2 * np.pi * FREQUENCY
PORTS = (Port("1", "a", "0", 50.0), Port("2", "b", "0", 20.0))
Matrix = NDArray[np.complex128]


def lossy(seed: int, n: int = 5, n_ports: int = 3) -> Network:
    base = complete(n, edge=EdgeModel(), rng=np.random.default_rng(seed))
    more = [Port(str(k), f"n{k}", "0", 10.0 * k) for k in range(2, n_ports + 1)]
    more[-1] = replace(more[-1], minus="n1")  # not against ground
    return Network(base.elements, (*base.ports, *more))


def two_by_two(a, b, c, d) -> Matrix:
    one = np.ones(len(OMEGA), complex)
    return np.array([[a * one, b * one], [c * one, d * one]]).transpose(2, 0, 1)


def pi() -> tuple[Network, Matrix]:
    elements = (
        Capacitor("c1", "a", "0", 2e-9),
        Inductor("l1", "a", "b", 1e-3),
        Resistor("r1", "b", "0", 300.0),
    )
    one, across, two = 1j * OMEGA * 2e-9, 1 / (1j * OMEGA * 1e-3), 1 / 300.0
    return Network(elements, PORTS), two_by_two(one + across, -across, -across, two + across)


def tee() -> tuple[Network, Matrix]:
    elements = (
        Resistor("r1", "a", "m", 30.0),
        Capacitor("c1", "m", "0", 2e-9),
        Inductor("l1", "m", "b", 1e-3),
    )
    one, down, two = 30.0, 1 / (1j * OMEGA * 2e-9), 1j * OMEGA * 1e-3
    return Network(elements, PORTS), two_by_two(one + down, down, down, two + down)


def ell() -> tuple[Network, Matrix]:
    elements = (Inductor("l1", "a", "b", 1e-3), Resistor("r1", "b", "0", 70.0))
    z = 1j * OMEGA * 1e-3
    return Network(elements, PORTS), two_by_two(z + 70.0, 70.0, 70.0, 70.0)


def scattering_of_impedance(z: Matrix, ohms: NDArray[np.float64]) -> Matrix:
    """(Z' - 1)(Z' + 1)^-1 with Z' = R^-1/2 Z R^-1/2."""
    root, one = np.sqrt(np.outer(ohms, ohms)), np.eye(len(ohms))
    return (z / root - one) @ np.linalg.inv(z / root + one)


@pytest.mark.parametrize(("circuit", "is_z"), [(pi, False), (tee, True), (ell, True)])
def test_textbook_two_ports(circuit: Callable[[], tuple[Network, Matrix]], is_z) -> None:
    network, matrix = circuit()
    z, y = (matrix, np.linalg.inv(matrix)) if is_z else (np.linalg.inv(matrix), matrix)
    exactly = {"rel": 1e-11, "abs": 0}
    assert impedance_parameters(network, FREQUENCY) == pytest.approx(z, **exactly)
    assert admittance_parameters(network, FREQUENCY) == pytest.approx(y, **exactly)
    for reference, ohms in ((None, [50.0, 20.0]), (75.0, [75.0, 75.0])):
        s = scattering_parameters(network, FREQUENCY, reference=reference)
        expected = scattering_of_impedance(z, np.array(ohms))
        assert s == pytest.approx(expected, rel=1e-11, abs=1e-14)


def test_scikit_rf_makes_the_same_of_the_ladder() -> None:
    media = skrf.media.DefinedGammaZ0(skrf.Frequency.from_f(FREQUENCY, unit="hz"), z0=50.0)
    theirs = (
        media.shunt_capacitor(2e-9)
        ** media.inductor(1e-3)
        ** media.shunt(media.resistor(300.0) ** media.short())
    )
    ours = scattering_parameters(pi()[0], FREQUENCY, reference=50.0)
    assert ours == pytest.approx(theirs.s, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_reciprocal_passive_and_inverse_to_each_other(seed) -> None:
    network = lossy(seed)
    s = scattering_parameters(network, FREQUENCY)
    y = admittance_parameters(network, FREQUENCY)
    z = impedance_parameters(network, FREQUENCY)
    assert s.shape == y.shape == z.shape == (len(FREQUENCY), 3, 3)
    for matrix in (s, y, z):
        size = np.abs(matrix).max()
        assert np.abs(matrix - matrix.transpose(0, 2, 1)).max() < 1e-12 * size
    assert np.linalg.norm(s, 2, axis=(1, 2)).max() < 1
    condition = np.linalg.cond(z).max()
    assert np.abs(y @ z - np.eye(3)).max() < 1e-13 * condition
    ohms = np.array([p.resistance for p in network.ports])
    assert s == pytest.approx(scattering_of_impedance(z, ohms), abs=1e-13 * condition)


def test_s_of_any_network_is_reciprocal_and_passive() -> None:
    """Nine and more decades of values; ports over the whole range of resistances."""
    looked_at = 0
    for seed in range(80):
        network = random_network(np.random.default_rng(seed), linear=True)
        if any(p.resistance == 0 for p in network.ports):
            continue
        s = scattering_parameters(network, [1e2, 1e5])
        assert np.abs(s - s.transpose(0, 2, 1)).max() < 1e-9, seed
        assert np.linalg.norm(s, 2, axis=(1, 2)).max() < 1 + 1e-9, seed
        looked_at += len(network.ports) > 1
    assert looked_at > 10


def test_lossless_two_ports_are_unitary() -> None:
    elements = (
        Inductor("l1", "a", "m", 1e-3),
        Capacitor("c1", "m", "0", 1e-8),
        Inductor("l2", "m", "b", 2e-3),
        Capacitor("c2", "a", "b", 3e-9),
    )
    s = scattering_parameters(Network(elements, PORTS), FREQUENCY)
    assert s @ s.conj().transpose(0, 2, 1) == pytest.approx(np.broadcast_to(np.eye(2), s.shape))


def test_diagonal_is_the_reflection_and_sets_come_first() -> None:
    network = lossy(1)
    values = {"l0": np.array([1e-3, 2e-3]), "c1": np.array([[1e-8], [2e-8], [3e-8]])}
    s = scattering_parameters(network, FREQUENCY, values=values, threads=2)
    assert s.shape == (3, 2, len(FREQUENCY), 3, 3)
    for k, port in enumerate(network.ports):
        answer = drive(network, FREQUENCY, values=values, port=port.name)
        assert s[..., k, k] == pytest.approx(answer.reflection, abs=1e-12)


def test_a_port_without_resistance_needs_a_reference() -> None:
    network = replace(pi()[0], ports=(PORTS[0], Port("2", "b", "0")))
    with pytest.raises(NetworkError, match="port '2' has no resistance"):
        scattering_parameters(network, FREQUENCY)
    same = scattering_parameters(pi()[0], FREQUENCY, reference=33.0)
    assert scattering_parameters(network, FREQUENCY, reference=33.0).tolist() == same.tolist()


def test_spectra_have_the_vectors_of_ngspice() -> None:
    """Voltages may be wrong by the root of what the balance sees: it is of second order there."""
    compared = 0
    grid = Ac(1e3, 1e6, 2, "dec")
    for seed in range(0, 60, 3):
        network, _ = case(seed)
        try:
            theirs = ngspice.sweep(network, grid)
        except SimulationError:  # refused by its check
            continue
        ours = sweep(network, grid)
        assert ours.frequency == pytest.approx(theirs.frequency, rel=1e-14)
        good = balance(network, theirs).admittance_error < 1e-11
        inner = {f"v(port{p.name}_s)" for p in network.ports}
        assert ours.vectors.keys() == theirs.vectors.keys() - inner
        for kind in "vi":
            names = [name for name in ours.vectors if name[0] == kind]
            most = np.max([np.abs(ours.vectors[name][good]) for name in names], axis=0)
            for name in names:
                wrong = np.abs(ours.vectors[name] - theirs.vectors[name])[good]
                usual = seed % 8 in (0, 3)
                assert np.all(wrong <= (1e-9 if usual else 1e-6) * most), (seed, name)
                compared += 1
    assert compared > 100


def test_sweeps_are_put_together_without_repeats() -> None:
    both = sweep(lossy(0), Ac(1e3, 1e5, 3, "lin"), Ac(1e5, 1e3 + 2e5, 3, "lin"))
    assert np.all(np.diff(both.frequency) > 0)
    assert len(both.frequency) == 5


def test_a_port_that_takes_no_current_has_no_impedances() -> None:
    elements = (Resistor("r1", "a", "0", 1.0), Resistor("r2", "b", "c", 2.0))
    network = Network(elements, (Port("1", "a", "0", 50.0), Port("2", "b", "0", 50.0)))
    with pytest.raises(NetworkError, match="port '2' takes no current at 1000 Hz"):
        impedance_parameters(network, [1e3])
    s = scattering_parameters(network, [1e3])[0]
    np.testing.assert_allclose(s, [[(1 - 50) / (1 + 50), 0], [0, 1]], atol=1e-15)
