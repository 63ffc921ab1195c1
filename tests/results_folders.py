"""Folders of results of every command, for tests of the page about them."""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path
from unittest import mock

from physlearn_spice.cli import main

HOSTILE = "<script>alert(1)</script> & \"title\" 'of' $a deck$"
DECK = """{title}
vin in 0 ac 1 sin(0 1 5k)
rs1 in a 50
l1 a b 1m
c1 b 0 1u
r2 b 0 200
.ac dec 100 100 100k
.tran 2u 2m 0 2u uic
.end
"""
AS_TEXT = """an amplifier
vin in 0 ac 1
r1 in a 50
l1 a b 1m
c1 b 0 1u
e1 o 0 vol='10*v(b)'
r2 o 0 1
.ac dec 20 100 10k
.end
"""
UNKNOWN_MODEL = "t\nv1 a 0 dc 1\nr1 a b 10\nd1 b 0 nomodel\n.op\n.end\n"


def physlearn(*words: object) -> tuple[int, str]:
    """Run the command line in this process; its exit code and errors."""
    err, code = io.StringIO(), 0
    with (
        mock.patch.object(sys, "argv", ["physlearn", *map(str, words)]),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ending:
            code = int(ending.code or 0)
    return code, err.getvalue()


def results_of_all(place: Path) -> Path:
    """Leave the results of every command below a folder."""
    small = ["--inductance", "16m:320m", "--capacitance", "0.4u:8u", "--source-resistance", "10"]
    net = place / "net" / "network.json"
    physlearn("generate", "complete", "-n", 5, *small, "--seed", 2, "-o", place / "net")
    physlearn("spectrum", net, "--points", 200, "--tolerance", "5%", "-o", place / "a spectrum")
    physlearn("tune", net, "220,554:0.5", "-n", 80, "-o", place / "tuned")
    decks = place / "decks"
    decks.mkdir()
    (decks / "a [b].cir").write_text(DECK.format(title=HOSTILE))
    (decks / "text.cir").write_text(AS_TEXT)
    (decks / "unknown.cir").write_text(UNKNOWN_MODEL)
    (decks / "no value.cir").write_text(DECK.format(title="t").replace("in a 50", "in a"))
    physlearn("run", decks, "-j", 1, "-o", place / "many runs")
    physlearn("run", decks / "a [b].cir", "-j", 1, "-o", place / "one run")
    return place
