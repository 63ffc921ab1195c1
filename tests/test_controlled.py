"""Controlled sources: what is refused and how, files, decks, meters, drawings."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from physlearn_spice import (
    Ac,
    Capacitor,
    Cccs,
    Ccvs,
    Deck,
    EdgeModel,
    Inductor,
    Network,
    Op,
    Port,
    Resistor,
    Source,
    Tran,
    Vccs,
    Vcvs,
    complete,
)
from physlearn_spice.drawings import network_by_power, power_scale
from physlearn_spice.errors import DeckError, NetworkError, PhyslearnError, SimulationError
from physlearn_spice.flows import current_of
from physlearn_spice.measures import dissipated_power
from physlearn_spice.netlist import alter_commands, alterable, read_deck, read_text_deck, to_spice
from physlearn_spice.ngspice import Pool, Session, simulate, simulate_batch
from physlearn_spice.plots import figure
from tests.random_networks import random_network, with_controlled, with_couplings

SEEDS = range(40)
PORT = Port("1", "a", resistance=50.0)
R, R2 = Resistor("r1", "a", "b", 100.0), Resistor("r2", "b", "0", 300.0)
COIL = Inductor("l1", "b", "0", 1e-3)
FOUR = (
    Vcvs("e1", "e", "0", "a", "b", 2.0),
    Vccs("g1", "b", "0", "a", "0", 1e-3),
    Cccs("f1", "b", "0", "r1", 0.5),
    Ccvs("h1", "h", "0", "l1", -7.0),
)
LOADS = (Resistor("re", "e", "0", 10.0), Resistor("rh", "h", "0", 10.0))
ALL = Network((R, R2, COIL, *FOUR, *LOADS), (PORT,))
SWEEP = Ac(1e3, 1e5, 5)
BENCH = Deck(ALL, (SWEEP,), {"1": Source(ac=1.0)})


def net(*elements, ports=(PORT,)) -> Network:
    return Network((R, R2, *elements), ports)


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [0.0, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("source", FOUR, ids=lambda source: source.kind)
def test_a_gain_is_finite_and_not_zero(source, bad) -> None:
    with pytest.raises(NetworkError, match=f"{source.kind} '{source.name}': gain = .*not zero"):
        replace(source, gain=bad)
    assert replace(source, gain=-1e-300).gain == -1e-300


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Vcvs("g1", "a", "0", "a", "b", 1.0), "vcvs 'g1': the name must be.*'e'"),
        (lambda: Vccs("g1", "a", "a", "a", "b", 1.0), "vccs 'g1': both ends are on node 'a'"),
        (lambda: Vcvs("e1", "a", "0", "b", "b", 1.0), "vcvs 'e1': senses node 'b' against itself"),
        (lambda: net(Vccs("g1", "b", "0", "x", "0", 1.0)), "vccs 'g1': senses node 'x', which no"),
        (lambda: net(Vcvs("e1", "c", "0", "0", "x", 1.0)), "vcvs 'e1': senses node 'x', which no"),
        (lambda: net(Cccs("f1", "b", "0", "r9", 1.0)), "cccs 'f1': 'r9', whose current it senses"),
        (
            lambda: net(Ccvs("h1", "c", "0", "c1", 1.0), Capacitor("c1", "b", "0", 1.0)),
            "ccvs 'h1': 'c1', whose current it senses, is no resistor or inductor",
        ),
        (lambda: net(Cccs("f1", "b", "0", "1", 1.0)), "cccs 'f1': '1', whose current it senses"),
        (lambda: net(R2), "the name 'r2' is used twice"),
        (
            lambda: net(Vcvs("e1", "b", "0", "a", "0", 1.0), Ccvs("h1", "b", "0", "r1", 1.0)),
            "voltage-source loop: 'e1', 'h1' fix one voltage twice",
        ),
        (
            lambda: net(Vcvs("e1", "a", "0", "b", "0", 1.0), ports=(Port("1", "a"),)),
            "voltage-source loop: 'v1', 'e1' fix one voltage twice",
        ),
        (
            lambda: net(Resistor("r3", "b", "r1_meter", 1.0), Cccs("f1", "b", "0", "r1", 1.0)),
            "node 'r1_meter': ngspice or the deck needs this name",
        ),
        (lambda: net(Vccs("g1", "x", "y", "a", "0", 1.0)), "node 'x' is floating"),
        (lambda: ALL.with_values(["g1"], [0.0]), r"vccs 'g1': gain = 0\.0"),
    ],
)
def test_what_can_not_be_is_refused_by_name(make, message) -> None:
    with pytest.raises(NetworkError, match=message):
        make()


def test_what_is_near_that_is_taken() -> None:
    net(Vcvs("e1", "a", "0", "b", "0", 1.0))  # the port has a resistance
    net(Resistor("r3", "b", "r1_meter", 1.0), Cccs("f1", "b", "0", "r2", 1.0))
    net(Cccs("f1", "b", "0", "v1", 1.0))
    # a source joins its nodes: here nothing else leads to c
    assert net(Vccs("g1", "c", "0", "a", "0", 1.0)).nodes == ("0", "a", "b", "c")


# --- graph and values ----------------------------------------------------------------------------


def test_a_source_is_an_element_of_the_graph() -> None:
    assert ALL.controlled == FOUR
    assert ALL.is_linear
    assert ALL.metered == ("r1", "l1")
    assert ALL.loops == len(ALL.elements) - len(ALL.nodes) + 1
    assert ALL.incidence[:, 3].tolist() == [-1.0, 0.0, 0.0, 1.0, 0.0]  # e1, from e to ground


def test_a_chain_goes_on_through_sources_and_sensed_nodes() -> None:
    chain = (
        Resistor("r1", "a", "b", 1.0),
        Vcvs("e1", "b", "c", "c", "0", 1.0),
        Inductor("l1", "c", "0", 1.0),
    )
    network = Network(chain, (PORT,))
    assert network.branches == (("r1", "e1", "l1"),)


def test_a_sensed_node_is_no_open_end() -> None:
    end = Resistor("r3", "b", "x", 1.0)
    assert net(end).stubs == ("x",)
    assert net(end, Vccs("g1", "b", "0", "x", "0", 1.0)).stubs == ()


def test_dc_paths_and_loops_know_sources() -> None:
    tank = (Capacitor("c1", "b", "x", 1.0), Vcvs("e1", "x", "0", "a", "0", 1.0))
    assert net(*tank).without_dc_path == ()
    assert net(tank[0], Capacitor("c2", "x", "0", 1.0)).without_dc_path == ("x",)
    coil = Inductor("l1", "x", "0", 1.0)
    assert net(*tank, coil).dc_loop == ("e1", "l1")
    with pytest.raises(DeckError, match="e1, l1 are a loop without resistance"):
        to_spice(Deck(net(*tank, coil), (Op(),)))


def test_gains_are_values() -> None:
    names = [source.name for source in FOUR]
    assert ALL.values(names).tolist() == [2.0, 1e-3, 0.5, -7.0]
    changed = ALL.with_values(names, [-1.0, -2.0, -3.0, 4.0])
    assert changed.values(names).tolist() == [-1.0, -2.0, -3.0, 4.0]
    with pytest.raises(NetworkError, match=r"resistor 'r1': value = -1\.0"):
        ALL.with_values(["r1"], [-1.0])


def test_a_network_is_drawn_with_its_sources() -> None:
    (spectrum,) = simulate(BENCH)
    power = {name: float(p[0]) for name, p in dissipated_power(ALL, spectrum).items()}
    with figure() as (_, axes):
        network_by_power(axes[0, 0], ALL, power, power_scale(power))
        # a to b and b to ground; e1 and h1 with their loads are rings at ground
        assert len([line for line in axes[0, 0].lines if line.get_marker() == "None"]) == 2


# --- files and decks -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_json_and_deck_give_back_every_bit(seed) -> None:
    rng = np.random.default_rng(seed)
    network = with_controlled(with_couplings(random_network(rng), rng), rng)
    assert Network.from_json(network.to_json()) == network
    text = to_spice(Deck(network, ()))
    again = read_deck(text).network
    assert again == network
    assert to_spice(Deck(again, ())) == text


HEAD = "t\nv1 a 0 ac 1\nr1 a b 100\nr2 b 0 300\nr3 c 0 1\n"


@pytest.mark.parametrize(
    ("card", "source"),
    [
        ("E1 c 0 a b 2", Vcvs("e1", "c", "0", "a", "b", 2.0)),
        ("e1 (c,0) (a,b) 2k", Vcvs("e1", "c", "0", "a", "b", 2e3)),
        ("e1 c gnd poly(1) a GND 0 -2", Vcvs("e1", "c", "0", "a", "0", -2.0)),
        ("G1 c 0 a b 2m", Vccs("g1", "c", "0", "a", "b", 2e-3)),
        ("g1 c 0 POLY (1) a b 0 1", Vccs("g1", "c", "0", "a", "b", 1.0)),
        ("f1 c 0 V1 -3", Cccs("f1", "c", "0", "v1", -3.0)),
        ("f1 (c 0) poly(1) v1 0 3", Cccs("f1", "c", "0", "v1", 3.0)),
        ("h1 c 0 v1 5", Ccvs("h1", "c", "0", "v1", 5.0)),
    ],
)
def test_source_cards_are_read_as_ngspice_does(card, source) -> None:
    deck = read_deck(f"{HEAD}{card}\n.ac lin 1 1k 1k")
    assert deck.network.controlled == (source,)
    (ours,), session = simulate(deck), Session()
    (analysis,) = session.load(read_text_deck(f"{HEAD}{card}\n.ac lin 1 1k 1k"))
    theirs = session.run(analysis)
    np.testing.assert_allclose(ours.voltage("c"), theirs.voltage("c"), rtol=1e-12)
    assert ours.voltage("c")[0] != 0


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ("e1 c 0 a 2", "'e1' is read as 'e1 A B PLUS MINUS GAIN'"),
        ("e1 c 0 a b", "'e1' is read as"),
        ("g1 c 0 a b 1 m=2", "'g1' is read as"),
        ("f1 c 0 v1", "'f1' is read as 'f1 A B SOURCE GAIN'"),
        ("h1 c 0 poly(2) v1 v1 0 1 1", "'h1' is read as"),
        ("e1 c 0 value={v(a)}", "'e1' is read as"),
        ("e1 c 0 a b {x}", "there is no parameter 'x'"),
        ("e1 c 0 a b 2a", "'2a': ngspice 39"),
        ("e1 c 0 poly(1) a b 1 2", r"'e1': of a poly\(1\), only '0 GAIN'"),
        ("e1 c 0 poly(1) a b 0 2 3", r"'e1': of a poly\(1\), only '0 GAIN'"),
        ("e1 c 0 a b 0", r"vcvs 'e1': gain = 0\.0"),
        ("e1 c c a b 1", "vcvs 'e1': both ends"),
    ],
)
def test_other_cards_are_refused_with_their_line(card, message) -> None:
    with pytest.raises(DeckError, match=f"line 6: {message}"):
        read_deck(f"{HEAD}{card}")


def test_a_control_that_is_not_there_is_refused() -> None:
    for control in ("r1", "v9", "vi_r1"):
        match = f"cccs 'f1': '{control}', whose" if control != "r1" else None
        if match:
            with pytest.raises(DeckError, match=match):
                read_deck(f"{HEAD}f1 c 0 {control} 1")
    assert read_deck(f"{HEAD}f1 c 0 r1 1").network.metered == ("r1",)  # more than ngspice takes


def test_a_meter_stands_behind_what_controls() -> None:
    text = to_spice(BENCH)
    assert "\nr1 a r1_meter 100.0\nvi_r1 r1_meter b dc 0.0\n" in text
    assert "\nl1 b l1_meter 0.001\nvi_l1 l1_meter 0 dc 0.0\n" in text
    assert "\nf1 b 0 vi_r1 0.5\n" in text
    assert "\nh1 h 0 vi_l1 -7.0\n" in text
    assert read_deck(text) == BENCH


def test_what_is_no_meter_is_a_port() -> None:
    text = to_spice(BENCH)
    for meter, other in (("dc 0.0\nr2", "dc 1.0\nr2"), ("\n.save", "\nr9 r1_meter 0 1.0\n.save")):
        assert meter in text
        ports = [port.name for port in read_deck(text.replace(meter, other)).network.ports]
        assert ports == ["ir1", *(port.name for port in ALL.ports)]


def test_a_sensed_node_between_source_and_resistance_is_kept() -> None:
    """Were it swallowed by the port, what is sensed would not be there any more."""
    cards = "t\nv1 s 0 1\nrs{} s a 50\nr1 a b 1\nr2 b 0 1\ng1 b 0 s 0 1m"
    assert read_deck(cards.format(2)).network.ports == (Port("1", "s"),)
    with pytest.raises(DeckError, match="'rs1' is used twice"):
        read_deck(cards.format(1))
    series = "t\nv1 s m 1\nv2 m 0 1\nr1 s 0 1\ng1 s 0 m 0 1m"
    assert read_deck(series).network.ports == (Port("1", "s", "m"), Port("2", "m"))


def test_a_control_may_be_a_source_by_hand() -> None:
    network = read_deck(f"{HEAD}vs c d 0\nr4 d 0 1\nf1 b 0 vs 2").network
    assert network.ports[1] == Port("s", "c", "d")
    assert network["f1"] == Cccs("f1", "b", "0", "vs", 2.0)


# --- engines -------------------------------------------------------------------------------------


def test_results_hide_the_meters() -> None:
    with Pool(1) as pool:
        (pooled,) = pool.submit(BENCH).result()
    (shared,), (batch,) = simulate(BENCH), simulate_batch(BENCH)
    expected = {f"v({node})" for node in ALL.nodes[1:]} | {"v(port1_s)"}
    expected |= {f"i({name})" for name in ("v1", "l1", "e1", "h1")}
    for spectrum in (shared, batch, pooled):
        assert spectrum.vectors.keys() == expected
        np.testing.assert_array_equal(spectrum.voltage("b"), shared.voltage("b"))


def test_gains_are_altered() -> None:
    session, names, values = Session(), ["e1", "g1", "f1", "h1"], [-4.0, 2e-3, -0.25, 1 / 3]
    session.load(BENCH)
    before = session.run(SWEEP)
    session.alter(names, values)
    altered = session.run(SWEEP)
    (expected,) = simulate_batch(replace(BENCH, network=ALL.with_values(names, values)))
    for node in "beh":
        np.testing.assert_allclose(altered.voltage(node), expected.voltage(node), rtol=1e-13)
        assert np.abs(altered.voltage(node) / before.voltage(node) - 1).min() > 1e-3
    assert {*names} <= alterable(BENCH)
    for bad in (0.0, math.nan):
        with pytest.raises(DeckError, match=r"'e1' = .*must be finite and not zero"):
            session.alter(["e1"], [bad])


def test_alter_commands_name_the_gain() -> None:
    expected = ["alter e1 gain = -2.0", "alter h_x gain = 0.5"]
    assert alter_commands({"e1": -2.0, "h_x": 0.5}) == expected


def test_what_is_not_saved_can_not_be_judged() -> None:
    kept = {f"v({node})" for node in ALL.nodes[1:]} | {f"i({name})" for name in ("l1", "v1", "h1")}
    simulate(replace(BENCH, save=(*sorted(kept), "i(e1)")))
    for save in (("v(b)",), tuple(sorted(kept))):
        with pytest.raises(SimulationError, match="can't be checked"):
            simulate(replace(BENCH, save=save))


def test_transients_and_operating_points_run() -> None:
    deck = Deck(ALL, (Op(), Tran(1e-4, 1e-6, at_rest=False)), {"1": Source(dc=1.0)})
    point, waveforms = simulate(deck)
    assert point.voltage("h")[0] == pytest.approx(-7 * point.current("l1")[0])
    np.testing.assert_allclose(waveforms.voltage("e")[0], point.voltage("e")[0], rtol=1e-6)


def test_currents_that_ngspice_does_not_say() -> None:
    (s,) = simulate(BENCH)
    # Kirchhoff's current law at e, and at b
    np.testing.assert_allclose(current_of(ALL, s, "e1"), -current_of(ALL, s, "re"), rtol=1e-12)
    leaving = sum(current_of(ALL, s, name) for name in ("r2", "l1", "g1", "f1"))
    np.testing.assert_allclose(leaving, current_of(ALL, s, "r1"), rtol=1e-10)
    np.testing.assert_allclose(current_of(ALL, s, "f1"), 0.5 * current_of(ALL, s, "r1"))
    np.testing.assert_allclose(current_of(ALL, s, "r1"), -current_of(ALL, s, "v1"), rtol=1e-10)
    doubled = current_of(ALL, s, "f1", {"f1": 1.0})
    np.testing.assert_allclose(doubled, 2 * current_of(ALL, s, "f1"))
    tank = net(Capacitor("c1", "b", "0", 1.0))
    with pytest.raises(PhyslearnError, match="current of the capacitor 'c1' is not known"):
        current_of(tank, s, "c1")


def test_generated_networks_take_sources() -> None:
    rng = np.random.default_rng(0)
    network = with_controlled(complete(4, edge=EdgeModel(), rng=rng), rng)
    assert len(network.controlled) == 4
