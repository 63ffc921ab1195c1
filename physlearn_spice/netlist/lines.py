"""Errors that know the line of the deck that is at fault."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from ..errors import DeckError, NetworkError, StimulusError

__all__ = ["at_line"]


@contextmanager
def at_line(line: int | None) -> Generator[None]:
    """Give an error inside the line where it has none.

    Raises
    ------
    DeckError
        What was raised inside.
    """
    try:
        yield
    except DeckError as error:
        if error.line is not None or line is None:
            raise
        raise DeckError(str(error), line=line) from error
    except (NetworkError, StimulusError) as error:
        raise DeckError(str(error), line=line) from error
