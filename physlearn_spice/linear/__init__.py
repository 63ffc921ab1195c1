"""The linear engine: exact small-signal answers, eight circuits at a time."""

from .drive import admittance, drive, driving_point
from .fitted import fitted
from .gradient import Gradient, gradient
from .modal.form import ModalForm, modal_admittance, modal_impedance
from .response import Response
from .spectra import admittance_parameters, impedance_parameters, scattering_parameters, sweep
from .structure import Others
from .trapezoid.run import port_transients, transient, transients
from .trapezoid.shown import PortWaveforms

__all__ = [
    "Gradient",
    "ModalForm",
    "Others",
    "PortWaveforms",
    "Response",
    "admittance",
    "admittance_parameters",
    "drive",
    "driving_point",
    "fitted",
    "gradient",
    "impedance_parameters",
    "modal_admittance",
    "modal_impedance",
    "port_transients",
    "scattering_parameters",
    "sweep",
    "transient",
    "transients",
]
