"""Operating points that a circuit does not determine are refused, by name of node or element.

ngspice answers them: with the values that its fallbacks happen to end at, and without an error.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from physlearn_spice.elements import Capacitor, Diode, Element, Inductor, Resistor, Varactor
from physlearn_spice.errors import DeckError, SimulationError, Status
from physlearn_spice.netlist import Ac, Deck, Op, Source, Tran, to_spice
from physlearn_spice.network import Network, Port
from physlearn_spice.ngspice import simulate
from physlearn_spice.stimulus import Tone
from tests.batch import batch

AC = Ac(1e3, 1e3, 1, "lin")
AT_REST, FROM_POINT = Tran(1e-3, 1e-5), Tran(1e-3, 1e-5, at_rest=False)


def deck(*elements: Element, rs: float = 50.0, analysis=AC, **fields) -> Deck:
    network = Network(elements, (Port("1", "n0", resistance=rs),))
    return Deck(network, (analysis,), {"1": Source(1.0, 1.0, Tone(1.0, 1e3))}, **fields)


CUT_OFF = (Capacitor("c1", "n0", "b", 1e-9), Capacitor("c2", "b", "0", 1e-9))
LOOP = (Inductor("l1", "n0", "0", 1e-3), Inductor("l2", "n0", "0", 1e-3))
DIODE = Diode("d1", "n0", "0")
VARACTOR = Varactor("c3", "n0", "b", 1e-9)


@pytest.mark.parametrize("analysis", [Op(), FROM_POINT])
def test_node_without_dc_path_is_named(analysis) -> None:
    with pytest.raises(DeckError, match=r"'b' has no DC path.*rshunt=1e12") as error:
        to_spice(deck(*CUT_OFF, analysis=analysis))
    assert ("start it at rest" in str(error.value)) == (analysis is FROM_POINT)


@pytest.mark.parametrize("analysis", [Op(), FROM_POINT])
def test_loop_of_inductors_is_named(analysis) -> None:
    with pytest.raises(DeckError, match=r"l1, l2 are a loop.*put a resistor") as error:
        to_spice(deck(*LOOP, analysis=analysis, options={"rshunt": 1e12}))
    assert ("start it at rest" in str(error.value)) == (analysis is FROM_POINT)


def test_loop_through_an_ideal_source_is_named() -> None:
    coil = (Inductor("l1", "n0", "a", 1e-3), Inductor("l2", "a", "0", 1e-3))
    ideal = deck(*coil, rs=0.0, analysis=Op())
    with pytest.raises(DeckError, match="are a loop without resistance"):
        to_spice(ideal)
    assert set(ideal.network.dc_loop) == {"v1", "l1", "l2"}
    to_spice(deck(*coil, rs=1.0, analysis=Op()))


def test_longer_loop_names_its_inductors_and_no_others() -> None:
    ends = ("n0", "x"), ("x", "0"), ("x", "y"), ("y", "z"), ("z", "0")
    coils = tuple(Inductor(f"l{k}", a, b, 1e-3) for k, (a, b) in enumerate(ends))
    network = Network(coils, (Port("1", "n0", resistance=1.0),))
    assert set(network.dc_loop) == {"l1", "l2", "l3", "l4"}
    assert replace(network, elements=coils[:-1]).dc_loop == ()


@pytest.mark.parametrize("extra", [DIODE, VARACTOR])
def test_ac_of_a_nonlinear_network_needs_its_operating_point(extra) -> None:
    with pytest.raises(DeckError, match="AC of a nonlinear network: node 'b' has no DC path"):
        to_spice(deck(*CUT_OFF, extra))
    with pytest.raises(DeckError, match="AC of a nonlinear network: l1, l2 are a loop"):
        to_spice(deck(*LOOP, CUT_OFF[0], Resistor("r1", "b", "0", 1.0), extra))


@pytest.mark.parametrize("elements", [CUT_OFF, LOOP])
def test_what_needs_no_operating_point_is_not_refused(elements) -> None:
    to_spice(deck(*elements, analysis=AC))
    to_spice(deck(*elements, DIODE, analysis=AT_REST))


@pytest.mark.parametrize(
    "path", [Resistor("r1", "b", "0", 1e6), Inductor("l1", "b", "0", 1.0), Diode("d1", "0", "b")]
)
def test_resistor_inductor_or_diode_is_a_dc_path(path) -> None:
    to_spice(deck(*CUT_OFF, path, analysis=Op()))


def test_remedies_work() -> None:
    """With rshunt the cut-off node has its DC voltage: 0, no current flowing to it."""
    (point,) = simulate(deck(*CUT_OFF, analysis=Op(), options={"rshunt": 1e12}))
    np.testing.assert_allclose(point.voltage("b"), 0.0, atol=1e-9)
    # at rest: L di/dt = v from zero current, so parallel equal inductors share it equally
    (waves,) = simulate(deck(*LOOP, analysis=AT_REST))
    assert np.array_equal(waves.current("l1"), waves.current("l2"))


def test_ngspice_would_make_the_loops_current_up(monkeypatch, tmp_path) -> None:
    """Why it is refused: 1 V behind 50 Ohm into a short is 20 mA, and ngspice says 12.6 mA."""
    monkeypatch.setattr("physlearn_spice.netlist.write._check_operating_point", lambda *_: None)
    bench = deck(*LOOP, analysis=Op())
    (plot,) = batch(to_spice(bench), tmp_path)
    assert abs(-plot.vectors["i(v1)"][0] / 0.02 - 1) > 0.1
    with pytest.raises(SimulationError, match="not determined") as error:
        simulate(bench)
    assert error.value.status is Status.SINGULAR
