"""The command line ``physlearn``."""

from .app import main

__all__ = ["main"]
