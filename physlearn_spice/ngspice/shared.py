"""The process's ngspice library: commands in, log lines and vectors out.

It is a single global state that no two threads may be in, that leaks the commands it is given,
and that, once it says "cannot recover", is lost for the process.
"""

from __future__ import annotations

import _signal  # pyright: ignore[reportMissingImports] # signal.signal loses 20 us with enums
import os
import signal
import threading
from collections.abc import Iterable
from functools import cache, lru_cache
from types import FrameType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import SimulationError
from .library import open_library

__all__ = ["LOCK", "SharedLibrary", "shared_library", "vector_name"]

LOCK = threading.RLock()  # the library dies where two threads are in it
_COMMANDS_BETWEEN_PURGES = 1000
_IDLE = tuple(  # what each run says: not worth the time of a write
    b"stdout " + words
    for words in (b"Note:", b"Circuit:", b"Doing analysis", b"No. of Data", b"Linear circuit")
)
_REAL = 1  # flag of a real vector in ngspice's vector_info


class SharedLibrary:
    """ngspice as PySpice binds it, with its own reading of the log and of the vectors.

    Raises
    ------
    NgspiceMissingError
        The shared library is not installed.
    """

    def __init__(self) -> None:
        self._said: list[bytes] = []
        self._copy_to: int | None = None
        self._has_copied = True
        binding, self._ffi = open_library(self._hear)
        self.version = f"ngspice-{binding.ngspice_version} (shared library)"
        self.has_xspice = bool(binding.has_xspice)
        self.lost = False
        self._gives_up_early = int(binding.ngspice_version or 0) < 40
        # PySpice keeps the C functions under a private name
        self._library: Any = vars(binding)["_ngspice_shared"]
        self._n_commands = 0

    def copy_log_to(self, descriptor: int) -> None:
        """Also write each line that ngspice says to a file at once: it is all a crash leaves."""
        self._copy_to = descriptor

    def begin_copy(self) -> None:
        """Empty the file that the log is copied to, if something is in it."""
        if self._has_copied and self._copy_to is not None:
            os.ftruncate(self._copy_to, 0)
            os.lseek(self._copy_to, 0, os.SEEK_SET)
            self._has_copied = False

    def _hear(self, line: bytes) -> None:
        self._said.append(line)
        if self._copy_to is not None and not line.startswith(_IDLE):
            os.write(self._copy_to, line.partition(b" ")[2] + b"\n")
            self._has_copied = True

    def load(self, text: str) -> bool:
        """Hand over a deck; whether ngspice took it without an error of its own."""
        lines = [self._ffi.new("char[]", line.encode()) for line in text.splitlines()]
        deck = self._ffi.new("char *[]", [*lines, self._ffi.NULL])
        return self._library.ngSpice_Circ(deck) == 0

    def command(self, command: str) -> None:
        """Run one command."""
        self._library.ngSpice_Command(command.encode())
        self._n_commands += 1
        if self._n_commands % _COMMANDS_BETWEEN_PURGES == 0:
            self._library.ngSpice_Command(self._ffi.NULL)  # frees its list of past commands

    def run(self, command: str) -> None:
        """Run a command that may take long; Ctrl-C waits for it, in whose callbacks it is lost."""
        if threading.current_thread() is not threading.main_thread():
            self.command(command)
            return
        previous = _signal.getsignal(signal.SIGINT)
        if not callable(previous):  # the system's own, or one that is not Python's
            self.command(command)
            return
        noted: list[tuple[int, FrameType | None]] = []
        _signal.signal(signal.SIGINT, lambda number, frame: noted.append((number, frame)))
        try:
            self.command(command)
        finally:
            _signal.signal(signal.SIGINT, previous)
        if noted:
            previous(*noted[0])

    def take_log(self) -> tuple[str, ...]:
        """Return what was said since the log was last taken."""
        if not self._said:
            return ()
        log = tuple(line.partition(b" ")[2].decode("utf-8", "replace") for line in self._said)
        self._said.clear()
        self.lost = self.lost or any(map(self._is_the_end, log))
        return log

    def _is_the_end(self, line: str) -> bool:
        """Whether no later load or run works in this process."""
        if self._gives_up_early:  # 46 says "cannot recover" of much that it does recover from
            return "cannot recover" in line
        return any(
            sign in line
            for sign in ("check your input netlist", "can't allocate", "than memory available")
        )

    @property
    def plot(self) -> str:
        """Name of the current plot."""
        return self._ffi.string(self._library.ngSpice_CurPlot()).decode()

    def names(self, plot: str) -> list[bytes]:
        """Return what ngspice calls the vectors of a plot."""
        names: Any = self._library.ngSpice_AllVecs(plot.encode())
        found: list[bytes] = []
        while names[len(found)] != self._ffi.NULL:
            found.append(self._ffi.string(names[len(found)]))
        return found

    def vectors(self, plot: str, names: Iterable[bytes]) -> dict[str, NDArray[Any]]:
        """Copy vectors (n_points,) of the current plot out of ngspice's memory.

        They are named by :func:`vector_name`.
        """
        vectors: dict[str, NDArray[Any]] = {}
        for spelled in names:
            # what is before a dot would be taken for a plot
            asked = plot.encode() + b"." + spelled if b"." in spelled else spelled
            info = self._library.ngGet_Vec_Info(asked)
            if info == self._ffi.NULL:
                raise SimulationError(f"ngspice does not hand over its vector {spelled!r}")
            is_real = info.v_flags & _REAL
            vector = np.empty(info.v_length, float if is_real else complex)
            data = info.v_realdata if is_real else info.v_compdata
            self._ffi.memmove(vector, data, vector.nbytes)
            name = vector_name(spelled)
            if name in vectors:  # a further branch of an XSPICE device
                name = f"i({spelled.decode()})"
            vectors[name] = vector
        return vectors


@cache
def shared_library() -> SharedLibrary:
    """Return the library, loaded once in this process."""
    return SharedLibrary()


@lru_cache(maxsize=10_000)
def vector_name(spelled: bytes) -> str:
    """Name a library's vector as raw files do: ``l1#branch`` is i(l1), ``n1`` is v(n1)."""
    name = spelled.decode("utf-8", "replace")
    if name in ("time", "frequency", "res-sweep") or name.startswith("@"):
        return name
    if name == "i-sweep":
        return "i(i-sweep)"
    if name.startswith("V("):  # of a node whose name starts with a digit
        return name.lower()
    element, branch, _ = name.partition("#branch")
    return f"i({element})" if branch else f"v({name})"
