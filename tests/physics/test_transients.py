"""Transients against AC, against their own energy ledger, and against the order of their rule.

Trapezoidal steps of length h take s for (2 / h) tanh(s h / 2): a settled transient at omega is
the AC solution at the warped (2 / h) tan(omega h / 2), which is omega (1 + (omega h)^2 / 12).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from physlearn_spice.elements import Capacitor, Diode, Inductor, Resistor, Varactor
from physlearn_spice.generators import EdgeModel, Fixed, complete, gnm, square_lattice
from physlearn_spice.measures import absorbed_power, ledger, mean_input_power, points_per_period
from physlearn_spice.netlist import Ac, Deck, Source, Tran
from physlearn_spice.network import Network
from physlearn_spice.ngspice import simulate
from physlearn_spice.results import Waveforms
from physlearn_spice.stimulus import Multitone, Stimulus, Tone
from tests.benches import series_rlc

F0 = 50e3
SETTLED = 13.0  # time constants; what is left of the transient is exp(-13) of the amplitude
LEFT = 2 * math.exp(-SETTLED)  # and twice that, 5e-6, of the power


def transient(network: Network, stimulus: Stimulus, stop: float, step: float) -> Waveforms:
    (waves,) = simulate(Deck(network, (Tran(stop, step),), {"1": Source(waveform=stimulus)}))
    assert isinstance(waves, Waveforms)
    return waves


def resonator(loaded_q: float) -> Network:
    """A fifth of the loss is in the source, so absorbed power is less than what is given."""
    z = 2 * math.pi * F0 * 1e-3
    return series_rlc(quality_factor=1.25 * loaded_q, f0=F0, source_resistance=0.2 * z / loaded_q)


def settled_run(loaded_q: float, n: int) -> tuple[Network, Waveforms, float]:
    """On resonance, tau = 2 L / R = Q / (pi f0); and from when on there are 20 settled periods."""
    network = resonator(loaded_q)
    begin = math.ceil(SETTLED * loaded_q / math.pi) / F0
    waves = transient(network, Tone(1.0, F0), begin + 20 / F0, 1 / F0 / n)
    return network, waves, begin


def ac_power(network: Network, frequency: float) -> float:
    sweep = Ac(frequency, frequency, 1, "lin")
    (spectrum,) = simulate(Deck(network, (sweep,), {"1": Source(ac=1.0)}))
    return float(absorbed_power(network, spectrum)[0])


# --- power ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("loaded_q", [10.0, 300.0])
def test_settled_power_agrees_with_ac(loaded_q) -> None:
    """To the 1e-3 that points_per_period is asked for."""
    n = points_per_period(loaded_q, 1e-3)
    network, waves, begin = settled_run(loaded_q, n)
    power = mean_input_power(network, waves, since=begin)
    assert power == pytest.approx(ac_power(network, F0), rel=1e-3 + LEFT)
    assert abs(ledger(network, waves).residual) < 1e-6


def test_power_error_falls_with_the_fourth_power_of_the_step() -> None:
    """The frequency is off by the share (omega h)^2 / 12, power by (2 Q)^2 times its square."""
    q, errors = 30.0, []
    for n in (40, 80, 160):
        network, waves, begin = settled_run(q, n)
        power = mean_input_power(network, waves, since=begin)
        warped = F0 * n / math.pi * math.tan(math.pi / n)
        # 2e-5: besides what is left, ngspice cuts the grid where it starts and stops
        assert power == pytest.approx(ac_power(network, warped), rel=2e-5)
        errors.append(1 - power / ac_power(network, F0))
    law = [(2 * q * (2 * math.pi / n) ** 2 / 12) ** 2 for n in (40, 80, 160)]
    np.testing.assert_allclose(errors[:2], law[:2], rtol=0.03)  # (omega h)^2 = 0.025 at 40
    orders = np.log2(np.divide(errors[:-1], errors[1:]))
    # the last error is 6e-5, of which LEFT is 8 %: 0.12 in the order
    np.testing.assert_allclose(orders, 4.0, atol=0.15)


def test_frequency_error_falls_with_the_square_of_the_step() -> None:
    """A step into a nearly lossless LC: it rings at (2 / h) arctan(omega0 h / 2)."""
    network = series_rlc(quality_factor=1e7, f0=F0)
    shifts = []
    for n in (20, 40, 80):
        (waves,) = simulate(Deck(network, (Tran(60 / F0, 1 / F0 / n),), {"1": Source(dc=1.0)}))
        late = waves.time > 5 / F0  # the first steps are shorter
        time, current = waves.time[late], waves.current("l1")[late]

        def misfit(f: float, time=time, current=current) -> float:
            basis = np.column_stack([np.cos(2 * np.pi * f * time), np.sin(2 * np.pi * f * time)])
            return float(np.linalg.lstsq(basis, current, rcond=None)[1][0])

        rings = F0 * n / math.pi * math.atan(math.pi / n)
        found = minimize_scalar(misfit, bracket=(0.999 * rings, 1.001 * rings), tol=1e-10).x
        assert found == pytest.approx(rings, rel=1e-6)
        shifts.append(1 - found / F0)
    np.testing.assert_allclose(np.log2(np.divide(shifts[:-1], shifts[1:])), 2.0, atol=0.02)
    assert shifts[-1] == pytest.approx((2 * math.pi / 80) ** 2 / 12, rel=5e-3)


# --- the ledger ----------------------------------------------------------------------------------

TONES = Multitone((Tone(1.0, 50e3), Tone(1.0, 73e3)))
NETWORKS = {
    "complete, one-of": lambda rng: complete(5, edge=EdgeModel("one-of"), rng=rng),
    "G(n,m), series": lambda rng: gnm(8, 14, edge=EdgeModel(), rng=rng),
    "lattice, few resistors": lambda rng: square_lattice(
        4, 4, edge=EdgeModel("one-of", probabilities=(0.1, 0.45, 0.45)), rng=rng
    ),
    "G(n,m), ESR": lambda rng: gnm(
        8, 14, edge=EdgeModel("one-of", inductor_esr=Fixed(5.0), capacitor_esr=Fixed(5.0)), rng=rng
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("n", [20, 60, 150])
def test_ledger_of_a_linear_network_closes(name, n) -> None:
    """Trapezoidal steps and midpoint averages make it an identity, at any step.

    What is left are ngspice's two Euler steps near the start, each a fixed share of h long: they
    lose energy in proportion to h and to the square of the phase omega h.
    """
    network = NETWORKS[name](np.random.default_rng(1))
    account = ledger(network, transient(network, TONES, 2e-4, 1 / F0 / n))
    assert abs(account.residual) < 1e-6 * (60 / n) ** 3
    assert sum(account.dissipated.values()) > 0


@pytest.mark.parametrize("amplitude", [1.0, 5.0])
def test_ledger_with_diodes_driven_hard(amplitude) -> None:
    """An antiparallel pair across the capacitor takes most of the power; 400 steps a period.

    The mean of exp(v / Vt) over a step is not exp of the mean: (dv / Vt)^2 / 12 of what the diode
    takes, and ngspice's own reltol of 1e-3 lets the currents at a node miss by a little.
    """
    linear = series_rlc(quality_factor=20.0, f0=F0)
    pair = (Diode("d1", "b", "0"), Diode("d2", "0", "b"))
    network = replace(linear, elements=linear.elements + pair)
    account = ledger(network, transient(network, Tone(amplitude, F0), 40 / F0, 1 / F0 / 400))
    assert abs(account.residual) < 1e-3
    taken = account.dissipated
    assert taken["d1"] + taken["d2"] > taken["r1"]


@pytest.mark.parametrize("amplitude", [0.1, 5.0])
def test_ledger_with_a_varactor(amplitude) -> None:
    """Its charge is exact at both ends of a step; v dq by the mean v is off by (dv)^3 q'' / 12."""
    linear = series_rlc(quality_factor=20.0, f0=F0)
    varactor = Varactor("c1", "b", "0", linear["c1"].value)
    network = replace(linear, elements=(*linear.elements[:2], varactor))
    waves = transient(network, Tone(amplitude, F0), 40 / F0, 1 / F0 / 200)
    account = ledger(network, waves)
    assert abs(account.residual) < 1e-3
    assert np.ptp(waves.voltage("b")) > 1.0  # through the knee at 0.375 V, far from linear
    assert account.dissipated["r1"] > 0.5 * account.energy_in["1"]


# --- Tellegen ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_tellegen_holds_at_every_instant(name) -> None:
    """The sum of v_k i_k over elements is what enters at the port, at each raw time point.

    Resistors' currents are v / R, inductors' are ngspice's unknowns, and a capacitor's follows
    from its voltage by ngspice's rule, i' = 2 C dv / h - i from i = 0 on; two steps at the start
    are Euler's, i' = C dv / h, and the inductors' own law tells which.
    """
    network = NETWORKS[name](np.random.default_rng(2))
    waves = transient(network, TONES, 2e-4, 1e-7)
    h = np.diff(waves.time)
    euler = follows_euler(network, waves, h)
    assert euler[0]
    assert euler.sum() <= 3
    total, scale = np.zeros_like(waves.time), np.zeros_like(waves.time)
    for e in network.elements:
        v = waves.voltage(e.a, e.b)
        match e:
            case Resistor():
                i = v / e.value
            case Inductor():
                i = waves.current(e.name)
            case Capacitor():
                i, charge = np.zeros_like(v), e.value * np.diff(v)
                for k in range(len(h)):
                    i[k + 1] = charge[k] / h[k] if euler[k] else 2 * charge[k] / h[k] - i[k]
        total += v * i
        scale += np.abs(v * i)
    entering = -waves.current("v1") * waves.voltage("n0")
    gap = np.abs(total - entering)
    # rounding: a voltage of 1 V in C dv / h, at h down to 1e-4 of a step in the first 20 instants
    assert gap.max() < 1e-7 * scale.max()
    assert np.all(gap[20:] < 1e-9 * scale[20:])


def follows_euler(network: Network, waves: Waveforms, h: np.ndarray) -> np.ndarray:
    """Which steps the inductors took with L di / h = v at the end, rather than the mean v."""
    euler, trapezoid = np.zeros_like(h), np.zeros_like(h)
    for name in network.names(Inductor):
        e = network[name]
        v, slope = waves.voltage(e.a, e.b), e.value * np.diff(waves.current(name)) / h
        euler += (slope - v[1:]) ** 2
        trapezoid += (slope - (v[1:] + v[:-1]) / 2) ** 2
    return euler < trapezoid
