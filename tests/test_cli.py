"""The command line as users meet it: what it writes, what it says, and how it ends."""

from __future__ import annotations

import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from physlearn_spice import Network, load_deck
from physlearn_spice.cli import main
from physlearn_spice.graphml import from_graphml, to_graphml
from physlearn_spice.rawfile import read_raw
from tests.benches import series_rlc

SIGNALS = Path(__file__).parents[1] / "circuits" / "signals"
SMALL = ["--inductance", "16m:320m", "--capacitance", "0.4u:8u", "--source-resistance", "10"]


@pytest.fixture
def physlearn(monkeypatch, capsys):
    """Run the command line in this process; give its exit code, output and errors."""

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["physlearn", *map(str, words)])
        with pytest.raises(SystemExit) as ending:
            main()
        out, err = capsys.readouterr()
        code = ending.value.code
        return (0 if code is None else int(code)), out, err

    return run


def start(*words: object) -> subprocess.Popen[str]:
    """Run the command line in a session of its own, which heeds Ctrl-C even where we don't."""
    return subprocess.Popen(
        [sys.executable, "-c", "from physlearn_spice.cli import main; main()", *map(str, words)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


@pytest.fixture
def folder(tmp_path: Path, physlearn) -> Path:
    """A folder, with a space in its path, that holds a small network."""
    place = tmp_path / "my networks"
    code, _, err = physlearn("generate", "complete", "-n", 4, *SMALL, "--seed", 2, "-o", place)
    assert (code, err) == (0, "")
    return place


@pytest.mark.parametrize(
    "command", ["generate", "run", "spectrum", "tune", "tune compare", "report", "doctor"]
)
def test_help_shows_an_example(physlearn, command: str) -> None:
    code, out, _ = physlearn(*command.split(), "--help")
    assert code == 0
    assert f"Example: physlearn {command}" in " ".join(out.split())


@pytest.mark.parametrize(
    "words",
    [
        ("complete", "-n", "5"),
        ("gnm", "-n", "12", "-m", "30", "--edge", "one-of", "--inductor-esr", "0.1:1"),
        ("regular", "-n", "10", "-d", "3", "--capacitor-esr", "0.5"),
        ("lattice", "-n", "3", "--columns", "4", "--resistance", "10~0.3"),
        ("gnp", "-n", "7", "-p", "0.6", "--edge", "series-lc", "--inductor-esr", "1"),
        ("scale-free", "-n", "8", "--attach", "2", "--edge", "parallel-rlc"),
        ("ladder", "-n", "4", "--nonlinear", "saturating", "--nonlinear-share", "0.5"),
        ("complete", "-n", "4", "--nonlinear", "varactor", "--nonlinear-share", "0.5"),
        ("complete", "-n", "4", "--nonlinear", "diode", "--nonlinear-share", "0.5"),
    ],
)
def test_generate_writes_what_run_takes(physlearn, tmp_path: Path, words: tuple[str, ...]) -> None:
    code, out, _ = physlearn("generate", *words, "--seed", 1, "-o", tmp_path, "--json")
    assert code == 0
    facts = json.loads(out)
    network = Network.from_json((tmp_path / "network.json").read_text())
    assert load_deck(tmp_path / "network.cir").network == network
    assert from_graphml((tmp_path / "network.graphml").read_text()) == network
    assert facts["loops"] == network.loops
    code, out, _ = physlearn("run", tmp_path / "network.cir", "--json")
    assert code == 0
    (account,) = json.loads(out)["analyses"]
    assert abs(account["residual"]) < (1e-6 if network.is_linear else 1e-3)


def test_the_same_seed_gives_the_same_files(physlearn, tmp_path: Path) -> None:
    texts: list[str] = []
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        physlearn("generate", "gnm", "-n", 9, "--seed", seed, "-o", tmp_path / name)
        texts.append((tmp_path / name / "network.json").read_text())
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize(
    ("words", "n_branches"),
    [
        (("small-world", "-n", "10", "-d", "6", "-p", "0.2"), 30),
        (("geometric", "-n", "8", "--radius", "1.5"), 28),
        (("triangular", "-n", "4", "--columns", "3"), 3 * 3 + 4 * 2 + 3 * 2),
        # a corner that is not driven joins three edges
        (("cubic", "-n", "2", "--columns", "3", "--layers", "4"), 12 + 16 + 18),
        (("ladder", "-n", "4", "--nonlinear", "cubic", "--nonlinear-share", "1"), 2 * 4 - 1),
    ],
)
def test_generate_draws_every_topology(physlearn, tmp_path, words, n_branches) -> None:
    code, out, _ = physlearn("generate", *words, "-o", tmp_path, "--json")
    assert code == 0
    assert json.loads(out)["branches"] == n_branches


def test_generate_puts_elements_on_anybodys_graph(physlearn, tmp_path: Path) -> None:
    path = tmp_path / "mine.graphml"
    nx.write_graphml(nx.Graph([("x", "y"), ("y", "z"), ("z", "x")]), path)
    code, out, _ = physlearn("generate", "graph", "--graph", path, "-o", tmp_path, "--json")
    assert code == 0
    assert json.loads(out)["loops"] == 1
    code, out, _ = physlearn("generate", "graph", "--graph", path, "-o", tmp_path)
    assert out.startswith("2 branches, 9 elements, 1 independent loop; wrote ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("graph",), "needs --graph FILE"),
        (("graph", "--graph", "nowhere.graphml"), "can't read 'nowhere.graphml'"),
        (("ladder", "--radius", "0.5"), "--radius is an option of geometric, not ladder"),
        (("complete", "-d", "3"), "--degree is an option of regular and small-world, not complete"),
        (("small-world", "-d", "3"), "needs an even k"),
    ],
)
def test_generate_tells_what_does_not_go_together(physlearn, tmp_path, words, message) -> None:
    code, _, err = physlearn("generate", *words, "-o", tmp_path)
    assert code == 1
    assert message in " ".join(err.split())


def test_spectrum_shows_what_a_tolerance_spreads(physlearn, tmp_path: Path) -> None:
    network = series_rlc(quality_factor=30.0, source_resistance=3.0)
    (tmp_path / "network.graphml").write_text(to_graphml(network), encoding="utf-8")
    words = "spectrum", tmp_path / "network.graphml", "--e24", "--tolerance", "10%", "-o", tmp_path
    code, out, _ = physlearn(*words, "--json")
    assert code == 0
    found = json.loads(out)
    assert found["tolerance"] == {"relative": 0.1, "sets": 200, "percentiles": [5, 50, 95]}
    (mode,) = found["resonances"]
    # 1 / (2 pi sqrt(LC)) of 1 mH and 10 nF, the nearest of E24 to 10.13
    assert mode["f0_Hz"] == pytest.approx(1 / (2 * math.pi * math.sqrt(1e-3 * 1e-8)), rel=1e-9)
    low, middle, high = (f0 / mode["f0_Hz"] for f0 in mode["f0_Hz_spread"])
    # half of the sum of two uniform errors: its 5th percentile is (1 - sqrt(0.1)) of 10 %
    assert low == pytest.approx(1 - 0.068, abs=0.01)
    assert middle == pytest.approx(1.0, abs=0.01)
    assert high == pytest.approx(1 + 0.068, abs=0.015)
    assert (tmp_path / "spectrum.png").exists()
    code, out, _ = physlearn(*words[:5])
    assert code == 0
    assert "f0, 5 to 95 %" in out
    assert "nearest of E24" in " ".join(out.split())
    assert physlearn(*words[:2], "--tolerance", "ten")[0] == 1


def test_run_prints_a_ledger_and_writes_raw(physlearn, folder: Path) -> None:
    raw = folder / "out.raw"
    code, out, _ = physlearn("run", folder / "network.cir", "--raw", raw)
    assert code == 0
    assert "source resistance not counted" in " ".join(out.split())
    assert "peak" in out
    (plot,) = read_raw(raw)
    assert len(plot.vectors["frequency"]) > 100


ACTIVE = """a
v1 s 0 ac 1 sin(0 1 10k)
rs1 s a 50
l1 a 0 1m
c1 a 0 1u
l2 b 0 1m
k1 l1 l2 0.5
r1 b 0 100
e1 c 0 b 0 3
r2 c a 200
.ac dec 5 1k 100k
.tran 1u 1m 0 1u uic
"""


def test_run_says_what_controlled_sources_deliver(physlearn, tmp_path: Path) -> None:
    deck = tmp_path / "active.cir"
    deck.write_text(ACTIVE, encoding="utf-8")
    code, out, _ = physlearn("run", deck, "--json")
    assert code == 0
    ac, tran = json.loads(out)["analyses"]
    for account, given in ((ac, "delivered_W"), (tran, "delivered_J")):
        assert account[given]["e1"] != 0
        assert abs(account["residual"]) < 1e-6
    assert "k1" in tran["stored_J"]
    code, out, _ = physlearn("run", deck)
    assert code == 0
    assert out.count("delivered by") == 2


def test_spectrum_finds_the_resonances_and_writes_files(physlearn, folder: Path) -> None:
    words = ("--band", "50:3k", "--points", 400, "-o", folder, "--json")
    code, out, _ = physlearn("spectrum", folder / "network.json", *words)
    assert code == 0
    found = json.loads(out)
    assert len(found["resonances"]) == 4  # K_4 with series RLC edges, driven by a source: 3 + 1
    assert all(0 < row["efficiency"] <= 1 for row in found["resonances"])
    for name in ("spectrum.s1p", "spectrum.nc", "spectrum.png"):
        assert (folder / name).stat().st_size > 0


def test_tune_to_a_recording(physlearn, folder: Path) -> None:
    out_folder = folder / "tuned"
    sound = SIGNALS / "glass_hum.wav"
    words = ("-n", 200, "--seed", 3, "-o", out_folder, "--json")
    code, out, _ = physlearn("tune", folder / "network.cir", sound, *words)
    assert code == 0
    facts = json.loads(out)
    assert facts["evaluations"] == 200
    assert facts["best_W"] > 1.5 * facts["untuned_W"]
    assert facts["best_W"] < facts["available_W"]
    for name in ("network.cir", "network.json", "network.raw", "spectrum.s1p", "result.nc"):
        assert (out_folder / name).stat().st_size > 0
    for name in ("network.png", "spectrum.png", "trace.png"):
        assert (out_folder / name).read_bytes().startswith(b"\x89PNG")
    import xarray as xr

    with xr.open_dataset(out_folder / "result.nc", engine="scipy") as data:
        trace = data["trace"].to_numpy()
        assert trace.shape == (1, 1, 200)
        assert trace.max() == facts["best_W"]
        total = data["dissipated"].sum("resistor").to_numpy()
        assert total == pytest.approx([facts["untuned_W"], facts["best_W"]], rel=1e-9)


def test_tune_to_tones_scaled(physlearn, folder: Path) -> None:
    words = ("220k,330k:0.5", "--time-scale", 1000, "--amplitude", 2, "-n", 50, "-o", folder / "t")
    code, out, _ = physlearn("tune", folder / "network.json", *words, "--json")
    assert code == 0
    assert json.loads(out)["tones"] == [[220.0, 2.0], [330.0, 1.0]]


def test_compare_tells_methods_apart_on_equal_numbers(physlearn, folder: Path) -> None:
    out_folder = folder / "compared"
    words = ("220,330:0.5", "--methods", "plain,1+1-es,gradient", "-n", 300, "--runs", 3)
    code, out, _ = physlearn(
        "tune", "compare", folder / "network.json", *words, "--json", "-o", out_folder
    )
    assert code == 0
    facts = json.loads(out)
    rows = facts["methods"]
    assert list(rows) == ["plain", "1+1-es", "gradient"]
    for row in rows.values():
        assert row["last_quarter_95"][0] <= row["last_quarter"] <= row["last_quarter_95"][1]
        assert row["last_quarter"] <= row["best"] <= 1
        assert (row["runs_that_hit"] > 1) == (row["median_hitting_time"] is not None)
    assert rows["1+1-es"]["last_quarter"] > rows["plain"]["last_quarter"]
    assert rows["gradient"]["best"] > rows["plain"]["best"]
    assert (out_folder / "trace.png").read_bytes().startswith(b"\x89PNG")
    import xarray as xr

    with xr.open_dataset(out_folder / "result.nc", engine="scipy") as data:
        trace = data["trace"].to_numpy() / facts["available_W"]
    assert trace.shape == (3, 3, 300)
    for of, row in zip(trace, rows.values(), strict=True):
        assert row["last_quarter"] == pytest.approx(of[:, -75:].mean(), rel=1e-12)
        assert row["best"] == pytest.approx(of.max(axis=1).mean(), rel=1e-12)
        assert row["regret"] == pytest.approx(1 - of.mean(), rel=1e-12)
    assert Network.from_json((out_folder / "network.json").read_text())
    code, out, _ = physlearn("report", out_folder)
    assert code == 0
    assert "tune compare" in (out_folder / "report.html").read_text()


def test_compare_prints_a_table_without_a_gradient_for_ngspice(physlearn, folder: Path) -> None:
    words = ("220", "--engine", "ngspice", "-n", 45, "--runs", 2, "-o", folder / "compared")
    code, out, _ = physlearn("tune", "compare", folder / "network.json", *words)
    assert code == 0
    assert "cma-es" in out
    assert "gradient  " not in out
    code, _, err = physlearn(
        "tune", "compare", folder / "network.json", *words, "--methods", "gradient"
    )
    assert code == 1
    assert "no gradient" in err


def test_ctrl_c_leaves_the_best_so_far(folder: Path) -> None:
    out_folder = folder / "interrupted"
    process = start("tune", folder / "network.json", "220,330", "-n", 1000000, "-o", out_folder)
    time.sleep(4.0)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in err
    assert "The best is in" in out
    assert Network.from_json((out_folder / "network.json").read_text())


def test_doctor_reports(physlearn) -> None:
    code, out, _ = physlearn("doctor", "--json")
    assert code == 0
    report = json.loads(out)
    assert report["ok"]
    assert "ngspice-" in report["ngspice"]["found"]


def test_doctor_says_how_to_get_what_is_missing(physlearn, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code, out, _ = physlearn("doctor", "--json")
    assert code == 4
    assert "apt install ngspice" in json.loads(out)["ngspice"]["found"]


DECK = "title\nvin in 0 ac 1\nr1 in a 50\nl1 a b 1m\nc1 b 0 1u\n.ac dec 10 100 10k\n.end\n"
BAD_DECKS = {
    "empty": ("", "the deck has no cards"),
    "control": (DECK.replace(".end", ".control\nshell rm\n.endc\n.end"), r"line 8: '.control'"),
    "floating island": (DECK.replace("c1", "r9 x y 1\nr8 x y 1\nc1"), "node 'x' is floating"),
    "source loop": (DECK.replace("r1", "v2 in 0 1\nr1", 1), "line 3: voltage-source loop: vin, v2"),
    "duplicate": (DECK.replace("c1", "r1 a 0 1\nc1"), "line 5: the name 'r1' is used twice"),
    "no value": (DECK.replace("in a 50", "in a"), "line 3: 'r1' has no value"),
    "no analysis": (DECK.replace(".ac dec 10 100 10k\n", ""), "no analysis"),
    "no AC source": (DECK.replace("ac 1", "dc 1"), "add 'ac 1' to 'vin'"),
    "no source": (DECK.replace("vin", "r9"), "add one, such as 'v1 NODE 0 ac 1'"),
    "noise": (DECK.replace(".ac ", ".noise v(b) vin "), "no analysis that is run here"),
}
# no networks of the package's, but circuits for ngspice
ODD_DECKS = {
    "dangling": (DECK.replace(".ac", "r9 b nowhere 1\n.ac"), "line 6: node 'nowhere' is floating"),
    "current source": (
        DECK.replace("r1", "i1 0 b 1\nr1", 1),
        "between '0' and 'b' (1g is next to none)\n",  # and not that run would run it
    ),
    "negative": (DECK.replace("in a 50", "in a -50"), r"line 3: resistor 'r1': value = -50.0"),
    "amplifier": (DECK.replace(".ac", "e1 o 0 vol='10*v(b)'\nr2 o 0 1\n.ac"), "line 6: "),
}


@pytest.mark.parametrize("case", BAD_DECKS)
def test_bad_deck_is_one_message(physlearn, tmp_path: Path, case: str) -> None:
    text, message = BAD_DECKS[case]
    deck, raw = tmp_path / "bad.cir", tmp_path / "out.raw"
    deck.write_text(text)
    raw.write_text("precious")
    code, out, err = physlearn("run", deck, "--raw", raw)
    assert code == 1
    assert message in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in out + err
    assert raw.read_text() == "precious"


@pytest.mark.parametrize("case", ODD_DECKS)
def test_deck_that_is_no_network_runs_as_text_and_says_why(physlearn, tmp_path, case) -> None:
    text, warning = ODD_DECKS[case]
    deck, raw = tmp_path / "odd.cir", tmp_path / "odd.raw"
    deck.write_text(text)
    code, out, err = physlearn("run", deck, "--raw", raw, "--json")
    assert code == 0
    assert "run as text" in err
    assert warning in err
    (account,) = json.loads(out)["analyses"]
    (plot,) = read_raw(raw)
    for name, row in account["vectors"].items():
        assert row["largest"] == pytest.approx(np.abs(plot.vectors[name]).max(), rel=1e-12)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("run", "nowhere.cir"), 1, "nowhere.cir"),
        (("spectrum", "nowhere.json"), 1, "nowhere.json"),
        (("tune", "{net}", "nowhere.wav"), 1, "No such file or directory\n"),
        (("tune", "{net}", "{truncated}"), 1, "truncated"),
        (("tune", "{net}", "220,abc"), 1, "'abc'"),
        (("tune", "{net}", "220", "--tuner", "magic"), 1, "local-latch"),
        (("tune", "{net}", "220", "--move", "x"), 1, "--move"),
        (("tune", "{net}", "220", "-n", "10"), 1, "warm-up"),
        (("tune", "{net}", "220", "--range", "0.5"), 1, "must exceed 1"),
        (("tune", "compare", "{net}", "220", "--methods", "magic"), 1, "cma-es"),
        (("tune", "compare", "{net}", "220", "--methods", "random,random"), 1, "twice"),
        (("tune", "compare", "{net}", "220:0"), 1, "silent"),
        (("tune", "compare", "{net}", "220", "--runs", "1"), 2, "--runs"),
        (("tune", "compare"), 2, "tune compare"),
        (("spectrum", "{net}", "--band", "2k:100"), 1, "low before high"),
        (("spectrum", "{net}", "--port", "9"), 1, "no port '9'"),
        (("spectrum", "a.cir", "--port", ":"), 1, "two nodes are written OUT:0"),
        (("run", "{graphml}"), 1, "without analyses: run its deck"),
        (("generate", "lattice", "-n", "1"), 1, "at least 2 nodes; the graph has 1"),
        (("generate", "graph", "--graph", "no.graphml"), 1, "'no.graphml': No such file or"),
        (("generate", "complete", "-n", "1"), 1, "at least 2"),
        (("generate", "gnm", "-n", "30", "-m", "10"), 1, "none of 100 draws"),
        (("generate", "complete", "--resistance", "-5"), 1, "-5"),
        (("generate", "complete", "--resistance", "4k7"), 1, "4k7"),
        (("generate", "complete", "--colour", "red"), 2, "--colour"),
        (("genrate",), 2, "genrate"),
    ],
)
def test_bad_input_is_one_message(
    physlearn, folder: Path, words: tuple[str, ...], code: int, message: str
) -> None:
    truncated = folder / "cut.wav"
    truncated.write_bytes((SIGNALS / "choir.wav").read_bytes()[:1000])
    result = folder / "tuned" / "network.json"
    result.parent.mkdir()
    result.write_text("precious")
    places = {"{net}": str(folder / "network.json"), "{truncated}": str(truncated)}
    places["{graphml}"] = str(folder / "network.graphml")
    given = [places.get(word, word) for word in words]
    out = ["-o", str(result.parent)] if words[0] in ("tune", "generate", "spectrum") else []
    ended, stdout, stderr = physlearn(*given, *out)
    assert ended == code
    assert message in stderr
    assert "Traceback" not in stdout + stderr
    assert result.read_text() == "precious"
    if code == 1:
        assert len(stderr.strip().splitlines()) == 1


def test_tuning_is_the_same_for_the_same_seed(physlearn, folder: Path) -> None:
    ends: list[bytes] = []
    for name in ("one", "two"):
        physlearn("tune", folder / "network.json", "300", "-n", 60, "-o", folder / name)
        ends.append((folder / name / "network.json").read_bytes())
    assert ends[0] == ends[1]
    assert not np.array_equal(ends[0], (folder / "network.json").read_bytes())


TWO_PORTS = (
    "two\nv1 p 0 ac 1\nrs1 p a 50\nr1 a b 30\nl1 a b 1m\nv2 q 0\nrs2 q b 50\n.ac dec 10 1k 1meg\n"
)


def test_power_that_leaves_by_another_port_is_no_residual(physlearn, tmp_path: Path) -> None:
    deck = tmp_path / "two.cir"
    deck.write_text(TWO_PORTS + ".end\n")
    code, out, _ = physlearn("run", deck, "--json")
    assert code == 0
    (account,) = json.loads(out)["analyses"]
    assert account["power_in_W"]["2"] < 0
    assert abs(account["residual"]) < 1e-12
    assert 0 < account["efficiency"] < 1


def test_a_coarse_transient_is_warned_of(physlearn, tmp_path: Path) -> None:
    deck = tmp_path / "coarse.cir"
    text = "rlc\nv1 in 0 sin(0 1 159155)\nr1 in a 100\nl1 a b 1m\nc1 b 0 1n\n.tran 2u 1m 0 2u uic\n"
    deck.write_text(text + ".end\n")
    code, out, err = physlearn("run", deck, "--json")
    assert code == 0
    assert "points per period at 159155 Hz" in err
    assert json.loads(out)
    deck.write_text(text.replace("2u 1m 0 2u", "0.1u 1m 0 0.1u") + ".end\n")
    assert physlearn("run", deck, "--json")[2] == ""


def test_power_at_a_sharp_resonance_is_that_of_its_top(physlearn, tmp_path: Path) -> None:
    deck = tmp_path / "sharp.cir"  # matched at resonance: everything available is absorbed
    deck.write_text("rlc\nv1 s 0 ac 1\nrs1 s in 0.5\nr1 in a 0.5\nl1 a b 1m\nc1 b 0 1n\n.end\n")
    code, out, _ = physlearn("spectrum", deck, "--band", "100k:200k", "--json")
    assert code == 0
    (row,) = json.loads(out)["resonances"]
    assert row["quality_factor"] == pytest.approx(1000, rel=1e-6)
    assert row["efficiency"] == pytest.approx(1, rel=1e-6)


def test_nothing_is_walked_for_a_folder_that_can_not_be_written(physlearn, folder: Path) -> None:
    taken = folder / "network.cir"
    before = taken.read_text()
    start = time.monotonic()
    code, _, err = physlearn("tune", folder / "network.json", "300", "-n", "100000", "-o", taken)
    assert time.monotonic() - start < 10
    assert code == 1
    assert "can't write" in err
    assert taken.read_text() == before


def test_equal_branches_and_lossless_ones_have_their_rows(physlearn, tmp_path: Path) -> None:
    deck = tmp_path / "equal.cir"
    branch = "r{0} in a{0} 30\nl{0} a{0} b{0} 1m\nc{0} b{0} 0 1n\n"
    deck.write_text("equal\nv1 in 0 ac 1\n" + branch.format(1) + branch.format(2) + ".end\n")
    code, out, _ = physlearn("spectrum", deck, "--json")
    assert code == 0
    assert [row["absorbed_W"] for row in json.loads(out)["resonances"]] == pytest.approx(
        [2 / 60, 2 / 60], rel=1e-6
    )
    deck.write_text(
        "lc\nv1 s 0 ac 1\nrs1 s in 50\nl1 in a 1m\nc1 a 0 1n\n.ac dec 10 1k 1meg\n.end\n"
    )
    code, out, _ = physlearn("run", deck, "--json")
    assert code == 0
    assert abs(json.loads(out)["analyses"][0]["residual"]) < 1e-9
    code, out, _ = physlearn("run", deck)
    assert code == 0
    assert "residual" in out
    assert "mean power" not in out  # a table of no resistors


# --- many decks ----------------------------------------------------------------------------------

FOREIGN = """* An IF tank by somebody else
VCC vcc 0 DC 12
V1.in in 0 AC
R1 in a 1.8k
C.1 a 0 CMOD 1n
L1 a 0 10u
R2 vcc a 100k
.model CMOD C(cap=2n)
.print ac v(a)
.end
"""


@pytest.mark.parametrize("words", [(), ("--port", "v1in"), ("--port", "1IN")])
def test_spectrum_of_a_deck_from_elsewhere(physlearn, tmp_path, monkeypatch, words) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tank.cir").write_text(FOREIGN)
    code, out, err = physlearn("spectrum", "tank.cir", "--json", *words)
    assert code == 0
    found = json.loads(out)
    assert found["port"] == "1in"
    (mode,) = found["resonances"]
    f0, r = 1 / (2 * math.pi * math.sqrt(1e-14)), 1 / (1 / 1.8e3 + 1 / 100e3)
    assert mode["f0_Hz"] == pytest.approx(f0, rel=1e-9)
    assert mode["quality_factor"] == pytest.approx(r * math.sqrt(1e-9 / 1e-5), rel=1e-6)
    assert "line 5: 'c.1' is called 'c_1' here" in err


def test_tune_plays_to_the_ac_source_and_says_what_was_read_otherwise(
    physlearn, tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tank.cir").write_text(FOREIGN)  # whose first source is the supply
    words = "--tuner", "global-latch", "-n", 60, "-o", "at [b]"
    code, out, err = physlearn("tune", "tank.cir", "1meg", *words)
    assert code == 0
    assert "at 1 tone (" in out
    assert "an ideal source" in out
    assert "The best is in at [b]." in " ".join(out.split())
    assert "line 5: 'c.1' is called 'c_1' here" in err
    tuned = Network.from_json(Path("at [b]", "network.json").read_text())
    assert [port.name for port in tuned.ports] == ["1in", "cc"]
    code, _, _ = physlearn("tune", "tank.cir", "1meg", *words, "--port", "vcc")
    assert code == 0
    tuned = Network.from_json(Path("at [b]", "network.json").read_text())
    assert [port.name for port in tuned.ports] == ["cc", "1in"]
    Path("tank.cir").write_text(FOREIGN.replace("0 AC", "0 SIN(0 1 1meg)"))
    code, _, err = physlearn("tune", "tank.cir", "1meg", *words)
    assert code == 1
    assert "--port cc or 1in\n" in err


def test_spectrum_and_tune_take_files_from_the_folder_that_is_named(
    physlearn, tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("parts").mkdir()
    Path("parts/tank.lib").write_text(".subckt tank a\nc1 a 0 1n\nl1 a 0 1m\n.ends\n")
    Path("a.cir").write_text("t\n.include tank.lib\nv1 s 0 ac 1\nrs1 s a 50\nx1 a tank\n"
                             "r1 a 0 1k\n")  # fmt: skip
    for words in (["spectrum", "a.cir"], ["tune", "a.cir", "100k", "--tuner", "plain", "-n", 60]):
        code, _, err = physlearn(*words)
        assert (code, "--include" in err) == (1, True)
        code, _, err = physlearn(*words, "--include", "parts")
        assert (code, err) == (0, "")
        code, _, err = physlearn(*words, "--include", "nowhere")
        assert (code, "no such folder" in err) == (1, True)


def test_spectrum_says_what_to_add(physlearn, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tank.cir").write_text(FOREIGN.replace("0 AC", "0 SIN(0 1 1meg)"))
    code, _, err = physlearn("spectrum", "tank.cir")
    assert code
    assert "no AC source: add 'ac 1' to a source's card, or say" in err
    assert "--port cc or 1in\n" in err
    tank = "a tank\nr1 a 0 1.8k\nc1 a 0 1n\nl1 a 0 10u\n.ac dec 9 1k 1meg\n"
    Path("tank.cir").write_text(tank)
    code, _, err = physlearn("spectrum", "tank.cir")
    assert code
    assert "no source: nothing drives the network; add one, such as 'v1 NODE 0 ac 1'" in err
    code, out, _ = physlearn(
        "spectrum", "tank.cir", "--port", "a:0", "--json", "--band", "1meg:2meg"
    )
    assert code == 0
    assert json.loads(out)["port"] == "a0"


TRAN_DECK = DECK.replace("ac 1", "sin(0 1 1k)").replace(".ac dec 10 100 10k", ".tran 1u 30m")
UNKNOWN_MODEL = DECK.replace("c1 b 0 1u", "d1 b 0 nomodel")


@pytest.fixture
def decks(tmp_path: Path, monkeypatch) -> Path:
    """A folder of decks in the working directory, of which all are good."""
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "my decks"
    (place / "böse").mkdir(parents=True)
    (place / "a.cir").write_text(DECK)
    (place / "böse" / "a [b].net").write_text(ODD_DECKS["amplifier"][0])
    return place


def test_decks_run_into_a_folder_and_only_what_is_new_runs_again(physlearn, decks: Path) -> None:
    code, out, err = physlearn("run", "my decks", "-j", 1)
    assert (code, out, err) == (0, "Decks: 2 ok. Results in results\n", "")
    for name in ("a.cir", "böse/a [b].net"):
        assert len(read_raw(Path("results", f"{name}.raw"))) == 1
    (decks / "z.cir").write_text(DECK)
    code, out, err = physlearn("run", "my decks", "-j", 1)
    assert (code, out, err) == (0, "Decks: 3 ok (2 from before). Results in results\n", "")


def test_each_deck_that_fails_is_one_line(physlearn, decks: Path) -> None:
    for name in ("control", "no value", "source loop"):
        (decks / f"{name}.cir").write_text(BAD_DECKS[name][0])
    (decks / "böse" / "[b].cir").write_text(BAD_DECKS["empty"][0])
    code, out, err = physlearn("run", decks, "-o", "to", "-j", 1)
    assert code == 1  # there is nothing that ngspice has refused
    lines = out.splitlines()
    assert lines[0] == "böse/[b].cir: refused: the deck has no cards (its first line is the title)"
    assert lines[1].startswith("control.cir: refused: line 8: '.control' is refused")
    assert lines[2].startswith("no value.cir: refused: line 3: 'r1' has no value")
    assert lines[3].startswith("source loop.cir: refused: line 3: voltage-source loop")
    assert lines[4:] == ["Decks: 4 refused, 2 ok. Results in to"]
    assert err == "error: 4 of 6 decks failed: the .json files in 'to' have the whole reasons\n"

    (decks / "unknown.cir").write_text(UNKNOWN_MODEL)
    code, out, err = physlearn("run", decks, "-o", "to", "-j", 1)
    assert code == 3
    (line,) = (line for line in out.splitlines() if line.startswith("unknown.cir"))
    assert "bad deck: line 5: " in line
    assert "nomodel" in line
    assert "\x1b" not in out + err


def test_json_of_several_decks(physlearn, decks: Path) -> None:
    (decks / "bad.cir").write_text(BAD_DECKS["no value"][0])
    code, out, err = physlearn("run", decks / "a.cir", decks / "bad.cir", "--json", "-j", 1)
    assert code == 1
    assert "1 of 2 decks failed" in err
    said = json.loads(out)
    assert said["folder"] == "results"
    good, bad = said["decks"]
    assert (good["name"], good["is_new"]) == ("a.cir", True)
    assert [a["status"] for a in good["accounts"]] == ["ok"]
    (account,) = bad["accounts"]
    assert (account["status"], account["line"]) == ("refused", 3)
    for each in (good, bad):
        record = json.loads(Path("results", f"{each['name']}.json").read_text())
        assert record.pop("format") == "physlearn-run/1"
        assert bool(record.pop("text")) == (each is good)  # as ngspice was given it
        assert record == {key: value for key, value in each.items() if key != "is_new"}


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("nowhere.cir",), 1, "can't read 'nowhere.cir': No such file"),
        (("empty",), 1, "folder 'empty' has no deck: no file ends in .cir"),
        (("my decks", "--out", "taken"), 1, "can't write to 'taken'"),
        (("my decks", "--raw", "x.raw"), 1, "--raw and --netcdf are for one deck"),
        (("my decks/a.cir", "-o", "to", "--netcdf", "x.nc"), 1, "--raw and --netcdf are for one"),
        (("my decks", "--timeout", "-1"), 1, "--timeout -1.0: must be positive and finite"),
        (("my decks", "--timeout", "nan"), 1, "--timeout nan: must be positive and finite"),
        (("my decks", "--rshunt", "0"), 1, "--rshunt 0.0: must be positive and finite"),
        (("my decks", "--include", "nowhere"), 1, "--include 'nowhere': there is no such folder"),
        (("my decks", "--jobs", "0"), 2, "--jobs"),
        (("my decks", "--timeuot", "1"), 2, "--timeout"),
        (("op.cir", "--netcdf", "x.nc"), 1, "an operating point has no axis"),
        (("net.json",), 1, "'net.json' is a network without analyses"),
    ],
)
def test_bad_words_to_run_are_one_message(
    physlearn, decks: Path, words: tuple[str, ...], code: int, message: str
) -> None:
    Path("empty").mkdir()
    Path("taken").write_text("precious")
    Path("op.cir").write_text(DECK.replace(".ac dec 10 100 10k", ".op"))
    Path("net.json").write_text("{}")
    ended, out, err = physlearn("run", *words)
    assert (ended, out) == (code, "")
    assert message in err
    if code == 1:
        assert len(err.splitlines()) == 1
    assert Path("taken").read_text() == "precious"
    assert not Path("results").exists()


def test_without_ngspice_run_says_how_to_get_it(physlearn, decks: Path, monkeypatch) -> None:
    monkeypatch.setenv("NGSPICE_LIBRARY_PATH", "/nowhere")
    for words in ((decks,), (decks / "a.cir",)):
        code, out, err = physlearn("run", *words)
        assert (code, out) == (4, "")
        assert "apt install ngspice" in err
        assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)]
)
def test_a_run_that_was_ended_goes_on(physlearn, decks: Path, number: int, code: int) -> None:
    for k in range(5):
        (decks / f"t{k}.cir").write_text(TRAN_DECK.replace("50", f"{50 + k}"))
    words = ["run", "my decks", "-j", "1"]
    process = start(*words)
    deadline = time.monotonic() + 60
    while not Path("results/t0.cir.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(process.pid, number)  # as the terminal does with Ctrl-C
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, "")
    n_done = len({*Path("results").rglob("*.json")} - {Path("results/physlearn.json")})
    assert 1 <= n_done < 7
    if number == signal.SIGKILL:
        assert err == ""
    else:
        said = re.fullmatch(
            r"interrupted after (\d) of 7 decks, whose results are in 'results': "
            r"the same command goes on from there\n\n?",
            err,
        )
        assert said
        assert n_done - int(said[1]) in (0, 1)  # one was written and not yet counted
        assert not list(Path("results").rglob("*partial*"))

    code, out, _ = physlearn(*words)
    assert (code, out) == (0, f"Decks: 7 ok ({n_done} from before). Results in results\n")
    for k in range(5):
        (plot,) = read_raw(Path(f"results/t{k}.cir.raw"))
        assert plot.vectors["time"][-1] == pytest.approx(30e-3, rel=1e-9)


# --- one deck ------------------------------------------------------------------------------------


def test_the_files_of_one_deck_hold_all_of_its_analyses(physlearn, decks: Path) -> None:
    deck = decks / "three.cir"
    deck.write_text(DECK.replace(".ac", ".op\n.tran 10u 1m\n.ac"))
    code, _, err = physlearn("run", deck, "--raw", "new/x.raw", "--netcdf", "new/x.nc")
    assert (code, err) == (0, "")
    names = [plot.name for plot in read_raw(Path("new/x.raw"))]
    assert names == ["Operating Point", "Transient Analysis", "AC Analysis"]
    assert sorted(path.name for path in Path("new").iterdir()) == ["x.raw", "x_2.nc", "x_3.nc"]


def test_vectors_are_printed_by_their_whole_names(physlearn, decks: Path) -> None:
    deck = decks / "named.cir"  # rich takes [i] for italics
    chain = "".join(f"r{k} n{k} n{k + 1} 1\n" for k in range(2, 14))
    card = f"e1 n2 0 vol='10*v(b)'\n{chain}r14 n14 0 1\n.save all @r1[i]\n.op\n.tran"
    deck.write_text(TRAN_DECK.replace(".tran", card))
    code, out, _ = physlearn("run", deck)
    assert code == 0
    for table in out.split("\ntran, "):
        assert "@r1[i]" in table
        assert "12 more" in table
        assert len(table.splitlines()) < 15
