"""What a notebook asks of the things that it shows.

The things are on the left of the figures by which they are shown. So they only ask, and
:mod:`physlearn_spice.notebook`, on the right, has the answers.
"""

from __future__ import annotations

from functools import singledispatch

__all__ = ["Shown", "as_html"]


@singledispatch
def as_html(thing: object) -> str | None:
    """Return a thing as HTML for a notebook; None where nobody has said how."""
    return None


class Shown:
    """Something that a notebook shows as :func:`as_html` says."""

    __slots__ = ()

    def _repr_html_(self) -> str | None:
        return as_html(self)
