"""The linear engine: exact small-signal answers of R, L and C, eight circuits at a time."""

from .drive import admittance, drive
from .response import Response
from .structure import Others

__all__ = ["Others", "Response", "admittance", "drive"]
