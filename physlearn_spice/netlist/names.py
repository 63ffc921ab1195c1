"""Names that nothing in a deck has yet."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["Names"]


class Names:
    """Names that are taken, and new ones that are not."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)

    def fresh(self, name: str) -> str:
        """Return the name, with as many _ behind it as nothing else has."""
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name
