"""The note that a command leaves beside what it has written."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from ..history import add_step

__all__ = ["leave_note"]


def leave_note(context: typer.Context, folder: Path, facts: Mapping[str, Any]) -> None:
    """Note in a folder the command that has written to it, and what it found."""
    words = ["physlearn", *sys.argv[1:]]
    add_step(folder, context.info_name or "physlearn", words, context.params, facts)
