"""What a stranger's deck may hold: lists of what is allowed, since decks can run commands.

Everything else is refused by name, with what to do instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..errors import DeckError
from .analyses import ANALYSES

__all__ = ["HOSTILE", "OUTPUT", "screen"]

HOSTILE = {
    ".control": "a control block can run any command; put its analyses on .ac, .tran or .op cards",
    ".include": "files are not read from decks; paste the text in",
    ".inc": "files are not read from decks; paste the text in",
    ".lib": "files are not read from decks; paste the models in",
    ".csparam": "it is no data",
}
OUTPUT = {".print", ".plot", ".probe", ".four", ".meas", ".measure", ".width", ".title"}
_OTHER_ANALYSES = {".dc", ".noise", ".pz", ".sens", ".tf", ".disto", ".sp", ".pss", ".hb", ".step"}
_DATA = {
    *(".model", ".subckt", ".ends", ".param", ".global", ".func", ".options", ".option", ".opt"),
    *(".ic", ".nodeset", ".temp", ".save", ".end", ".if", ".elseif", ".else", ".endif"),
}
_DEVICES = "rlckviefghbdqmjzstowxau"
_DEVICE_MODELS = {
    *("r", "l", "c", "d", "npn", "pnp", "nmos", "pmos", "njf", "pjf", "nmf", "pmf"),
    *("sw", "csw", "ltra", "urc", "vdmos", "vdmosn", "vdmosp"),
}
_CODE_MODELS = {  # of XSPICE, those that compute and neither read nor write a file
    *("gain", "summer", "mult", "divide", "limit", "climit", "pwl", "pwlts", "multi_input_pwl"),
    *("aswitch", "pswitch", "zener", "ilimit", "hyst", "d_dt", "int", "s_xfer", "slew", "core"),
    *("lcouple", "sine", "triangle", "square", "oneshot", "cmeter", "lmeter", "memristor"),
    *("potentiometer", "dac_bridge", "adc_bridge", "d_to_real", "real_to_v", "real_gain"),
    *("real_delay", "bidi_bridge", "d_buffer", "d_inverter", "d_and", "d_nand", "d_or", "d_nor"),
    *("d_xor", "d_xnor", "d_tristate", "d_pullup", "d_pulldown", "d_open", "d_dff", "d_jkff"),
    *("d_tff", "d_srff", "d_dlatch", "d_srlatch", "d_fdiv", "d_ram", "d_lut", "d_genlut"),
    *("d_osc", "d_pwm"),
}
_LONGEST_WORD = 200  # ngspice's buffers overflow somewhere above 250
_FILE = re.compile(r"\b(file|input_file|state_file|process_file|simulation|lib_args)\s*=")


def screen(cards: Iterable[tuple[int, str]]) -> None:
    """Refuse what is no data.

    Parameters
    ----------
    cards
        (line, card) below the title, in lower case, comments dropped and continuations joined.

    Raises
    ------
    DeckError
        Naming the line and the thing: a card that runs commands, reads or writes files, or that
        is not known; a device or model that ngspice reads from elsewhere; an overlong name.
    """
    for line, card in cards:
        word, _, rest = card.partition(" ")
        reason = _reason(word.split("\t")[0], card, rest)
        if reason:
            raise DeckError(reason, line=line)


def _reason(word: str, card: str, rest: str) -> str:
    """Say why a card is refused; "" where it is not."""
    longest = max(re.split(r"[\s=,()]+", card), key=len)
    if card[0] != "." and len(longest) > _LONGEST_WORD:
        return f"the word {longest[:20]!r}... is longer than {_LONGEST_WORD} letters"
    if "\0" in card:
        return "the deck is no text"
    if card.count('"') % 2 or card.count("'") % 2 or card.count("{") != card.count("}"):
        return f"a quote or brace is not closed: {card!r}"
    if word in HOSTILE:
        return f"{word!r} is refused: {HOSTILE[word]}"
    if word in _OTHER_ANALYSES:
        return f"{word!r} is not run by this package; .op, .ac and .tran are"
    if word == ".model":
        return _model_reason(rest)
    if card[0] == ".":
        if word not in _DATA | OUTPUT | ANALYSES:
            return f"{word!r} is not known to be harmless"
        if word.startswith(".opt") and re.search(r"\bklu\b", rest):
            return "option 'klu' is refused: that solver reuses pivots unsafely; remove it"
        return ""
    if card[0] not in _DEVICES:
        return f"{word!r} is no device that is run from a deck"
    if card[0] in "vi" and re.search(r"\bexternal\b", rest):
        return f"{word!r} is driven by a program ('external'); give it a waveform"
    return ""


def _model_reason(rest: str) -> str:
    name, _, law = rest.partition(" ")
    kind = re.match(r"\w*", law.strip())
    kind = kind[0] if kind else ""
    if kind not in _DEVICE_MODELS | _CODE_MODELS:
        return f"model {name!r} is of kind {kind!r}, which is not known to leave files alone"
    if _FILE.search(law):
        return f"model {name!r} reads a file; put the data into the deck"
    return ""
