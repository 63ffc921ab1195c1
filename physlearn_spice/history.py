"""How a folder came about: the commands that wrote into it, as they were given.

They are kept in ``physlearn.json``, one of each kind, since the last has replaced what the one
before had left. No deck that is run has an account of that name, as one called ``run`` would.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .errors import PhyslearnError
from .files import write_text
from .ngspice.library import NgspiceMissingError, executable_version, find_executable

__all__ = ["FILE", "Step", "add_step", "read_steps"]

FILE = "physlearn.json"
_FORMAT = "physlearn-history/1"
_PACKAGES = ("physlearn_spice", "numpy", "scipy", "numba", "networkx")


@dataclass(frozen=True)
class Step:
    """One command.

    Parameters
    ----------
    command
        Its name.
    words
        All that has to be typed to repeat it.
    arguments
        Its arguments by name, with those that were not given.
    facts
        What it found, as its ``--json`` says it.
    versions
        Of what computed it, by name.
    platform
        Of the machine.
    date
        UTC, in ISO 8601.
    """

    command: str
    words: tuple[str, ...]
    arguments: Mapping[str, Any]
    facts: Mapping[str, Any]
    versions: Mapping[str, str]
    platform: str
    date: str


def add_step(
    folder: Path,
    command: str,
    words: Sequence[str],
    arguments: Mapping[str, Any],
    facts: Mapping[str, Any],
) -> None:
    """Note a command in the folder that it has written to; an earlier one of its name goes.

    Raises
    ------
    PhyslearnError
        The folder can't be written to.
    """
    step = Step(
        command,
        tuple(words),
        {name: _plain(value) for name, value in arguments.items()},
        facts,
        _versions(),
        platform.platform(),
        datetime.now(UTC).isoformat(timespec="seconds"),
    )
    try:
        others = [other for other in read_steps(folder) if other.command != command]
    except PhyslearnError:  # damaged, or somebody else's
        others = []
    document = {"format": _FORMAT, "steps": [asdict(each) for each in [*others, step]]}
    write_text(folder / FILE, json.dumps(document, indent=1))


def read_steps(folder: Path) -> tuple[Step, ...]:
    """Read the commands that were noted in a folder, the latest last; none where nothing is.

    Raises
    ------
    PhyslearnError
        The note is damaged.
    """
    path = folder / FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != _FORMAT:
            raise ValueError(document["format"])
        return tuple(map(_step, document["steps"]))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PhyslearnError(f"{str(path)!r} is damaged: {error}") from error


def _step(fields: dict[str, Any]) -> Step:
    return Step(
        command=str(fields["command"]),
        words=tuple(map(str, fields["words"])),
        arguments=dict(fields["arguments"]),
        facts=dict(fields["facts"]),
        versions={str(name): str(what) for name, what in dict(fields["versions"]).items()},
        platform=str(fields["platform"]),
        date=str(fields["date"]),
    )


def _plain(value: object) -> object:
    """Return an argument as JSON has it."""
    if isinstance(value, list | tuple):
        items: Sequence[object] = value
        return [_plain(item) for item in items]
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def _versions() -> dict[str, str]:
    found = {"Python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "missing"
    try:
        found["ngspice"] = executable_version(find_executable()).removeprefix("ngspice-")
    except NgspiceMissingError:
        found["ngspice"] = "missing"
    return found
