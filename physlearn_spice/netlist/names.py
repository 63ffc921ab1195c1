"""Names that the writer gives, and names that nothing in a deck has yet."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["Names", "core_nodes", "meter_of"]


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


def meter_of(element: str) -> tuple[str, str]:
    """Name the 0 V source that measures an element's current, and the node between the two.

    No port has a source of this name: the element's begins with a letter, its number with a digit.
    """
    return f"vi_{element}", f"{element}_meter"


def core_nodes(inductor: str) -> tuple[str, str]:
    """Name the node behind a saturating inductor's meter, and the one that its flux runs into."""
    return f"{inductor}_back", f"{inductor}_flux"
