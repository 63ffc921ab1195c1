"""The parent's handle of one worker process: start, ask, wait with a deadline, end."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

from ..errors import PhyslearnError, SimulationError, Status
from .evidence import PROGRESS, telling_lines
from .library import NgspiceMissingError
from .limits import signal_name
from .messages import Inbox, Ready, Task, Terms

__all__ = ["WorkerEnded", "WorkerProcess"]

_PROGRAM = "from physlearn_spice.ngspice.worker import main; main()"
_START = 60.0  # [s]
_PATIENCE = 2.0  # for a process to end when it is asked to [s]
_LOG_TAIL = 4000  # bytes


class WorkerEnded(Exception):  # noqa: N818, it is an event
    """The worker was late or died, with the error that says so of the run it was in."""

    def __init__(self, error: SimulationError, *, killed: bool = False) -> None:
        self.error, self.killed = error, killed
        super().__init__(str(error))


class WorkerProcess:
    """A worker in a session and a folder of its own.

    Raises
    ------
    NgspiceMissingError
        The shared library is not installed.
    PhyslearnError
        There is no room for its folder, or no process to be had.
    WorkerEnded
        It did not come up.
    """

    def __init__(self, terms: Terms) -> None:
        self.deck_key = 0  # of the deck that it has loaded
        self.n_runs = 0
        try:
            self._folder = tempfile.mkdtemp(prefix="physlearn_")
            self._log = tempfile.TemporaryFile()  # noqa: SIM115, it lives as long as the process
            ours, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(
                    [
                        sys.executable,
                        "-P",
                        "-c",
                        _PROGRAM,
                        str(theirs.fileno()),
                    ],
                    pass_fds=[theirs.fileno()],
                    cwd=self._folder,
                    env={**os.environ, "PYTHONPATH": _paths(), "TMPDIR": self._folder},
                    stdin=subprocess.DEVNULL,
                    stdout=self._log,
                    stderr=self._log,
                    start_new_session=True,  # Ctrl-C in the terminal is the parent's to answer
                )
        except OSError as error:
            shutil.rmtree(getattr(self, "_folder", ""), ignore_errors=True)
            raise PhyslearnError(f"can't start a worker: {error}") from error
        self._connection: Connection[Any, Any] = Connection(ours.detach())
        self._inbox = Inbox(self._connection)
        self._say(terms)
        try:
            ready: Ready = self.hear(_START)
        except WorkerEnded as ended:  # the deck has no part in it
            message = f"a worker did not start: {ended.error.message}"
            error = SimulationError(
                message, status=Status.CRASHED, log=ended.error.log, advice="try again, with fewer"
            )
            raise WorkerEnded(error, killed=True) from None
        if ready.missing:
            self.end()
            raise NgspiceMissingError(ready.missing)

    def ask(self, task: Task, key: int) -> None:
        """Send a task, with its deck only if the worker has another one loaded."""
        self._say(task if key != self.deck_key else replace(task, deck=None))
        self.deck_key = 0  # until it says that it has it

    def hear(self, timeout: float | None) -> Any:
        """Return what the worker says next.

        Raises
        ------
        WorkerEnded
            It said nothing for ``timeout`` seconds, or died. It is gone then in either case.
        """
        try:
            return self._inbox.hear(timeout)
        except TimeoutError:  # which is an OSError
            pass
        except (EOFError, OSError):
            raise self._death() from None
        self.kill()
        log = self._last_lines()
        self.end()
        raise WorkerEnded(
            SimulationError(
                f"ngspice took longer than {timeout:g} s", status=Status.TIMED_OUT, log=log
            )
        )

    def kill(self) -> None:
        """Kill the process, from any thread."""
        self._process.kill()

    def end(self) -> None:
        """End the process, by itself if it can, and remove what it had."""
        self._connection.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _say(self, message: object) -> None:
        try:
            self._connection.send(message)
        except OSError:
            raise self._death() from None

    def _death(self) -> WorkerEnded:
        try:
            code = self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._process.wait()
        log = self._last_lines()
        self.end()
        by = signal_name(code)
        said = " ".join(log).lower()
        status = Status.CRASHED
        if by == "SIGXCPU":
            status = Status.TIMED_OUT
        elif "memory" in said or "alloc" in said:
            status = Status.OUT_OF_MEMORY
        error = SimulationError(f"ngspice's process ended by {by}", status=status, log=log)
        return WorkerEnded(error, killed=code == -signal.SIGKILL)

    def _last_lines(self) -> tuple[str, ...]:
        """Return the last lines that the process wrote."""
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - _LOG_TAIL))
        lines = self._log.read().decode("utf-8", "replace").splitlines()
        reached = [line for line in lines if line.startswith(PROGRESS)]
        return (*telling_lines(lines), *reached[-1:])


def _paths() -> str:
    """Where a worker finds modules: where its parent does, "" being the parent's folder."""
    return os.pathsep.join(map(os.path.abspath, sys.path))
