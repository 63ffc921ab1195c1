"""Decks: everything that is SPICE syntax is in this package and nowhere else."""

from .ac_sweep import Ac, at_frequencies
from .alter import alter_commands, alter_templates, alterable, rows_of
from .analyses import Analysis, Op, Tran, analysis_command, read_analysis
from .dc_sweep import Dc, swept_sources, swept_unit
from .deck import Deck
from .options import options_of
from .read import load_deck, read_deck
from .source import Source
from .text_deck import (
    FlatCircuit,
    TextDeck,
    files_of,
    flat_circuit,
    load_text_deck,
    read_text_deck,
    text_of,
)
from .write import save_deck, side_files, to_spice

__all__ = [
    "Ac",
    "Analysis",
    "Dc",
    "Deck",
    "FlatCircuit",
    "Op",
    "Source",
    "TextDeck",
    "Tran",
    "alter_commands",
    "alter_templates",
    "alterable",
    "analysis_command",
    "at_frequencies",
    "files_of",
    "flat_circuit",
    "load_deck",
    "load_text_deck",
    "options_of",
    "read_analysis",
    "read_deck",
    "read_text_deck",
    "rows_of",
    "save_deck",
    "side_files",
    "swept_sources",
    "swept_unit",
    "text_of",
    "to_spice",
]
