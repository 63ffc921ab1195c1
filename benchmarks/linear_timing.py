"""Times of several ways to the same answer, taken in turn in one process."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from linear_networks import LONG, MIDDLE, N_LONG, SHORT
from numpy.typing import NDArray

from physlearn_spice import Ac, Network
from physlearn_spice.linear import drive

T = TypeVar("T")
_RUNS, _SHORT_RUN = 5, 0.05


@dataclass(frozen=True)
class Answer:
    """Admittance [S] (n_freq,), the seconds that it took, and those of what comes once before."""

    admittance: NDArray[np.complex128]
    seconds: float
    before: float = 0.0


def timed(
    run: Callable[[], T], before: float = 0.0, between: Callable[[], None] = lambda: None
) -> tuple[T, float, float]:
    """What a run gives, its seconds (of short ones the median of five), and those before."""
    seconds: list[float] = []
    while not seconds or (len(seconds) < _RUNS and seconds[0] < _SHORT_RUN):
        if seconds:
            between()
        begin = time.perf_counter()
        found = run()
        seconds.append(time.perf_counter() - begin)
    return found, float(np.median(seconds)), before


Way = Callable[[Network, Ac], Answer]


@dataclass
class Record:
    """What became of one way; ``scaled`` tells that 1,000 frequencies are a straight line's end."""

    scaled: bool = False
    rounds: list[float] = field(default_factory=list[float])
    before: list[float] = field(default_factory=list[float])
    difference: float = 0.0
    note: str = ""

    def result(self) -> dict[str, float | bool | str | int]:
        """Medians in seconds for 1,000 frequencies, and how far they spread."""
        if not self.rounds:
            return {"note": self.note}
        median = float(np.median(self.rounds))
        return {
            "seconds": median,
            "spread": float(np.ptp(self.rounds)) / median,
            "rounds": len(self.rounds),
            "before": float(np.median(self.before)),
            "scaled": self.scaled,
            "difference": self.difference,
        }


def in_turn(
    ways: Mapping[str, Way], network: Network, *, rounds: int, patience: float
) -> dict[str, Record]:
    """Spectra of 1,000 frequencies by each way, round by round.

    What would take longer than ``patience`` [s] is run at 10 and at 100 frequencies, and the
    straight line through both times is followed to 1,000; beyond that a way gets no more rounds
    once it has spent three times as long.
    """
    records = {name: Record() for name in ways}
    truth = {s: drive(network, s.frequencies).admittance for s in (SHORT, MIDDLE)}
    for name, way in ways.items():
        try:
            answer = _run(way, network, SHORT, truth, records[name])
        except Exception as error:  # a rival may fail in any way; its row says how
            records[name].note = f"{type(error).__name__}: {error}".splitlines()[0][:160]
            continue
        if answer.seconds * N_LONG / len(SHORT.frequencies) > patience:
            again = _run(way, network, MIDDLE, truth, records[name])
            records[name].scaled = _at_the_end(answer.seconds, again.seconds) > patience
    if not all(record.scaled or record.note for record in records.values()):
        truth[LONG] = drive(network, LONG.frequencies).admittance
    spent = dict.fromkeys(ways, 0.0)
    for _ in range(rounds):
        for name, way in ways.items():
            record = records[name]
            if record.note or (record.rounds and spent[name] > 3 * patience):
                continue
            try:
                spent[name] += _round(way, network, truth, record)
            except Exception as error:
                record.note = f"{type(error).__name__}: {error}".splitlines()[0][:160]
    return records


def _round(
    way: Way, network: Network, truth: dict[Ac, NDArray[np.complex128]], record: Record
) -> float:
    sweeps = (SHORT, MIDDLE) if record.scaled else (LONG,)
    answers = [_run(way, network, sweep, truth, record) for sweep in sweeps]
    seconds = answers[-1].seconds
    record.rounds.append(_at_the_end(answers[0].seconds, seconds) if record.scaled else seconds)
    record.before.append(answers[-1].before)
    return sum(answer.seconds + answer.before for answer in answers)


def _at_the_end(short: float, middle: float) -> float:
    """Seconds for 1,000 frequencies on the straight line through those for 10 and 100."""
    n_short, n_middle = len(SHORT.frequencies), len(MIDDLE.frequencies)
    return middle + (middle - short) / (n_middle - n_short) * (N_LONG - n_middle)


def _run(
    way: Way,
    network: Network,
    sweep: Ac,
    truth: dict[Ac, NDArray[np.complex128]],
    record: Record,
) -> Answer:
    answer = way(network, sweep)
    gap = np.abs(answer.admittance / truth[sweep] - 1)
    record.difference = max(record.difference, float(gap.max()))
    return answer
