"""Exact modes: theory's counts, an independent eigenproblem, and the fit of a spectrum."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from physlearn_spice import (
    Ac,
    Capacitor,
    EdgeModel,
    Inductor,
    LogUniform,
    Network,
    Port,
    Resistor,
    complete,
    gnm,
)
from physlearn_spice.measures import admittance
from physlearn_spice.modes import n_states, natural_modes
from physlearn_spice.ngspice import sweep
from physlearn_spice.resonances import resonances
from tests.reference import poles


def series_rlc(r: float, *, source: float) -> Network:
    elements = (
        Resistor("r1", "in", "a", r),
        Inductor("l1", "a", "b", 1e-3),
        Capacitor("c1", "b", "0", 1e-9),
    )
    return Network(elements, (Port("1", "in", "0", source),))


@pytest.mark.parametrize("source", [0.0, 50.0])
def test_series_rlc_is_loaded_by_its_source(source: float) -> None:
    (mode,) = natural_modes(series_rlc(30.0, source=source))
    assert mode.f0 == pytest.approx(1 / (2 * math.pi * 1e-6), rel=1e-12)
    assert mode.quality_factor == pytest.approx(1000.0 / (30.0 + source), rel=1e-9)
    assert mode.bandwidth == pytest.approx((30.0 + source) / (2 * math.pi * 1e-3), rel=1e-9)


@pytest.mark.parametrize("n", [4, 8, 12, 16])
def test_complete_network_has_one_mode_per_loop_and_one_for_the_source(n: int) -> None:
    network = complete(n, edge=EdgeModel(), rng=np.random.default_rng(1))
    modes = natural_modes(network)
    assert len(modes) == network.loops + 1
    # QZ, another algorithm; some of the infinite eigenvalues come out finite there
    independent = poles(network, port_is_shorted=True)
    for mode in modes:
        q = np.abs(independent) / (-2 * independent.real)
        error = np.abs(np.abs(independent) / (2 * np.pi * mode.f0) - 1)
        assert np.min(error + np.abs(q / mode.quality_factor - 1)) < 1e-8


def test_modes_are_the_poles_of_the_spectrum() -> None:
    edge = EdgeModel(resistance=LogUniform(1.0, 10.0))
    network = complete(5, edge=edge, rng=np.random.default_rng(2))
    spectrum = sweep(network, Ac(5e3, 5e5, 500))
    fitted = resonances(spectrum.frequency, admittance(network, spectrum, loaded=True))
    modes = natural_modes(network)
    assert [m.f0 for m in modes] == pytest.approx([m.f0 for m in fitted], rel=1e-8)
    q = [m.quality_factor for m in fitted]
    assert [m.quality_factor for m in modes] == pytest.approx(q, rel=1e-6)


@pytest.mark.parametrize("probabilities", [(0.5, 0.5, 0.0), (0.5, 0.0, 0.5)])
@pytest.mark.parametrize("seed", range(4))
def test_nothing_rings_without_both_l_and_c(probabilities, seed: int) -> None:
    edge = EdgeModel("one-of", probabilities=probabilities)
    network = gnm(10, 25, edge=edge, rng=np.random.default_rng(seed))
    assert natural_modes(network) == []
    spectrum = sweep(network, Ac(1e3, 1e6, 200))
    warnings.simplefilter("ignore", UserWarning)  # of poles that are left out
    assert resonances(spectrum.frequency, admittance(network, spectrum, loaded=True)) == []


def test_overdamped_circuit_does_not_ring() -> None:
    assert natural_modes(series_rlc(2001.0, source=0.0)) == []  # critical at 2 sqrt(L/C) = 2000
    assert len(natural_modes(series_rlc(1990.0, source=0.0))) == 1


def test_lossless_tank_has_no_end_to_its_q() -> None:
    tank = (Inductor("l1", "a", "0", 1e-3), Capacitor("c1", "a", "0", 1e-9))
    behind = (*tank, Resistor("r1", "in", "a", 1e12))
    (mode,) = natural_modes(Network(behind, (Port("1", "in", "0", 1.0),)))
    assert mode.quality_factor > 1e8


def test_size_of_the_problem() -> None:
    network = complete(4, edge=EdgeModel(), rng=np.random.default_rng(0))
    assert n_states(network) == (3 + 2 * 6) + 6


def test_a_pole_that_noise_decides_is_left_out_with_a_warning() -> None:
    f = np.linspace(1e4, 1e5, 400)
    s, omega = 2j * np.pi * f, 2 * np.pi * 5e4
    clean = s / (s**2 + s * omega / 20 + omega**2)
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(400) + 1j * rng.standard_normal(400)
    noisy = clean + 1e-4 * np.abs(clean).max() * noise
    with pytest.warns(UserWarning, match="left out"):
        assert len(resonances(f, noisy)) <= 1
    (found,) = resonances(f, noisy, rtol=1e-3)
    assert found.f0 == pytest.approx(5e4, rel=1e-4)
    assert found.quality_factor == pytest.approx(20, rel=1e-2)


@pytest.mark.parametrize("slow", [1, 9])
def test_modes_eight_decades_apart_are_all_found(slow: int) -> None:
    elements: list[Resistor | Inductor | Capacitor] = []
    for k in range(10):
        scale = 1.0 if k < slow else 1e-8
        elements += [
            Resistor(f"r{k}", "in", f"a{k}", 10.0),
            Inductor(f"l{k}", f"a{k}", f"b{k}", scale * (1 + 0.1 * k)),
            Capacitor(f"c{k}", f"b{k}", "0", 1e-5 * scale),
        ]
    network = Network(tuple(elements), (Port("1", "in", "0", 0.0),))
    values = [(e[1].value, e[2].value) for e in zip(*[iter(elements)] * 3, strict=True)]
    f0 = sorted(1 / (2 * math.pi * math.sqrt(ind * c)) for ind, c in values)
    modes = natural_modes(network)
    assert [mode.f0 for mode in modes] == pytest.approx(f0, rel=1e-9)


def test_equal_branches_have_a_mode_each() -> None:
    one = series_rlc(30.0, source=0.0).elements
    two = tuple(
        type(e)(
            e.name[0] + "2",
            e.a + "2" * (e.a == "a" or e.a == "b"),
            e.b + "2" * (e.b in "ab"),
            e.value,
        )
        for e in one
    )
    modes = natural_modes(Network((*one, *two), (Port("1", "in", "0", 0.0),)))
    assert [mode.f0 for mode in modes] == pytest.approx([1 / (2 * math.pi * 1e-6)] * 2, rel=1e-6)
