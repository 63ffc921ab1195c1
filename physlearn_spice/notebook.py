"""How notebooks show networks and results: a drawing or a curve, and the numbers beside it."""

from __future__ import annotations

from .measures import Ledger
from .network import Network
from .results import DcSweep, OperatingPoint, Spectrum, Waveforms
from .shown import as_html

__all__ = [
    "show_dc_sweep",
    "show_ledger",
    "show_network",
    "show_operating_point",
    "show_spectrum",
    "show_waveforms",
]


@as_html.register(Network)
def show_network(network: Network) -> str:
    """Draw a network, and count what is in it."""
    from .page.figures import can_be_drawn, plain_network_figure
    from .page.html import join, tag

    kinds = dict.fromkeys(e.kind for e in network.elements)
    counts = ", ".join(f"{sum(e.kind == k for e in network.elements)} × {k}" for k in kinds)
    drawing = [plain_network_figure(network)] if can_be_drawn(network) else []
    says = (
        f"Network of {len(network.branches)} branches, {len(network.nodes)} nodes and "
        f"{network.loops} independent loops: {counts}; {len(network.ports)} ports."
    )
    return join([*drawing, tag("p", says)])


@as_html.register(Spectrum)
def show_spectrum(spectrum: Spectrum) -> str:
    """Draw the largest voltages over frequency."""
    return _curves(spectrum, len(spectrum.frequency), "frequencies")


@as_html.register(Waveforms)
def show_waveforms(waveforms: Waveforms) -> str:
    """Draw the largest voltages over time."""
    return _curves(waveforms, len(waveforms.time), "instants")


@as_html.register(DcSweep)
def show_dc_sweep(sweep: DcSweep) -> str:
    """Draw the largest voltages over what is swept."""
    return _curves(sweep, len(sweep.sweep), f"values of {sweep.source}")


def _curves(result: DcSweep | Spectrum | Waveforms, n: int, points: str) -> str:
    from .page.figures import vector_figure
    from .page.html import join, tag

    engine = result.provenance.engine
    says = f"The largest of {len(result.vectors)} vectors at {n} {points}, by {engine}."
    return join([vector_figure(result), tag("p", says)])


@as_html.register(OperatingPoint)
def show_operating_point(point: OperatingPoint) -> str:
    """List the voltages and currents."""
    from .page.sections import operating_point

    return operating_point(point)


@as_html.register(Ledger)
def show_ledger(book: Ledger) -> str:
    """Draw and list where the energy went."""
    from .page.sections import ledger

    return ledger({"": book})
