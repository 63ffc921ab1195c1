"""Couplings and controlled sources: against theory, a second solution, and their own energy."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace

import numpy as np
import pytest

from physlearn_spice import (
    Ac,
    Capacitor,
    Cccs,
    Ccvs,
    Coupling,
    Deck,
    EdgeModel,
    Inductor,
    LogUniform,
    Multitone,
    Network,
    NetworkError,
    Port,
    Resistor,
    SimulationError,
    Source,
    Tone,
    Tran,
    Vccs,
    Vcvs,
    complete,
    gnm,
)
from physlearn_spice.accuracy import balance
from physlearn_spice.errors import Status
from physlearn_spice.flows import current_of
from physlearn_spice.measures import (
    absorbed_power,
    admittance,
    delivered_power,
    dissipated_power,
    input_power,
    ledger,
    stored_energy,
)
from physlearn_spice.modes import _eigenvalues, _equations, natural_modes
from physlearn_spice.ngspice import simulate, simulate_batch, sweep
from physlearn_spice.resonances import Resonance, natural_band
from physlearn_spice.results import Spectrum, Waveforms
from tests.random_networks import with_controlled, with_couplings
from tests.reference import Solution, poles

SEEDS = range(12)
SWEEP = Ac(5e3, 3e5, 40, "lin")
LOSSY = EdgeModel(resistance=LogUniform(3.0, 300.0))


def drawn(seed: int, kinds: str, most: float = 0.5) -> Network:
    rng = np.random.default_rng(seed)
    network = gnm(8, 14, edge=LOSSY, rng=rng, source_resistance=50.0)
    if "k" in kinds:
        network = with_couplings(network, rng, most)
    return with_controlled(network, rng, kinds.replace("k", ""))


# --- against a second solution -------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kinds", ["k", "e", "g", "f", "h", "kegfh"])
def test_ngspice_agrees_with_a_dense_solution(kinds, seed) -> None:
    """To 1e-9 of the largest voltage or current: rounding times the condition number."""
    network = drawn(seed, kinds)
    (spectrum,) = simulate(Deck(network, (SWEEP,), {"1": Source(ac=1.0)}))
    exact = Solution(network, spectrum.frequency)
    for node in network.nodes[1:]:
        expected = exact.voltage(node).astype(complex)
        np.testing.assert_allclose(spectrum.voltage(node), expected, rtol=0, atol=1e-9)
    for name in (*network.names(Inductor, Vcvs, Ccvs), "v1"):
        wrong = spectrum.current(name) - Solution.current(exact, name).astype(complex)
        assert np.abs(wrong).max() < 1e-9 * np.abs(spectrum.current(name)).max() + 1e-13
    np.testing.assert_allclose(admittance(network, spectrum), exact.admittance, rtol=1e-9)
    np.testing.assert_allclose(absorbed_power(network, spectrum), exact.power, rtol=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_what_enters_and_is_delivered_is_absorbed(seed) -> None:
    network = drawn(seed, "kegfh")
    spectrum = sweep(network, SWEEP)
    given = delivered_power(network, spectrum)
    assert given.keys() == {"e_x", "g_x", "f_x", "h_x"}
    total = input_power(network, spectrum) + sum(given.values())
    np.testing.assert_allclose(total, absorbed_power(network, spectrum), rtol=1e-8)
    assert max(np.abs(power).max() for power in given.values()) > 1e-3 * total.max()


def test_a_coupling_alone_leaves_a_network_reciprocal() -> None:
    rng = np.random.default_rng(1)
    network = with_couplings(complete(5, edge=LOSSY, rng=rng, source_resistance=50.0), rng)
    assert len(network.couplings) == 6
    far = Port("2", "n3", resistance=75.0)
    network = replace(network, ports=(*network.ports, far))
    there = sweep(network, SWEEP, port="1").current("v2")
    back = sweep(network, SWEEP, port="2").current("v1")
    np.testing.assert_allclose(there, back, rtol=1e-8)


# --- theory --------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_tight_transformer_has_its_turns_ratio(sign) -> None:
    """Coils of L and n^2 L with k next to 1 and a load beside which they are large: V2/V1 = n.

    Both deviations, 1 - k = 1e-7 and R / (omega n^2 L) = 4e-8 (in quadrature), are below 1e-6.
    """
    n, k = 5.0, 1 - 1e-7
    elements = (
        Inductor("l1", "a", "0", 1e2),
        Inductor("l2", "b", "0", 1e2 * n**2),
        Resistor("r1", "b", "0", 100.0),
    )
    coupling = Coupling("k1", "l1", "l2", sign * k)
    network = Network(elements, (Port("1", "a", "0", 1.0),), (coupling,))
    (spectrum,) = simulate(Deck(network, (Ac(1e3, 1e4, 5),), {"1": Source(ac=1.0)}))
    ratio = spectrum.voltage("b") / spectrum.voltage("a")
    omega = 2 * np.pi * spectrum.frequency
    leak = 1j * omega * 1e2 * n**2 * (1 - k**2)  # seen from the load
    np.testing.assert_allclose(ratio, sign * k * n / (1 + leak / 100.0), rtol=1e-7)
    y = admittance(network, spectrum)
    z = 1j * omega * 1e2 + (omega * k * 1e2 * n) ** 2 / (1j * omega * 1e2 * n**2 + 100.0)
    np.testing.assert_allclose(y, 1 / z, rtol=1e-7)


def resonators(k: float) -> Network:
    elements = (
        Inductor("l1", "a", "0", 1e-3),
        Capacitor("c1", "a", "0", 1e-9),
        Inductor("l2", "b", "0", 1e-3),
        Capacitor("c2", "b", "0", 1e-9),
        Resistor("r1", "in", "a", 1e6),
    )
    return Network(elements, (Port("1", "in"),), (Coupling("k1", "l1", "l2", k),))


@pytest.mark.parametrize("k", [0.01, 0.3, -0.3, 0.9, 0.9999])
def test_coupled_resonators_split(k) -> None:
    """f0 / sqrt(1 +- k), but for the resistor's damping: Q = 2000, shared by both."""
    f0 = 1 / (2 * math.pi * 1e-6)
    modes = natural_modes(resonators(k))
    expected = sorted(f0 / math.sqrt(1 + sign * k) for sign in (1, -1))
    assert [mode.f0 for mode in modes] == pytest.approx(expected, rel=1e-5)
    independent = poles(resonators(k), port_is_shorted=True)
    np.testing.assert_allclose([m.f0 for m in modes], np.abs(independent) / 2 / np.pi, rtol=1e-9)


def gyrator(g: float, c: float) -> tuple[Vccs | Capacitor | Resistor, ...]:
    """Two sources between a and b turn the capacitor at b into an inductor at a, C / g^2."""
    return (
        Vccs("g1", "a", "0", "b", "0", g),
        Vccs("g2", "0", "b", "a", "0", g),
        Capacitor("c2", "b", "0", c),
    )


def test_a_gyrator_makes_a_capacitor_an_inductor() -> None:
    g, c = 1e-3, 1e-9
    port = Port("1", "a", "0", 50.0)
    network = Network(gyrator(g, c), (port,))
    spectrum = sweep(network, Ac(1e3, 1e6, 10))
    coil = Network((Inductor("l1", "a", "0", c / g**2),), (port,))
    expected = admittance(coil, sweep(coil, Ac(1e3, 1e6, 10)))
    np.testing.assert_allclose(admittance(network, spectrum), expected, rtol=1e-12)


def test_modes_without_any_coil() -> None:
    """The gyrated capacitor rings with another one: s^2 + s / (R C1) + g^2 / (C1 C2) = 0."""
    g, c1, c2, r = 1e-3, 2e-9, 1e-9, 1e5
    parts = (Capacitor("c1", "a", "0", c1), Resistor("r1", "a", "0", r))
    (mode,) = natural_modes(Network((*gyrator(g, c2), *parts), (Port("1", "a", "0", 1e12),)))
    assert mode.f0 == pytest.approx(g / math.sqrt(c1 * c2) / (2 * math.pi), rel=1e-9)
    assert mode.quality_factor == pytest.approx(g / math.sqrt(c1 * c2) * r * c1, rel=1e-5)


def tank(*more, resistance: float = 1e12) -> Network:
    parts = (
        Inductor("l1", "a", "0", 1e-3),
        Capacitor("c1", "a", "0", 1e-9),
        Resistor("r1", "a", "0", 1e5),
    )
    return Network((*parts, *more), (Port("1", "a", "0", resistance),))


@pytest.mark.parametrize(("g", "q"), [(1e-6, 1e3 / 11), (-2e-5, -100.0), (-9e-6, 1e3)])
def test_negative_conductance_makes_a_mode_grow(g, q) -> None:
    """Of a source that senses its own voltage: Q = sqrt(C/L) / (1/R + g), negative if it grows."""
    (mode,) = natural_modes(tank(Vccs("g1", "a", "0", "a", "0", g)))
    assert mode.f0 == pytest.approx(1 / (2 * math.pi * 1e-6), rel=1e-9)
    assert mode.quality_factor == pytest.approx(q, rel=1e-5)
    assert mode.bandwidth == pytest.approx(mode.f0 / q, rel=1e-5)


def test_a_gyrated_mode_far_below_that_of_a_coil_is_found() -> None:
    """The band is that of L and C and of the gains, so that both get a shift of their own."""
    slow = (*gyrator(1e-6, 1e-6), Capacitor("c1", "a", "0", 1e-6))  # 1 rad/s
    fast = (Resistor("r9", "a", "x", 1e12), Inductor("l9", "x", "0", 1e-9))
    network = Network((*slow, *fast, Capacitor("c9", "x", "0", 1e-9)), (Port("1", "a", "0", 1e9),))
    modes = natural_modes(network)
    assert [2 * math.pi * mode.f0 for mode in modes] == pytest.approx([1.0, 1e9], rel=1e-9)
    assert modes[0].quality_factor == pytest.approx(1e-6 / (1e-9 + 1e-12), rel=1e-6)


def test_band_of_gains_and_of_tight_coils() -> None:
    rc = (Resistor("r1", "a", "b", 1e3), Capacitor("c1", "b", "0", 1e-9))
    port = Port("1", "a")
    plain = natural_band(Network(rc, (port,)))
    low, high = natural_band(Network((*rc, Ccvs("h1", "c", "0", "r1", -1e6)), (port,)))
    assert (low, high) == pytest.approx((1e-3 * plain[0], plain[1]))
    far = natural_band(Network((*rc, Vccs("g1", "c", "0", "a", "0", 1.0)), (port,)))
    assert far == pytest.approx((plain[0], 1e3 * plain[1]))
    loose, tight = natural_band(resonators(1e-12)), natural_band(resonators(-0.9999))
    assert tight == pytest.approx((loose[0], 100 * loose[1]))


def test_what_grows_without_oscillating_is_told() -> None:
    with pytest.warns(UserWarning, match="the network is unstable: something grows as exp"):
        assert natural_modes(tank(Vccs("g1", "a", "0", "a", "0", -1.0))) == []
    # 1/R - 2 g = -1e-5 S across 1 nF grows with 1e4 per second, and no coil is needed
    one = (Capacitor("c1", "a", "0", 1e-9), Resistor("r1", "a", "0", 1e5))
    alone = Network((*one, Vccs("g1", "a", "0", "a", "0", -2e-5)), (Port("1", "a", "0", 1e12),))
    with pytest.warns(UserWarning, match=r"grows as exp\(1e\+04 t\)"):
        assert natural_modes(alone) == []


@pytest.mark.parametrize("beside", [0.0, 1e-15, -1e-12, 1e-9])
def test_a_growing_solution_next_to_a_shift_spoils_no_mode(beside) -> None:
    """There the shifted equations are next to singular, and the other eigenvalues rounding."""
    g, farad = 1e-3, 1e-9
    growing = (Capacitor("c9", "x", "0", farad), Vccs("g9", "x", "0", "x", "0", -g))
    network = tank(*growing, Resistor("r9", "a", "x", 1e12))
    storage, flow = _equations(network)
    s = _eigenvalues(storage, flow, g / farad * (1 + beside))
    assert s[np.argmax(s.real)] == pytest.approx(g / farad, rel=1e-6)
    (rings,) = s[s.imag > 0]
    assert abs(rings) == pytest.approx(1e6, rel=1e-9)
    assert abs(rings) / (-2 * rings.real) == pytest.approx(100.0, rel=1e-6)


@pytest.mark.parametrize("kinds", ["k", "e", "g", "f", "h", "kegfh"])
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("resistance", [0.0, 50.0])
def test_modes_are_poles_of_the_second_solution(kinds, seed, resistance) -> None:
    """At s = omega0 (-1/2Q + j sqrt(1 - 1/4Q^2)) the source meets no resistance, but for rounding.

    Beside s, by a thousandth of its bandwidth, it meets a thousand times as much.
    """
    network = drawn(seed, kinds)
    network = replace(network, ports=(replace(network.ports[0], resistance=resistance),))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # some of all four kinds are unstable
        modes = natural_modes(network)
    assert len(modes) >= 3
    for mode in modes:
        at, beside = (loaded_impedance(network, mode, shift) for shift in (0.0, 1e-3))
        assert at < 1e-4 * beside or beside < 1e-12


def loaded_impedance(network: Network, mode: Resonance, shift: float) -> float:
    """|Z + Rs| at a mode's natural frequency, moved by some of its bandwidth."""
    q = mode.quality_factor
    s = 2 * math.pi * mode.f0 * (-0.5 / q + 1j * math.sqrt(1 - 0.25 / q**2) + shift / abs(q))
    exact = Solution(network, [s / (2j * math.pi)])
    return float(abs(1 / exact.current("v1")[0]))


def test_contradictory_sources_have_no_modes() -> None:
    # i = g v into a node that nothing else touches: its voltage is open
    free = (Resistor("r2", "a", "b", 1.0), Vccs("g1", "c", "0", "a", "0", 1.0))
    with pytest.raises(NetworkError, match="do not determine its voltages and currents"):
        natural_modes(tank(*free))


# --- energy --------------------------------------------------------------------------------------


def is_stable(network: Network) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        try:
            return all(mode.quality_factor > 0 for mode in natural_modes(network))
        except UserWarning:
            return False


@pytest.mark.parametrize("kinds", ["k", "e", "g", "f", "h", "kegfh"])
def test_the_ledger_closes_with_couplings_and_sources(kinds) -> None:
    """To rounding of the currents: what the trapezoidal rule does is an identity."""
    network = next(network for seed in range(20) if is_stable(network := drawn(seed, kinds)))
    tones = Multitone((Tone(1.0, 3e4), Tone(0.5, 7e4)))
    (waveforms,) = simulate(Deck(network, (Tran(2e-4, 1e-7),), {"1": Source(waveform=tones)}))
    assert isinstance(waveforms, Waveforms)
    book = ledger(network, waveforms)
    assert abs(book.residual) < 1e-9
    assert book.delivered.keys() == {f"{kind}_x" for kind in kinds if kind != "k"}
    assert {k.name for k in network.couplings} <= book.stored.keys()
    # and would not if what is asked for were left out
    for name, energy in book.delivered.items():
        assert abs(energy) > 1e-6 * book.energy_in["1"], name
    coupled = sum(abs(book.stored[k.name]) for k in network.couplings)
    assert not network.couplings or coupled > 1e-6 * book.energy_in["1"]
    assert len(book.delivered_t) == len(book.time)
    assert book.delivered_t[-1] == pytest.approx(sum(book.delivered.values()))
    assert book.stored_t[-1] == pytest.approx(sum(book.stored.values()))


def test_stored_energy_of_a_coupling_is_i_l_i() -> None:
    network = resonators(-0.7)
    spectrum = sweep(network, SWEEP)
    energy = stored_energy(network, spectrum)
    i = np.array([spectrum.current("l1"), spectrum.current("l2")])
    matrix = 1e-3 * np.array([[1.0, -0.7], [-0.7, 1.0]])
    expected = np.einsum("kf,kl,lf->f", i.conj(), matrix, i).real / 4
    np.testing.assert_allclose(energy["l1"] + energy["l2"] + energy["k1"], expected, rtol=1e-12)
    # all power is in the resistor, and Foster's law holds: v = L di/dt makes energies balance
    assert dissipated_power(network, spectrum).keys() == {"r1"}


# --- accuracy ------------------------------------------------------------------------------------


def low_loss(seed: int) -> Network:
    edge = EdgeModel(resistance=LogUniform(1e-7, 1e-5))
    rng = np.random.default_rng(seed)
    return with_couplings(complete(6, edge=edge, rng=rng, source_resistance=50.0), rng, 0.95)


@pytest.mark.parametrize("seed", range(8))
def test_balance_is_the_error_of_the_admittance_with_couplings_too(seed, monkeypatch) -> None:
    network = low_loss(seed)
    monkeypatch.setattr("physlearn_spice.ngspice.session.SpectrumCheck", lambda _: None)
    (spectrum,) = simulate(Deck(network, (Ac(1e3, 1e6, 8),), {"1": Source(ac=1.0)}))
    assert isinstance(spectrum, Spectrum)
    error = np.abs(
        admittance(network, spectrum) / Solution(network, spectrum.frequency).admittance - 1
    )
    top = int(np.argmax(error))
    estimate = balance(network, spectrum).admittance_error[top]
    assert error[top] > 1e-10
    assert estimate == pytest.approx(error[top], rel=0.2, abs=1e-11)
    # another coefficient is another law
    values = {network.couplings[0].name: 0.5 * network.couplings[0].coefficient}
    assert balance(network, spectrum, values).admittance_error.max() > 1e-4


def test_of_sources_the_currents_at_the_nodes_are_judged() -> None:
    network = drawn(2, "kegfh")
    spectrum = sweep(network, SWEEP)
    found = balance(network, spectrum)
    assert np.isnan(found.admittance_error).all()
    assert found.node_error.keys() == set(network.nodes[1:])
    assert max(error.max() for error in found.node_error.values()) < 1e-9
    for name in ("e_x", "g_x", "f_x", "h_x"):
        node = network[name].a if network[name].a != "0" else network[name].b
        if name[0] in "gf":  # another gain is another current
            wrong = balance(network, spectrum, {name: 2 * network.values([name])[0]})
        else:
            vectors = {**spectrum.vectors, f"i({name})": 2 * spectrum.current(name)}
            wrong = balance(network, replace(spectrum, vectors=vectors))
        assert wrong.node_error[node].max() > 1e-4, name


@pytest.mark.parametrize("engine", [simulate, simulate_batch])
def test_a_tiny_resistor_among_sources_is_refused(engine) -> None:
    elements = (
        Resistor("r1", "a", "b", 1e-11),
        Inductor("l1", "b", "c", 1e-3),
        Capacitor("c1", "c", "0", 1e-9),
        Resistor("r2", "a", "0", 50.0),
        Vccs("g1", "c", "0", "a", "0", 1e-3),
    )
    network = Network(elements, (Port("1", "a", "0", 50.0),))
    with pytest.raises(SimulationError, match=r"the current at node .* is wrong by") as error:
        engine(Deck(network, (SWEEP,), {"1": Source(ac=1.0)}))
    assert error.value.status is Status.INACCURATE


def test_tight_coils_are_always_checked() -> None:
    """1 - k = 1e-9 leaves rounding a billionth of the energy."""
    loose, tight = resonators(0.5), resonators(1 - 1e-9)
    for network, save in ((loose, ("v(a)",)), (tight, ("all",))):
        simulate(Deck(network, (SWEEP,), {"1": Source(ac=1.0)}, save=save))
    with pytest.raises(SimulationError, match="can't be checked"):
        simulate(Deck(tight, (SWEEP,), {"1": Source(ac=1.0)}, save=("v(a)",)))


def test_current_of_a_source_controlled_by_a_port() -> None:
    """Counted as SPICE does: into the port's source, so a positive gain takes from a."""
    elements = (
        Resistor("r1", "a", "0", 100.0),
        Resistor("r2", "b", "0", 1.0),
        Cccs("f1", "b", "0", "v1", 3.0),
        Resistor("r3", "h", "0", 1.0),
        Ccvs("h1", "h", "0", "v1", 7.0),
    )
    network = Network(elements, (Port("1", "a"),))
    spectrum = sweep(network, Ac(1e3, 1e4, 1))
    np.testing.assert_allclose(current_of(network, spectrum, "f1"), -0.03)
    np.testing.assert_allclose(spectrum.voltage("b"), 0.03)
    np.testing.assert_allclose(spectrum.voltage("h"), -0.07)
