"""ngspice as a library in this process: load once, alter, run, read.

A load that fails leaves the circuit before it in place. So a session drops the old circuit first,
and takes a plot for a result only if its name is new. Workers (:mod:`.pool`) stand around sessions.
"""

from __future__ import annotations

import math
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import chdir, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..accuracy import SpectrumCheck
from ..errors import SimulationError, Status
from ..netlist import (
    Ac,
    Analysis,
    Dc,
    Deck,
    TextDeck,
    Tran,
    alter_commands,
    alter_templates,
    alterable,
    analysis_command,
    files_of,
    rows_of,
    text_of,
)
from ..results import Fail, Outcome, Provenance, Result, Spectrum, outcome_of
from .evidence import check_log, circuit_from, failed, notes_of, result_from
from .shared import LOCK, shared_library, vector_name

__all__ = ["Session"]

_Kind = tuple[type[Analysis], bool]  # and whether it starts at rest


class Session:
    """One circuit at a time in the process's ngspice.

    While it runs a deck with sampled waveforms, or a stranger's, the process's working directory is
    a folder of the session's own.

    Raises
    ------
    NgspiceMissingError
        The shared library is not installed.
    """

    _holder: ClassVar[Session | None] = None  # whose circuit the library has

    def __init__(self) -> None:
        self._library = shared_library()
        self._folder = Path(tempfile.mkdtemp(prefix="physlearn_"))
        # not a TemporaryDirectory, which warns when its owner is forgotten without a close
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._text = ""
        self._revision = 0  # of the circuit: loaded, or altered
        self._uses_folder = False
        self._has_seen_if = False  # which 39.3 remembers for good, and then reads models otherwise
        self._check: SpectrumCheck | None = None
        self._notes: tuple[str, ...] = ()
        self._altered: dict[str, float] = {}
        self._alterable: frozenset[str] = frozenset()
        self._kinds: frozenset[_Kind] = frozenset()
        self._hidden: frozenset[str] = frozenset()  # vectors that are no result
        # names of the vectors that each kind of analysis gives
        self._names: dict[_Kind, list[bytes]] = {}

    @property
    def version(self) -> str:
        """Engine and version, as results record it."""
        return self._library.version

    @property
    def loaded(self) -> str:
        """Text of the loaded deck; "" where none is loaded."""
        return self._text

    @property
    def is_spoiled(self) -> bool:
        """Whether what was loaded so far may change how ngspice reads the next deck."""
        return self._library.lost or self._has_seen_if

    def load(self, deck: Deck | TextDeck) -> tuple[Analysis, ...]:
        """Put a circuit in place of the one before, which may be another session's.

        Returns
        -------
        tuple
            The analyses that the deck asks for.

        Raises
        ------
        DeckError
            The deck, or the flat circuit that ngspice makes of it, is not one to be run.
        SimulationError
            ngspice did not take the deck. No circuit is loaded then, in either case.
        """
        text, files = text_of(deck), files_of(deck)
        with LOCK:
            self._has_seen_if |= "\n.if" in text
            self._uses_folder = bool(files) or isinstance(deck, TextDeck)
            if isinstance(deck, TextDeck):
                loading = self._replace(text, files, deck.lines)
                self._library.command("listing e")
                circuit = circuit_from(self._library.take_log(), loading, deck)
                analyses, names = circuit.analyses, frozenset(circuit.elements)
                self._notes, self._check = deck.notes, SpectrumCheck(circuit)
                self._hidden = frozenset()
            else:
                self._replace(text, files)
                analyses, names = deck.analyses, alterable(deck)
                self._notes, self._check = (), SpectrumCheck(deck)
                self._hidden = deck.hidden
            self._revision += 1
            self._text, self._altered, self._alterable = text, {}, names
            self._kinds, self._names = frozenset(map(_kind, analyses)), {}
        return analyses

    def alter(self, names: Iterable[str], values: ArrayLike) -> None:
        """Give elements new values [Ohm, H, F, or V of a source's DC], gains, k (n_names,).

        Raises
        ------
        DeckError
            A value is not one of its element's, as not positive; nothing was altered then.
        SimulationError
            The loaded circuit has no such element; or ngspice did not take a value, and then no
            circuit is loaded any more.
        """
        names, row = tuple(names), np.asarray(values, float).tolist()
        new = dict(zip(names, row, strict=True))
        is_positive = not row or (min(row) > 0 and math.isfinite(sum(row)))
        if not is_positive or any(name[0] == "k" for name in names):
            alter_commands(new)  # says which is not allowed, if one is not
        with LOCK:
            self._require_circuit()
            if not self._alterable.issuperset(names):
                name = next(name for name in names if name not in self._alterable)
                raise SimulationError(
                    f"can't alter {name!r}",
                    status=Status.REFUSED,
                    deck=self._text,
                    advice="it is not in the loaded circuit under this name, or has no single "
                    "value",
                )
            self._library.take_log()
            for template, of in alter_templates(names):
                self._library.command(template % tuple(row[of]))
            self._revision += 1
            text, self._text = self._text, ""  # if it fails, nobody knows what the circuit is
            check_log(self._library.take_log(), text, "to alter a value")
            self._text, self._altered = text, {**self._altered, **new}

    def run(self, analysis: Analysis) -> Result:
        """Run one analysis on the loaded circuit, of a kind that its deck has.

        Raises
        ------
        SimulationError
            There is no circuit, its deck was written for other kinds of analysis, or the evidence
            of a good run is missing.
        """
        with LOCK:
            return self._run(analysis, self._check)

    def run_many(
        self,
        names: Iterable[str],
        values: ArrayLike,
        analysis: Analysis,
        *,
        fail: Fail = "raise",
    ) -> Iterator[Outcome]:
        """Run one analysis for each row of values (n_rows, n_names), in order.

        Raises
        ------
        DeckError, SimulationError
            As :meth:`alter` and :meth:`run`; with ``fail="return"`` they come as failures.
        """
        names = tuple(names)
        rows = rows_of(names, values)
        check, revision = self._check, -1

        def altered(row: NDArray[np.float64]) -> Result:
            nonlocal check, revision
            with LOCK:
                if self._revision != revision:  # at first, and when others have changed something
                    needless = self._is_needless(names, rows, analysis)
                    check = None if needless else self._check
                self.alter(names, row)
                revision = self._revision
                return self._run(analysis, check)

        for row in rows:
            yield altered(row) if fail == "raise" else outcome_of(partial(altered, row), fail)

    def _is_needless(
        self, names: tuple[str, ...], rows: NDArray[np.float64], analysis: Analysis
    ) -> bool:
        """Whether no rounding can matter in any row, so that the check can be left out."""
        if self._check is None or not isinstance(analysis, Ac) or not np.isfinite(rows).all():
            return False
        least, most = (
            {**self._altered, **dict(zip(names, bound.tolist(), strict=True))}
            for bound in (rows.min(axis=0), rows.max(axis=0))
        )
        return self._check.is_needless(analysis.frequencies, least, most)

    def _replace(
        self, text: str, files: Mapping[str, str], lines: tuple[int, ...] = ()
    ) -> tuple[str, ...]:
        """Load a text in place of the one before; return what ngspice says."""
        self._require_library()
        if Session._holder is not None:
            self._library.command("remcirc")
            Session._holder = None
        self._text = ""
        try:
            for name, content in files.items():
                (self._folder / name).write_text(content, encoding="utf-8")
        except OSError as error:
            raise SimulationError(
                f"the deck's data files could not be written: {error}",
                deck=text,
                advice="raise the limit of file_size, or make room where temporary files go",
            ) from error
        self._library.take_log()
        Session._holder = self  # a deck that fails leaves a circuit too, one that can't run
        taken = self._library.load(text)
        log = self._library.take_log()
        if not taken:
            raise failed("ngspice did not take the deck", text, log, lines, Status.BAD_DECK)
        check_log(log, text, "to load the deck", lines)
        return log

    def _run(self, analysis: Analysis, check: SpectrumCheck | None) -> Result:
        self._require_circuit()
        kind = _kind(analysis)
        if kind not in self._kinds:
            # AC without noopac is silently wrong, an unchecked operating point made up
            raise SimulationError(
                f"the loaded deck has no analysis of the kind of {analysis}",
                status=Status.REFUSED,
                deck=self._text,
                advice="load a deck with this analysis: its options depend on it",
            )
        before = self._library.plot
        self._library.take_log()
        command = analysis_command(analysis)
        # ngspice folds the case of paths, so data files are where it works; and may write there
        with chdir(self._folder) if self._uses_folder else nullcontext():
            self._library.run(command)
        log = self._library.take_log()
        plot = self._library.plot
        is_new = plot != before and plot.rstrip("0123456789") == command.split()[0]
        vectors: dict[str, NDArray[Any]] = {}
        if is_new:
            # of a sweep, the axis has the name of what is swept
            names = None if isinstance(analysis, Dc) else self._names.get(kind)
            if names is None:
                spelled = self._library.names(plot)
                names = [name for name in spelled if vector_name(name) not in self._hidden]
                self._names[kind] = names
            vectors = self._library.vectors(plot, names)
        self._library.command("destroy all")
        provenance = Provenance(
            self.version, self._text, (*self._notes, *notes_of(log)), self._altered
        )
        try:
            result = result_from(analysis, vectors, provenance, log)
        except SimulationError:
            if isinstance(analysis, Dc):
                self._restore()
            raise
        if isinstance(result, Spectrum) and check:
            check(result, self._altered)
        return result

    def _restore(self) -> None:
        """Undo what a sweep has left: one that fails leaves its source at the last value."""
        self._library.command("reset")
        for template, of in alter_templates(tuple(self._altered)):
            self._library.command(template % tuple(self._altered.values())[of])
        self._library.take_log()

    def _require_library(self) -> None:
        if self._library.lost:
            raise SimulationError(
                "ngspice has given up in this process, over an earlier deck",
                status=Status.CRASHED,
                advice="start another process, or use a Pool, which does",
            )

    def _require_circuit(self) -> None:
        self._require_library()
        if not self._text:
            raise SimulationError("no circuit is loaded", status=Status.REFUSED)
        if Session._holder is not self:
            raise SimulationError(
                "another session has put its circuit in place of this one",
                status=Status.REFUSED,
                advice="load the deck again",
            )


def _kind(analysis: Analysis) -> _Kind:
    return type(analysis), isinstance(analysis, Tran) and analysis.at_rest
