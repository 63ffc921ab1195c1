"""Runs per second and memory growth of this engine, against what users would use instead.

A ladder of ten RLC sections, every component changed before each run: an AC sweep of 101 points,
and a transient of ten periods. Each way runs in a process of its own, several rounds in turn, and
the medians and ratios come from one run of this script:

    pip install spicelib        # for its row, which is left out otherwise
    OMP_NUM_THREADS=1 python benchmarks/ngspice_engine.py [--rounds 5] [--json FILE]

"bare" is the least that a Python program can do: load once, then alter, run and read two vectors
through the library, with no check of anything.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from physlearn_spice import Ac, Capacitor, Deck, Inductor, Network, Port, Resistor, Source, Tran
from physlearn_spice.netlist import analysis_command, to_spice
from physlearn_spice.ngspice import Pool, Session, simulate_batch
from physlearn_spice.ngspice.library import find_library
from physlearn_spice.stimulus import Tone

SECTIONS = 10
OUT = f"n{SECTIONS}"
ANALYSES = {"AC": Ac(1e3, 1e5, 101, "lin"), "transient": Tran(1e-3, 2e-6)}
RUNS = {"AC": 4000, "transient": 400}
SLOW = 40  # by which the runs of the ways with a process for each are divided


@dataclass(frozen=True)
class Spent:
    """Seconds of a run, and growth of the resident memory of all its processes [bytes a run]."""

    seconds: float
    growth: float


def ladder(kind: str) -> Deck:
    """Resistor and inductor in series, capacitor to ground, ten times; two vectors are kept."""
    elements: list[Resistor | Inductor | Capacitor] = []
    for k in range(SECTIONS):
        elements += [
            Resistor(f"r{k}", f"n{k}", f"m{k}", 10.0),
            Inductor(f"l{k}", f"m{k}", f"n{k + 1}", 1e-3),
            Capacitor(f"c{k}", f"n{k + 1}", "0", 1e-8),
        ]
    network = Network(tuple(elements), (Port("1", "n0", "0", 50.0),))
    source = Source(ac=1.0, waveform=Tone(1.0, 1e4))
    return Deck(network, (ANALYSES[kind],), {"1": source}, save=("v(n0)", f"v({OUT})"))


def draws(kind: str, n: int) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Names, and as many sets of values (n, n_names)."""
    network = ladder(kind).network
    names = network.names(Resistor, Inductor, Capacitor)
    spread = 0.1 * np.random.default_rng(0).standard_normal((n, len(names)))
    return names, network.values(names) * np.exp(spread)


def bare(kind: str, n: int) -> Iterator[complex]:
    """Load once, alter, run, read: the library alone."""
    from PySpice.Spice.NgSpice.Shared import NgSpiceShared, ffi

    NgSpiceShared.LIBRARY_PATH = find_library()
    binding = NgSpiceShared()  # which holds the callbacks
    library = vars(binding)["_ngspice_shared"]
    lines = [ffi.new("char[]", line.encode()) for line in to_spice(ladder(kind)).splitlines()]
    library.ngSpice_Circ(ffi.new("char *[]", [*lines, ffi.NULL]))
    names, values = draws(kind, n)
    run = analysis_command(ANALYSES[kind]).encode()
    for k, row in enumerate(values.tolist()):
        for name, value in zip(names, row, strict=True):
            library.ngSpice_Command(f"alter {name} = {value!r}".encode())
        library.ngSpice_Command(run)
        for vector in (b"n0", OUT.encode()):
            info = library.ngGet_Vec_Info(vector)
            data, size = (info.v_realdata, 8) if info.v_flags & 1 else (info.v_compdata, 16)
            answer = bytes(ffi.buffer(data, size * info.v_length))
        last = np.frombuffer(answer, float if size == 8 else complex)[-1]
        library.ngSpice_Command(b"destroy all")
        if k % 30 == 29:
            library.ngSpice_Command(ffi.NULL)
        yield complex(last)


def session(kind: str, n: int) -> Iterator[complex]:
    """Session.run_many in this process."""
    one = Session()
    one.load(ladder(kind))
    for result in one.run_many(*draws(kind, n), ANALYSES[kind]):
        yield complex(result.voltage(OUT)[-1])


def pool(kind: str, n: int, workers: int) -> Iterator[complex]:
    """Pool.run_many."""
    with Pool(workers) as many:
        next(many.run([ladder(kind)] * 2 * workers))  # every worker has started
        for result in many.run_many(ladder(kind), *draws(kind, n), ANALYSES[kind]):
            yield complex(result.voltage(OUT)[-1])


def pool_of_one(kind: str, n: int) -> Iterator[complex]:
    """One worker."""
    return pool(kind, n, 1)


def pool_of_two(kind: str, n: int) -> Iterator[complex]:
    """Two workers."""
    return pool(kind, n, 2)


def batch(kind: str, n: int) -> Iterator[complex]:
    """``ngspice -b`` for each run."""
    deck = ladder(kind)
    names, values = draws(kind, n)
    for row in values:
        changed = Deck(deck.network.with_values(names, row), deck.analyses, deck.sources)
        yield complex(simulate_batch(changed)[0].voltage(OUT)[-1])


def pyspice(kind: str, n: int) -> Iterator[complex]:
    """The loop of PySpice's documentation: a circuit, its simulator, an analysis."""
    import logging

    os.environ["NGSPICE_LIBRARY_PATH"] = find_library()  # which PySpice does not find by itself
    logging.getLogger("PySpice").setLevel(logging.CRITICAL)
    from PySpice.Spice.Netlist import Circuit

    _, values = draws(kind, n)
    for row in values:
        circuit = Circuit("ladder")
        circuit.SinusoidalVoltageSource("1", "s", circuit.gnd, amplitude=1, frequency=1e4)
        circuit.R("s", "s", "n0", 50)
        r, ind, c = row[:SECTIONS], row[SECTIONS : 2 * SECTIONS], row[2 * SECTIONS :]
        for k in range(SECTIONS):
            circuit.R(f"{k}", f"n{k}", f"m{k}", float(r[k]))
            circuit.L(f"{k}", f"m{k}", f"n{k + 1}", float(ind[k]))
            circuit.C(f"{k}", f"n{k + 1}", circuit.gnd, float(c[k]))
        simulator = circuit.simulator()
        if kind == "AC":
            sweep = ANALYSES["AC"]
            analysis = simulator.ac(
                start_frequency=sweep.start,
                stop_frequency=sweep.stop,
                number_of_points=sweep.points,
                variation="lin",
            )
        else:
            step = ANALYSES["transient"]
            analysis = simulator.transient(
                step_time=step.max_step,
                end_time=step.stop,
                max_time=step.max_step,
                use_initial_condition=True,
            )
        yield complex(np.array(analysis[OUT])[-1])


def spicelib(kind: str, n: int) -> Iterator[complex]:
    """spicelib's SimRunner with two simulations at a time, as it documents it."""
    import logging

    logging.disable(logging.CRITICAL)
    from spicelib import RawRead, SimRunner, SpiceEditor
    from spicelib.simulators.ngspice_simulator import NGspiceSimulator

    names, values = draws(kind, n)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ladder.cir"
        path.write_text(to_spice(ladder(kind)).upper(), encoding="utf-8")  # as it wants names
        runner = SimRunner(simulator=NGspiceSimulator, parallel_sims=2, output_folder=folder)
        editor = SpiceEditor(path)
        for k in range(0, n, n // 10):  # in tenths, each to its end, so that they can be timed
            for row in values[k : k + n // 10].tolist():
                editor.set_component_values(**dict(zip(map(str.upper, names), row, strict=True)))
                runner.run(editor, exe_log=True)
            runner.wait_completion()
            for raw, _ in runner:
                trace = RawRead(raw, dialect="ngspice").get_trace(f"v({OUT})")
                yield complex(trace.data[-1])


WAYS: dict[str, Callable[[str, int], Iterator[complex]]] = {
    "bare library loop": bare,
    "Session.run_many": session,
    "Pool(1).run_many": pool_of_one,
    "Pool(2).run_many": pool_of_two,
    "PySpice, documented": pyspice,
    "ngspice -b": batch,
    "spicelib, 2 at a time": spicelib,
}
SLOW_WAYS = {"ngspice -b", "spicelib, 2 at a time"}


def resident() -> int:
    """Resident memory of this process and of those that it started [bytes]."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    pages = 0
    for process in ["self", *children]:
        with open(f"/proc/{process}/statm", encoding="ascii") as file:
            pages += int(file.read().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def measure(way: str, kind: str, n: int) -> Spent:
    """Time the last nine tenths of n runs, and how the memory grows over them."""
    warm = n // 10
    begin, held, k = 0.0, 0, 0
    for k, answer in enumerate(WAYS[way](kind, n)):
        assert np.isfinite(answer)
        if k == warm:
            begin, held = time.perf_counter(), resident()
    spent = time.perf_counter() - begin
    return Spent(spent / (k - warm), (resident() - held) / (k - warm))


def main() -> None:
    """Measure all ways, round by round, and print medians and ratios to the bare loop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    ways = [way for way in WAYS if way != "spicelib, 2 at a time" or find_spec("spicelib")]
    document: dict[str, dict[str, dict[str, float]]] = {}
    for kind in ANALYSES:
        spent: dict[str, list[Spent]] = {way: [] for way in ways}
        for _ in range(asked.rounds):
            for way in ways:
                n = RUNS[kind] // (SLOW if way in SLOW_WAYS else 1)
                with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere:
                    spent[way].append(elsewhere.submit(measure, way, kind, max(n, 20)).result())
        fastest = np.median([each.seconds for each in spent["bare library loop"]])
        print(f"\n{kind:22s} runs per second   of the bare loop   memory a run [kB]")
        document[kind] = {}
        for way in ways:
            seconds = float(np.median([each.seconds for each in spent[way]]))
            growth = float(np.median([each.growth for each in spent[way]]))
            print(f"{way:22s} {1 / seconds:15.1f} {fastest / seconds:18.3f} {growth / 1e3:18.2f}")
            document[kind][way] = {"runs_per_second": 1 / seconds, "growth_bytes": growth}
    if asked.json:
        asked.json.write_text(json.dumps(document, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
