"""ngspice as a library in this process: load once, alter, run, read.

The library is a single global state: there is one per process, and a load that fails leaves the
circuit before it in place. So a session drops the old circuit first, and takes a plot for a
result only if its name is new. Worker processes with time-outs will stand around this module.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
import weakref
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..elements import Capacitor, Inductor, Resistor
from ..errors import SimulationError
from ..netlist import (
    Analysis,
    Deck,
    Tran,
    alter_commands,
    analysis_command,
    side_files,
    to_spice,
)
from ..results import Result
from .evidence import check_log, result_from
from .library import open_library

__all__ = ["LOCK", "Session"]

_COMMANDS_BETWEEN_PURGES = 1000
LOCK = threading.RLock()  # the library dies where two threads are in it
_REAL = 1  # flag of a real vector in ngspice's vector_info


class Session:
    """One circuit at a time in the process's ngspice.

    Raises
    ------
    NgspiceMissingError
        The shared library is not installed.
    """

    _holder: ClassVar[Session | None] = None  # whose circuit the library has
    _lost: ClassVar[bool] = False  # the library has given up, for good

    def __init__(self) -> None:
        binding, self._ffi = open_library()
        self._version = binding.ngspice_version
        # PySpice keeps the C functions and the log under private names
        self._library: Any = vars(binding)["_ngspice_shared"]
        self._stdout: list[str] = vars(binding)["_stdout"]
        self._stderr: list[str] = vars(binding)["_stderr"]
        self._folder = Path(tempfile.mkdtemp(prefix="physlearn_"))
        # not a TemporaryDirectory, which warns when its owner is forgotten without a close
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._deck_text = ""
        self._altered: dict[str, str] = {}
        self._alterable: frozenset[str] = frozenset()
        self._analyses: frozenset[tuple[type[Analysis], bool]] = frozenset()
        self._n_commands = 0

    @property
    def version(self) -> str:
        """Engine and version, as results record it."""
        return f"ngspice-{self._version} (shared library)"

    def load(self, deck: Deck) -> None:
        """Put a circuit in place of the one before, which may be another session's.

        Raises
        ------
        SimulationError
            ngspice did not take the deck; no circuit is loaded then.
        """
        text = to_spice(deck)
        with LOCK:
            self._load(deck, text)

    def _load(self, deck: Deck, text: str) -> None:
        self._require_library()
        if Session._holder is not None:
            self._command("remcirc")
            Session._holder = None
        self._deck_text = ""
        for name, content in side_files(deck).items():
            (self._folder / name).write_text(content, encoding="utf-8")
        lines = [self._ffi.new("char[]", line.encode()) for line in text.splitlines()]
        self._clear_log()
        Session._holder = self  # a deck that fails leaves a circuit too, one that can't run
        status: int = self._library.ngSpice_Circ(
            self._ffi.new("char *[]", [*lines, self._ffi.NULL])
        )
        log = self._log()
        if status != 0:
            raise SimulationError("ngspice did not take the deck", deck=text, log=log)
        check_log(log, text, "to load the deck")
        self._deck_text, self._altered = text, {}
        self._analyses = frozenset(_kind(analysis) for analysis in deck.analyses)
        self._alterable = frozenset(deck.network.names(Resistor, Inductor, Capacitor))

    def alter(self, names: Iterable[str], values: ArrayLike) -> None:
        """Give resistors, inductors and capacitors new values [Ohm, H, F] (n_names,).

        Raises
        ------
        DeckError
            A value is not positive and finite; nothing was altered then.
        SimulationError
            The loaded circuit has no such element.
        """
        names = tuple(names)
        commands = alter_commands(names, values)
        with LOCK:
            self._require_circuit()
            for name in names:
                if name not in self._alterable:
                    raise SimulationError(
                        f"can't alter {name!r}",
                        deck=self._deck_text,
                        advice="it is not in the loaded circuit under this name, or has no single "
                        "value",
                    )
            self._clear_log()
            for command in commands:
                self._command(command)
            check_log(self._log(), self._deck_text, "to alter a value")
        self._altered |= {command.split()[1]: command for command in commands}

    def run(self, analysis: Analysis) -> Result:
        """Run one analysis on the loaded circuit, of a kind that its deck has.

        Raises
        ------
        SimulationError
            There is no circuit, its deck was written for other kinds of analysis, or the evidence
            of a good run is missing.
        """
        with LOCK:
            return self._run(analysis)

    def _run(self, analysis: Analysis) -> Result:
        self._require_circuit()
        if _kind(analysis) not in self._analyses:
            # AC without noopac is silently wrong, an unchecked operating point made up
            raise SimulationError(
                f"the loaded deck has no analysis of the kind of {analysis}",
                deck=self._deck_text,
                advice="load a deck with this analysis: its options depend on it",
            )
        before = self._current_plot()
        self._clear_log()
        with self._in_folder(), _interrupts_deferred():
            self._command(analysis_command(analysis))
        log = self._log()
        plot = self._current_plot()
        vectors = {} if plot == before else self._read(plot)
        self._command("destroy all")
        altered = "".join(f"* {command}\n" for command in self._altered.values())
        return result_from(analysis, vectors, self._deck_text + altered, log, self.version)

    def _require_library(self) -> None:
        if Session._lost:
            raise SimulationError(
                "ngspice has given up in this process, over an earlier deck",
                advice="start another process, or use simulate_batch",
            )

    def _require_circuit(self) -> None:
        self._require_library()
        if not self._deck_text:
            raise SimulationError("no circuit is loaded")
        if Session._holder is not self:
            raise SimulationError(
                "another session has put its circuit in place of this one",
                advice="load the deck again",
            )

    def _command(self, command: str) -> None:
        self._library.ngSpice_Command(command.encode())
        self._n_commands += 1
        if self._n_commands % _COMMANDS_BETWEEN_PURGES == 0:
            self._library.ngSpice_Command(self._ffi.NULL)  # frees its list of past commands

    def _current_plot(self) -> str:
        return self._ffi.string(self._library.ngSpice_CurPlot()).decode()

    def _read(self, plot: str) -> dict[str, NDArray[Any]]:
        names: Any = self._library.ngSpice_AllVecs(plot.encode())
        vectors: dict[str, NDArray[Any]] = {}
        k = 0
        while names[k] != self._ffi.NULL:
            info = self._library.ngGet_Vec_Info(names[k])
            real = bool(info.v_flags & _REAL)
            data, item = (info.v_realdata, 8) if real else (info.v_compdata, 16)
            raw = self._ffi.buffer(data, item * info.v_length)
            name = _vector_name(self._ffi.string(names[k]).decode())
            vectors[name] = np.frombuffer(raw, float if real else complex).copy()
            k += 1
        return vectors

    def _clear_log(self) -> None:
        self._stdout.clear()
        self._stderr.clear()

    def _log(self) -> tuple[str, ...]:
        log = (*self._stdout, *self._stderr)
        Session._lost = Session._lost or any("cannot recover" in line for line in log)
        return log

    @contextmanager
    def _in_folder(self) -> Generator[None]:
        """Work where the sampled waveforms lie: ngspice folds the case of a path in a deck."""
        previous = Path.cwd()
        os.chdir(self._folder)
        try:
            yield
        finally:
            os.chdir(previous)


@contextmanager
def _interrupts_deferred() -> Generator[None]:
    """Hold Ctrl-C back until the library has returned: inside its callbacks it would be lost."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    noted: list[tuple[int, FrameType | None]] = []
    previous = signal.signal(signal.SIGINT, lambda number, frame: noted.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
    if noted and callable(previous):
        previous(*noted[0])


def _kind(analysis: Analysis) -> tuple[type[Analysis], bool]:
    return type(analysis), isinstance(analysis, Tran) and analysis.at_rest


def _vector_name(name: str) -> str:
    """Name a library's vector as raw files do: ``l1#branch`` is i(l1), ``n1`` is v(n1)."""
    if name in ("time", "frequency") or name.startswith("@"):
        return name
    if name.startswith("V("):  # of a node whose name starts with a digit
        return name.lower()
    element, branch, _ = name.partition("#branch")
    return f"i({element})" if branch else f"v({name})"
