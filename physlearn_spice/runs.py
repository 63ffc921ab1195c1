"""Many decks run into a folder of results, which a second run completes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .deck_files import open_deck
from .errors import DeckError, PhyslearnError, SimulationError, Status
from .files import make_folder, write_text
from .netlist import Deck, TextDeck, files_of, text_of
from .netlist.options import Options
from .ngspice import Limits, Pool
from .rawfile import write_raw
from .results import Failure, Outcome, Result

__all__ = ["Account", "Run", "read_run", "run_decks"]

_FORMAT = "physlearn-run/1"
_AHEAD = 4  # decks that are read before their turn, for each worker
_Running = dict[Future[tuple[Outcome, ...]], tuple["Run", Deck | TextDeck]]


@dataclass(frozen=True)
class Account:
    """What became of one analysis."""

    analysis: str
    status: str
    message: str = ""
    advice: str = ""
    line: int | None = None
    log: tuple[str, ...] = ()
    engine: str = ""
    deck_sha256: str = ""
    notes: tuple[str, ...] = ()

    @property
    def is_ok(self) -> bool:
        """Whether the analysis gave a result."""
        return self.status == Status.OK.value


@dataclass(frozen=True)
class Run:
    """What became of one deck.

    Parameters
    ----------
    name
        Name of its files in the folder of results, without their endings.
    deck
        Where the deck is.
    key
        SHA-256 of what was run; a result is run again only where it differs.
    accounts
        One for each analysis; one for the deck where it was refused.
    size
        Of its ``.raw`` [bytes]; 0 where it has none.
    is_new
        Whether it was run now, and not found in the folder.
    """

    name: str
    deck: str
    key: str
    accounts: tuple[Account, ...]
    size: int = 0
    is_new: bool = True

    @property
    def failed(self) -> tuple[Account, ...]:
        """Accounts of the analyses without a result."""
        return tuple(account for account in self.accounts if not account.is_ok)


def run_decks(
    decks: dict[str, Path],
    folder: Path,
    *,
    jobs: int | None = None,
    timeout: float | None = None,
    limits: Limits | None = None,
    include_from: Path | None = None,
    options: Options | None = None,
) -> Iterator[Run]:
    """Run decks and write each one's results as soon as they come.

    ``NAME.raw`` holds the plots of the analyses that gave a result, ``NAME.json`` the account of
    all of them, which is written last. What the folder has already is not run again; what failed
    there is.

    Parameters
    ----------
    decks
        By name, as :func:`find_decks` gives them.
    folder
        For the results.
    jobs
        Number of worker processes.
    timeout
        Longest time for one analysis [s].
    limits
        What each worker may take.
    include_from, options
        As :func:`physlearn_spice.netlist.load_text_deck`.

    Yields
    ------
    Run
        As they come.

    Raises
    ------
    PhyslearnError
        The folder can't be written to.
    NgspiceMissingError
        The shared library is not installed.
    """
    make_folder(folder)
    running: _Running = {}
    with Pool(jobs, timeout=timeout, limits=limits or Limits()) as pool:
        for name, path in decks.items():
            yield from _ended(running, folder, None if len(running) >= _AHEAD * pool.workers else 0)
            run = Run(name, str(path), "", ())
            try:
                deck = open_deck(path, include_from=include_from, options=options)
                run = replace(run, key=_key(deck))
            except DeckError as error:
                yield _written(replace(run, accounts=(_failed("deck", error),)), [], folder)
                continue
            found = _found(run, folder)
            if found:
                yield found
            else:
                running[pool.submit(deck)] = run, deck
        while running:
            yield from _ended(running, folder, None)


def _ended(running: _Running, folder: Path, timeout: float | None) -> Iterator[Run]:
    """Write and yield the runs that have ended, once one has or the time is over."""
    for future in wait(running, timeout, FIRST_COMPLETED).done:
        run, deck = running.pop(future)
        kinds, text = deck.kinds, text_of(deck)
        outcomes = future.result()
        results = [outcome for outcome in outcomes if not isinstance(outcome, Failure)]
        accounts = tuple(map(_account, kinds, outcomes))
        try:
            run = _written(replace(run, accounts=accounts), results, folder, text)
        except PhyslearnError as error:
            if isinstance(error.__cause__, OSError):  # no other deck's could be written, either
                raise
            advice = "save other vectors, or give them shorter names"
            unheld = SimulationError(str(error), status=Status.BAD_DECK, advice=advice)
            accounts = tuple(_failed(kind, unheld) for kind in kinds)
            run = _written(replace(run, accounts=accounts), [], folder, text)
        yield run


def _failed(kind: str, error: DeckError | SimulationError) -> Account:
    if isinstance(error, DeckError):
        return Account(kind, error.status.value, error.message, error.status.advice, error.line)
    return Account(kind, error.status.value, error.message, error.advice, error.line, error.log)


def _account(kind: str, outcome: Outcome) -> Account:
    if isinstance(outcome, Failure):
        return _failed(kind, outcome.error)
    provenance = outcome.provenance
    return Account(
        kind,
        outcome.status.value,
        engine=provenance.engine,
        deck_sha256=provenance.deck_hash,
        notes=provenance.notes,
    )


def _key(deck: Deck | TextDeck) -> str:
    """Hash what ngspice is given."""
    files = (f"{name}\n{content}" for name, content in sorted(files_of(deck).items()))
    parts = [version("physlearn_spice"), text_of(deck), *files]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _written(run: Run, results: Sequence[Result], folder: Path, deck: str = "") -> Run:
    """Write a deck's results and then their account, without which they don't count.

    The account holds the deck's text, so that the folder tells the whole by itself.
    """
    raw, record = _files(run, folder)
    with suppress(OSError):  # whatever is in the way is in the way of writing, too
        record.unlink(missing_ok=True)
        raw.unlink(missing_ok=True)  # of another deck, once
    if results:
        write_raw(results, raw)
        run = replace(run, size=raw.stat().st_size)
    text = {"format": _FORMAT, **asdict(run), "text": deck}
    del text["is_new"]
    write_text(record, json.dumps(text, indent=1))
    return run


def _found(run: Run, folder: Path) -> Run | None:
    """Return a run as an earlier one has left it, if that was of the same and is whole."""
    raw, record = _files(run, folder)
    try:
        found, _ = read_run(record)
        size = raw.stat().st_size
    except (PhyslearnError, OSError):
        return None
    is_same = (found.key, found.size) == (run.key, size) and found.accounts
    return replace(found, name=run.name, deck=run.deck) if is_same and not found.failed else None


def read_run(record: Path) -> tuple[Run, str]:
    """Read a deck's account: its run, and the text that ngspice was given, "" where it had none.

    Raises
    ------
    PhyslearnError
        The file is no such account, or can't be read.
    """
    try:
        fields = json.loads(record.read_text(encoding="utf-8"))
        if fields["format"] != _FORMAT:
            raise ValueError(fields["format"])
        accounts = tuple(map(_read_account, fields["accounts"]))
        name, deck, key, text = (str(fields.get(n, "")) for n in ("name", "deck", "key", "text"))
        return Run(name, deck, key, accounts, int(fields["size"]), is_new=False), text
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise PhyslearnError(f"{str(record)!r} is no account of a run: {error!r}") from error


def _read_account(fields: dict[str, Any]) -> Account:
    lines: dict[str, Any] = {name: tuple(fields[name]) for name in ("log", "notes")}
    return Account(**{**fields, **lines})


def _files(run: Run, folder: Path) -> tuple[Path, Path]:
    return folder / f"{run.name}.raw", folder / f"{run.name}.json"
