"""What ``ngspice -b`` makes of a text, without the package's decks and engines."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from physlearn_spice.rawfile import Plot, read_raw

NGSPICE = shutil.which("ngspice") or "ngspice"


def batch(text: str | bytes, folder: Path, raw: str = "out.raw") -> list[Plot]:
    """Its plots, of a run in ``folder``; ``raw`` is another name for the file that they are in."""
    (folder / "deck.cir").write_bytes(text.encode() if isinstance(text, str) else text)
    command = [NGSPICE, "-b", "-r", "out.raw", "deck.cir"]
    subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False)
    return read_raw(folder / raw)


def voltages(texts: list[str], folder: Path) -> list[float]:
    """The values [V] of DC sources that ngspice reads from the given spellings."""
    cards = [f"v{k} n{k} 0 dc {text}\nr{k} n{k} 0 1" for k, text in enumerate(texts)]
    (plot,) = batch("\n".join(["voltages", *cards, ".op", ".end", ""]), folder)
    return [plot.vectors[f"v(n{k})"][0].item() for k in range(len(texts))]
