"""``ngspice -b -r`` in a process of its own: the reference, and safe with any deck."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from ..errors import SimulationError
from ..netlist import Analysis, Deck, side_files, to_spice
from ..rawfile import read_raw
from ..results import Result
from .evidence import check_log, result_from
from .library import executable_version, find_executable

__all__ = ["simulate_batch"]


def simulate_batch(deck: Deck, *, timeout: float | None = None) -> tuple[Result, ...]:
    """Run a deck's analyses in order, each in a fresh ngspice.

    Each runs by itself, since ngspice reorders the analyses of one deck.

    Parameters
    ----------
    deck
        What to run.
    timeout
        Longest time for one analysis [s].

    Raises
    ------
    SimulationError
        ngspice gave no result that can be trusted, or took too long.
    NgspiceMissingError
        The executable is not installed.
    """
    return tuple(_run(deck, analysis, timeout) for analysis in deck.analyses)


def _run(deck: Deck, analysis: Analysis, timeout: float | None) -> Result:
    program = find_executable()
    text = to_spice(deck, [analysis])
    with tempfile.TemporaryDirectory(prefix="physlearn_") as name:
        folder = Path(name)
        (folder / "deck.cir").write_text(text, encoding="utf-8")
        for file, content in side_files(deck).items():
            (folder / file).write_text(content, encoding="utf-8")
        try:
            done = subprocess.run(
                [program, "-n", "-b", "-r", "out.raw", "deck.cir"],  # -n: no ~/.spiceinit
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout,
                check=False,  # its exit code proves nothing
            )
        except subprocess.TimeoutExpired as error:
            raise SimulationError(
                f"ngspice took longer than {timeout:g} s", deck=text, advice="raise the time-out"
            ) from error
        log = tuple(line for line in (done.stdout + done.stderr).splitlines() if line.strip())
        check_log(log, text, "in batch mode")
        raw = folder / "out.raw"
        plots = read_raw(raw) if raw.exists() else []
        vectors = dict(plots[-1].vectors) if plots else {}
    return result_from(analysis, vectors, text, log, f"{executable_version(program)} (batch)")
