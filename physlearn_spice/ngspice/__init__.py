"""The reference engine: ngspice, in this process or in one of its own."""

from .batch import simulate_batch
from .in_process import simulate, sweep
from .library import NgspiceMissingError
from .session import Session

__all__ = ["NgspiceMissingError", "Session", "simulate", "simulate_batch", "sweep"]
