"""``physlearn``: one command for each thing users come for, and one exit code for each ending.

0 done, 1 bad input, 2 wrong usage, 3 ngspice gave no result, 4 ngspice is missing,
130 interrupted (what was reached is on disk).
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperGroup

from ..errors import PhyslearnError, SimulationError
from ..ngspice.library import NgspiceMissingError
from .compare import compare
from .doctor import doctor
from .generate import generate
from .report import report
from .run import run
from .spectrum import spectrum
from .tune import tune

__all__ = ["app", "main", "run_to_exit"]


class _Commands(TyperGroup):
    """Some commands have two words, as ``tune compare`` has."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Take two words for one where they are a command."""
        both = " ".join(args[:2])
        return super().resolve_command(ctx, [both, *args[2:]] if both in self.commands else args)


app = typer.Typer(
    name="physlearn",
    cls=_Commands,
    help="Kirchhoff networks that learn by resonance: generate, run, analyse, tune and show them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (generate, run, spectrum, tune, compare, report, doctor):
    name = "tune compare" if command is compare else None
    app.command(name, no_args_is_help=command is not doctor)(command)


def main() -> None:
    """Run the command line; end with an exit code and, where it failed, one message."""
    run_to_exit(app)


def run_to_exit(command: Callable[[], object]) -> None:
    """Run a command to its end, or to one message on standard error and an exit code.

    A request to end (SIGTERM, SIGHUP) still removes temporary files.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        command()
    except PhyslearnError as error:
        print(f"error: {error}", file=sys.stderr)
        missing, failed = NgspiceMissingError, SimulationError
        sys.exit(4 if isinstance(error, missing) else 3 if isinstance(error, failed) else 1)
