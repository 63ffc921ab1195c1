"""Words for what is printed."""

from __future__ import annotations

__all__ = ["counted"]


def counted(n: int, one: str, many: str = "") -> str:
    """Return how many of a thing there are, such as 1 branch, 2 branches."""
    return f"{n} {one if n == 1 else many or f'{one}s'}"
