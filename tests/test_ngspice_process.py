"""ngspice as software of its own: its memory, its absence, and its patience."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from physlearn_spice.errors import SimulationError
from physlearn_spice.netlist import Source, Tran
from physlearn_spice.ngspice import NgspiceMissingError, simulate_batch
from physlearn_spice.stimulus import Tone
from tests.benches import filter_deck


def output_of(script: str) -> str:
    """What a script prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_memory_does_not_grow_over_2000_cycles() -> None:
    """alter + run 2,000 times: without 'destroy all' it grows by more than 100 MB."""
    script = """
import resource
from physlearn_spice.ngspice import Session
from tests.benches import SWEEP, filter_deck
session = Session()
session.load(filter_deck())
def cycles(n):
    for k in range(n):
        session.alter(["r1", "c1"], [100.0 + k, 1e-9 * (1 + k / n)])
        session.run(SWEEP)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
warm = cycles(200)
print(cycles(2000) - warm)
"""
    said = output_of(script)
    kilobytes = int(said) / (1024 if sys.platform == "darwin" else 1)
    assert kilobytes < 10_000


def test_threads_take_turns_in_the_library() -> None:
    """Two threads in it at once end the process, so this runs in one of its own."""
    script = """
from concurrent.futures import ThreadPoolExecutor
from physlearn_spice.ngspice import simulate
from tests.benches import filter_deck
decks = [filter_deck(10.0 * (k + 1)) for k in range(8)] * 10
alone = [simulate(deck)[0].current("l1").tobytes() for deck in decks]
with ThreadPoolExecutor(4) as pool:
    together = [r[0].current("l1").tobytes() for r in pool.map(simulate, decks)]
print(alone == together)
"""
    said = output_of(script)
    assert said == "True\n"


@pytest.mark.parametrize("path", ["/nowhere/libngspice.so", str(Path(__file__))])
def test_missing_library_says_how_to_install_it(path) -> None:
    script = (
        "from tests.benches import filter_deck\n"
        "from physlearn_spice.ngspice import NgspiceMissingError, simulate\n"
        "try:\n    simulate(filter_deck())\n"
        "except NgspiceMissingError as error:\n    print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "NGSPICE_LIBRARY_PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert path in done.stdout
    assert "apt install ngspice libngspice0" in done.stdout


def test_missing_executable_says_how_to_install_it(monkeypatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NgspiceMissingError, match="apt install ngspice libngspice0"):
        simulate_batch(filter_deck())


def test_batch_time_out_ends_the_run() -> None:
    ten_seconds = filter_deck(
        analyses=(Tran(0.3, 1e-7),), sources={"1": Source(waveform=Tone(1.0, 1e5))}
    )
    begin = time.monotonic()
    with pytest.raises(SimulationError, match=r"longer than 0\.3 s"):
        simulate_batch(ten_seconds, timeout=0.3)
    assert time.monotonic() - begin < 5


def test_a_library_that_has_given_up_is_not_asked_again() -> None:
    code = """
import numpy as np
from physlearn_spice import Ac, Deck, EdgeModel, SimulationError, Source, complete
from physlearn_spice.ngspice import simulate, simulate_batch
network = complete(3, edge=EdgeModel(), rng=np.random.default_rng(0))
good = Deck(network, (Ac(1e3, 1e6, 20),), {"1": Source(ac=1.0)})
bad = Deck(network, good.analyses, good.sources, save=("all",))
object.__setattr__(bad, "options", {"seed": "{nope"})  # past the deck's own check
said = []
for deck in (good, bad, good, good):
    try:
        said.append(len(simulate(deck)))
    except SimulationError as error:
        said.append(error.message)
assert said[0] == 1, said
assert "did not take" in said[1], said
assert said[2] == said[3] == "ngspice has given up in this process, over an earlier deck", said
assert len(simulate_batch(good)) == 1
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
