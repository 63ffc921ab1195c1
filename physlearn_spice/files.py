"""Files that are either whole or not there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import PhyslearnError

__all__ = ["make_folder", "replacing", "write_text"]


def make_folder(path: Path) -> None:
    """Make a folder to write to, before the work whose results it is for.

    Raises
    ------
    PhyslearnError
        It can't be made, or nothing can be written into it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise PhyslearnError(f"can't write to {str(path)!r}: {error.strerror or error}") from error


@contextmanager
def replacing(path: Path) -> Generator[Path]:
    """Give a path to write to that takes the place of ``path`` once the block has succeeded.

    The folder is made if it is missing; where the block fails, what was there stays.

    Raises
    ------
    PhyslearnError
        The folder can't be made or written to.
    """
    if not path.name or path.is_dir():
        raise PhyslearnError(f"can't write {str(path)!r}: it is a folder, not a file")
    # the same ending, for writers that choose the format by it
    partial = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(path)
    except OSError as error:
        raise PhyslearnError(f"can't write {str(path)!r}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write text to a file, whole or not at all."""
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")
