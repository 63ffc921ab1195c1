"""The command line ``physlearn``."""

from .app import main, run_to_exit

__all__ = ["main", "run_to_exit"]
