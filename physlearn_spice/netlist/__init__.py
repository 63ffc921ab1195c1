"""Decks: everything that is SPICE syntax is in this package and nowhere else."""

from .deck import Ac, Analysis, Deck, Op, Source, Tran, at_frequencies
from .read import load_deck, read_deck
from .write import alter_commands, analysis_command, save_deck, side_files, to_spice

__all__ = [
    "Ac",
    "Analysis",
    "Deck",
    "Op",
    "Source",
    "Tran",
    "alter_commands",
    "analysis_command",
    "at_frequencies",
    "load_deck",
    "read_deck",
    "save_deck",
    "side_files",
    "to_spice",
]
