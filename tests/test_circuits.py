"""Every circuit of the paper: its committed deck, and its claim on a short run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import circuits.kirchhoff_tuner as kirchhoff_tuner
from physlearn_spice import Capacitor, Inductor, from_wav, load_deck, spectral_tones
from physlearn_spice.measures import absorbed_power, available_at_tones
from physlearn_spice.netlist import to_spice
from physlearn_spice.ngspice import simulate_batch
from physlearn_spice.tuner import absorbed_power_at, tune

ROOT = Path(__file__).parents[1]


def test_the_committed_deck_is_the_circuit_and_ngspice_takes_it() -> None:
    path = ROOT / "netlists" / "kirchhoff_tuner.cir"
    assert path.read_text() == to_spice(kirchhoff_tuner.deck())
    bench = load_deck(path)
    assert bench.network == kirchhoff_tuner.build()
    (spectrum,) = simulate_batch(bench)
    assert absorbed_power(bench.network, spectrum).max() < 1 / 80  # Pav at 1 V behind 10 Ohm


def test_every_deck_belongs_to_a_circuit() -> None:
    decks = {path.stem for path in (ROOT / "netlists").glob("*.cir")}
    scripts = {path.stem for path in (ROOT / "circuits").glob("*.py")}
    assert decks == scripts


@pytest.mark.parametrize(
    ("seed", "gain_at_least", "choir_gain_at_most"),
    [(1, 3.0, 1.5), (2, 5.0, 1.5), (3, 1.2, np.inf)],  # 3 is drawn with the glass nearly learned
)
def test_noise_and_local_brake_learn_the_sound(seed, gain_at_least, choir_gain_at_most) -> None:
    network = kirchhoff_tuner.build(seed=seed)
    glass, choir = (
        spectral_tones(from_wav(kirchhoff_tuner.SIGNALS / f"{name}.wav"), 6).tones
        for name in ("glass_hum", "choir")
    )
    run = {
        tuner: tune(
            network,
            glass,
            movable=network.names(Inductor, Capacitor),
            tuner=tuner,
            factor=kirchhoff_tuner.RANGE,
            n_evaluations=500,
            rng=np.random.default_rng([seed, 1]),
        )
        for tuner in ("plain", "local-latch")
    }
    learned, plain = run["local-latch"], run["plain"]
    available = available_at_tones(network, glass)
    assert learned.powers[-125:].mean() > gain_at_least * learned.powers[0]
    assert learned.powers[-125:].mean() > 2 * plain.powers[-125:].mean()
    assert learned.powers.max() < available
    # what it learned is this sound: its gain on the choir is not the gain on the glass
    other = absorbed_power_at(learned.network, choir) / absorbed_power_at(network, choir)
    assert other < choir_gain_at_most


def test_main_leaves_its_files_and_repeats(monkeypatch, capsys, tmp_path: Path) -> None:
    monkeypatch.setattr(kirchhoff_tuner, "WALKERS", 1)
    monkeypatch.setattr(kirchhoff_tuner, "EVALUATIONS", 60)
    monkeypatch.setattr(kirchhoff_tuner, "LISTEN_FOR", 0.3)
    printed: list[str] = []
    for name in ("one", "two"):
        kirchhoff_tuner.main(seed=1, out=tmp_path / name, as_json=True)
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    facts = json.loads(printed[0])
    assert set(facts["tuners"]) == {"plain", "global", "local", "global-latch", "local-latch"}
    assert 0 < facts["untuned"]["glass_hum_recording"] < 1
    assert abs(facts["tuned"]["glass_hum_residual"]) < 1e-6
    names = {path.name for path in (tmp_path / "one").iterdir()}
    assert names == {
        "network.cir",
        "network.json",
        "network.raw",
        "spectrum.s1p",
        "result.nc",
        "network.png",
        "spectrum.png",
        "trace.png",
        "ledger.png",
        "ledger.json",
        "physlearn.json",
    }
    for name in names:
        if name not in ("result.nc", "physlearn.json"):  # they tell when
            assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
