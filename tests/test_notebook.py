"""What notebooks show: networks and results by themselves, and the notebook of the docs runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from physlearn_spice import (
    Ac,
    Capacitor,
    Deck,
    Inductor,
    Network,
    Op,
    Port,
    Resistor,
    Source,
    Tone,
    Tran,
)
from physlearn_spice.engines import sweep
from physlearn_spice.measures import ledger
from physlearn_spice.ngspice import simulate
from physlearn_spice.results import OperatingPoint, Provenance
from physlearn_spice.shown import as_html

FIRST_STEPS = Path(__file__).parents[1] / "docs" / "notebooks" / "first_steps.ipynb"
NETWORK = Network(
    (
        Resistor("r1", "a", "b", 10.0),
        Inductor("l1", "b", "c", 1e-3),
        Capacitor("c1", "c", "0", 1e-6),
        Resistor("r2", "c", "0", 500.0),
    ),
    (Port("1", "a", resistance=50.0),),
)


def test_the_notebook_of_the_docs_runs_and_shows_what_it_says() -> None:
    book = nbformat.read(FIRST_STEPS, as_version=4)
    assert not any(cell.get("outputs") for cell in book.cells)  # what it shows is made when it runs
    NotebookClient(
        book, timeout=120, resources={"metadata": {"path": str(FIRST_STEPS.parents[2])}}
    ).execute()
    shown = [
        output.data
        for cell in book.cells
        for output in cell.get("outputs", [])
        if output.output_type == "execute_result"
    ]
    assert [("<svg" in data["text/html"], "<table" in data["text/html"]) for data in shown] == [
        (True, False),  # network
        (True, False),  # spectrum
        (True, False),  # waveforms
        (True, True),  # ledger
    ]
    said = "".join(
        o.text for c in book.cells for o in c.get("outputs", []) if o.output_type == "stream"
    )
    before, after = map(float, re.findall(r"absorbs ([\d.]+) .* before, ([\d.]+) at best", said)[0])
    assert before < after < 1


def test_a_network_is_drawn_and_counted() -> None:
    html = NETWORK._repr_html_()
    assert html is not None
    assert "<svg" in html
    assert "2 × resistor, 1 × inductor, 1 × capacitor" in html


def test_a_network_too_large_to_be_drawn_is_counted() -> None:
    star = tuple(Resistor(f"r{k}", f"n{k}", f"n{k + 1}", 1.0) for k in range(400))
    legs = tuple(Resistor(f"r{k + 500}", f"n{k}", "0", 1.0) for k in range(401))
    html = Network((*star, *legs), (Port("1", "n0"),))._repr_html_()
    assert html is not None
    assert "<svg" not in html
    assert "801 × resistor" in html


def test_results_show_themselves() -> None:
    spectrum = sweep(NETWORK, Ac(100.0, 1e5, 50))
    html = spectrum._repr_html_()
    assert html is not None
    assert "frequency [Hz]" in html
    assert str(len(spectrum.frequency)) in html
    played = Deck(NETWORK, (Tran(1e-3, 1e-6), Op()), {"1": Source(1.0, waveform=Tone(1.0, 5e3))})
    waveforms, point = simulate(played)
    html = waveforms._repr_html_()
    assert html is not None
    assert "time [s]" in html
    html = point._repr_html_()
    assert html is not None
    assert "<table" in html
    assert "v(c)" in html
    book = ledger(NETWORK, waveforms)  # pyright: ignore[reportArgumentType]
    html = book._repr_html_()
    assert html is not None
    assert "taken in by the ports" in html


def test_names_from_elsewhere_are_text() -> None:
    vectors = {"v(<script>)": np.ones(1), "i(&)": np.ones(1)}
    html = OperatingPoint(vectors, Provenance("ngspice", "t\n"))._repr_html_()
    assert html is not None
    assert "<script>" not in html
    assert "v(&lt;script&gt;)" in html


def test_what_nobody_can_show_is_left_to_python() -> None:
    assert as_html(object()) is None


@pytest.mark.parametrize("library", ["matplotlib", "IPython"])
def test_showing_costs_nothing_until_it_is_asked_for(library: str) -> None:
    script = f"import sys, physlearn_spice\nassert {library!r} not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True, cwd=FIRST_STEPS.parents[2])
