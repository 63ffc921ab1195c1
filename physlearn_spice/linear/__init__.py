"""The linear engine: exact small-signal answers of R, L and C, eight circuits at a time."""

from .drive import admittance, drive
from .response import Response
from .spectra import admittance_parameters, impedance_parameters, scattering_parameters, sweep
from .structure import Others

__all__ = [
    "Others",
    "Response",
    "admittance",
    "admittance_parameters",
    "drive",
    "impedance_parameters",
    "scattering_parameters",
    "sweep",
]
