"""The linear engine: exact small-signal answers, eight circuits at a time."""

from .drive import admittance, drive
from .gradient import Gradient, gradient
from .response import Response
from .spectra import admittance_parameters, impedance_parameters, scattering_parameters, sweep
from .structure import Others

__all__ = [
    "Gradient",
    "Others",
    "Response",
    "admittance",
    "admittance_parameters",
    "drive",
    "gradient",
    "impedance_parameters",
    "scattering_parameters",
    "sweep",
]
