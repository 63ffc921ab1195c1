"""What a deck says: a network, its sources, and the analyses to run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ..elements import SaturatingInductor
from ..errors import DeckError
from ..network import Network
from .analyses import Analysis
from .dc_sweep import check_swept
from .names import core_nodes, meter_of
from .options import Options, check_options, check_vectors
from .source import Source
from .start import check_start

__all__ = ["Deck"]

_LONGEST_TITLE = 100  # letters; ngspice -b has no room beyond 500 bytes


@dataclass(frozen=True)
class Deck:
    """A bench with its list of analyses.

    Parameters
    ----------
    network, analyses
        What is simulated and how.
    sources
        For each port by name; a port without one is terminated by its resistance.
    title
        First line of the deck; what is beyond 100 letters is left out.
    options
        ngspice options by name; None as a value for a bare flag. ``noopac`` and ``method=trap``
        need not be given: a linear network gets the first, every transient the second.
    save
        Vectors to keep, as ngspice spells them: ``"all"`` is every node voltage and every
        current of an inductor or a source.
    initial
        What a transient at rest (``uic``) starts from instead: the voltage [V] of capacitors and
        the current [A] of inductors, by name.
    node_voltages
        Voltages [V] by node that ngspice starts a transient from (``.ic``).
    notes
        What was read otherwise than it stands there, or passed over.
    """

    network: Network
    analyses: tuple[Analysis, ...]
    sources: Mapping[str, Source] = field(default_factory=dict[str, Source])
    title: str = "physlearn_spice network"
    options: Options = field(default_factory=dict[str, float | str | None])
    save: tuple[str, ...] = ("all",)
    initial: Mapping[str, float] = field(default_factory=dict[str, float])
    node_voltages: Mapping[str, float] = field(default_factory=dict[str, float])
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        for name in self.sources:
            self.network.port(name)
        if len(self.title.splitlines()) > 1:
            raise DeckError("the title of a deck is one line")
        check_options(self.options)
        check_vectors(self.save)
        check_start(self.network, self.initial, self.node_voltages)
        every = {port.name: self.source(port.name) for port in self.network.ports}
        object.__setattr__(self, "analyses", tuple(self.analyses))
        check_swept(self.analyses, self.network)
        object.__setattr__(self, "sources", every)
        object.__setattr__(self, "title", self.title.strip()[:_LONGEST_TITLE].strip())

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of the analyses: ``"op"``, ``"dc"``, ``"ac"``, ``"tran"``."""
        return tuple(type(analysis).__name__.lower() for analysis in self.analyses)

    @cached_property
    def hidden(self) -> frozenset[str]:
        """Vectors of the deck's own meters and cores, which results leave out."""
        cores = self.network.names(SaturatingInductor)
        meters = [meter_of(name) for name in (*self.network.metered, *cores)]
        sources = [source for source, _ in meters]
        sources += [f"{part}_{name}" for name in cores for part in ("ei", "li")]
        nodes = [node for _, node in meters]
        nodes += [node for name in cores for node in core_nodes(name)]
        return frozenset([*(f"i({name})" for name in sources), *(f"v({name})" for name in nodes)])

    def source(self, port: str) -> Source:
        """Return the source of a port; one that is off where none is given."""
        return self.sources.get(port, Source())
