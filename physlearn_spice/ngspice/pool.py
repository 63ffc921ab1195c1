"""Many runs in worker processes, any of which may hang, crash or be killed.

Each worker belongs to one thread of the parent, so that nothing is shared which a dead one could
have left locked. The parent never loads ngspice.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import count
from queue import SimpleQueue

from numpy.typing import ArrayLike

from ..netlist import Analysis, Deck, TextDeck, rows_of
from ..results import Fail, Failure, Outcome
from .keeper import Keeper
from .limits import Limits
from .messages import Task, Terms

__all__ = ["Outcomes", "Pool"]

_ROWS_PER_TASK = 50
_TASKS_AHEAD = 16  # for each worker, of decks
_ROW_TASKS_AHEAD = 4  # for each worker, of rows
_NO_LIMITS = Limits()
Outcomes = tuple[Outcome, ...]


class Pool:
    """Worker processes that run decks; a context manager, which ends them.

    Parameters
    ----------
    workers
        Number of processes; as many as there are processors where none is given.
    timeout
        Longest time for one run [s].
    limits
        What each process may take.
    runs_per_worker
        Number of runs after which a worker is replaced.
    """

    def __init__(
        self,
        workers: int | None = None,
        *,
        timeout: float | None = None,
        limits: Limits = _NO_LIMITS,
        runs_per_worker: int = 100_000,
    ) -> None:
        if workers is not None and workers < 1:
            raise ValueError(f"a pool of {workers} workers: needs at least 1")
        self.workers = workers or _processors()
        terms = Terms(limits, None if timeout is None else timeout + 1)
        self._tasks: SimpleQueue[tuple[Task, int, Future[Outcomes]] | None] = SimpleQueue()
        self._keys = count(1)
        self._closed = False
        self._keepers = [Keeper(terms, timeout, runs_per_worker) for _ in range(self.workers)]
        self._threads = [
            threading.Thread(target=self._serve, args=[keeper], daemon=True)
            for keeper in self._keepers
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Pool:
        """Return the pool."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the workers."""
        self.close()

    def close(self) -> None:
        """End the workers, in the midst of their runs; what still waits is cancelled."""
        self._closed = True
        for keeper in self._keepers:
            self._tasks.put(None)
            keeper.stop()
        for thread in self._threads:
            thread.join()

    def submit(self, deck: Deck | TextDeck) -> Future[Outcomes]:
        """Ask for a deck's analyses; the future's result is an outcome for each."""
        return self._submit(Task(deck), next(self._keys))

    def run(self, decks: Iterable[Deck | TextDeck], *, fail: Fail = "raise") -> Iterator[Outcomes]:
        """Run decks, and yield the outcomes of each, one for each analysis, in order.

        Raises
        ------
        DeckError, SimulationError
            The first run that failed; with ``fail="return"`` failures come in place of results.
        NgspiceMissingError
            The shared library is not installed.
        """
        return self._in_order(((Task(deck), next(self._keys)) for deck in decks), fail)

    def run_as_completed(
        self, decks: Iterable[Deck | TextDeck], *, fail: Fail = "raise"
    ) -> Iterator[tuple[int, Outcomes]]:
        """Run decks as :meth:`run`; yield each one's number and outcomes as soon as they come."""
        numbered = enumerate(decks)
        numbers: dict[Future[Outcomes], int] = {}
        try:
            while True:
                while len(numbers) < _TASKS_AHEAD * self.workers and (item := next(numbered, None)):
                    numbers[self.submit(item[1])] = item[0]
                if not numbers:
                    return
                for future in wait(numbers, return_when=FIRST_COMPLETED).done:
                    yield numbers.pop(future), _checked(future.result(), fail)
        finally:
            for future in numbers:
                future.cancel()

    def run_many(
        self,
        deck: Deck | TextDeck,
        names: Iterable[str],
        values: ArrayLike,
        analysis: Analysis,
        *,
        fail: Fail = "raise",
    ) -> Iterator[Outcome]:
        """Run one analysis of a deck for each row of element values, in order.

        Parameters
        ----------
        names, values
            Elements, and their values [Ohm, H, F, or V of a source's DC] (n_rows, n_names).

        Raises
        ------
        DeckError, SimulationError, NgspiceMissingError
            As :meth:`run`.
        """
        names, key = tuple(names), next(self._keys)
        rows = rows_of(names, values)
        tasks = (
            (Task(deck, analysis, names, rows[k : k + _ROWS_PER_TASK], one_by_one=False), key)
            for k in range(0, len(rows), _ROWS_PER_TASK)
        )
        for outcomes in self._in_order(tasks, "return", _ROW_TASKS_AHEAD):
            for outcome in outcomes:
                yield from _checked((outcome,), fail)

    def _in_order(
        self, tasks: Iterable[tuple[Task, int]], fail: Fail, ahead: int = _TASKS_AHEAD
    ) -> Iterator[Outcomes]:
        pending: deque[Future[Outcomes]] = deque()
        try:
            for task, key in tasks:
                pending.append(self._submit(task, key))
                if len(pending) >= ahead * self.workers:
                    yield _checked(pending.popleft().result(), fail)
            while pending:
                yield _checked(pending.popleft().result(), fail)
        finally:
            for future in pending:
                future.cancel()

    def _submit(self, task: Task, key: int) -> Future[Outcomes]:
        if self._closed:
            raise RuntimeError("the pool is closed")
        future: Future[Outcomes] = Future()
        self._tasks.put((task, key, future))
        if self._closed:  # meanwhile
            future.cancel()
        return future

    def _serve(self, keeper: Keeper) -> None:
        """Carry out tasks until the pool is closed, and cancel the rest; in a thread of its own."""
        while item := self._tasks.get():
            task, key, future = item
            if self._closed:
                future.cancel()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(keeper.carry_out(task, key))
            except BaseException as error:  # whatever it is, who waits for the result must get it
                future.set_exception(error)
        keeper.release()


def _processors() -> int:
    """Return how many processors this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _checked(outcomes: Outcomes, fail: Fail) -> Outcomes:
    for outcome in outcomes:
        if fail == "raise" and isinstance(outcome, Failure):
            raise outcome.error
    return outcomes
