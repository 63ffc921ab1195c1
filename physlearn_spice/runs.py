"""Many decks run into a folder of results, which a second run completes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

from .errors import DeckError, SimulationError, Status
from .files import make_folder, write_text
from .netlist import (
    Deck,
    TextDeck,
    load_deck,
    load_text_deck,
    side_files,
    to_spice,
)
from .netlist.deck import Options
from .ngspice import Limits, Pool
from .rawfile import write_raw
from .results import Failure, Outcome

__all__ = ["Account", "Run", "find_decks", "open_deck", "run_decks"]

ENDINGS = (".cir", ".net", ".sp", ".spi", ".spice", ".ckt")
_FORMAT = "physlearn-run/1"


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
    is_new
        Whether it was run now, and not found in the folder.
    """

    name: str
    deck: str
    key: str
    accounts: tuple[Account, ...]
    is_new: bool = True

    @property
    def failed(self) -> tuple[Account, ...]:
        """Accounts of the analyses without a result."""
        return tuple(account for account in self.accounts if account.status != Status.OK.value)


def find_decks(paths: Iterable[Path]) -> dict[str, Path]:
    """Return decks by the names that their results get: files as given, and those in folders.

    Raises
    ------
    DeckError
        There is no such file, or a folder has no deck.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            if not path.exists():
                raise DeckError(f"there is no deck {str(path)!r}")
            found.append(path)
            continue
        inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in ENDINGS and p.is_file())
        if not inside:
            raise DeckError(
                f"folder {str(path)!r} has no deck: no file ends in {', '.join(ENDINGS)}"
            )
        found += inside
    found = list(dict.fromkeys(path.resolve() for path in found))
    root = Path(os.path.commonpath([path.parent for path in found])) if found else Path()
    return {path.relative_to(root).as_posix(): path for path in found}


def open_deck(
    path: Path, *, include_from: Path | None = None, options: Options | None = None
) -> Deck | TextDeck:
    """Read a deck as a network where it is one, and else as the text that it is.

    Raises
    ------
    DeckError
        It is neither; the message is about the text.
    """
    try:
        deck = load_deck(path)
    except DeckError as error:
        text = load_text_deck(path, include_from=include_from, options=options)
        return replace(text, notes=(f"run as text, being no network: {error}", *text.notes))
    if not deck.analyses:
        raise DeckError("the deck has no analysis: add a .ac, .tran or .op card")
    return replace(deck, options={**deck.options, **(options or {})})


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

    ``NAME.raw`` holds the plots of a deck's analyses, ``NAME.json`` the account of all of them.
    What the folder has already is not run again; what failed there is.

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
        As they come: first what was found, and what was refused as soon as it is read.

    Raises
    ------
    PhyslearnError
        The folder can't be written to.
    NgspiceMissingError
        The shared library is not installed.
    """
    make_folder(folder)
    ready: list[Run] = []  # needs no ngspice
    running: list[tuple[Run, tuple[str, ...]]] = []  # with the kinds of its analyses

    def to_run() -> Iterator[Deck | TextDeck]:
        for name, path in decks.items():
            try:
                deck = open_deck(path, include_from=include_from, options=options)
                run = Run(name, str(path), _key(deck), ())
            except DeckError as error:
                refused = Run(name, str(path), "", (_failed("deck", error),))
                ready.append(_written(refused, folder))
                continue
            found = _found(name, folder)
            if found and found.key == run.key and not found.failed:
                ready.append(replace(found, is_new=False))
                continue
            running.append((run, deck.kinds))
            yield deck

    with Pool(jobs, timeout=timeout, limits=limits or Limits()) as pool:
        for number, outcomes in pool.run_as_completed(to_run(), fail="return"):
            yield from _taken(ready)
            run, kinds = running[number]
            results = [outcome for outcome in outcomes if not isinstance(outcome, Failure)]
            if results:
                write_raw(results, folder / f"{run.name}.raw")
            else:
                (folder / f"{run.name}.raw").unlink(missing_ok=True)  # of another deck, once
            accounts = tuple(map(_account, kinds, outcomes))
            yield _written(replace(run, accounts=accounts), folder)
    yield from _taken(ready)


def _taken(runs: list[Run]) -> Iterator[Run]:
    while runs:
        yield runs.pop(0)


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
    parts = [version("physlearn_spice")]
    if isinstance(deck, TextDeck):
        parts.append(deck.text)
    else:
        parts += [to_spice(deck), *(f"{k}\n{v}" for k, v in sorted(side_files(deck).items()))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _written(run: Run, folder: Path) -> Run:
    record = {"format": _FORMAT, **asdict(run)}
    del record["is_new"]
    write_text(folder / f"{run.name}.json", json.dumps(record, indent=1))
    return run


def _found(name: str, folder: Path) -> Run | None:
    """Read what an earlier run has left, if it is whole."""
    if not (folder / f"{name}.raw").exists():
        return None
    try:
        record = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        if record.pop("format") != _FORMAT:
            return None
        record["accounts"] = tuple(Account(**account) for account in record["accounts"])
        return Run(**record)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
