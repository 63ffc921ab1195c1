"""Carries tasks out to the end, in one worker after the other."""

from __future__ import annotations

from dataclasses import replace

from ..errors import SimulationError, Status
from ..netlist import TextDeck
from ..results import Failure, Outcome
from .process import WorkerEnded, WorkerProcess
from .worker import Finished, Loaded, Task, Terms

__all__ = ["Keeper"]

_TRIES = 2  # the second is in a fresh worker: what dies there too is the deck's fault
_TRIES_IF_KILLED = 5  # SIGKILL comes from outside
_GROWTH = 500 << 20  # of a worker's memory, before it is replaced [bytes]


class Keeper:
    """Keeps one worker at work, and replaces it when it is late, dead, poisoned or worn.

    Parameters
    ----------
    terms
        What a worker may take.
    timeout
        Longest time for one run [s].
    runs_per_worker
        Number of runs after which a worker is replaced.
    """

    def __init__(self, terms: Terms, timeout: float | None, runs_per_worker: int) -> None:
        self._terms, self._timeout, self._runs_per_worker = terms, timeout, runs_per_worker
        self._worker: WorkerProcess | None = None
        self._resident = 0  # of the worker, when it had done its first task [bytes]

    def carry_out(self, task: Task, key: int) -> tuple[Outcome, ...]:
        """Return an outcome for each run of a task; ``key`` is of its deck.

        Raises
        ------
        NgspiceMissingError
            The shared library is not installed.
        """
        outcomes: list[Outcome] = []
        n_runs, deaths = _n_runs(task), 0
        while len(outcomes) < n_runs:
            try:
                self._go_on(task, key, n_runs, outcomes)
            except WorkerEnded as ended:
                self._worker = None
                deaths += 1
                enough = 1 if ended.error.status is Status.TIMED_OUT else _TRIES
                if deaths < (_TRIES_IF_KILLED if ended.killed else enough):
                    continue
                outcomes.append(Failure(ended.error))
            deaths = 0
        return tuple(outcomes)

    def _go_on(self, task: Task, key: int, n_runs: int, outcomes: list[Outcome]) -> None:
        """Add the outcomes that are still missing, as they come."""
        worker = self._worker = self._worker or WorkerProcess(self._terms)
        worker.ask(replace(task, first=len(outcomes)), key)
        loaded: Loaded = worker.hear(self._timeout)
        if loaded.failure:
            outcomes += [loaded.failure] * (n_runs - len(outcomes))
            worker.deck_key = 0
            if isinstance(loaded.failure.error, SimulationError):
                self.release()  # nothing says what a deck that failed has left in there
            return
        while len(outcomes) < n_runs:
            outcome: Outcome = worker.hear(self._timeout)
            outcomes.append(_whole(outcome, task, len(outcomes), loaded.text))
        finished: Finished = worker.hear(self._timeout)
        worker.n_runs += n_runs
        self._resident = self._resident or finished.resident
        grown = finished.resident - self._resident > _GROWTH
        if grown or not finished.usable or worker.n_runs >= self._runs_per_worker:
            self.release()

    def release(self) -> None:
        """End the worker, if there is one."""
        if self._worker:
            self._worker.end()
        self._worker, self._resident = None, 0

    def kill(self) -> None:
        """Kill the worker in the midst of its run, from any thread."""
        worker = self._worker
        if worker:
            worker.kill()


def _n_runs(task: Task) -> int:
    if task.values is not None:
        return len(task.values)
    if isinstance(task.deck, TextDeck):
        return task.deck.n_analyses
    return len(task.deck.analyses) if task.deck else 0


def _whole(outcome: Outcome, task: Task, number: int, text: str) -> Outcome:
    """Give an outcome back the text that it came without."""
    if isinstance(outcome, Failure):
        if isinstance(outcome.error, SimulationError):
            outcome.error.deck = text
        return outcome
    altered: dict[str, float] = {}
    if task.values is not None:
        altered = dict(zip(task.names, task.values[number].tolist(), strict=True))
    return replace(outcome, provenance=replace(outcome.provenance, loaded=text, altered=altered))
