"""Kirchhoff networks that learn by resonance, simulated by ngspice.

Here are the names that describe a circuit and its drive; none of them loads ngspice. What runs,
measures and tunes is in the modules :mod:`.ngspice`, :mod:`.measures`, :mod:`.resonances`,
:mod:`.tuner` and :mod:`.plots`.
"""

from .couplings import Coupling
from .elements import Capacitor, Cccs, Ccvs, Diode, Inductor, Resistor, Varactor, Vccs, Vcvs
from .errors import DeckError, NetworkError, PhyslearnError, SimulationError, StimulusError
from .generators import (
    EdgeModel,
    Fixed,
    LogNormal,
    LogUniform,
    complete,
    from_graph,
    gnm,
    random_regular,
    square_lattice,
)
from .netlist import Ac, Dc, Deck, Op, Source, Tran, at_frequencies, load_deck, read_deck, to_spice
from .network import Network, Port
from .recordings import from_csv, from_wav, spectral_tones
from .stimulus import Chirp, Multitone, Samples, Tone, band_limited_noise

__all__ = [
    "Ac",
    "Capacitor",
    "Cccs",
    "Ccvs",
    "Chirp",
    "Coupling",
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
    "from_csv",
    "from_graph",
    "from_wav",
    "gnm",
    "load_deck",
    "random_regular",
    "read_deck",
    "spectral_tones",
    "square_lattice",
    "to_spice",
]
