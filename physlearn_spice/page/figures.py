"""Figures as SVG that stands in HTML: drawn afresh from the data, with text that is text."""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import re
import textwrap
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..drawings import colour_bar, network_by_power, power_scale
from ..folders import thinned
from ..measures import Ledger
from ..network import Network
from ..plots import COLOURS, figure, ledger_curves, spectrum_curves, tuner_trace
from ..results import DcSweep, Spectrum, Waveforms
from .answers import Answer
from .html import Html, quantity, tag

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "answer_figure",
    "can_be_drawn",
    "inline",
    "ledger_figure",
    "network_figure",
    "numbered",
    "plain_network_figure",
    "trace_figure",
    "vector_figure",
]

_MOST_SVG = 500_000  # letters; beyond, a page would open slowly
_MOST_NODES, _MOST_BRANCHES = 300, 4000
_CURVES = 4
_POINTS = 2000
_SIZE = (5.2, 3.5)  # [inch], for a column of half a page


def inline(fig: Figure, label: str) -> Html:
    """Return a figure as an SVG element; as a PNG where that would be too long.

    Parameters
    ----------
    fig
        Drawn.
    label
        What is to be seen, for those who can't see it.
    """
    import matplotlib as mpl

    text = io.StringIO()
    style: Any = {"svg.fonttype": "none", "path.simplify_threshold": 0.3}
    with mpl.rc_context(style), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the reader's browser may have it
        fig.savefig(text, format="svg", metadata={"Date": None})
    svg = text.getvalue()
    if len(svg) > _MOST_SVG:
        png = io.BytesIO()
        fig.savefig(png, format="png")
        source = f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}"
        return tag("img", src=source, alt=label)
    body = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    box = re.search(r'viewBox="[^"]+"', body)
    body = body[body.index(">") + 1 : body.rindex("</svg>")]
    name = f"figure-{hashlib.sha256(body.encode()).hexdigest()[:12]}"
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', body))
    body = re.sub(r' id="([^"]+)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", body)
    body = re.sub(r'(url\(#|xlink:href="#)', rf"\1{name}-", body).replace("xlink:href", "href")
    body = re.sub(r"\s*\n\s*", "\n", body)
    body = re.sub(r' d="[^"]+"', lambda m: re.sub(r"(\.\d\d)\d+", r"\1", m[0]), body)
    width = f"{fig.get_figwidth() * 96:.0f}"
    frame = tag("svg", Html(body), role="img", aria_label=label, width=width)
    return Html(frame.replace("<svg ", f"<svg {box[0] if box else ''} ", 1))


def numbered(page: Html) -> Html:
    """Tell the figures of a page apart, two of which may be alike, and have the same name."""
    count = itertools.count(1)

    def renamed(figure: re.Match[str]) -> str:
        return re.sub(r"figure-[0-9a-f]{12}", f"figure-{next(count)}", figure[0])

    return Html(re.sub(r"<svg .*?</svg>", renamed, page, flags=re.DOTALL))


def can_be_drawn(network: Network) -> bool:
    """Whether a drawing of the network shows more than a blot."""
    branches = len(network.branches)
    return len(network.nodes) - len(network.elements) + branches <= _MOST_NODES and (
        branches <= _MOST_BRANCHES
    )


def network_figure(answer: Answer) -> Html:
    """Draw the networks, before and now, coloured by the power in their branches."""
    states, powers = answer.networks, [p for p in answer.powers.values() if any(p.values())]
    norm = power_scale(*powers) if powers else None
    size = (_SIZE[0], 3.9) if len(states) == 1 else (_SIZE[0], 3.4)
    with figure(1, len(states), size=size) as (fig, axes):
        for ax, (state, network) in zip(axes[0], states.items(), strict=True):
            power = answer.powers.get(state, {})
            title = f"{state}: {quantity(sum(power.values()), 'W', 3)}" if len(states) > 1 else ""
            network_by_power(ax, network, power, norm, title=title)
            ax.set(xlim=(-1.25, 1.25), ylim=(-1.25, 1.25))
        if norm is not None:
            where = "bottom" if len(states) > 1 else "right"
            fig.colorbar(
                colour_bar(norm),
                ax=axes[0],
                location=where,
                shrink=0.8,
                label="power of a branch [W]",
            )
        return inline(fig, f"Drawing of the network, {_counts(answer.network)}")


def plain_network_figure(network: Network) -> Html:
    """Draw a network of which no powers are known."""
    with figure(size=(3.6, 3.6)) as (fig, axes):
        network_by_power(axes[0, 0], network, {}, None)
        axes[0, 0].set(xlim=(-1.25, 1.25), ylim=(-1.25, 1.25))
        return inline(fig, f"Drawing of the network, {_counts(network)}")


def _counts(network: Network) -> str:
    return f"{len(network.branches)} branches with {len(network.elements)} elements"


def answer_figure(answer: Answer) -> Html:
    """Draw the absorbed power over frequency."""
    with figure(size=_SIZE) as (fig, axes):
        ax = axes[0, 0]
        spectrum_curves(
            ax,
            answer.frequency,
            answer.curves,
            answer.tones,
            name_of_tones="tones",
            band=answer.band,
        )
        what = "absorbed" if answer.network.is_linear else "entering"
        ax.set_ylabel(
            f"{what} / available power" if answer.has_share else f"{what} power / its maximum"
        )
        if len(answer.curves) == 1:
            ax.get_legend().remove()
        low, high = (quantity(float(f), "Hz") for f in answer.frequency[[0, -1]])
        return inline(fig, f"{what.capitalize()} power from {low} to {high}")


def trace_figure(traces: Mapping[str, NDArray[np.float64]], available: float) -> Html:
    """Draw what was absorbed over the evaluations of the tuners."""
    with figure(size=_SIZE) as (fig, axes):
        tuner_trace(axes[0, 0], traces, available=available)
        return inline(fig, f"Absorbed power over evaluations: {', '.join(traces)}")


def ledger_figure(books: Mapping[str, Ledger]) -> Html:
    """Draw ledgers, two beside each other."""
    titles = {_wrapped(title): thinned(book) for title, book in books.items()}
    with figure(1, len(books), size=(max(_SIZE[0], 4.4 * len(books)), 3.5)) as (fig, axes):
        ledger_curves(axes[0], titles)
        return inline(fig, f"Energy over time, stored and dissipated: {', '.join(books)}")


def vector_figure(result: DcSweep | Spectrum | Waveforms) -> Html:
    """Draw the vectors of a result: voltages that are largest, or currents where there are none."""
    vectors = {n: np.abs(v) for n, v in result.vectors.items() if v.size}
    chosen = [n for n in vectors if n.startswith("v(")] or list(vectors)
    chosen = sorted(chosen, key=lambda n: -float(vectors[n].max()))[:_CURVES]
    is_spectrum = isinstance(result, Spectrum)
    match result:
        case Spectrum():
            axis, over = result.frequency, "frequency"
        case Waveforms():
            axis, over = result.time, "time"
        case DcSweep():
            axis, over = result.sweep, result.source
    with figure(size=_SIZE) as (fig, axes):
        ax = axes[0, 0]
        for vector, colour in zip(chosen, COLOURS, strict=False):
            values = vectors[vector] if is_spectrum else np.real(result.vectors[vector])
            at, drawn = envelope(axis, values)
            ax.plot(at, drawn, color=colour, lw=1.0, label=vector[:40].replace("$", r"\$"))
        unit = "V" if chosen and chosen[0].startswith("v(") else "A"
        if is_spectrum:
            ax.set(xscale="log", xlabel="frequency [Hz]", ylabel=f"magnitude [{unit} peak]")
            if any(vectors[n].any() for n in chosen):
                ax.set_yscale("log")
        else:
            of = "s" if isinstance(result, Waveforms) else result.unit
            ax.set(xlabel=f"{over} [{of}]", ylabel=f"[{unit}]")
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=_CURVES)
        return inline(fig, f"{', '.join(chosen)} over {over}")


def envelope(
    axis: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a curve of fewer points that looks the same: least and largest of each stretch."""
    if len(axis) <= 2 * _POINTS:
        return axis, values
    edges = np.linspace(0, len(axis), _POINTS + 1).astype(int)
    stretches = [slice(a, b) for a, b in itertools.pairwise(edges.tolist())]
    kept = sorted({s.start + int(f(values[s])) for s in stretches for f in (np.argmin, np.argmax)})
    return axis[kept], values[kept]


def _wrapped(title: str, width: int = 32) -> str:
    return "\n".join(textwrap.wrap(title.replace("$", r"\$"), width))
