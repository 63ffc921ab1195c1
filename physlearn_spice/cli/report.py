"""``physlearn report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..page import write_page

__all__ = ["report"]


def report(
    folder: Annotated[
        Path, typer.Argument(help="Folder that generate, spectrum, tune or run has written to.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The page [report.html in the folder].")
    ] = None,
) -> None:
    """Write one HTML page about a folder of results, and those below it, to read, send and print.

    It needs no network and no other file.

    Example: physlearn report tuned -o tuned.html
    """
    path = out or folder / "report.html"
    write_page(folder, path)
    Console().print(f"wrote {path}", highlight=False, soft_wrap=True, markup=False)
