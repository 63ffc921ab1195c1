"""``physlearn doctor``."""

from __future__ import annotations

import json
import platform
from importlib.metadata import PackageNotFoundError, version

import typer
from rich.console import Console
from rich.table import Table

from ..ngspice.library import (
    NgspiceMissingError,
    executable_version,
    find_executable,
    find_library,
)
from ..ngspice.shared import shared_library
from .inputs import JsonOption

__all__ = ["doctor"]

_PACKAGES = ("PySpice", "numpy", "scipy", "networkx", "matplotlib", "xarray", "typer", "rich")


def doctor(as_json: JsonOption = False) -> None:
    """Say what is installed, which ngspice, what is missing and how to get it.

    Example: physlearn doctor
    """
    findings = {"python": (True, platform.python_version())}
    for package in ("physlearn_spice", *_PACKAGES):
        try:
            findings[package] = (True, version(package))
        except PackageNotFoundError:
            findings[package] = (False, f"missing; install it: pip install {package}")
    findings["ngspice"] = _executable()
    findings["libngspice"] = _library()
    healthy = all(good for good, _ in findings.values())
    if as_json:
        report = {name: {"ok": good, "found": text} for name, (good, text) in findings.items()}
        print(json.dumps({"ok": healthy, **report}))
    else:
        table = Table("", "", "found", box=None)
        for name, (good, text) in findings.items():
            table.add_row("[green]ok[/]" if good else "[red]missing[/]", name, text)
        Console().print(table)
    if not healthy:
        raise typer.Exit(4)


def _executable() -> tuple[bool, str]:
    try:
        path = find_executable()
    except NgspiceMissingError as error:
        return False, str(error)
    return True, f"{executable_version(path)} at {path}"


def _library() -> tuple[bool, str]:
    try:
        name = find_library()
        library = shared_library()
    except NgspiceMissingError as error:
        return False, str(error)
    xspice = "with" if library.has_xspice else "without (sampled waveforms will not run)"
    return True, f"{library.version}, {xspice} XSPICE, as {name}"
