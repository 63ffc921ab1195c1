"""The linear engine: exact small-signal answers, eight circuits at a time."""

from .drive import admittance, drive
from .gradient import Gradient, gradient
from .response import Response
from .spectra import admittance_parameters, impedance_parameters, scattering_parameters, sweep
from .structure import Others
from .trapezoid.run import port_transients, transient, transients
from .trapezoid.shown import PortWaveforms

__all__ = [
    "Gradient",
    "Others",
    "PortWaveforms",
    "Response",
    "admittance",
    "admittance_parameters",
    "drive",
    "gradient",
    "impedance_parameters",
    "port_transients",
    "scattering_parameters",
    "sweep",
    "transient",
    "transients",
]
