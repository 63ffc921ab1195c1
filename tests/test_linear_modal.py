"""The modal form: exact rational solutions, theory's laws of R, L and C, every degeneracy."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from physlearn_spice import (
    Capacitor,
    Coupling,
    Diode,
    EdgeModel,
    Fixed,
    Inductor,
    LogUniform,
    Network,
    NetworkError,
    PhyslearnError,
    Port,
    Resistor,
    Vccs,
    complete,
    gnm,
    random_regular,
    square_lattice,
)
from physlearn_spice.linear.modal.eigen import eigenpairs
from physlearn_spice.linear.modal.form import ModalForm, modal_admittance, modal_impedance
from physlearn_spice.linear.modal.normal_tree import branches
from physlearn_spice.linear.modal.state import state_equations
from physlearn_spice.modes import natural_modes
from tests import random_networks
from tests.exact import exact_admittance
from tests.reference import Solution

TAU = 2 * math.pi
MODELS = {
    "series": EdgeModel(),
    "one-of": EdgeModel("one-of"),
    "lossy parts": EdgeModel("one-of", inductor_esr=Fixed(3.0), capacitor_esr=Fixed(0.5)),
    "lossless": EdgeModel("one-of", probabilities=(0.0, 0.5, 0.5)),
    "RC": EdgeModel("one-of", probabilities=(0.5, 0.0, 0.5)),
    "RL": EdgeModel("one-of", probabilities=(0.5, 0.5, 0.0)),
    "wide": EdgeModel("one-of", LogUniform(1e-2, 1e4), LogUniform(1e-8, 1e-2)),
}
GRAPHS: dict[str, Callable[[EdgeModel, np.random.Generator], Network]] = {
    "complete": lambda edge, rng: complete(7, edge=edge, rng=rng),
    "gnm": lambda edge, rng: gnm(14, 25, edge=edge, rng=rng),
    "regular": lambda edge, rng: random_regular(3, 12, edge=edge, rng=rng),
    "lattice": lambda edge, rng: square_lattice(3, 4, edge=edge, rng=rng, source_resistance=0.0),
}


def band(form: ModalForm) -> tuple[float, float]:
    """From a tenth of the slowest rate to ten times the fastest [rad/s]."""
    rate = np.abs(form.poles[form.poles != 0])
    return (float(rate.min()) / 10, float(rate.max()) * 10) if rate.size else (1.0, 1.0)


def forms(network: Network) -> list[tuple[str, ModalForm]]:
    found = [(f"{b}", modal_admittance(network, loaded=b)) for b in (False, True)]
    try:
        return [*found, ("Z", modal_impedance(network))]
    except NetworkError:  # the port alone holds a part
        return found


@pytest.mark.parametrize(
    ("low", "high", "worst", "share"), [(-9.0, 0.0, 1e-5, 0.015), (-12.0, 6.0, 1e-2, 0.02)]
)
def test_random_networks_meet_exact_arithmetic(
    low: float, high: float, worst: float, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values over nine and eighteen decades, so rates over twice as many."""
    monkeypatch.setattr(random_networks.value, "__defaults__", (low, high))
    errors: list[float] = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        network = random_networks.random_network(rng, linear=True)
        for kind, form in forms(network):
            slow, fast = band(form)
            for f in 10 ** rng.uniform(np.log10(slow), np.log10(fast), 2) / TAU:
                exact = exact_admittance(network, float(TAU * f), loaded=kind == "True")
                exact = 1 / exact if kind == "Z" else exact
                gap = abs(form([f])[0] - exact)
                error = gap / abs(exact) if gap else 0.0
                errors.append(error)
                assert error < max(1e-7, 10 * form.error), (seed, kind, f)
    # where the digits of the slow rates end, the form says so
    assert np.mean(np.array(errors) > 1e-9) < share
    assert max(errors) < worst
    assert np.median(errors) < 1e-14


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("graph", GRAPHS)
def test_every_generator_and_edge_meets_a_direct_solution(graph: str, model: str) -> None:
    network = GRAPHS[graph](MODELS[model], np.random.default_rng(len(graph + model)))
    form = modal_admittance(network)
    low, high = band(form)
    f = np.geomspace(low, high, 60) / TAU
    # resonance multiplies the rounding of both by Q, which is 100 or less between these points
    if model != "wide":
        np.testing.assert_allclose(form(f), Solution(network, f).admittance, rtol=1e-9)
    else:  # that solution is not good to 1e-9 itself
        some = f[5::25]
        exact = [exact_admittance(network, float(TAU * x), loaded=False) for x in some]
        np.testing.assert_allclose(form(some), exact, rtol=1e-9)
    np.testing.assert_allclose(form(f) * modal_impedance(network)(f), 1, rtol=1e-9)
    assert form.error < 1e-7


@pytest.mark.parametrize("seed", range(20))
def test_the_tree_prefers_capacitors_then_resistors_and_the_largest(seed: int) -> None:
    network = random_networks.random_network(np.random.default_rng(seed), linear=True)
    found = branches(network, [port.name for port in network.ports])
    ends = np.cumsum(found.n_tree)
    parts = (found.capacitors, found.resistors, found.inductors)
    for begin, end, part in zip([0, *ends[:-1]], ends, parts, strict=True):
        assert not part.voltage[:, end:].any()  # by no tree voltage of a kind that comes later
        for k in range(begin, end):
            across = np.flatnonzero(part.voltage[:, k])  # the first of them is in the tree
            assert part.size[across].max() == part.size[across[0]]


@pytest.mark.parametrize("model", MODELS)
def test_eigenpairs_are_the_state_matrix_s(model: str) -> None:
    network = gnm(14, 25, edge=MODELS[model], rng=np.random.default_rng(5))
    state = state_equations(network, ["1"], bare=True)
    poles, vectors = eigenpairs(state)
    missing = state.matrix @ vectors - vectors * poles
    size = np.abs(poles).max() * np.linalg.norm(vectors, axis=0)
    np.testing.assert_allclose(np.linalg.norm(missing, axis=0) / size, 0, atol=1e-13)
    assert np.all(np.diff(np.abs(poles)) <= 1e-9 * np.abs(poles[1:]))
    symmetric = state.signature[:, None] * state.matrix
    np.testing.assert_array_equal(symmetric, symmetric.T)


def test_series_rlc_has_its_textbook_pole_and_residue() -> None:
    r, ind, c = 30.0, 1e-3, 1e-9
    for form in (
        modal_admittance(series_rlc(r - 10, ind, c, source=10.0), loaded=True),
        modal_admittance(series_rlc(r, ind, c, source=10.0)),
    ):
        above = form.poles[0]
        omega = 1 / math.sqrt(ind * c)
        damped = math.sqrt(omega**2 - (r / (2 * ind)) ** 2)
        assert above == pytest.approx(complex(-r / (2 * ind), damped), rel=1e-12)
        assert form.residues[0] == pytest.approx(above / (2j * damped * ind), rel=1e-12)
        assert form.f0[0] == pytest.approx(omega / TAU, rel=1e-12)
        assert form.quality_factor[0] == pytest.approx(omega * ind / r, rel=1e-12)
        assert form.constant == form.slope == 0
        assert form.ringing.tolist() == [0]


def series_rlc(r: float, ind: float, c: float, *, source: float) -> Network:
    elements = (
        Resistor("r1", "in", "a", r),
        Inductor("l1", "a", "b", ind),
        Capacitor("c1", "b", "0", c),
    )
    return Network(elements, (Port("1", "in", "0", source),))


def test_a_double_pole_costs_half_the_digits_and_says_so() -> None:
    form = modal_admittance(series_rlc(2000.0, 1e-3, 1e-9, source=0.0))  # critical damping
    f = np.geomspace(1e3, 1e7, 50)
    s = TAU * 1j * f
    error = np.abs(form(f) * (2000.0 + 1e-3 * s + 1e9 / s) - 1).max()
    assert error < 1e-7
    assert error < 10 * form.error + 1e-13
    np.testing.assert_allclose(form.poles, -1e6, rtol=1e-7)


def test_equal_branches_ring_together() -> None:
    branch = series_rlc(30.0, 1e-3, 1e-9, source=0.0).elements
    again = tuple(
        type(e)(f"{e.name}x", *(n if n in ("in", "0") else f"{n}x" for n in (e.a, e.b)), e.value)
        for e in branch
    )
    one = modal_admittance(Network(branch, (Port("1", "in"),)))
    two = modal_admittance(Network((*branch, *again), (Port("1", "in"),)))
    np.testing.assert_allclose(two.poles[two.ringing], one.poles[[0, 0]], rtol=1e-12)
    f = np.geomspace(1e4, 1e6, 101)
    np.testing.assert_allclose(two(f), 2 * one(f), rtol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_lossless_networks_obey_foster(seed: int) -> None:
    network = gnm(9, 16, edge=MODELS["lossless"], rng=np.random.default_rng(seed))
    form = modal_admittance(network)
    assert not form.poles.real.any()
    scale = np.abs(form.residues).max()
    np.testing.assert_allclose(form.residues.imag, 0, atol=1e-12 * scale)
    assert form.residues.real.min() >= -1e-12 * scale
    felt = form.residues.real > 1e-9 * scale
    poles = np.unique(np.abs(form.poles[felt]).round(6))
    zeros = np.abs(form.zeros()[modal_impedance(network).residues.real > 1e-3])
    both = sorted([(p, "pole") for p in poles] + [(z, "zero") for z in np.unique(zeros.round(6))])
    kinds = [kind for _, kind in both]
    assert len(kinds) > 4
    assert all(a != b for a, b in pairwise(kinds))  # they alternate


@pytest.mark.parametrize("model", ["RC", "RL"])
def test_without_both_l_and_c_poles_are_real_and_stable(model: str) -> None:
    network = gnm(12, 24, edge=MODELS[model], rng=np.random.default_rng(3))
    form = modal_admittance(network)
    assert not form.poles.imag.any()
    assert form.poles.real.max() <= 0
    # Y is RC: residues negative, slope and constant take over; Y of RL: positive
    sign = -1 if model == "RC" else 1
    assert (sign * form.residues.real).min() >= -1e-12 * np.abs(form.residues).max()


@pytest.mark.parametrize("n", [4, 6, 8])
def test_complete_network_has_one_mode_per_loop_and_one_for_the_source(n: int) -> None:
    network = complete(n, edge=EdgeModel(), rng=np.random.default_rng(1))
    assert len(modal_admittance(network).ringing) == network.loops + 1
    assert len(modal_impedance(network).ringing) == network.loops


@pytest.mark.parametrize("model", ["series", "one-of"])
def test_loaded_modes_are_the_natural_modes(model: str) -> None:
    network = gnm(12, 30, edge=MODELS[model], rng=np.random.default_rng(4))
    form, modes = modal_admittance(network, loaded=True), natural_modes(network)
    assert len(modes) > 3
    assert form.f0[form.ringing].tolist() == pytest.approx([m.f0 for m in modes], rel=1e-9)
    q = [m.quality_factor for m in modes]
    assert form.quality_factor[form.ringing].tolist() == pytest.approx(q, rel=1e-6)


def test_a_loop_of_capacitors_and_the_source_is_a_slope() -> None:
    elements = (
        Capacitor("c1", "in", "a", 3e-9),
        Capacitor("c2", "a", "0", 6e-9),
        Capacitor("c3", "in", "0", 1e-9),
        Resistor("r1", "a", "0", 1e3),
    )
    form = modal_admittance(Network(elements, (Port("1", "in"),)))
    assert form.slope == pytest.approx(1e-9 + 2e-9, rel=1e-14)  # 3 and 6 nF in series: 2 nF
    # the source moves 1/3 of its voltage to a at once: conductance at infinite frequency
    assert form.constant == pytest.approx(1e-3 / 9, rel=1e-14)
    assert form.poles.tolist() == pytest.approx([-1 / (1e3 * 9e-9)], rel=1e-14)


def test_a_cut_set_of_inductors_is_the_impedance_s_slope() -> None:
    elements = (
        Inductor("l1", "in", "a", 1e-3),
        Inductor("l2", "a", "0", 2e-3),
        Resistor("r1", "a", "0", 50.0),
    )
    network = Network(elements, (Port("1", "in"),))
    z = modal_impedance(network)
    assert (z.slope, z.constant) == pytest.approx((1e-3, 50.0), rel=1e-13)
    assert z.poles.tolist() == pytest.approx([-50.0 / 2e-3], rel=1e-13)
    assert z.residues.tolist() == pytest.approx([-(50.0**2) / 2e-3], rel=1e-13)
    y = modal_admittance(network)
    assert y.slope == y.constant == 0
    assert y.zeros().tolist() == pytest.approx(z.poles.tolist(), rel=1e-13)


def test_an_inductor_across_the_source_and_a_trapped_charge_rest() -> None:
    elements = (
        Inductor("l1", "in", "0", 2e-3),
        Resistor("r1", "in", "a", 10.0),
        Capacitor("c1", "a", "b", 1e-9),
        Capacitor("c2", "b", "0", 2e-9),
    )
    form = modal_admittance(Network(elements, (Port("1", "in"),)))
    assert np.sum(form.poles == 0) == 2
    rest = form.residues[form.poles == 0].real
    assert sorted(rest) == pytest.approx([0.0, 1 / 2e-3], rel=1e-13)


def test_other_ports_are_closed_by_their_resistance_or_shorted() -> None:
    network = gnm(8, 14, edge=EdgeModel(), rng=np.random.default_rng(0))
    more = (Port("b", "n2", "n3", 30.0), Port("c", "n4", "n5"))
    closed = (
        *network.elements,
        Resistor("r2p", "n2", "n3", 30.0),
        Resistor("rshort", "n4", "n5", 1e-9),
    )
    form = modal_admittance(Network(network.elements, (*network.ports, *more)), loaded=True)
    other = modal_admittance(Network(closed, network.ports), loaded=True)
    f = np.geomspace(1e4, 1e6, 50)
    np.testing.assert_allclose(form(f), other(f), rtol=1e-7)
    second = modal_admittance(Network(network.elements, (*network.ports, *more)), "b")
    assert second.port == "b"
    assert np.abs(second(f) / form(f) - 1).min() > 1e-3


def test_admittance_is_reciprocal_under_exchange_of_the_port_s_ends() -> None:
    network = gnm(8, 14, edge=EdgeModel(), rng=np.random.default_rng(0))
    a = Network(network.elements, (Port("1", "n2", "n3"),))
    b = Network(network.elements, (Port("1", "n3", "n2"),))
    f = np.geomspace(1e4, 1e6, 50)
    np.testing.assert_allclose(modal_admittance(a)(f), modal_admittance(b)(f), rtol=1e-11)


@pytest.mark.parametrize("model", ["series", "lossy parts", "lossless"])
def test_a_mode_s_shape_obeys_kirchhoff(model: str) -> None:
    network = gnm(9, 18, edge=MODELS[model], rng=np.random.default_rng(6))
    form = modal_admittance(network)
    for mode in form.ringing:
        s, shape = form.poles[mode], form.shape(int(mode))
        assert max(map(abs, shape.values())) == pytest.approx(1)
        assert shape["0"] == 0
        assert abs(shape["n0"]) < 1e-9  # the shorted port
        leaving = dict.fromkeys(shape, 0j)
        passing = dict.fromkeys(shape, 0.0)
        for e in network.elements:
            y = {"r": 1 / e.value, "l": 1 / (s * e.value), "c": s * e.value}[e.letter]
            current = y * (shape[e.a] - shape[e.b])
            leaving[e.a] += current
            leaving[e.b] -= current
            passing[e.a] += abs(current)
            passing[e.b] += abs(current)
        largest = max(passing.values())
        for node in set(shape) - {"0", "n0"}:
            assert abs(leaving[node]) < 1e-8 * largest


def test_a_hundred_thousand_frequencies_are_the_same_in_any_chunk() -> None:
    form = modal_admittance(complete(8, edge=EdgeModel(), rng=np.random.default_rng(1)))
    f = np.geomspace(1e3, 1e7, 100_000)
    y = form(f)
    np.testing.assert_array_equal(y[::997], form(f[::997]))
    assert y.real.min() >= 0  # passive


def test_what_has_no_modal_form_is_refused() -> None:
    tank = (Inductor("l1", "a", "0", 1e-3), Resistor("r1", "a", "0", 1.0))
    with pytest.raises(PhyslearnError, match="not linear"):
        modal_admittance(Network((*tank, Diode("d1", "a", "0")), (Port("1", "a"),)))
    coupled = (*tank, Inductor("l2", "a", "0", 1e-3))
    with pytest.raises(PhyslearnError, match="'k1' couples"):
        modal_admittance(Network(coupled, (Port("1", "a"),), (Coupling("k1", "l1", "l2", 0.5),)))
    source = Vccs("g1", "a", "0", "a", "0", -0.1)
    with pytest.raises(PhyslearnError, match="'g1' couples"):
        modal_admittance(Network((*tank, source), (Port("1", "a"),)))
    large = complete(70, edge=EdgeModel(), rng=np.random.default_rng(0))
    with pytest.raises(PhyslearnError, match="at most"):
        modal_admittance(large)
    apart = (Resistor("r1", "a", "b", 1.0), Resistor("r2", "0", "c", 1.0))
    network = Network(apart, (Port("1", "a", "0"),))
    with pytest.raises(NetworkError, match="open nothing joins node 'a'"):
        modal_impedance(network)
    np.testing.assert_array_equal(modal_admittance(network)([1.0, 2.0]), 0)
