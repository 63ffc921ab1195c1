"""What ``ngspice -b`` makes of a text, without the package's decks and engines."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from physlearn_spice.rawfile import Plot, read_raw

NGSPICE = shutil.which("ngspice") or "ngspice"


def batch(text: str, folder: Path) -> list[Plot]:
    """Its plots, of a run in ``folder``."""
    (folder / "deck.cir").write_bytes(text.encode())
    command = [NGSPICE, "-b", "-r", "out.raw", "deck.cir"]
    subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False)
    return read_raw(folder / "out.raw")


def resistances(texts: list[str], folder: Path) -> list[float]:
    """The values [Ohm] that ngspice reads from the given spellings."""
    cards = [f"i{k} 0 n{k} 1\nr{k} n{k} 0 {text}" for k, text in enumerate(texts)]
    names = [f"@r{k}[resistance]" for k in range(len(texts))]
    deck = ["resistances", *cards, f".save {' '.join(names)}", ".op", ".end", ""]
    (plot,) = batch("\n".join(deck), folder)
    return [plot.vectors[f"v({name})"][0].item() for name in names]
