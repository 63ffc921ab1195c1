"""Coupled coils: what is refused and how, files, decks, and their energy."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from physlearn_spice import Coupling, EdgeModel, Inductor, Network, Port, Resistor, complete
from physlearn_spice.errors import DeckError, NetworkError, SimulationError
from physlearn_spice.netlist import Ac, Deck, Source, alter_commands, alterable, read_deck, to_spice
from physlearn_spice.ngspice import Session, simulate_batch
from tests.random_networks import random_network, with_couplings

SEEDS = range(40)
PORT = Port("1", "a", resistance=50.0)
COILS = (
    Inductor("l1", "a", "0", 1e-3),
    Inductor("l2", "b", "0", 4e-3),
    Inductor("l3", "b", "0", 1e-3),
    Resistor("r1", "b", "0", 100.0),
)
PAIR = Network(COILS, (PORT,), (Coupling("k1", "l1", "l2", 0.5),))


def coupled(*coefficients: tuple[str, str, float]) -> Network:
    couplings = [Coupling(f"k{k}", *of) for k, of in enumerate(coefficients, 1)]
    return Network(COILS, (PORT,), tuple(couplings))


@pytest.mark.parametrize("bad", [0.0, 1.0, -1.0, 1.5, math.nan, math.inf])
def test_a_coefficient_is_between_minus_one_and_one_and_not_zero(bad) -> None:
    with pytest.raises(NetworkError, match=f"coupling 'k1': coefficient = {bad}, must be between"):
        Coupling("k1", "l1", "l2", bad)
    assert Coupling("k1", "l1", "l2", -0.999).mutual(1e-3, 4e-3) == pytest.approx(-0.999 * 2e-3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Coupling("l1", "l1", "l2", 0.5), "coupling 'l1': the name must be.*'k'"),
        (lambda: Coupling("K1", "l1", "l2", 0.5), "coupling 'K1': the name must be"),
        (lambda: Coupling("k1", "l1", "l1", 0.5), "coupling 'k1': couples 'l1' with itself"),
        (lambda: coupled(("l1", "l9", 0.5)), "coupling 'k1': there is no inductor 'l9'"),
        (lambda: coupled(("r1", "l1", 0.5)), "coupling 'k1': there is no inductor 'r1'"),
        (
            lambda: coupled(("l1", "l2", 0.5), ("l2", "l1", 0.1)),
            "coupling 'k2': l1 and l2 are coupled by 'k1' already",
        ),
        (
            lambda: coupled(("l1", "l2", 0.9), ("l2", "l3", 0.9)),
            "the couplings k1, k2 are not positive definite: l1, l2, l3 would store no or",
        ),
        (
            lambda: coupled(("l1", "l2", 0.6), ("l2", "l3", 0.6), ("l1", "l3", -0.6)),
            "the couplings k1, k2, k3 are not positive definite",
        ),
        (lambda: replace(PAIR, couplings=PAIR.couplings * 2), "the name 'k1' is used twice"),
        (lambda: PAIR.with_values(["k1"], [1.0]), r"coupling 'k1': coefficient = 1\.0"),
        (lambda: coupled(("l1", "l2", 0.5)).with_values(["k9"], [0.1]), "no element 'k9'"),
    ],
)
def test_what_can_not_be_coupled_is_refused_by_name(make, message) -> None:
    with pytest.raises(NetworkError, match=message):
        make()


def test_three_coils_that_can_be_coupled_are_taken() -> None:
    coupled(("l1", "l2", 0.7), ("l2", "l3", 0.7))  # 0.7 sqrt(2) is below 1
    coupled(("l1", "l2", 0.9), ("l2", "l3", 0.9), ("l1", "l3", 0.9))


def test_couplings_have_no_nodes() -> None:
    bare = replace(PAIR, couplings=())
    for name in ("nodes", "loops", "branches", "stubs", "without_dc_path", "dc_loop", "is_linear"):
        assert getattr(PAIR, name) == getattr(bare, name)
    np.testing.assert_array_equal(PAIR.incidence, bare.incidence)
    assert not PAIR.controlled


def test_coefficients_are_values() -> None:
    assert PAIR.values(["l2", "k1"]).tolist() == [4e-3, 0.5]
    changed = PAIR.with_values(["k1", "l1"], [-0.25, 2e-3])
    assert changed.couplings == (Coupling("k1", "l1", "l2", -0.25),)
    assert changed["l1"] == Inductor("l1", "a", "0", 2e-3)
    assert PAIR.mutual_inductances() == {"k1": 0.5 * 2e-3}
    assert PAIR.mutual_inductances({"k1": -0.1, "l1": 4e-3}) == {"k1": pytest.approx(-4e-4)}


@pytest.mark.parametrize("seed", SEEDS)
def test_json_and_deck_give_back_every_bit(seed) -> None:
    rng = np.random.default_rng(seed)
    network = with_couplings(random_network(rng), rng)
    assert Network.from_json(network.to_json()) == network
    assert ("couplings" in json.loads(network.to_json())) == bool(network.couplings)
    assert read_deck(to_spice(Deck(network, ()))).network == network
    assert all(set(branch) <= {e.name for e in network.elements} for branch in network.branches)


def test_json_of_a_coupling_with_a_wrong_field_is_refused() -> None:
    document = json.loads(PAIR.to_json())
    for record in ({"name": "k1"}, {**document["couplings"][0], "coefficient": "1"}, 7):
        with pytest.raises(NetworkError, match="holds no network"):
            Network.from_json(json.dumps({**document, "couplings": [record]}))


HEAD = "t\nv1 a 0 ac 1\nl1 a 0 1m\nl2 b 0 4m\nl3 b 0 1m\nr1 b 0 100\n"


def test_k_cards_are_read() -> None:
    network = read_deck(f"{HEAD}K1 L1 L2 -0.5").network
    assert network.couplings == (Coupling("k1", "l1", "l2", -0.5),)
    three = read_deck(f"{HEAD}k1 l1 l2 l3 0.25").network.couplings
    pairs = [("l1", "l2"), ("l1", "l3"), ("l2", "l3")]
    assert three == tuple(Coupling(f"k1_{a}_{b}", a, b, 0.25) for a, b in pairs)


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ("k1 l1 0.5", "line 7: 'k1' needs two inductors and a value"),
        ("k1 l1 l2", "line 7: 'k1' needs two inductors and a value"),
        ("k1 l1 l2 {k}", "line 7: there is no parameter 'k'"),
        ("k1 l1 l2 1", "line 7: coupling 'k1': coefficient"),
        ("k1 l1 l1 0.5", "line 7: coupling 'k1': couples 'l1' with itself"),
        ("k1 l1 l9 0.5", "coupling 'k1': there is no inductor 'l9'"),
    ],
)
def test_other_k_cards_are_refused(card, message) -> None:
    with pytest.raises(DeckError, match=message):
        read_deck(f"{HEAD}{card}")


def test_a_k_card_stands_with_all_its_digits() -> None:
    network = PAIR.with_values(["k1"], [1 / 3])
    assert f"\nk1 l1 l2 {1 / 3!r}\n" in to_spice(Deck(network, ()))


SWEEP = Ac(1e3, 1e5, 5)


def test_a_coupling_is_altered_and_so_are_its_coils() -> None:
    """The mutual inductance follows the coils' own, as in a deck that is loaded anew."""
    session, names, values = Session(), ["k1", "l2"], [-0.123456789012345, 2.5e-3]
    session.load(Deck(PAIR, (SWEEP,), {"1": Source(ac=1.0)}))
    before = session.run(SWEEP)
    session.alter(names, values)
    altered = session.run(SWEEP)
    fresh = Deck(PAIR.with_values(names, values), (SWEEP,), {"1": Source(ac=1.0)})
    (expected,) = simulate_batch(fresh)
    np.testing.assert_allclose(altered.voltage("b"), expected.voltage("b"), rtol=1e-13)
    assert np.abs(altered.voltage("b") / before.voltage("b") - 1).min() > 0.1
    for bad in (1.0, -1.5, 0.0, math.nan):
        with pytest.raises(DeckError, match=r"'k1' = .*must be between -1 and 1"):
            session.alter(["k1"], [bad])


def test_couplings_of_several_coils_are_not_altered_one_by_one() -> None:
    network = coupled(("l1", "l2", 0.7), ("l2", "l3", 0.7))
    deck = Deck(network, (SWEEP,), {"1": Source(ac=1.0)})
    assert "k1" in alterable(Deck(PAIR, ()))
    assert not {"k1", "k2"} & alterable(deck)
    session = Session()
    session.load(deck)
    with pytest.raises(SimulationError, match="can't alter 'k1'"):
        session.alter(["k1"], [0.1])


def test_alter_commands_of_couplings() -> None:
    assert alter_commands({"k1": -0.5}) == ["alter k1 = -0.5"]


@pytest.mark.parametrize("seed", range(4))
def test_generated_networks_can_be_coupled(seed) -> None:
    rng = np.random.default_rng(seed)
    network = with_couplings(complete(4, edge=EdgeModel(), rng=rng), rng)
    assert len(network.couplings) == 4
