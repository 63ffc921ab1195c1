"""``ngspice -b -r`` in a process of its own: the reference, and safe with any deck."""

from __future__ import annotations

import subprocess
import tempfile
from functools import partial
from pathlib import Path
from typing import Literal, overload

from ..accuracy import SpectrumCheck
from ..errors import DeckError, PhyslearnError, SimulationError, Status
from ..netlist import Ac, Analysis, Deck, FlatCircuit, TextDeck, side_files, to_spice
from ..rawfile import read_raw
from ..results import Fail, Failure, Outcome, Provenance, Result, Spectrum, outcome_of
from .evidence import check_log, circuit_from, failed, listed_cards, notes_of, result_from
from .library import executable_version, find_executable
from .limits import Limits, signal_name

__all__ = ["simulate_batch"]

_NO_LIMITS = Limits()


@overload
def simulate_batch(
    deck: Deck | TextDeck,
    *,
    timeout: float | None = None,
    limits: Limits = _NO_LIMITS,
    fail: Literal["raise"] = "raise",
) -> tuple[Result, ...]: ...
@overload
def simulate_batch(
    deck: Deck | TextDeck,
    *,
    timeout: float | None = None,
    limits: Limits = _NO_LIMITS,
    fail: Fail,
) -> tuple[Outcome, ...]: ...
def simulate_batch(
    deck: Deck | TextDeck,
    *,
    timeout: float | None = None,
    limits: Limits = _NO_LIMITS,
    fail: Fail = "raise",
) -> tuple[Outcome, ...]:
    """Run a deck's analyses in order, each in a fresh ngspice.

    Each runs by itself, since ngspice reorders the analyses of one deck.

    Parameters
    ----------
    deck
        What to run.
    timeout
        Longest time for one analysis [s].
    limits
        What each process may take.
    fail
        Whether an analysis without a result raises, or gives a failure in its place.

    Raises
    ------
    DeckError
        A circuit that does not determine what is asked for.
    SimulationError
        ngspice gave no result that can be trusted, or took too long.
    NgspiceMissingError
        The executable is not installed.
    """
    try:
        circuit = _flat(deck, timeout, limits) if isinstance(deck, TextDeck) else deck
    except (DeckError, SimulationError) as error:
        if fail == "raise":
            raise
        return (Failure(error),) * len(deck.kinds)
    check = SpectrumCheck(circuit)
    return tuple(
        outcome_of(partial(_run, deck, analysis, check, timeout, limits), fail)
        for analysis in circuit.analyses
    )


def _flat(deck: TextDeck, timeout: float | None, limits: Limits) -> FlatCircuit:
    """Return the circuit as ngspice flattens it, checked."""
    *cards, end = deck.text.splitlines()
    listing = "\n".join([*cards, ".control", "listing e", "quit", ".endc", end, ""])
    with tempfile.TemporaryDirectory(prefix="physlearn_") as folder:
        log = _ngspice(listing, Path(folder), timeout, limits)
    said = tuple(line for line in log if line.strip()[0] != "*" and not listed_cards([line]))
    check_log(said, deck.text, "to load the deck", deck.lines)
    return circuit_from(log, said, deck)


def _run(
    deck: Deck | TextDeck,
    analysis: Analysis,
    check: SpectrumCheck,
    timeout: float | None,
    limits: Limits,
) -> Result:
    if isinstance(analysis, Ac) and any("@" in vector for vector in deck.save):
        raise SimulationError(  # real vectors among complex ones shift those that come after
            "ngspice -b writes device parameters (@...) wrongly in AC",
            status=Status.REFUSED,
            advice="save none of them, or use a Session or a Pool",
        )
    if isinstance(deck, TextDeck):
        deck = deck.only(analysis)
        text, files, lines, hidden = deck.text, {}, deck.lines, frozenset[str]()
    else:
        text, files, lines = to_spice(deck, [analysis]), side_files(deck), ()
        hidden = deck.hidden
    with tempfile.TemporaryDirectory(prefix="physlearn_") as name:
        folder = Path(name)
        for file, content in files.items():
            (folder / file).write_text(content, encoding="utf-8")
        log = _ngspice(text, folder, timeout, limits)
        check_log(log, text, "in batch mode", lines)
        raw = folder / "out.raw"
        try:
            plots = read_raw(raw) if raw.exists() else []
        except PhyslearnError as error:  # a voltage-source loop leaves the beginning of one
            raise failed(f"ngspice wrote no whole raw file: {error}", text, log, lines) from error
    found = plots[-1].vectors if plots else {}
    vectors = {name: vector for name, vector in found.items() if name not in hidden}
    engine = f"{executable_version(find_executable())} (batch)"
    result = result_from(analysis, vectors, Provenance(engine, text, notes_of(log)), log)
    if isinstance(result, Spectrum):
        check(result, {})
    return result


def _ngspice(text: str, folder: Path, timeout: float | None, limits: Limits) -> tuple[str, ...]:
    """Run a text in batch mode in a folder, and return what ngspice says."""
    (folder / "deck.cir").write_text(text, encoding="utf-8")
    # -n: no ~/.spiceinit, which would change results
    with subprocess.Popen(
        [find_executable(), "-n", "-b", "-r", "out.raw", "deck.cir"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        try:
            limits.apply_to(process.pid)
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as error:
            raise SimulationError(
                f"ngspice took longer than {timeout:g} s", status=Status.TIMED_OUT, deck=text
            ) from error
        finally:
            process.kill()
    log = tuple(line for line in (stdout + stderr).splitlines() if line.strip())
    if process.returncode < 0:  # an exit code of its own proves nothing
        by = signal_name(process.returncode)
        raise SimulationError(
            f"ngspice ended by {by}",
            status=Status.CRASHED,
            deck=text,
            log=log[-8:],
            advice="raise the limit of file_size" if by == "SIGXFSZ" else "",
        )
    return log
