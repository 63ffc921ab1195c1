"""Figures: functions that draw on the axes they are given.

Colours are Okabe and Ito's, told apart by the colour-blind. Matplotlib is imported where a figure
is made, not before.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .files import replacing
from .measures import Ledger
from .stimulus import Tone

if TYPE_CHECKING:
    from collections.abc import Generator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "COLOURS",
    "figure",
    "ledger_curves",
    "save_figure",
    "si_prefix",
    "spectrum_curves",
    "tuner_trace",
]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_DASHES = ("-", "--", ":")  # where there are more curves than colours
_BEFORE, _AFTER = "#999999", "#0072B2"


@contextmanager
def figure(
    n_rows: int = 1, n_columns: int = 1, *, size: tuple[float, float] = (7.0, 4.2)
) -> Generator[tuple[Figure, NDArray[Any]]]:
    """Give a figure of ``size`` [inch] with axes (n_rows, n_columns), in this package's style.

    It has no window and leaves pyplot and its backend alone.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    style: Any = {
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.alpha": 0.25,
        "legend.frameon": False,
        "figure.dpi": 150,
        "savefig.dpi": 150,
        "svg.hashsalt": "physlearn",  # the same figure gives the same file
    }
    with mpl.rc_context(style):
        fig = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(fig)
        yield fig, np.asarray(fig.subplots(n_rows, n_columns, squeeze=False))


def save_figure(fig: Figure, path: Path) -> None:
    """Write a figure in the format of the path's ending, without a date."""
    metadata = {"Date": None} if path.suffix == ".svg" else None
    with replacing(path) as partial:
        fig.savefig(partial, metadata=metadata)


def spectrum_curves(
    ax: Axes,
    frequency: NDArray[np.float64],
    efficiency: Mapping[str, NDArray[np.float64]],
    tones: Sequence[Tone] = (),
    *,
    name_of_tones: str = "tones (height: amplitude)",
    band: NDArray[np.float64] | None = None,
    name_of_band: str = "",
) -> None:
    """Absorbed power as a share of the available power, over frequency, the tones marked.

    Parameters
    ----------
    ax
        Where to draw.
    frequency
        [Hz], (n_freq,).
    efficiency
        P / Pav, (n_freq,) each, by label; the first is drawn grey, as what was before.
    tones
        Marked by lines at their frequencies, as long as their share of the signal's power.
    name_of_tones
        What the legend calls them.
    band
        Frequency [Hz] and two curves (3, n): what is between them is shaded.
    name_of_band
        What the legend calls it.
    """
    from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

    styles = [(_BEFORE, 1.0), (_AFTER, 1.2), *((colour, 1.0) for colour in COLOURS[1:])]
    styles = styles if len(efficiency) > 1 else styles[1:]
    for (label, curve), (colour, width) in zip(efficiency.items(), styles, strict=False):
        ax.plot(frequency, curve, color=colour, linewidth=width, label=label)
    if band is not None:
        ax.fill_between(*band, color=_AFTER, alpha=0.2, linewidth=0, label=name_of_band)
    if tones:
        strongest = max(abs(tone.amplitude) for tone in tones)
        for k, tone in enumerate(tones):
            height = 0.25 + 0.75 * abs(tone.amplitude) / strongest
            label = name_of_tones if k == 0 else None
            ax.plot(
                [tone.frequency] * 2, [0, height], color=COLOURS[1], lw=1.4, ls=":", label=label
            )
            ax.plot(tone.frequency, height, "v", color=COLOURS[1], ms=5)
    ax.set(xscale="log", ylim=(0, 1.05), xlim=(frequency[0], frequency[-1]))
    ax.set(xlabel="frequency [Hz]", ylabel="absorbed / available power")
    decades = np.log10(frequency[-1] / frequency[0])
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades < 3 else (1,)))
    ax.xaxis.set_major_formatter(EngFormatter(sep=""))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)


def tuner_trace(
    ax: Axes,
    traces: Mapping[str, NDArray[np.float64]],
    *,
    window: int = 25,
    available: float = math.inf,
) -> None:
    """Absorbed power over evaluations, refused trials included.

    Parameters
    ----------
    ax
        Where to draw.
    traces
        By tuner: (n_walkers, n_evaluations). The line is the mean over walkers and over the
        ``window`` evaluations before; the band spans the walkers.
    window
        Evaluations.
    available
        Available power [W] of which shares are drawn; of an ideal source, which has none, watts.
    """
    is_share = math.isfinite(available)
    for k, (label, walkers) in enumerate(traces.items()):
        colour, dashes = COLOURS[k % len(COLOURS)], _DASHES[k // len(COLOURS) % len(_DASHES)]
        at = np.arange(1, walkers.shape[1] + 1)
        sums = np.cumsum(walkers / available if is_share else walkers, axis=1)
        sums[:, window:] -= sums[:, :-window].copy()
        smooth = sums / np.minimum(at, window)
        ax.plot(at, smooth.mean(axis=0), dashes, color=colour, label=label, linewidth=1.3)
        if len(walkers) > 1:
            low, high = smooth.min(axis=0), smooth.max(axis=0)
            ax.fill_between(at, low, high, color=colour, alpha=0.13, linewidth=0)
    ax.set(
        xlabel=f"evaluations (every trial counted; mean of the last {window})",
        ylabel="absorbed / available power" if is_share else "absorbed power [W]",
    )
    ax.set_xlim(0, None)
    ax.set_ylim(0, None)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)


def ledger_curves(axes: Sequence[Axes], books: Mapping[str, Ledger]) -> None:
    """Energy that came in over time, and where it is: stored and dissipated, stacked.

    Parameters
    ----------
    axes
        One for each ledger; the scale is the same on all.
    books
        Ledgers by title.
    """
    # without a source what is stored falls, below 0 as a change
    heights = [(b.energy_in_t, b.dissipated_t, b.dissipated_t + b.stored_t) for b in books.values()]
    top = max(float(np.max(curves)) for curves in heights)
    low = min(0.0, *(float(np.min(curves)) for curves in heights))
    top = top if top > low else 1e-15
    scale, prefix = si_prefix(max(top, -low))
    for ax, (title, book) in zip(axes, books.items(), strict=True):
        thin = slice(None, None, max(1, len(book.time) // 2000))
        stack = {"dissipated": book.dissipated_t, "stored": book.stored_t}
        curves = [energy[thin] / scale for energy in stack.values()]
        time = book.time[thin]
        ax.stackplot(time, curves, labels=list(stack), colors=COLOURS[4:6], alpha=0.8)
        ax.plot(time, book.energy_in_t[thin] / scale, color="black", lw=1.0, label="in by the port")
        ax.set(
            xlabel="time [s]",
            title=title,
            xlim=(0, time[-1]),
            ylim=(1.05 * low / scale, 1.05 * top / scale),
        )
    axes[0].set_ylabel(f"energy [{prefix}J]")
    axes[0].legend(loc="upper left")


def si_prefix(value: float) -> tuple[float, str]:
    """Return the scale and the prefix by which a value of 1 or less is best written."""
    for scale, prefix in ((1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p")):
        if value >= scale:
            return scale, prefix
    return 1e-15, "f"
