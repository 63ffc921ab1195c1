"""DC sweeps: what ngspice visits, against theory, and by every way through the package."""

from __future__ import annotations

import json
import math
import subprocess
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from physlearn_spice.cli.app import app
from physlearn_spice.elements import Capacitor, Diode, Inductor, Resistor
from physlearn_spice.errors import DeckError, SimulationError
from physlearn_spice.netlist import (
    Dc,
    Deck,
    Op,
    Source,
    analysis_command,
    read_deck,
    read_text_deck,
    to_spice,
)
from physlearn_spice.network import Network, Port
from physlearn_spice.ngspice import Pool, Session, simulate, simulate_batch
from physlearn_spice.ngspice.library import find_executable
from physlearn_spice.rawfile import read_raw, write_raw
from physlearn_spice.results import DcSweep, to_xarray, write_netcdf
from physlearn_spice.stimulus import Multitone, Tone
from tests.random_networks import random_dc, value

DIODE = Diode("d1", "a", "0", 1e-14, 1.3)
PAIR = Network((Resistor("r1", "n0", "a", 1e3), DIODE), (Port("1", "n0"),))
DIVIDER = Network(
    (Resistor("r1", "n0", "a", 1e3), Resistor("r2", "a", "0", 3e3)), (Port("1", "n0"),)
)
TEXT = "a divider\nv1 a 0 dc 1\nr1 a b 1k\nr2 b 0 1k\n"


def swept(network: Network, *sweeps: Dc, **fields) -> list[DcSweep]:
    results = simulate(Deck(network, sweeps, **fields))
    assert all(isinstance(result, DcSweep) for result in results)
    return [result for result in results if isinstance(result, DcSweep)]


# --- against theory ------------------------------------------------------------------------------


def test_a_diode_s_curve_is_shockley_s() -> None:
    """To ngspice's reltol: its Newton steps end where the next moves less than 1e-3."""
    (curve,) = swept(PAIR, Dc("v1", -1.0, 1.0, 0.05), options={"reltol": 1e-9})
    v, i = curve.voltage("a"), -curve.current("v1")
    # gmin, 1e-12 S, is across every junction
    np.testing.assert_allclose(i, DIODE.current(v) + 1e-12 * v, rtol=1e-4, atol=2e-15)
    assert i[-1] > 1e-4


def test_a_divider_divides_at_every_value() -> None:
    up, down, ohms, behind = swept(
        DIVIDER,
        Dc("v1", 0.0, 2.0, 0.25),
        Dc("v1", 2.0, -2.0, -0.5),
        Dc("r1", 1e3, 9e3, 1e3),
        Dc("v1", 3.0, 3.0, 1.0),
        sources={"1": Source(dc=4.0)},
    )
    for sweep in (up, down, behind):
        np.testing.assert_allclose(sweep.voltage("a"), 0.75 * sweep.sweep, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(down.sweep, np.arange(2.0, -2.1, -0.5), rtol=1e-12)
    np.testing.assert_allclose(ohms.voltage("a"), 4 * 3e3 / (3e3 + ohms.sweep), rtol=1e-12)
    assert [r.unit for r in (up, ohms)] == ["V", "Ohm"]
    assert len(behind.sweep) == 1


def test_the_source_resistance_is_swept_by_its_name() -> None:
    network = Network((Resistor("r1", "a", "0", 50.0),), (Port("1", "a", resistance=50.0),))
    (sweep,) = swept(network, Dc("rs1", 50.0, 150.0, 50.0), sources={"1": Source(dc=1.0)})
    np.testing.assert_allclose(sweep.voltage("a"), 50 / (50 + sweep.sweep), rtol=1e-12)


def test_tones_are_silent_in_a_sweep() -> None:
    tones = Multitone((Tone(1.0, 1e3, 1.0), Tone(2.0, 3e3, 0.3)))
    (sweep,) = swept(DIVIDER, Dc("v1", 0.0, 1.0, 0.5), sources={"1": Source(0.2, waveform=tones)})
    np.testing.assert_allclose(sweep.voltage("a"), [0, 0.375, 0.75], atol=1e-15)


# --- what ngspice visits -------------------------------------------------------------------------


def test_values_are_those_that_ngspice_visits() -> None:
    rng = np.random.default_rng(7)
    sweeps = [random_dc(rng, DIVIDER) for _ in range(200)]
    for _ in range(300):  # round steps between round numbers, where rounding decides
        step = float(f"{value(rng, -4, 2):.0e}")
        n = int(rng.integers(1, 400))
        sweeps.append(Dc("v1", 0.0, float(repr(n * step)), step))
    sweeps += [Dc("v1", 0, 1e3, 0.1), Dc("v1", 1e-13, 5e-13, 1e-13), Dc("v1", 0, 1, 2)]
    session = Session()
    session.load(Deck(DIVIDER, sweeps[:1]))
    for sweep in sweeps:
        result = session.run(sweep)  # which raises where the length or an end is another
        assert isinstance(result, DcSweep)
        grid = next(grid for grid in sweep.grids if len(grid) == len(result.sweep))
        np.testing.assert_allclose(result.sweep, grid, rtol=1e-11, atol=1e-11 * abs(sweep.step))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("v1", 0, 1, 0.0), "a step of 0 never ends"),
        (("v1", 0, 1, -0.1), "the step leads away from the stop; change its sign"),
        (("v1", 1, 0, 0.1), "the step leads away from the stop"),
        (("v1", 0, 1, 1e-7), "more than 1,000,000 points"),
        (("v1", 0, math.inf, 1), "must be finite"),
        (("r1", 0, 10, 1), "must stay positive"),
        (("temp", 0, 50, 1), "those of 27 Celsius"),
        (("l1", 0, 50, 1), "a voltage source, current source or resistor"),
    ],
)
def test_impossible_sweeps_are_refused_and_by_line_in_a_deck(arguments, message) -> None:
    with pytest.raises(DeckError, match=message):
        Dc(*arguments)
    source, *numbers = arguments
    card = f".dc {source} {' '.join(map(repr, numbers))}".replace("inf", "1e999")
    for reader in (read_deck, read_text_deck):
        with pytest.raises(DeckError) as caught:
            reader(f"{TEXT}l1 b 0 1m\n{card}\n.end\n")
        assert caught.value.line == 6


@pytest.mark.parametrize(
    ("card", "message"),
    [
        (".dc v2 0 1 0.1", "'v2': there is no such"),
        (".dc v1 0 1", "needs '.dc source start stop step'"),
        (".dc v1 0 1 0.1 r1 1 2 1", "a nested sweep is not run; write one .dc for each"),
        (".dc v1 0 4k7 1", "write 4.7k"),
    ],
)
def test_cards_that_are_no_sweep_are_refused_by_line(card, message) -> None:
    for reader in (read_deck, read_text_deck):
        with pytest.raises(DeckError, match=message) as caught:
            reader(f"{TEXT}{card}\n.end\n")
        assert caught.value.line == 5


def test_a_source_that_shares_its_port_is_not_swept() -> None:
    chain = "t\nv1 a m dc 1\nv2 m 0 dc {}\nr1 a 0 1k\n.dc {} 0 1 0.5\n.end\n"
    assert read_deck(chain.format(0, "v1")).analyses == (Dc("v1", 0.0, 1.0, 0.5),)
    with pytest.raises(DeckError, match=r"line 5: .* in series"):
        read_deck(chain.format(2, "v1"))
    with pytest.raises(DeckError, match=r"line 5: .*'v2'.* in series"):
        read_deck(chain.format(2, "v2"))
    with pytest.raises(DeckError, match=r"'v9'.* the sources are v1"):
        Deck(DIVIDER, (Dc("v9", 0.0, 1.0, 0.5),))


def test_a_sweep_needs_a_determined_operating_point() -> None:
    plates = Network((Capacitor("c1", "n0", "b", 1.0), Capacitor("c2", "b", "0", 1.0)), PAIR.ports)
    with pytest.raises(DeckError, match="a DC sweep: node 'b' has no DC path"):
        to_spice(Deck(plates, (Dc("v1", 0.0, 1.0, 0.5),)))
    coil = Network((Inductor("l1", "n0", "0", 1.0),), PAIR.ports)
    with pytest.raises(DeckError, match="a DC sweep: v1, l1 are a loop"):
        to_spice(Deck(coil, (Dc("v1", 0.0, 1.0, 0.5),)))
    with pytest.raises(DeckError, match="has no DC path"):
        read_text_deck("t\nv1 a 0 1\nc1 a b 1\nc2 b 0 1\n.dc v1 0 1 1\n")


# --- every way through the package ---------------------------------------------------------------

DECK = Deck(PAIR, (Dc("v1", -0.5, 1.0, 0.1), Op(), Dc("r1", 1e3, 5e3, 2e3)), {"1": Source(0.7)})


def assert_same(some, others) -> None:
    for one, other in zip(some, others, strict=True):
        assert type(one) is type(other)
        assert one.vectors.keys() == other.vectors.keys()
        for name in one.vectors:
            assert one.vectors[name].tobytes() == other.vectors[name].tobytes()
        if isinstance(one, DcSweep):
            assert one.sweep.tobytes() == other.sweep.tobytes()
            assert (one.source, one.unit) == (other.source, other.unit)


def test_session_batch_pool_and_text_give_the_same_bits() -> None:
    mine = simulate(DECK)
    text = read_text_deck(to_spice(DECK))
    with Pool(1) as pool:
        for others in (simulate_batch(DECK), simulate(text), simulate_batch(text)):
            assert_same(mine, others)
        assert_same(mine, pool.submit(DECK).result())
        rows = list(pool.run_many(DECK, ["r1"], [[1e3], [2e3]], DECK.analyses[0]))
    assert_same(mine[:1], rows[:1])
    assert rows[1].voltage("a")[-1] < rows[0].voltage("a")[-1]  # pyright: ignore


def test_a_current_source_and_a_source_in_a_subcircuit_are_swept_in_text() -> None:
    deck = read_text_deck(
        ".title\ni1 0 b 1m\nr1 b 0 1k\nx1 c s\n.subckt s c\nv1 c 0 2\nr1 c 0 1k\n.ends\n"
        ".param top=1m\n.dc i1 0 {top} {top/2}\n.dc v.x1.v1 0 1 0.5\n"
    )
    for results in (simulate(deck), simulate_batch(deck)):
        by_current, inside = results
        assert isinstance(by_current, DcSweep)
        assert (by_current.source, by_current.unit) == ("i1", "A")
        np.testing.assert_allclose(by_current.sweep, [0, 5e-4, 1e-3], rtol=1e-12)
        np.testing.assert_allclose(by_current.voltage("b"), [0, 0.5, 1], rtol=1e-9)
        np.testing.assert_allclose(inside.voltage("c"), [0, 0.5, 1], rtol=1e-9)
    with pytest.raises(DeckError, match=r"'v.x1.v2': there is no such device"):
        simulate(read_text_deck(deck.text.replace("v.x1.v1", "v.x1.v2")))


def test_a_sweep_that_fails_leaves_its_source_as_it_was() -> None:
    """ngspice leaves it where the sweep broke off, and the next analysis would run there."""
    deck = read_text_deck(
        "t\nv1 a 0 dc 0.5\nr1 a b 1k\nr2 b 0 1k\nb1 b 0 i=v(b)>0.32?ln(v(b)-5)*1e300:0\n"
        ".op\n.dc v1 0 1 0.1\n"
    )
    session = Session()
    point, sweep = session.load(deck)
    session.alter(["r2"], [500.0])
    before = session.run(point)
    with pytest.raises(SimulationError, match="in dc analysis"):
        session.run(sweep)
    assert_same([before], [session.run(point)])
    np.testing.assert_allclose(before.voltage("b"), 0.5 / 3)


def test_a_card_is_read_as_it_was_written() -> None:
    deck = read_deck(to_spice(DECK))
    assert deck.analyses == DECK.analyses
    assert DECK.kinds == ("dc", "op", "dc")
    assert f".{analysis_command(DECK.analyses[0])}" == ".dc v1 -0.5 1.0 0.1"


def test_raw_files_and_netcdf_hold_a_sweep(tmp_path) -> None:
    results = swept(PAIR, Dc("v1", 0.0, 1.0, 0.25), Dc("r1", 1e3, 2e3, 1e3))
    write_raw(results, tmp_path / "out.raw")
    volts, ohms = read_raw(tmp_path / "out.raw")
    assert volts.name == ohms.name == "DC transfer characteristic"
    assert next(iter(volts.vectors)) == "v(v-sweep)"
    assert next(iter(ohms.vectors)) == "res-sweep"
    np.testing.assert_array_equal(volts.vectors["v(v-sweep)"], results[0].sweep)
    np.testing.assert_array_equal(volts.vectors["v(a)"], results[0].voltage("a"))
    said = subprocess.run(
        [find_executable(), "-n", "-b"],
        input=f"t\n.control\nload {tmp_path / 'out.raw'}\ndisplay\n.endc\n.end\n",
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    assert "res-sweep" in said
    import xarray as xr

    write_netcdf(to_xarray(results[1]), tmp_path / "out.nc")
    with xr.open_dataset(tmp_path / "out.nc", engine="scipy") as dataset:
        assert dataset["sweep"].attrs == {"units": "Ohm", "long_name": "r1"}
        np.testing.assert_array_equal(dataset["v(a)"].to_numpy(), results[1].voltage("a"))


def test_run_tells_of_a_sweep_and_writes_it(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.cir").write_text(to_spice(DECK))
    Path("t.cir").write_text(to_spice(DECK).replace(".op", "b1 q 0 v=1\nrb q 0 1\n.op"))
    runner = CliRunner()
    for name in ("a.cir", "t.cir"):
        done = runner.invoke(app, ["run", name, "--json", "--netcdf", "x.nc"])
        assert done.exit_code == 0, done.output
        text = done.stdout[done.stdout.index("{") :]
        first, _, last = json.loads(text)["analyses"]
        assert (first["analysis"], first["points"]) == ("dc", 16)
        assert first["vectors"]["v(n0)"] == pytest.approx({"largest": 1.0, "v1_V": 1.0})
        assert last["vectors"]["v(a)"]["r1_Ohm"] == 1e3
        assert Path("x_1.nc").exists()
    shown = runner.invoke(app, ["run", "a.cir"])
    assert "at v1 [V]" in shown.output
    assert runner.invoke(app, ["run", "a.cir", "--out", "res"]).exit_code == 0
    record = json.loads(Path("res/a.cir.json").read_text())
    assert [account["analysis"] for account in record["accounts"]] == ["dc", "op", "dc"]
