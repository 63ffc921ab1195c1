"""``physlearn generate``."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import typer
from rich.console import Console

from ..errors import NetworkError
from ..files import make_folder, write_text
from ..generators import EdgeModel, complete, gnm, random_regular, square_lattice
from ..netlist import Ac, Deck, Source, Tran, save_deck
from ..network import Network
from ..resonances import natural_band
from ..stimulus import Tone
from .inputs import JsonOption, OutOption, SeedOption, law
from .notes import leave_note

__all__ = ["generate"]


class Topology(StrEnum):
    """Graphs that a network can be drawn on."""

    complete = "complete"
    gnm = "gnm"
    regular = "regular"
    lattice = "lattice"


def generate(
    context: typer.Context,
    topology: Annotated[Topology, typer.Argument(help="Graph of the network.")],
    nodes: Annotated[int, typer.Option("--nodes", "-n", help="Nodes; of a lattice, its rows.")] = 8,
    edges: Annotated[int | None, typer.Option("--edges", "-m", help="Edges of gnm.")] = None,
    degree: Annotated[int, typer.Option("--degree", "-d", help="Degree of regular.")] = 4,
    columns: Annotated[int | None, typer.Option(help="Columns of a lattice.")] = None,
    edge: Annotated[
        Literal["series-rlc", "one-of"], typer.Option(help="What stands on an edge.")
    ] = "series-rlc",
    resistance: Annotated[
        str, typer.Option(help="[Ohm] 10 fixed, 1:4 log-uniform, 10~0.5 log-normal.")
    ] = "10",
    inductance: Annotated[str, typer.Option(help="[H], as above.")] = "0.5m:2m",
    capacitance: Annotated[str, typer.Option(help="[F], as above.")] = "5n:20n",
    probabilities: Annotated[
        tuple[float, float, float], typer.Option(help="Of R, L, C with --edge one-of.")
    ] = (0.34, 0.33, 0.33),
    inductor_esr: Annotated[str | None, typer.Option(help="[Ohm] in series with each L.")] = None,
    capacitor_esr: Annotated[str | None, typer.Option(help="[Ohm] in series with each C.")] = None,
    nonlinear: Annotated[
        Literal["diode", "antiparallel", "varactor"] | None,
        typer.Option(help="Kind of nonlinear element."),
    ] = None,
    nonlinear_share: Annotated[float, typer.Option(help="Share of the edges that have one.")] = 0.0,
    source_resistance: Annotated[float, typer.Option(help="Of the port's source [Ohm].")] = 50.0,
    seed: SeedOption = 0,
    out: OutOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Draw a random network; write network.cir and network.json.

    Example: physlearn generate complete -n 8 --resistance 1:4 --seed 1 --out net
    """
    if (nonlinear is None) != (nonlinear_share == 0):
        raise NetworkError("--nonlinear KIND and --nonlinear-share SHARE go together")
    make_folder(out)
    model = EdgeModel(
        kind=edge,
        resistance=law(resistance),
        inductance=law(inductance),
        capacitance=law(capacitance),
        probabilities=probabilities,
        inductor_esr=law(inductor_esr) if inductor_esr else None,
        capacitor_esr=law(capacitor_esr) if capacitor_esr else None,
        nonlinear=nonlinear or "antiparallel",
        nonlinear_share=nonlinear_share,
    )
    rng = np.random.default_rng(seed)
    rs = source_resistance
    match topology:
        case Topology.complete:
            network = complete(nodes, edge=model, rng=rng, source_resistance=rs)
        case Topology.gnm:
            m = 2 * nodes if edges is None else edges
            network = gnm(nodes, m, edge=model, rng=rng, source_resistance=rs)
        case Topology.regular:
            network = random_regular(degree, nodes, edge=model, rng=rng, source_resistance=rs)
        case Topology.lattice:
            n = nodes if columns is None else columns
            network = square_lattice(nodes, n, edge=model, rng=rng, source_resistance=rs)
    _save(network, out, title=f"physlearn generate {topology.value} seed {seed}")
    files = [str(out / "network.cir"), str(out / "network.json")]
    facts = {
        "nodes": len(network.nodes),
        "elements": len(network.elements),
        "branches": len(network.branches),
        "loops": network.loops,
        "linear": network.is_linear,
        "files": files,
    }
    leave_note(context, out, facts)
    if as_json:
        print(json.dumps(facts))
    else:
        Console().print(
            f"{facts['branches']} branches, {facts['elements']} elements, {facts['loops']} "
            f"independent loops; wrote {' and '.join(files)}",
            highlight=False,
            soft_wrap=True,
            markup=False,
        )


def _save(network: Network, folder: Path, *, title: str) -> None:
    """Write ``network.json`` and ``network.cir``.

    The deck sweeps the natural band; a nonlinear network is driven by a tone in the band's middle
    instead, from rest.
    """
    low, high = natural_band(network)
    port = network.port().name
    if network.is_linear:
        sweep = Ac(float(f"{low:.3g}"), float(f"{high:.3g}"), 500, "dec")
        deck = Deck(network, (sweep,), {port: Source(ac=1.0)}, title=title)
    else:
        tone = Tone(1.0, float(f"{(low * high) ** 0.5:.3g}"))
        drive = Tran(50 / tone.frequency, 0.01 / tone.frequency)
        deck = Deck(network, (drive,), {port: Source(waveform=tone)}, title=title)
    save_deck(deck, folder / "network.cir")
    write_text(folder / "network.json", network.to_json())
