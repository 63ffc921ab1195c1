"""A worker: a process that runs tasks until its parent is gone.

:func:`main` gets the number of its end of a socket pair as the first argument. It hears
:class:`Terms` and says :class:`Ready`; then for each :class:`Task` it says :class:`Loaded`, each
outcome, and :class:`Finished`.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from ..errors import DeckError, SimulationError, Status
from ..netlist import Analysis
from ..results import Failure, Outcome, outcome_of
from .library import NgspiceMissingError
from .limits import allow_cpu, resident
from .messages import Finished, Loaded, Outbox, Ready, Task, Terms, packed
from .session import Session
from .shared import shared_library

__all__ = ["main"]


def main() -> None:
    """Serve the parent at the other end of the socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent: Connection[Any, Any] = Connection(int(sys.argv[1]))
    said: SimpleQueue[Any] = SimpleQueue()
    listener = threading.Thread(target=_listen, args=[parent, said], daemon=True)
    listener.start()
    try:
        _serve(parent, said)
    except ConnectionError:
        listener.join()  # it ends the process


def _listen(parent: Connection[Any, Any], said: SimpleQueue[Any]) -> None:
    """Pass on what the parent says; end the process, in the midst of a run, when it is gone."""
    folder = Path.cwd()
    try:
        while True:
            said.put(parent.recv())
    except (EOFError, OSError):
        pass
    except BaseException:  # a deck of a class that is not known here, or no memory for it
        traceback.print_exc()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def _serve(parent: Connection[Any, Any], said: SimpleQueue[Any]) -> None:
    terms: Terms = said.get()
    outbox = Outbox(parent)
    try:
        library = shared_library()
    except NgspiceMissingError as error:
        outbox.say(Ready(str(error)))
        outbox.flush()
        return
    library.copy_log_to(sys.stderr.fileno())
    terms.limits.apply()
    outbox.say(Ready())
    outbox.flush()
    session = Session()
    analyses: tuple[Analysis, ...] = ()
    while True:
        task: Task = said.get()
        outbox.one_by_one = task.one_by_one
        if task.deck is not None:
            _begin(terms)
            failure = None
            try:
                analyses = session.load(task.deck)
            except (DeckError, SimulationError) as error:
                failure = Failure(error)
            if failure:
                outbox.say(Loaded(failure=failure))
                outbox.flush()
                continue
        outbox.say(Loaded(session.loaded))
        usable = True
        try:
            for outcome in _outcomes(session, task, analyses, terms):
                outbox.say(packed(outcome))
                if library.lost:
                    break
        except MemoryError:
            outbox.say(Failure(_too_large()))
            usable = False
        outbox.say(Finished(resident(), usable and not session.is_spoiled))
        outbox.flush()


def _outcomes(
    session: Session, task: Task, analyses: tuple[Analysis, ...], terms: Terms
) -> Iterator[Outcome]:
    if task.analysis is None or task.values is None:
        left = analyses[task.first :]
        runs = (outcome_of(partial(session.run, analysis), "return") for analysis in left)
    else:
        rows = task.values[task.first :]
        runs = session.run_many(task.names, rows, task.analysis, fail="return")
    while True:
        _begin(terms)
        try:
            yield next(runs)
        except StopIteration:
            return


def _too_large() -> SimulationError:
    return SimulationError("there is no memory for the result", status=Status.OUT_OF_MEMORY)


def _begin(terms: Terms) -> None:
    """Begin a run: what a crash leaves of the log is of this one, and so is the processor time."""
    shared_library().begin_copy()
    if terms.cpu_time is not None:
        allow_cpu(terms.cpu_time)
