"""Kirchhoff networks that learn by resonance, simulated by ngspice.

Here are the names that describe a circuit and its drive; none of them loads ngspice. What runs,
measures and tunes is in the modules :mod:`.ngspice`, :mod:`.measures`, :mod:`.resonances`,
:mod:`.tuner` and :mod:`.plots`.
"""

from . import notebook as _notebook  # tells notebooks how to show what follows
from .couplings import Coupling
from .elements import (
    Capacitor,
    Cccs,
    Ccvs,
    CubicConductance,
    Diode,
    Inductor,
    Resistor,
    SaturatingInductor,
    Varactor,
    Vccs,
    Vcvs,
)
from .errors import DeckError, NetworkError, PhyslearnError, SimulationError, StimulusError
from .generators import (
    EdgeModel,
    Fixed,
    LogNormal,
    LogUniform,
    complete,
    cubic_lattice,
    from_graph,
    gnm,
    gnp,
    ladder,
    random_geometric,
    random_regular,
    scale_free,
    small_world,
    square_lattice,
    triangular_lattice,
)
from .netlist import Ac, Dc, Deck, Op, Source, Tran, at_frequencies, load_deck, read_deck, to_spice
from .network import Network, Port
from .recordings import from_csv, from_wav, spectral_tones
from .stimulus import Chirp, Multitone, Samples, Tone, band_limited_noise

del _notebook

__all__ = [
    "Ac",
    "Capacitor",
    "Cccs",
    "Ccvs",
    "Chirp",
    "Coupling",
    "CubicConductance",
    "Dc",
    "Deck",
    "DeckError",
    "Diode",
    "EdgeModel",
    "Fixed",
    "Inductor",
    "LogNormal",
    "LogUniform",
    "Multitone",
    "Network",
    "NetworkError",
    "Op",
    "PhyslearnError",
    "Port",
    "Resistor",
    "Samples",
    "SaturatingInductor",
    "SimulationError",
    "Source",
    "StimulusError",
    "Tone",
    "Tran",
    "Varactor",
    "Vccs",
    "Vcvs",
    "at_frequencies",
    "band_limited_noise",
    "complete",
    "cubic_lattice",
    "from_csv",
    "from_graph",
    "from_wav",
    "gnm",
    "gnp",
    "ladder",
    "load_deck",
    "random_geometric",
    "random_regular",
    "read_deck",
    "scale_free",
    "small_world",
    "spectral_tones",
    "square_lattice",
    "to_spice",
    "triangular_lattice",
]
