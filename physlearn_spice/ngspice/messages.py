"""What the pool and its workers say to each other, and how it travels."""

from __future__ import annotations

import os
import pickle
import threading
import time
import traceback
from collections import deque
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from ..netlist import Analysis, Deck, TextDeck
from ..results import DcSweep, Failure, Outcome, Provenance, Result, Spectrum, Waveforms
from .limits import Limits

__all__ = [
    "Finished",
    "Inbox",
    "Loaded",
    "Outbox",
    "Packed",
    "Ready",
    "Task",
    "Terms",
    "packed",
    "unpacked",
]

_WAIT = 0.01  # of an outcome for others to go with [s]


@dataclass(frozen=True)
class Terms:
    """What a worker may take, and for how long one run may use the processor [s]."""

    limits: Limits
    cpu_time: float | None


@dataclass(frozen=True)
class Ready:
    """The library is open; ``missing`` where there is none."""

    missing: str = ""


@dataclass(frozen=True)
class Task:
    """Runs of one deck, in order.

    Parameters
    ----------
    deck
        None where the worker has it loaded.
    analysis
        What to run for each row of values; None for each analysis of the deck, as it is.
    names, values
        Element values [Ohm, H, F, V] (n_rows, n_names).
    first
        Number of the run to begin with.
    one_by_one
        Whether each outcome is sent before the next run begins, so that the run that a worker dies
        in is known; otherwise several go together, which takes half the time.
    """

    deck: Deck | TextDeck | None
    analysis: Analysis | None = None
    names: tuple[str, ...] = ()
    values: NDArray[np.float64] | None = None
    first: int = 0
    one_by_one: bool = True


@dataclass(frozen=True)
class Loaded:
    """The task's deck is loaded, as this text; or it is not."""

    text: str = ""
    failure: Failure | None = None


@dataclass(frozen=True)
class Finished:
    """The task is done; what the process holds then [bytes], and whether ngspice still runs."""

    resident: int
    usable: bool


Packed = tuple[str, tuple[str, ...], Any, tuple[Any, ...], str, tuple[str, ...]]
_KINDS: dict[str, type[Result]] = {kind.__name__: kind for kind in get_args(Result)}


def packed(outcome: Outcome) -> Packed | Failure:
    """Make a result quick to send: many small arrays and objects take a fifth of a run's time.

    The deck's text and what was altered are left out: the parent has them.
    """
    if isinstance(outcome, Failure):
        return outcome
    axis: tuple[Any, ...] = ()
    if isinstance(outcome, Spectrum):
        axis = (outcome.frequency,)
    elif isinstance(outcome, Waveforms):
        axis = (outcome.time,)
    elif isinstance(outcome, DcSweep):
        axis = outcome.sweep, outcome.source
    arrays = list(outcome.vectors.values())
    alike = len({(array.dtype, array.shape) for array in arrays}) == 1
    vectors = np.array(arrays) if alike else arrays
    by = outcome.provenance
    return type(outcome).__name__, tuple(outcome.vectors), vectors, axis, by.engine, by.notes


def unpacked(said: Packed, text: str, altered: dict[str, float]) -> Result:
    """Return the result that :func:`packed` was given, with its deck's text."""
    kind, names, arrays, axis, engine, notes = said
    vectors = dict(zip(names, arrays, strict=True))
    provenance = Provenance(engine, text, notes, altered)
    return _KINDS[kind](vectors, provenance, *axis)


class Outbox:
    """The worker's side: sends at once, or several messages together.

    A thread sends what has waited for a hundredth of a second, also in the midst of a long run.
    """

    def __init__(self, parent: Connection[Any, Any]) -> None:
        self.one_by_one = True
        self._parent = parent
        self._waiting: list[bytes] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._keep_flushing, daemon=True).start()

    def say(self, message: object) -> None:
        """Send a message, now or soon."""
        spelled = pickle.dumps(message, 5)
        with self._lock:
            self._waiting.append(spelled)
        if self.one_by_one:
            self.flush()

    def flush(self) -> None:
        """Send what is waiting."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
            if waiting:
                self._parent.send_bytes(pickle.dumps(waiting, 5))

    def _keep_flushing(self) -> None:
        while True:
            time.sleep(_WAIT)
            if self._waiting:
                try:
                    self.flush()
                except OSError:
                    return  # the parent is gone, which the listener sees as well
                except BaseException:  # no memory: what is lost here must not shift what follows
                    traceback.print_exc()
                    os._exit(1)


class Inbox:
    """The parent's side: messages one by one."""

    def __init__(self, worker: Connection[Any, Any]) -> None:
        self._worker = worker
        self._arrived: deque[bytes] = deque()

    def hear(self, timeout: float | None) -> Any:
        """Return the next message.

        Raises
        ------
        TimeoutError
            There was none for ``timeout`` seconds.
        EOFError, OSError
            The worker is gone.
        """
        if not self._arrived:
            if not self._worker.poll(timeout):
                raise TimeoutError
            self._arrived.extend(pickle.loads(self._worker.recv_bytes()))
        return pickle.loads(self._arrived.popleft())
