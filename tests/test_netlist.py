"""Decks written: read back equal, spelled without loss, the sweep's frequencies ngspice's own."""

from __future__ import annotations

import hashlib
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from physlearn_spice.elements import (
    Capacitor,
    CubicConductance,
    Diode,
    Inductor,
    Resistor,
    SaturatingInductor,
    Varactor,
)
from physlearn_spice.errors import DeckError, NetworkError
from physlearn_spice.netlist import (
    Ac,
    Deck,
    Op,
    Source,
    Tran,
    alter_commands,
    analysis_command,
    at_frequencies,
    load_deck,
    read_deck,
    save_deck,
    side_files,
    to_spice,
)
from physlearn_spice.network import Network, Port
from physlearn_spice.ngspice import Session
from physlearn_spice.stimulus import Chirp, Multitone, Samples, Stimulus, Tone
from tests.batch import batch
from tests.random_networks import random_deck, random_network, random_sweep, value

SEEDS = range(250)
R = Resistor("r1", "a", "0", 2.0)
LINEAR = Network((R,), (Port("1", "a"),))
NONLINEAR = Network((R, Diode("d1", "a", "0")), (Port("1", "a"),))
TRAN, SWEEP = Tran(1e-3, 1e-6), Ac(1.0, 10.0, 5)
CHIRP, SAMPLES = Chirp(1.0, 1e3, 2e3, 1e-3), Samples(np.array([0.0, 1.0, -1.0]), 1e3, "three")


# --- there and back ------------------------------------------------------------------------------


def phaseless(deck: Deck) -> Deck:
    """The deck with every tone's phase 0: a phase goes through degrees, and may lose a bit."""

    def plain(waveform: Stimulus | None) -> Stimulus | None:
        match waveform:
            case Tone():
                return replace(waveform, phase=0.0)
            case Multitone():
                return Multitone(tuple(replace(tone, phase=0.0) for tone in waveform.tones))
        return waveform

    sources = {p: replace(s, waveform=plain(s.waveform)) for p, s in deck.sources.items()}
    return replace(deck, sources=sources)


def phases(deck: Deck) -> list[float]:
    waveforms = [deck.source(port.name).waveform for port in deck.network.ports]
    tones = [w.tones if isinstance(w, Multitone) else (w,) for w in waveforms]
    return [tone.phase for group in tones for tone in group if isinstance(tone, Tone)]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_deck_comes_back_as_it_was_saved(seed, tmp_path) -> None:
    deck = random_deck(np.random.default_rng(seed))
    path = tmp_path / "a folder with spaces" / "my deck.cir"
    save_deck(deck, path)
    again = load_deck(path)
    assert phaseless(again) == phaseless(deck)
    np.testing.assert_allclose(phases(again), phases(deck), rtol=0, atol=1e-12)
    assert path.read_text(encoding="utf-8") == to_spice(deck)
    assert to_spice(phaseless(again)) == to_spice(phaseless(deck))
    assert {p.name for p in path.parent.iterdir()} == {path.name, *side_files(deck)}
    if not side_files(deck):
        assert read_deck(to_spice(deck)) == again


def test_what_a_deck_leaves_out_comes_back_as_its_default() -> None:
    deck = Deck(NONLINEAR, [Op()], title=" a padded title ")
    assert read_deck(to_spice(deck)) == deck
    assert deck.sources == {"1": Source()}
    assert deck.title == "a padded title"


def test_another_charge_law_is_no_varactor() -> None:
    varactor = Network((R, Varactor("c1", "a", "0", 1e-9)), LINEAR.ports)
    text = to_spice(Deck(varactor, ()))
    assert read_deck(text).network == varactor
    for law, other in (("/2'", "/3'"), ("v(a,0)", "v(a,b)"), ("max", "min"), ("1-0.5", "1-0.4")):
        assert law in text
        with pytest.raises(DeckError, match="line 3: 'c1': only the charge law of this package"):
            read_deck(text.replace(law, other, 1))


def test_another_chirp_is_not_read() -> None:
    text = to_spice(Deck(LINEAR, (TRAN,), {"1": Source(waveform=CHIRP)}))
    assert read_deck(text).source("1").waveform == CHIRP
    for law, other in ((":0", ":1"), ("*time*time", "*time"), ("sin", "cos"), ("<=", "<")):
        assert law in text
        with pytest.raises(DeckError, match="line 4: 'b1': only this package's chirp is read"):
            read_deck(text.replace(law, other, 1))


def test_samples_missing_beside_the_deck_are_named(tmp_path) -> None:
    deck = Deck(LINEAR, (TRAN,), {"1": Source(waveform=SAMPLES)})
    path = tmp_path / "deck.cir"
    save_deck(deck, path)
    assert load_deck(path) == deck
    data = tmp_path / "samples_1.txt"
    for content in ("", "no header\n0 1\n", '# sample_rate 5.0 "x"\n0 1\n9 0\n9 0\n'):
        data.write_text(content, encoding="utf-8")
        with pytest.raises(DeckError, match=r"line 4: can't read the samples in .*samples_1\.txt"):
            load_deck(path)
    data.unlink()
    with pytest.raises(DeckError, match=r"line 4: can't read the samples in .*samples_1\.txt"):
        load_deck(path)
    with pytest.raises(DeckError, match="line 4: 'a1' reads a file: load the deck from a folder"):
        read_deck(path.read_text(encoding="utf-8"))
    with pytest.raises(DeckError, match=r"can't read .*nowhere\.cir"):
        load_deck(tmp_path / "nowhere.cir")


# --- text ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_values_stand_in_the_text_with_all_their_digits(seed) -> None:
    network = random_network(np.random.default_rng(seed))
    lines = [line.split() for line in to_spice(Deck(network, ())).splitlines()]
    cards = {words[0]: words[1:] for words in lines}
    for element in network.elements:
        a, b, *rest = cards[element.name]
        assert a == element.a
        assert b == element.b or isinstance(element, SaturatingInductor)
        if isinstance(element, Resistor | Inductor | Capacitor):
            assert float(rest[0]) == element.value
        elif isinstance(element, Diode):
            _, law, n = cards[".model"] = next(w[1:] for w in lines if w[:2] == [".model", *rest])
            assert float(law.removeprefix("d(is=")) == element.saturation_current
            assert float(n.removeprefix("n=").removesuffix(")")) == element.emission_coefficient
        elif isinstance(element, CubicConductance):
            assert f"({element.g1!r}+{element.g3!r}*" in rest[0]
        elif isinstance(element, SaturatingInductor):
            assert float(rest[0]) == element.saturated_inductance
            law = f"{element.saturation_current!r}*({element.initial_inductance!r}-"
            assert law in cards[f"bi_{element.name}"][2]
        else:
            assert f"{element.zero_bias_capacitance!r}*{element.junction_potential!r}/" in rest[0]
    for port in network.ports:
        if port.resistance > 0:
            assert float(cards[f"rs{port.name}"][2]) == port.resistance


TEXTS = """
import hashlib, sys
import numpy as np
from physlearn_spice.netlist import to_spice
from tests.batch import batch
from tests.random_networks import random_deck
for seed in range(30):
    text = to_spice(random_deck(np.random.default_rng(seed)))
    print(hashlib.sha256(text.encode()).hexdigest())
"""


def test_same_network_gives_the_same_text_in_every_process() -> None:
    texts = [to_spice(random_deck(np.random.default_rng(seed))) for seed in range(30)]
    here = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    root = Path(__file__).parents[1]
    for hash_seed in ("0", "4242"):
        env = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(root)}
        command = [sys.executable, "-c", TEXTS]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
        assert done.stdout.split() == here


def options_of(network: Network, *analyses, **options) -> set[str]:
    text = to_spice(Deck(network, analyses, {"1": Source(ac=1.0)}, options=options))
    lines = [line.split()[1:] for line in text.splitlines() if line.startswith(".options")]
    assert len(lines) <= 1
    return {word for line in lines for word in line}


def test_noopac_is_for_linear_networks_with_ac() -> None:
    assert options_of(LINEAR, SWEEP) == {"noopac"}
    assert options_of(LINEAR, Op(), *at_frequencies([1.0])) == {"noopac"}
    assert options_of(LINEAR, Op()) == set()
    assert options_of(NONLINEAR, SWEEP, Op()) == set()
    varactor = Network((R, Varactor("c1", "a", "0", 1.0)), LINEAR.ports)
    assert options_of(varactor, SWEEP) == set()


def test_trapezoidal_rule_is_for_transients_unless_the_user_says_otherwise() -> None:
    for network in (LINEAR, NONLINEAR):
        assert options_of(network, TRAN) == {"method=trap"}
        assert options_of(network, TRAN, Op(), method="gear") == {"method=gear"}
    assert options_of(LINEAR, TRAN, SWEEP, reltol=1e-6) == {"noopac", "method=trap", "reltol=1e-06"}


def test_options_follow_the_analyses_that_are_written() -> None:
    deck = Deck(LINEAR, (SWEEP, TRAN), {"1": Source(ac=1.0, waveform=CHIRP)})
    with pytest.raises(DeckError, match="AC and a transient with a chirp or samples: put them"):
        to_spice(deck)
    for waveform in (CHIRP, SAMPLES):
        with pytest.raises(DeckError, match="AC and a transient with a chirp or samples"):
            to_spice(replace(deck, sources={"1": Source(ac=1.0, waveform=waveform)}))
    spectrum, transient = to_spice(deck, [SWEEP]), to_spice(deck, [TRAN])
    assert "noopac" in spectrum
    assert "sin(" not in spectrum
    assert ".tran" not in spectrum
    assert "method=trap" in transient
    assert "sin(" in transient
    assert ".ac" not in transient


def test_alter_commands_name_the_element_and_keep_the_digits() -> None:
    values = {"r1": 1 / 3, "c1_x": 1e-9, "l2": 2e22}
    words = [command.split() for command in alter_commands(values)]
    assert [w[:3] for w in words] == [["alter", name, "="] for name in values]
    assert [float(w[3]) for w in words] == list(values.values())
    for bad in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(DeckError, match=r"'r1' = .*must be positive and finite"):
            alter_commands({"r1": bad})


def test_alter_of_a_source_is_of_its_dc_value_and_may_be_negative() -> None:
    assert alter_commands({"v1": -0.5}) == ["alter v1 dc = -0.5"]
    with pytest.raises(DeckError, match=r"'v1' = nan: must be finite"):
        alter_commands({"v1": math.nan})


@pytest.mark.parametrize("analysis", [Op(), SWEEP, Ac(3.0, 3.0, 1, "lin"), TRAN, Tran(1, 0.1, 0.5)])
def test_a_card_is_the_command_with_a_dot(analysis) -> None:
    text = to_spice(Deck(LINEAR, (analysis,), {"1": Source(ac=1.0)}))
    assert f".{analysis_command(analysis)}" in text.splitlines()


# --- sweeps and decks ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def session() -> Session:
    session = Session()
    session.load(Deck(LINEAR, (SWEEP,), {"1": Source(ac=1.0)}))
    return session


def test_frequencies_are_those_that_ngspice_visits(session) -> None:
    rng = np.random.default_rng(3)
    sweeps = [random_sweep(rng) for _ in range(300)]
    for k in range(600):  # whole decades between round numbers, where floor() is on the edge
        start = float(f"{value(rng, -3, 6):.{k % 2}e}")
        stop = float(repr(start * 10 ** int(rng.integers(1, 4))))
        sweeps.append(Ac(start, stop, int(rng.integers(1, 90))))
    sweeps += [Ac(1.0, 10.0, 2000), Ac(0.6, 6.0, 56), Ac(0.3, 3.0, 73)]
    sweeps += [Ac(1.0, stop, points, "oct") for stop in (2.0, 3.0, 1e4) for points in (1, 7, 40)]
    for sweep in sweeps:
        # a run whose sweep has another length or end raises
        visited = session.run(sweep).frequency
        grid = next(grid for grid in sweep.grids if len(grid) == len(visited))
        np.testing.assert_allclose(visited, grid, rtol=1e-11)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, 1.0, 5), "needs 0 < start"),
        ((-1.0, 1.0, 5), "needs 0 < start"),
        ((2.0, 1.0, 5), "needs 0 < start"),
        ((1.0, math.inf, 5), "needs 0 < start"),
        ((math.nan, 1.0, 5), "needs 0 < start"),
        ((1.0, 2.0, 0), "at least one point"),
        ((1.0, 1.0, 5), "write it as 'lin' with 1 point"),
        ((1.0, 1.0, 5, "lin"), "write it as 'lin' with 1 point"),
        ((1.0, 2.0, 1, "lin"), "start and stop must be the same"),
        ((1.0, 2.0, 2, "lin"), "2 points from 'lin': take 3"),  # ngspice visits the first alone
        ((1.0, 2.0, 5, "log"), "spacing 'log'"),
        ((1.0, 2.0, 3), "shorter than one step"),  # ngspice would run on for ever
        ((1.0, 10.0, 2400), "overshoots the stop"),
    ],
)
def test_impossible_sweeps_are_refused(arguments, message) -> None:
    with pytest.raises(DeckError, match=message):
        Ac(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [(0.0, 1e-3), (1.0, 0.0), (1.0, 2.0), (1.0, 0.1, 1.0), (1.0, 0.1, -0.1), (math.inf, 1.0)],
)
def test_impossible_transients_are_refused(arguments) -> None:
    with pytest.raises(DeckError, match="needs 0 <= start < stop and 0 < max_step <= stop"):
        Tran(*arguments)


def test_a_source_for_no_port_and_a_title_of_two_lines_are_refused() -> None:
    with pytest.raises(NetworkError, match="no port '2'"):
        Deck(LINEAR, (), {"2": Source()})
    for title in ("a\nb", "a\r.include x", "a\x0bb"):
        with pytest.raises(DeckError, match="one line"):
            Deck(LINEAR, (), title=title)


@pytest.mark.parametrize("title", ["  ", "", "*ng_script", ".include x", "+ 1", ".end", "* t"])
def test_no_title_does_anything(title, tmp_path, session) -> None:
    deck = Deck(LINEAR, (SWEEP,), {"1": Source(ac=1.0)}, title=title)
    (plot,) = batch(to_spice(deck), tmp_path)
    np.testing.assert_array_equal(plot.vectors["v(a)"], 1.0)
    other = Session()
    other.load(replace(deck, network=LINEAR.with_values(["r1"], [4.0])))
    np.testing.assert_allclose(other.run(SWEEP).current("v1"), -0.25, rtol=1e-15)
    session.load(Deck(LINEAR, (SWEEP,), {"1": Source(ac=1.0)}))


@pytest.mark.parametrize("options", [{"seed": "{nope"}, {"a b": None}, {"reltol": "1 \n.control"}])
def test_options_are_names_with_a_number_or_a_word(options) -> None:
    network = Network((Resistor("r1", "a", "0", 1.0),), (Port("1", "a"),))
    with pytest.raises(DeckError, match="a name, and a number or a word"):
        Deck(network, (), options=options)
    with pytest.raises(DeckError, match="can't save"):
        Deck(network, (), save=("all\n.control",))
