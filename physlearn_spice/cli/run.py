"""``physlearn run``."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from math import inf
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

from ..deck_files import find_decks, open_deck
from ..errors import DeckError, SimulationError, Status
from ..files import make_folder
from ..netlist import Deck
from ..netlist.options import Options
from ..ngspice import Pool
from ..rawfile import write_raw
from ..results import DcSweep, Failure, Spectrum, Waveforms, to_xarray, write_netcdf
from ..runs import Run, run_decks
from ..wording import counted
from .accounts import account, coarse_steps, print_account, summary
from .inputs import IncludeOption, JsonOption, folder_of_includes
from .notes import leave_note

__all__ = ["run"]

_TELLS_WHY = re.compile(r"error:(?!.*cannot recover)|warning|undefined", re.IGNORECASE)


def run(
    context: typer.Context,
    decks: Annotated[list[Path], typer.Argument(metavar="DECK", help="Decks, or folders of them.")],
    raw: Annotated[
        Path | None, typer.Option(help="Write one deck's results as an ngspice .raw here.")
    ] = None,
    netcdf: Annotated[Path | None, typer.Option(help="Write one deck's NetCDF here.")] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for the results of several decks [results]."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Worker processes [one a processor].")
    ] = None,
    timeout: Annotated[
        float | None, typer.Option(help="Longest time for an analysis, in seconds.")
    ] = None,
    include: IncludeOption = None,
    rshunt: Annotated[
        float | None, typer.Option(help="Resistance from every node to ground [Ohm].")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run decks in ngspice: of one, print where the power goes, of several, what became of each.

    A deck that is no network of R, L, C, D and V runs as the text that it is. With several decks, a
    folder or --out, results go to a folder, a .raw and a .json for each deck; there a second run
    does only what is new, has changed or has failed.

    Example: physlearn run net/network.cir --raw net/network.raw

    Example: physlearn run decks/ --jobs 2 --timeout 60 --out results
    """
    if timeout is not None and not 0 < timeout < inf:
        raise DeckError(f"--timeout {timeout}: must be positive and finite")
    if rshunt is not None and not 0 < rshunt < inf:
        raise DeckError(f"--rshunt {rshunt}: must be positive and finite")
    options = {} if rshunt is None else {"rshunt": rshunt}
    include = folder_of_includes(include)
    found = find_decks(decks)
    if out is None and len(decks) == 1 and not decks[0].is_dir():
        _run_one(decks[0], raw, netcdf, timeout, include, options, as_json=as_json)
        return
    if raw or netcdf:
        raise DeckError("--raw and --netcdf are for one deck; --out takes the results of several")
    folder = out or Path("results")
    make_folder(folder)
    leave_note(context, folder, {})  # the decks have accounts of their own
    runs = _with_progress(
        run_decks(found, folder, jobs=jobs, timeout=timeout, include_from=include, options=options),
        len(found),
    )
    _report(runs, folder, n_decks=len(found), as_json=as_json)


def _run_one(
    path: Path,
    raw: Path | None,
    netcdf: Path | None,
    timeout: float | None,
    include: Path | None,
    options: Options,
    *,
    as_json: bool,
) -> None:
    deck = open_deck(path, include_from=include, options=options)
    if netcdf and set(deck.kinds) == {"op"}:
        raise DeckError("--netcdf: an operating point has no axis; --raw and --json take it")
    for target in (raw, netcdf):
        if target is not None:
            make_folder(target.parent)
    is_network = isinstance(deck, Deck)
    if is_network:
        # the ledger needs every voltage and current, whatever the deck's .save says
        deck = replace(deck, save=("all",))
    console = Console(stderr=as_json)
    with console.status(f"ngspice runs {path.name}"), Pool(1, timeout=timeout) as pool:
        outcomes = pool.submit(deck).result()
    results = [outcome for outcome in outcomes if not isinstance(outcome, Failure)]
    if raw and results:
        write_raw(results, raw)
    for k, outcome in enumerate(outcomes):
        if netcdf and isinstance(outcome, DcSweep | Spectrum | Waveforms):
            write_netcdf(to_xarray(outcome), _numbered(netcdf, k, len(outcomes)))
    for warning in (*deck.notes, *(coarse_steps(deck) if isinstance(deck, Deck) else ())):
        print(f"warning: {warning}", file=sys.stderr)
    accounts = [
        account(deck, result) if isinstance(deck, Deck) else summary(result) for result in results
    ]
    if as_json and results:
        print(json.dumps({"deck": str(path), "analyses": accounts}))
    elif not as_json:
        for each in accounts:
            print_account(console, each)
    for outcome in outcomes:
        if isinstance(outcome, Failure):
            raise outcome.error


def _numbered(path: Path, k: int, n: int) -> Path:
    return path if n == 1 else path.with_stem(f"{path.stem}_{k + 1}")


def _with_progress(runs: Iterator[Run], total: int) -> Iterator[Run]:
    """Pass runs on, and show on the terminal how far they are."""
    columns = [*Progress.get_default_columns()[:-1], MofNCompleteColumn(), TimeRemainingColumn()]
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        bar = progress.add_task("decks", total=total)
        for each in runs:
            progress.advance(bar)
            yield each


def _report(runs: Iterator[Run], folder: Path, *, n_decks: int, as_json: bool) -> None:
    """Print what became of the decks, and end in an error where one has failed."""
    done: list[Run] = []
    try:
        done += runs
    except (KeyboardInterrupt, SystemExit):  # SystemExit is for SIGTERM
        print(
            f"interrupted after {len(done)} of {counted(n_decks, 'deck')}, whose results are in "
            f"{str(folder)!r}: the same command goes on from there",
            file=sys.stderr,
        )
        raise
    done.sort(key=lambda each: each.name)
    failed = [each for each in done if each.failed]
    if as_json:
        print(json.dumps({"folder": str(folder), "decks": [asdict(each) for each in done]}))
    else:
        _print_outcomes(done, folder)
    if failed:
        message = f"{len(failed)} of {counted(n_decks, 'deck')} failed"
        advice = f"the .json files in {str(folder)!r} have the whole reasons"
        if all(a.status == Status.REFUSED.value for each in failed for a in each.failed):
            raise DeckError(f"{message}: {advice}")
        raise SimulationError(message, advice=advice)


def _print_outcomes(done: list[Run], folder: Path) -> None:
    """Print a line for each deck that failed, and how many ended in which way."""
    console = Console(highlight=False, soft_wrap=True)
    for each in done:
        if each.failed:
            name = each.name.encode(errors="backslashreplace").decode()  # it may be no Unicode
            name, status, why = map(escape, (name, _status(each), _why(each)))
            console.print(f"{name}: [b]{status}[/b]: {why}")
    counts = Counter(map(_status, done))
    old = sum(not each.is_new for each in done)
    ended = [
        f"{n} {status}" + (f" ({old} from before)" if old and status == Status.OK.value else "")
        for status, n in counts.most_common()
    ]
    console.print(f"Decks: {', '.join(ended)}. Results in {escape(str(folder))}")


def _why(each: Run) -> str:
    first = each.failed[0]
    where = "" if first.line is None else f"line {first.line}: "
    said = next(filter(_TELLS_WHY.search, first.log), first.log[-1] if first.log else "")
    return f"{where}{first.message}" + (f" ({said})" if said else "")


def _status(each: Run) -> str:
    return each.failed[0].status if each.failed else Status.OK.value
