"""Element laws against their own derivatives and integrals; refusals name element and field."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import constants
from scipy.integrate import quad

from physlearn_spice.elements import (
    Capacitor,
    CubicConductance,
    Diode,
    Inductor,
    Resistor,
    SaturatingInductor,
    Varactor,
    thermal_voltage,
)
from physlearn_spice.errors import NetworkError

VARACTORS = [
    Varactor("c1", "a", "0", 1e-9),
    Varactor("c2", "a", "0", 3.3e-12, 0.6, 0.333),
    Varactor("c3", "a", "0", 2.0, 5.0, 0.95),
    Varactor("c4", "a", "0", 1e-6, 0.1, 0.01),
]
CUBIC = CubicConductance("r1", "a", "0", 2e-3, 5e-4)
COILS = [
    SaturatingInductor("l1", "a", "0", 1e-3, 1e-4, 5e-3),
    SaturatingInductor("l2", "a", "0", 2.0, 1e-6, 30.0),
    SaturatingInductor("l3", "a", "0", 1e-9, 0.99e-9, 1e-6),
]
DIODES = [Diode("d1", "a", "0"), Diode("d2", "a", "0", 2e-9, 1.7)]


def derivative(f, x, h):
    """f'(x) by the central difference of fourth order; the error is h^4 f^(5) / 30."""
    return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h)


def over_bias(c: Varactor) -> np.ndarray:
    """Voltages [V] from deep reverse bias to far above the knee, at least Vj/20 from it."""
    knee = c.junction_potential * np.array([-30.0, -3.0, -0.5, -0.01, 0.0, 0.1, 0.44, 0.56, 1, 8])
    return knee.reshape(2, 5)


# --- varactor ------------------------------------------------------------------------------------


@pytest.mark.parametrize("c", VARACTORS, ids=lambda c: c.name)
def test_capacitance_is_the_derivative_of_the_charge(c) -> None:
    v = over_bias(c)
    slope = derivative(c.charge, v, 1e-3 * c.junction_potential)
    # h^4 q^(5) / 30 is at most 7e-12 C (m = 0.95, v = 0.44 Vj), rounding 2e-11 C (at -30 Vj)
    np.testing.assert_allclose(slope, c.capacitance(v), rtol=1e-9)
    assert c.capacitance(v).shape == v.shape


@pytest.mark.parametrize("c", VARACTORS, ids=lambda c: c.name)
@pytest.mark.parametrize("times", [-20.0, -1.0, 0.3, 0.5, 0.7, 6.0])
def test_energy_is_the_integral_of_v_dq(c, times) -> None:
    v = times * c.junction_potential
    knee = c.junction_potential / 2
    work = sum(
        quad(lambda u: u * float(c.capacitance(u)), a, b, epsrel=1e-12, epsabs=0)[0]
        for a, b in ((0.0, min(v, knee)), (knee, max(v, knee)))
        if a != b
    )
    np.testing.assert_allclose(c.energy(v), work, rtol=1e-10)
    assert work > 0


@pytest.mark.parametrize("c", VARACTORS, ids=lambda c: c.name)
def test_capacitance_is_that_of_a_junction_below_the_knee(c) -> None:
    v = c.junction_potential * np.array([-30.0, -1.0, 0.0, 0.25, 0.5])
    law = c.zero_bias_capacitance / (1 - v / c.junction_potential) ** c.grading_coefficient
    np.testing.assert_allclose(c.capacitance(v), law, rtol=1e-14)


@pytest.mark.parametrize("c", VARACTORS, ids=lambda c: c.name)
def test_tangent_takes_over_without_a_step_or_a_kink(c) -> None:
    v_knee, c_knee, slope = c.knee
    assert v_knee == c.junction_potential / 2
    h = 1e-4 * c.junction_potential
    for side in (-1, 1):
        np.testing.assert_allclose(c.capacitance(v_knee + side * 1e-12 * h), c_knee, rtol=1e-12)
        # one-sided slope of second order: the error h^2 C''' / 3 is below 1e-6 of the slope
        x0, x1, x2 = (float(c.capacitance(v_knee + side * k * h)) for k in (0, 1, 2))
        np.testing.assert_allclose(side * (4 * x1 - x2 - 3 * x0) / (2 * h), slope, rtol=1e-6)
    above = v_knee + c.junction_potential * np.array([0.1, 1.0, 7.0])
    np.testing.assert_allclose(c.capacitance(above), c_knee + slope * (above - v_knee), rtol=1e-14)


@pytest.mark.parametrize("c", VARACTORS, ids=lambda c: c.name)
def test_small_signals_see_the_zero_bias_capacitance(c) -> None:
    # C(v) = C0 (1 + m v / Vj + ...); from 1 - (1 - v/Vj)^p the charge would keep 10 digits here
    # and the energy 4
    c0, x = c.zero_bias_capacitance, np.array([-1e-6, 1e-6])
    v, m = x * c.junction_potential, c.grading_coefficient
    np.testing.assert_allclose(c.charge(v), c0 * v * (1 + m * x / 2), rtol=1e-11)
    np.testing.assert_allclose(c.energy(v), c0 * v**2 / 2 * (1 + 2 * m * x / 3), rtol=2e-9)
    assert float(c.charge(0.0)) == float(c.energy(0.0)) == 0.0


# --- diode ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("d", DIODES, ids=lambda d: d.name)
def test_conductance_is_the_derivative_of_the_current(d) -> None:
    v = np.array([[-1.0, -0.05, 0.0], [0.05, 0.3, 0.8]])
    scale = d.emission_coefficient * thermal_voltage()
    slope = derivative(d.current, v, 1e-3 * scale)
    # rounding is eps Is / (h g), and deep in reverse bias g is exp(v / n Vt) of what it was
    np.testing.assert_allclose(slope, d.conductance(v), rtol=1e-9, atol=1e-9 * d.conductance(0.0))
    assert d.conductance(v).shape == v.shape


@pytest.mark.parametrize("d", DIODES, ids=lambda d: d.name)
def test_current_is_shockleys(d) -> None:
    scale = d.emission_coefficient * constants.k * 300.15 / constants.e
    v = np.array([-0.1, 0.0, 0.1, 0.7])
    grown = d.current(v + scale) + d.saturation_current
    np.testing.assert_allclose(grown, math.e * (d.current(v) + d.saturation_current), rtol=1e-12)
    assert float(d.current(0.0)) == 0.0
    np.testing.assert_allclose(d.current(-60 * scale), -d.saturation_current, rtol=1e-12)
    # i = Is v / (n Vt) at small v, where exp(x) - 1 would keep six digits
    small = 1e-10 * scale
    np.testing.assert_allclose(d.current(small), d.saturation_current * 1e-10, rtol=1e-9)


def test_thermal_voltage_is_kt_over_q() -> None:
    for celsius in (-40.0, 27.0, 125.0):
        kelvin = constants.convert_temperature(celsius, "Celsius", "Kelvin")
        expected = constants.k * kelvin / constants.e
        np.testing.assert_allclose(thermal_voltage(celsius), expected, rtol=1e-12)
    assert thermal_voltage() == thermal_voltage(27.0)


# --- cubic conductance and saturating inductor ---------------------------------------------------


def test_cubic_current_is_its_polynomial() -> None:
    v = np.array([[-3.0, 0.0], [1e-9, 2.0]])
    np.testing.assert_allclose(CUBIC.current(v), 2e-3 * v + 5e-4 * v * v * v, rtol=1e-15)
    slope = derivative(CUBIC.current, v, 1e-2)  # exact of a polynomial of third order
    np.testing.assert_allclose(slope, CUBIC.conductance(v), rtol=1e-12)


@pytest.mark.parametrize("c", COILS, ids=lambda c: c.name)
def test_inductance_is_the_derivative_of_the_flux(c) -> None:
    i = c.saturation_current * np.array([[-30.0, -1.0, -1e-3], [0.0, 0.4, 5.0]])
    slope = derivative(c.flux, i, 1e-3 * c.saturation_current)
    rounding = 1e-12 * c.initial_inductance  # eps of the flux, over the step
    np.testing.assert_allclose(slope, c.inductance(i), rtol=1e-9, atol=rounding)
    assert float(c.inductance(0.0)) == pytest.approx(c.initial_inductance, rel=1e-15)
    far = 40 * c.saturation_current
    assert float(c.inductance(far)) == pytest.approx(c.saturated_inductance, rel=1e-12)
    core = c.initial_inductance - c.saturated_inductance
    left = float(c.flux(far)) - c.saturated_inductance * far
    assert left == pytest.approx(core * c.saturation_current, rel=1e-9)


@pytest.mark.parametrize("c", COILS, ids=lambda c: c.name)
@pytest.mark.parametrize("times", [-700.0, -3.0, 1e-6, 0.3, 1.0, 1.1, 20.0])
def test_energy_is_the_integral_of_i_dflux(c, times) -> None:
    i = times * c.saturation_current
    split = [0.0, *np.sign(times) * np.minimum(abs(times), [1.0, 5.0, 40.0, np.inf])]
    work = sum(
        quad(
            lambda x: c.saturation_current * x * float(c.inductance(c.saturation_current * x)),
            low,
            high,
            epsrel=1e-12,
        )[0]
        for low, high in itertools.pairwise(split)
    )
    np.testing.assert_allclose(c.energy(i), work * c.saturation_current, rtol=1e-10)
    assert work > 0


# --- checks --------------------------------------------------------------------------------------

FIELDS = [
    (Resistor, "r1", "resistor", "value"),
    (Inductor, "l1", "inductor", "value"),
    (Capacitor, "c1", "capacitor", "value"),
    (Diode, "d1", "diode", "saturation_current"),
    (Diode, "d1", "diode", "emission_coefficient"),
    (Varactor, "c1", "varactor", "zero_bias_capacitance"),
    (Varactor, "c1", "varactor", "junction_potential"),
    (Varactor, "c1", "varactor", "grading_coefficient"),
    (CubicConductance, "r1", "cubic conductance", "g1"),
    (CubicConductance, "r1", "cubic conductance", "g3"),
    (SaturatingInductor, "l1", "saturating inductor", "initial_inductance"),
    (SaturatingInductor, "l1", "saturating inductor", "saturated_inductance"),
    (SaturatingInductor, "l1", "saturating inductor", "saturation_current"),
]
NEEDED = {
    Resistor: {"value": 1.0},
    Inductor: {"value": 1.0},
    Capacitor: {"value": 1.0},
    Diode: {},
    Varactor: {"zero_bias_capacitance": 1.0},
    CubicConductance: {"g1": 1.0, "g3": 1.0},
    SaturatingInductor: {
        "initial_inductance": 1.0,
        "saturated_inductance": 0.1,
        "saturation_current": 1.0,
    },
}


@pytest.mark.parametrize("bad", [0.0, -1e-9, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(("kind", "name", "word", "field"), FIELDS)
def test_value_out_of_range_names_element_and_field(kind, name, word, field, bad) -> None:
    with pytest.raises(NetworkError, match=f"{word} '{name}': {field} = {bad}, must be positive"):
        kind(name, "a", "b", **{**NEEDED[kind], field: bad})


@pytest.mark.parametrize("bad", [1.0, 1.5])
def test_grading_of_one_or_more_is_refused(bad) -> None:
    with pytest.raises(NetworkError, match=f"varactor 'c1': grading_coefficient = {bad}.*below 1"):
        Varactor("c1", "a", "b", 1.0, 0.75, bad)


@pytest.mark.parametrize("bad", [1.0, 1.5])
def test_a_core_that_does_not_saturate_is_refused(bad) -> None:
    message = f"saturating inductor 'l1': saturated_inductance = {bad}.*below the initial 1.0"
    with pytest.raises(NetworkError, match=message):
        SaturatingInductor("l1", "a", "b", 1.0, bad, 1.0)


@pytest.mark.parametrize("kind", NEEDED)
def test_name_starts_with_the_letter_of_its_kind(kind) -> None:
    letter = kind.letter
    assert kind(f"{letter}1_x", "a", "b", **NEEDED[kind]).name == f"{letter}1_x"
    other = "l" if letter == "r" else "r"
    for bad in (
        "",
        "1",
        letter.upper() + "1",
        f"{other}1",
        f"{letter} 1",
        f"{letter}-1",
        f"{letter}é",
        f"{letter}1\n",
        f"_{letter}",
    ):
        with pytest.raises(NetworkError, match=f"(?s){kind.kind} .*starting with '{letter}'"):
            kind(bad, "a", "b", **NEEDED[kind])


@pytest.mark.parametrize("kind", NEEDED)
def test_both_ends_on_one_node_are_refused(kind) -> None:
    name = f"{kind.letter}1"
    with pytest.raises(NetworkError, match=f"{kind.kind} '{name}': both ends are on node 'a'"):
        kind(name, "a", "a", **NEEDED[kind])
