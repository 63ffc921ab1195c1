"""Resident memory of a worker over 100,000 runs of one deck, and over 20,000 different decks.

    OMP_NUM_THREADS=1 python benchmarks/ngspice_memory.py [--runs 100000] [--decks 20000]

The ladder of ten RLC sections: alter, AC sweep of 101 points, read every vector. The decks are
random networks of 8 to 24 nodes, each loaded, swept and read once. Takes a few minutes.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np

from benchmarks.ngspice_engine import ANALYSES, draws, ladder
from physlearn_spice import Ac, Deck, EdgeModel, Source, gnm
from physlearn_spice.ngspice import Session

WARM = 1000


def resident() -> float:
    """Resident memory of this process [MB]."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def report(what: str, k: int, start: float, begin: float) -> None:
    """Print how the memory has grown since the first thousand."""
    grown, rate = resident() - start, k / (time.perf_counter() - begin)
    print(f"{k:7d} {what}: {grown:+.2f} MB since the first {WARM}, {rate:.0f} a second", flush=True)


def runs(n: int) -> None:
    """Alter, run and read one deck n times."""
    session, (names, values) = Session(), draws("AC", 1000)
    deck = ladder("AC")
    session.load(Deck(deck.network, deck.analyses, deck.sources))
    begin, start = time.perf_counter(), 0.0
    for k in range(1, n + 1):
        session.alter(names, values[k % len(values)])
        session.run(ANALYSES["AC"])
        if k == WARM:
            start = resident()
        if k % (n // 10) == 0:
            report("runs", k, start, begin)


def decks(n: int) -> None:
    """Load, run and read n different decks."""
    session, rng, edge = Session(), np.random.default_rng(0), EdgeModel()
    begin, start = time.perf_counter(), 0.0
    for k in range(1, n + 1):
        size = int(rng.integers(8, 25))
        network = gnm(size, 2 * size, edge=edge, rng=rng)
        (sweep,) = session.load(Deck(network, (Ac(1e4, 1e6, 10),), {"1": Source(ac=1.0)}))
        session.run(sweep)
        if k == WARM:
            start = resident()
        if k % (n // 10) == 0:
            report("decks", k, start, begin)


def main() -> None:
    """Run both studies, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--decks", type=int, default=20_000)
    asked = parser.parse_args()
    for study, n in ((runs, asked.runs), (decks, asked.decks)):
        if os.fork() == 0:
            study(n)
            os._exit(0)
        os.wait()


if __name__ == "__main__":
    main()
