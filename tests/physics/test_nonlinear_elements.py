"""Cubic conductance and saturating inductor in ngspice, against their laws and textbook results."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from physlearn_spice.couplings import Coupling
from physlearn_spice.elements import (
    Capacitor,
    CubicConductance,
    Element,
    Inductor,
    Resistor,
    SaturatingInductor,
    Vccs,
)
from physlearn_spice.engines import choose
from physlearn_spice.errors import DeckError, NetworkError
from physlearn_spice.flows import current_of
from physlearn_spice.measures import ledger
from physlearn_spice.modes import known_modes
from physlearn_spice.netlist import Ac, Deck, Op, Source, Tran, alterable, read_deck, to_spice
from physlearn_spice.network import Network, Port
from physlearn_spice.ngspice import simulate
from physlearn_spice.pyspice_io import to_circuit
from physlearn_spice.resonances import natural_band
from physlearn_spice.results import OperatingPoint, Waveforms
from physlearn_spice.stimulus import Chirp, Tone

CUBIC = CubicConductance("r1", "a", "0", 2e-3, 5e-4)
COIL = SaturatingInductor("l1", "a", "0", 1e-3, 1e-4, 5e-3)
# ngspice keeps 11 digits of a number in an expression
SPELLED = 1e-9
F = 1e3


def behind(resistance: float, *elements: Element) -> Network:
    return Network(elements, (Port("1", "a", resistance=resistance),))


def transient(network: Network, tone: Tone, periods: float, n: int) -> Waveforms:
    """Of ``n`` steps a period; Newton's iterations end at a change of 1e-9, not of 1e-3.

    A large trtol leaves the length of the steps alone.
    """
    analysis = Tran(periods / tone.frequency, 1 / tone.frequency / n)
    options = {"reltol": 1e-9, "trtol": 1e6}
    deck = Deck(network, (analysis,), {"1": Source(waveform=tone)}, options=options)
    (waves,) = simulate(deck)
    assert isinstance(waves, Waveforms)
    return waves


def at_dc(network: Network, volts: float) -> OperatingPoint:
    deck = Deck(network, (Op(),), {"1": Source(dc=volts)}, options={"reltol": 1e-9})
    (point,) = simulate(deck)
    assert isinstance(point, OperatingPoint)
    return point


# --- cubic conductance ---------------------------------------------------------------------------


@pytest.mark.parametrize("volts", [-7.0, 1e-3, 1.0, 30.0])
def test_operating_point_obeys_the_cubic_law(volts) -> None:
    network = behind(50.0, CUBIC)
    point = at_dc(network, volts)
    current = -point.current("v1")
    np.testing.assert_allclose(CUBIC.current(point.voltage("a")), current, rtol=SPELLED)
    np.testing.assert_allclose(current_of(network, point, "r1"), current, rtol=SPELLED)
    # Cardano: Rs g3 v^3 + (1 + Rs g1) v = V has one real root
    (root,) = [
        z.real
        for z in np.roots([50 * CUBIC.g3, 0, 1 + 50 * CUBIC.g1, -volts])
        if abs(z.imag) < 1e-9
    ]
    np.testing.assert_allclose(point.voltage("a"), root, rtol=SPELLED)


def test_small_signals_see_the_slope_at_the_operating_point() -> None:
    sweep = Ac(F, F, 1, "lin")
    deck = Deck(behind(50.0, CUBIC), (sweep, Op()), {"1": Source(dc=3.0, ac=1.0)})
    spectrum, point = simulate(deck)
    conductance = -spectrum.current("v1") / spectrum.voltage("a")
    np.testing.assert_allclose(conductance, CUBIC.conductance(point.voltage("a")), rtol=1e-6)


def test_third_harmonic_of_the_cubic_current() -> None:
    # sin^3 = (3 sin - sin 3) / 4: the current of a sine of amplitude A
    amplitude = 3.0
    waves = transient(behind(0.0, CUBIC), Tone(amplitude, F), 2.0, 50)
    phase = 2 * math.pi * F * waves.time
    columns = np.array([np.sin(k * phase) for k in range(1, 6)]).T
    found, *_ = np.linalg.lstsq(columns, -waves.current("v1"), rcond=None)
    cube = CUBIC.g3 * amplitude**3
    law = [CUBIC.g1 * amplitude + 3 / 4 * cube, 0, -cube / 4, 0, 0]
    np.testing.assert_allclose(found, law, rtol=1e-8, atol=1e-8 * cube)


def test_van_der_pol_swings_to_its_amplitude() -> None:
    """Beside a Vccs that delivers more than g1 takes: A^2 = 4 g / (3 g3), for small g sqrt(L/C)."""
    g, omega = 2e-5, 2 * math.pi * F
    network = behind(
        1e6,
        CubicConductance("r1", "a", "0", 1e-3, 1e-5),
        Vccs("g1", "a", "0", "a", "0", -1e-3 - g - 1e-6),  # and more than the source's resistor
        Inductor("l1", "a", "0", 1e3 / omega),
        Capacitor("c1", "a", "0", 1e-3 / omega),
    )
    waves = transient(network, Tone(1e-3, 3 * F), 1500.0, 33)
    late = np.abs(waves.voltage("a")[waves.time > 480 / F])
    assert np.abs(waves.voltage("a")).argmax() > len(waves.time) / 10  # it grew
    # (g sqrt(L/C))^2 = 4e-4 is neglected; a maximum between steps is low by (pi / 100)^2 / 2
    assert late.max() == pytest.approx(math.sqrt(4 * g / 3e-5), rel=1e-3)
    assert abs(ledger(network, waves).residual) < 1e-3


# --- saturating inductor -------------------------------------------------------------------------


@pytest.mark.parametrize("amperes", [0.0, 1e-3, -5e-3, 0.2])
def test_small_signals_see_the_inductance_at_the_operating_point(amperes) -> None:
    sweep = Ac(F, F, 1, "lin")
    network = behind(2.0, COIL)
    deck = Deck(network, (sweep, Op()), {"1": Source(dc=2.0 * amperes, ac=1.0)})
    spectrum, point = simulate(deck)
    assert float(point.current("l1")[0]) == pytest.approx(amperes, rel=1e-9)
    assert abs(float(point.voltage("a")[0])) < 1e-9
    impedance = spectrum.voltage("a") / spectrum.current("l1")
    assert abs(impedance[0].real) < 1e-9
    inductance = impedance[0].imag / (2 * math.pi * F)
    assert inductance == pytest.approx(float(COIL.inductance(amperes)), rel=1e-7)


@pytest.mark.parametrize("volts", [1e-3, 0.05, 1.0])
def test_no_flux_is_lost(volts) -> None:
    """The flux is the volt-seconds: of a half-wave 2 V / omega, and nothing after whole waves."""
    network = behind(0.0, COIL)
    n = 200
    waves = transient(network, Tone(volts, F), 20.0, n)
    flux, omega = COIL.flux(waves.current("l1")), 2 * math.pi * F
    # of the voltages by the trapezoidal rule: what ngspice's own rule should make of them
    v, t = waves.voltage("a"), waves.time
    summed = np.concatenate([[0.0], np.cumsum((v[1:] + v[:-1]) / 2 * np.diff(t))])
    # its first steps are Euler's
    np.testing.assert_allclose(flux, summed, rtol=0, atol=2e-5 * flux.max())
    # of the sine itself, to the order of the rule: (omega h)^2 / 12
    exact = volts / omega * (1 - np.cos(omega * t))
    np.testing.assert_allclose(
        flux, exact, rtol=0, atol=1.1 * exact.max() * (2 * math.pi / n) ** 2 / 12
    )
    assert current_of(network, waves, "l1") is waves.current("l1")


@pytest.mark.parametrize("volts", [1e-3, 0.05, 0.5])
def test_a_lossless_resonator_keeps_its_energy_and_its_period(volts) -> None:
    """It rings faster the more its core saturates: T = 4 int dflux / v along C v^2/2 + E = E0."""
    c, kick, n = 1e-6, 0.2 / F, 300
    network = Network((COIL, Capacitor("c1", "b", "a", c)), (Port("1", "b"),))
    pulse = Source(waveform=Chirp(volts, 1 / kick, 1 / kick, kick / 2))  # and 0 V after it
    (waves,) = simulate(Deck(network, (Tran(10 / F, 0.2 / F / n),), {"1": pulse}))
    i, v = waves.current("l1"), waves.voltage("b", "a")
    after = waves.time > kick
    energy = (COIL.energy(i) + c * v**2 / 2)[after]
    e0 = float(energy.mean())
    np.testing.assert_allclose(energy, e0, rtol=2e-3)
    crossing = np.flatnonzero(after[1:] & (i[1:] > 0) & (i[:-1] <= 0))
    share = -i[crossing] / (i[crossing + 1] - i[crossing])
    at = waves.time[crossing] + share * np.diff(waves.time)[crossing]
    found = float(np.mean(np.diff(at)))
    top = brentq(lambda x: float(COIL.energy(x)) - e0, 0.0, 10.0)

    def slowness(angle: float) -> float:
        x = top * math.sin(angle)
        left = math.sqrt(2 * (e0 - float(COIL.energy(x))) / c)
        return float(COIL.inductance(x)) * top * math.cos(angle) / left

    period = 4 * quad(slowness, 0.0, math.pi / 2 - 1e-7)[0]
    assert found == pytest.approx(period, rel=1e-3)
    assert period < 2 * math.pi * math.sqrt(COIL.initial_inductance * c)


def test_ledger_closes_with_the_square_of_the_step() -> None:
    network = behind(
        20.0,
        CubicConductance("r1", "a", "b", 2e-3, 5e-3),
        SaturatingInductor("l1", "b", "c", 1e-3, 1e-4, 2e-3),
        Capacitor("c1", "c", "0", 1e-8),
    )
    residuals = []
    for n in (100, 200, 400):
        book = ledger(network, transient(network, Tone(3.0, 50e3), 10.0, n))
        assert set(book.dissipated) == {"r1"}
        assert set(book.stored) == {"l1", "c1"}
        residuals.append(abs(book.residual))
    assert residuals[0] < 1e-3
    assert residuals[0] / residuals[1] == pytest.approx(4, rel=0.2)
    assert residuals[1] / residuals[2] == pytest.approx(4, rel=0.2)


# --- as parts of a network -----------------------------------------------------------------------


def test_results_show_the_element_and_not_its_cards() -> None:
    network = behind(50.0, COIL, Resistor("r2", "a", "0", 10.0))
    waves = transient(network, Tone(1.0, F), 1.0, 20)
    assert set(waves.vectors) == {"v(a)", "v(port1_s)", "i(l1)", "i(v1)"}


def test_a_deck_by_hand_without_the_rest_of_the_core_is_refused() -> None:
    text = to_spice(Deck(behind(50.0, COIL), (Op(),)))
    assert read_deck(text).network == behind(50.0, COIL)
    for old, new in (("1.0\nvi_l1", "2.0\nvi_l1"), ("dc 0.0\nbi", "dc 0.1\nbi"), ("*tanh", "*tan")):
        assert old in text
        with pytest.raises(DeckError, match="bi_l1"):
            read_deck(text.replace(old, new))
    with pytest.raises(DeckError, match="'r1': only the law"):
        read_deck("t\nv1 a 0 1\nr1 a 0 r='1/(0.1+v(a,0))'\n")


@pytest.mark.parametrize("element", [CUBIC, COIL], ids=lambda e: e.kind)
def test_they_make_a_network_nonlinear(element) -> None:
    network = behind(50.0, element, Resistor("r2", "a", "0", 10.0), Capacitor("c2", "a", "0", 1e-6))
    assert not network.is_linear
    assert known_modes(network) is None
    assert choose(network).reason == f"element {element.name!r} is nonlinear"
    with pytest.raises(NetworkError, match=f"the law of the {element.kind} {element.name!r}"):
        to_circuit(network)
    assert Network.from_json(network.to_json()) == network
    assert element.name not in alterable(Deck(network, ()))


def test_natural_band_counts_them_at_rest() -> None:
    linear = (Resistor("r1", "a", "0", 500.0), Inductor("l1", "a", "0", 1e-3))
    for rest in ((Capacitor("c1", "a", "0", 1e-9),), ()):
        band = natural_band(behind(50.0, CUBIC, COIL, *rest))
        assert band == pytest.approx(natural_band(behind(50.0, *linear, *rest)))


def test_saturating_coils_in_a_loop_have_no_operating_point() -> None:
    network = behind(0.0, COIL, Resistor("r2", "a", "0", 10.0))
    assert network.dc_loop == ("v1", "l1")
    assert network.without_dc_path == ()
    with pytest.raises(DeckError, match="v1, l1 are a loop"):
        to_spice(Deck(network, (Op(),)))


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((COIL, Inductor("li_l1", "a", "0", 1.0)), "'li_l1' is used twice"),
        (
            (COIL, Vccs("g1", "a", "0", "l1_flux", "0", 1.0), Resistor("r1", "a", "l1_flux", 1.0)),
            "node 'l1_flux': ngspice or the deck needs",
        ),
        ((CUBIC, CubicConductance("r1", "a", "0", 1.0, 1.0)), "'r1' is used twice"),
    ],
)
def test_names_that_their_cards_take_are_refused(parts, message) -> None:
    with pytest.raises(NetworkError, match=message):
        behind(50.0, *parts)
    with pytest.raises(NetworkError, match="'br1' is used twice"):
        Network((CUBIC,), (Port("r1", "a"),))


def test_a_saturating_coil_is_not_coupled() -> None:
    coils = (COIL, Inductor("l2", "a", "0", 1.0))
    with pytest.raises(NetworkError, match="there is no inductor 'l1'"):
        Network(coils, (Port("1", "a"),), (Coupling("k1", "l1", "l2", 0.5),))
