"""The command line as users meet it: what it writes, what it says, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from physlearn_spice import Network, load_deck
from physlearn_spice.cli import main
from physlearn_spice.rawfile import read_raw

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


@pytest.fixture
def folder(tmp_path: Path, physlearn) -> Path:
    """A folder, with a space in its path, that holds a small network."""
    place = tmp_path / "my networks"
    code, _, err = physlearn("generate", "complete", "-n", 4, *SMALL, "--seed", 2, "-o", place)
    assert (code, err) == (0, "")
    return place


@pytest.mark.parametrize("command", ["generate", "run", "spectrum", "tune", "doctor"])
def test_help_shows_an_example(physlearn, command: str) -> None:
    code, out, _ = physlearn(command, "--help")
    assert code == 0
    assert f"Example: physlearn {command}" in " ".join(out.split())


@pytest.mark.parametrize(
    "words",
    [
        ("complete", "-n", "5"),
        ("gnm", "-n", "12", "-m", "30", "--edge", "one-of", "--inductor-esr", "0.1:1"),
        ("regular", "-n", "10", "-d", "3", "--capacitor-esr", "0.5"),
        ("lattice", "-n", "3", "--columns", "4", "--resistance", "10~0.3"),
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


def test_run_prints_a_ledger_and_writes_raw(physlearn, folder: Path) -> None:
    raw = folder / "out.raw"
    code, out, _ = physlearn("run", folder / "network.cir", "--raw", raw)
    assert code == 0
    assert "source resistance not counted" in " ".join(out.split())
    assert "peak" in out
    (plot,) = read_raw(raw)
    assert len(plot.vectors["frequency"]) > 100


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


def test_ctrl_c_leaves_the_best_so_far(folder: Path) -> None:
    out_folder = folder / "interrupted"
    words = [
        "tune",
        str(folder / "network.json"),
        "220,330",
        "-n",
        "1000000",
        "-o",
        str(out_folder),
    ]
    code = "from physlearn_spice.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
    )
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
    "control": (DECK.replace(".end", ".control\nshell rm\n.endc\n.end"), r"line 7: '.control'"),
    "floating island": (DECK.replace("c1", "r9 x y 1\nr8 x y 1\nc1"), "node 'x' is floating"),
    "source loop": (DECK.replace("r1", "v2 in 0 1\nr1", 1), "line 3: voltage-source loop: vin, v2"),
    "duplicate": (DECK.replace("c1", "r1 a 0 1\nc1"), "line 5: the name 'r1' is used twice"),
    "no value": (DECK.replace("in a 50", "in a"), "line 3: 'r1' has no value"),
    "no analysis": (DECK.replace(".ac dec 10 100 10k\n", ""), "no analysis"),
    "no AC source": (DECK.replace("ac 1", "dc 1"), "add 'ac 1'"),
}
# no networks of the package's, but circuits for ngspice
ODD_DECKS = {
    "dangling": (DECK.replace(".ac", "r9 b nowhere 1\n.ac"), "line 6: node 'nowhere' is floating"),
    "negative": (DECK.replace("in a 50", "in a -50"), r"line 3: resistor 'r1': value = -50.0"),
    "amplifier": (DECK.replace(".ac", "e1 o 0 b 0 10\nr2 o 0 1\n.ac"), "line 6: "),
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
        (("tune", "{net}", "nowhere.wav"), 1, "nowhere.wav"),
        (("tune", "{net}", "{truncated}"), 1, "truncated"),
        (("tune", "{net}", "220,abc"), 1, "'abc'"),
        (("tune", "{net}", "220", "--tuner", "magic"), 1, "local-latch"),
        (("tune", "{net}", "220", "--move", "x"), 1, "--move"),
        (("tune", "{net}", "220", "-n", "10"), 1, "warm-up"),
        (("tune", "{net}", "220", "--range", "0.5"), 1, "must exceed 1"),
        (("spectrum", "{net}", "--band", "2k:100"), 1, "low before high"),
        (("spectrum", "{net}", "--port", "9"), 1, "no port '9'"),
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
