"""Carries tasks out to the end, in one worker after the other."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import CancelledError
from dataclasses import replace

from ..errors import SimulationError, Status
from ..netlist import text_of
from ..results import Failure, Outcome
from .messages import Finished, Loaded, Packed, Task, Terms, unpacked
from .process import WorkerEnded, WorkerProcess

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
        self._stopped = False
        self._resident = 0  # of the worker, when it had done its first task [bytes]

    def carry_out(self, task: Task, key: int) -> tuple[Outcome, ...]:
        """Return an outcome for each run of a task; ``key`` is of its deck.

        Raises
        ------
        NgspiceMissingError
            The shared library is not installed.
        CancelledError
            The keeper was stopped.
        """
        outcomes: list[Outcome] = []
        n_runs, deaths, done = _n_runs(task), Counter[int](), False
        while not done and len(outcomes) < n_runs:
            try:
                done = self._go_on(task, key, outcomes)
            except WorkerEnded as ended:
                has_loaded = self._worker is not None and self._worker.deck_key == key
                self._worker, self._resident = None, 0
                if self._stopped:
                    raise CancelledError from None
                if not task.one_by_one and ended.error.status is not Status.TIMED_OUT:
                    task = replace(task, one_by_one=True)  # to see which run it was
                    continue
                run = len(outcomes)
                deaths[run] += 1
                if run < n_runs and deaths[run] >= _tries(ended):
                    ended.error.deck = _text(task)
                    outcomes += [Failure(ended.error)] * (1 if has_loaded else n_runs - run)
            except BaseException:
                self.release()  # what it says next would be taken for the next task's
                raise
        return tuple(outcomes)

    def _go_on(self, task: Task, key: int, outcomes: list[Outcome]) -> bool:
        """Add outcomes that are still missing, as they come; return whether these are all."""
        worker = self._worker = self._worker or WorkerProcess(self._terms)
        if self._stopped:  # while there was no worker to kill
            raise CancelledError
        worker.ask(replace(task, first=len(outcomes)), key)
        loaded: Loaded = worker.hear(self._timeout)
        if loaded.failure:
            outcomes += [loaded.failure] * (_n_runs(task) - len(outcomes))
            error = loaded.failure.error
            if isinstance(error, SimulationError):
                error.deck = error.deck or _text(task)
                self.release()  # nothing says what a deck that failed has left in there
            return True
        worker.deck_key = key
        while not isinstance(said := worker.hear(self._timeout), Finished):
            outcomes.append(_whole(said, task, len(outcomes), loaded.text))
            worker.n_runs += 1
        self._resident = self._resident or said.resident
        grown = said.resident - self._resident > _GROWTH
        if grown or not said.usable or worker.n_runs >= self._runs_per_worker:
            self.release()
        return said.usable

    def release(self) -> None:
        """End the worker, if there is one."""
        if self._worker:
            self._worker.end()
        self._worker, self._resident = None, 0

    def stop(self) -> None:
        """Kill the worker in the midst of its run, and start no other; from any thread."""
        self._stopped = True
        worker = self._worker
        if worker:
            worker.kill()


def _tries(ended: WorkerEnded) -> int:
    """Return how many workers a run may end in this way."""
    if ended.killed:
        return _TRIES_IF_KILLED
    return 1 if ended.error.status is Status.TIMED_OUT else _TRIES


def _text(task: Task) -> str:
    return text_of(task.deck) if task.deck else ""


def _n_runs(task: Task) -> int:
    if task.values is not None:
        return len(task.values)
    return len(task.deck.kinds) if task.deck else 0


def _whole(said: Packed | Failure, task: Task, number: int, text: str) -> Outcome:
    """Give an outcome back the text that it came without."""
    if isinstance(said, Failure):
        if isinstance(said.error, SimulationError):
            said.error.deck = text
        return said
    altered: dict[str, float] = {}
    if task.values is not None:
        altered = dict(zip(task.names, task.values[number].tolist(), strict=True))
    return unpacked(said, text, altered)
