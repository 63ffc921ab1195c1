"""What a stranger's deck may hold: lists of what is allowed, since decks can run commands.

Everything else is refused by name, with what to do instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..errors import DeckError
from .analyses import ANALYSES

__all__ = ["HOSTILE", "OTHER_ANALYSES", "OUTPUT", "check_model", "screen"]

_FILES = (
    "files are not read from decks; paste the text in, or name the folder they may come from "
    "(include_from, --include)"
)
HOSTILE = {
    ".control": "a control block can run any command; put its analyses on .ac, .tran or .op cards",
    ".include": _FILES,
    ".inc": _FILES,
    ".lib": _FILES,
    ".csparam": "it is no data",
}
OUTPUT = {  # and LTspice's word to itself at the end of each netlist that it writes
    *(".print", ".plot", ".probe", ".four", ".meas", ".measure", ".width", ".title", ".backanno"),
}
_OPTIONS = {  # ngspice takes any other for a variable of its own; some of those outlive the circuit
    *("abstol", "badmos3", "bypass", "chgtol", "convabsstep", "convlimit", "convstep", "defad"),
    *("defas", "defl", "defw", "gmin", "gminfactor", "gminsteps", "itl1", "itl2", "itl3", "itl4"),
    *("itl5", "itl6", "keepopinfo", "limpts", "maxord", "maxwarns", "method", "noinit", "noopac"),
    *("noopalter", "noopiter", "numdgt", "pivrel", "pivtol", "ramptime", "reltol", "rseries"),
    *("rshunt", "savecurrents", "scale", "seed", "sparse", "srcsteps", "temp", "tnom", "trtol"),
    *("trytocompact", "vntol", "warn", "xmu", "xtrtol"),
    *("acct", "list", "node", "noacct", "nomod", "nopage", "norefvalue", "opts", "width"),
    # other programs' words for their output
    *("accurate", "brief", "ingold", "measdgt", "plotwinsize", "post", "probe", "runlvl"),
}
OTHER_ANALYSES = {".noise", ".pz", ".sens", ".tf", ".disto", ".sp", ".pss", ".hb", ".step"}
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
    *("d_osc", "d_pwm", "spice2poly"),
}
_LONGEST_WORD = 200  # ngspice's buffers overflow somewhere above 250
_EXPRESSIONS = {".param", ".func", ".if", ".elseif"}  # which may be longer
_NO_TEXT = re.compile(r"[^\t -~]")
_MODEL = re.compile(r"""\.model\s+([^\s=(),"'{}]+)\s+(\w+)(?=[\s(]|$)""")  # as ngspice parts it
_OPTION = re.compile(r"""(\w+)(?:\s*=\s*([\w.+-]+|\{[^{}]*\}|'[^']*'))?(?:[\s,]+|$)""")
_FILE = re.compile(r"\b(file|input_file|state_file|process_file|simulation|lib_args)\s*=")


def screen(cards: Iterable[tuple[int | None, str]]) -> None:
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
        reason = _reason(card.split()[0], card)
        if reason:
            raise DeckError(reason, line=line)


def check_model(card: str) -> None:
    """Refuse a ``.model`` card whose kind is not known to leave files alone.

    Raises
    ------
    DeckError
        Naming the model.
    """
    reason = _model_reason(card)
    if reason:
        raise DeckError(reason)


def _reason(word: str, card: str) -> str:
    """Say why a card is refused; "" where it is not."""
    strange = _NO_TEXT.search(card)
    if strange:
        return (
            f"{strange[0]!r} is no plain letter, and ngspice writes '_' for each of these, so that "
            "names become the same; write it in ASCII"
        )
    longest = max(re.split(r"[\s=,()]+", card), key=len)
    if word not in _EXPRESSIONS and len(longest) > _LONGEST_WORD:
        return f"the word {longest[:20]!r}... is longer than {_LONGEST_WORD} letters"
    if card.endswith("\\"):
        return "a backslash at the end joins the next line: write '+' before that one"
    if card.count('"') % 2 or card.count("'") % 2 or card.count("{") != card.count("}"):
        return f"a quote or brace is not closed: {card!r}"
    if word in HOSTILE:
        return f"{word!r} is refused: {HOSTILE[word]}"
    if word in OTHER_ANALYSES:
        return f"{word!r} is not run by this package; .op, .dc, .ac and .tran are"
    if word == ".model":
        return _model_reason(card)
    if card[0] == ".":
        if word not in _DATA | OUTPUT | ANALYSES:
            return f"{word!r} is not known to be harmless"
        return _options_reason(card) if word.startswith(".opt") else ""
    if card[0] not in _DEVICES:
        return f"{word!r} is no device that is run from a deck"
    if card[0] in "vi" and re.search(r"\bexternal\b", card):
        return f"{word!r} is driven by a program ('external'); give it a waveform"
    return ""


def _model_reason(card: str) -> str:
    model = _MODEL.match(card)
    if not model:
        return f"a model needs a name and a kind: {card[:80]!r}"
    name, kind = model.groups()
    if kind not in _DEVICE_MODELS | _CODE_MODELS:
        return f"model {name!r} is of kind {kind!r}, which is not known to leave files alone"
    if _FILE.search(card):
        return f"model {name!r} reads a file; put the data into the deck"
    return ""


def _options_reason(card: str) -> str:
    _, _, rest = card.replace("\t", " ").partition(" ")
    at = len(rest) - len(rest.lstrip())
    while at < len(rest):
        option = _OPTION.match(rest, at)
        if not option:
            return f"options are read as NAME or NAME=VALUE, not {rest[at : at + 20]!r}"
        if option[1] == "klu":
            return "option 'klu' is refused: that solver reuses pivots unsafely; remove it"
        if option[1] not in _OPTIONS:
            return f"option {option[1]!r} is not known to leave other circuits alone; remove it"
        at = option.end()
    return ""
