"""``physlearn generate``."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypedDict

import numpy as np
import typer
from rich.console import Console

from ..errors import NetworkError
from ..files import make_folder, write_text
from ..generators import (
    EdgeKind,
    EdgeModel,
    NonlinearKind,
    complete,
    cubic_lattice,
    from_graph,
    gnm,
    gnp,
    ladder,
    random_geometric,
    random_regular,
    scale_free,
    small_world,
    square_lattice,
    triangular_lattice,
)
from ..graphml import graph_from_graphml, to_graphml
from ..netlist import Ac, Deck, Source, Tran, save_deck
from ..network import Network
from ..resonances import natural_band
from ..stimulus import Tone
from ..wording import counted
from .inputs import JsonOption, OutOption, SeedOption, law, read_network_text
from .notes import leave_note

__all__ = ["generate"]


class Topology(StrEnum):
    """Graphs that a network can be drawn on."""

    complete = "complete"
    gnm = "gnm"
    gnp = "gnp"
    regular = "regular"
    small_world = "small-world"
    scale_free = "scale-free"
    geometric = "geometric"
    lattice = "lattice"
    triangular = "triangular"
    cubic = "cubic"
    ladder = "ladder"
    graph = "graph"


class _Rest(TypedDict):
    """What every topology takes."""

    edge: EdgeModel
    rng: np.random.Generator
    source_resistance: float


_TAKES = {  # options that only these topologies take
    "--edges": (Topology.gnm,),
    "--probability": (Topology.gnp, Topology.small_world),
    "--degree": (Topology.regular, Topology.small_world),
    "--attach": (Topology.scale_free,),
    "--radius": (Topology.geometric,),
    "--columns": (Topology.lattice, Topology.triangular, Topology.cubic),
    "--layers": (Topology.cubic,),
    "--graph": (Topology.graph,),
}


def generate(
    context: typer.Context,
    topology: Annotated[Topology, typer.Argument(help="Graph of the network.")],
    nodes: Annotated[
        int, typer.Option("--nodes", "-n", help="Nodes; rows of a lattice, sections of a ladder.")
    ] = 8,
    edges: Annotated[int | None, typer.Option("--edges", "-m", help="Edges of gnm.")] = None,
    degree: Annotated[
        int | None, typer.Option("--degree", "-d", help="Degree of regular and small-world: 4.")
    ] = None,
    probability: Annotated[
        float | None,
        typer.Option("--probability", "-p", help="Of an edge of gnp: 0.5; to rewire: 0.1."),
    ] = None,
    attach: Annotated[
        int | None, typer.Option(help="Edges that each node of scale-free brings: 2.")
    ] = None,
    radius: Annotated[
        float | None, typer.Option(help="Of geometric, in a square of side 1: 0.5.")
    ] = None,
    columns: Annotated[int | None, typer.Option(help="Of a lattice; as its rows.")] = None,
    layers: Annotated[int | None, typer.Option(help="Of a cubic lattice; as its rows.")] = None,
    graph: Annotated[Path | None, typer.Option(help="Anybody's graph, as GraphML.")] = None,
    edge: Annotated[EdgeKind, typer.Option(help="What stands on an edge.")] = "series-rlc",
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
        NonlinearKind | None,
        typer.Option(help="Kind of nonlinear element."),
    ] = None,
    nonlinear_share: Annotated[float, typer.Option(help="Share of the edges that have one.")] = 0.0,
    source_resistance: Annotated[float, typer.Option(help="Of the port's source [Ohm].")] = 50.0,
    seed: SeedOption = 0,
    out: OutOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Draw a random network; write network.cir, network.json and network.graphml.

    Example: physlearn generate complete -n 8 --resistance 1:4 --seed 1 --out net
    """
    if (nonlinear is None) != (nonlinear_share == 0):
        raise NetworkError("--nonlinear KIND and --nonlinear-share SHARE go together")
    given = {
        "--edges": edges,
        "--probability": probability,
        "--degree": degree,
        "--attach": attach,
        "--radius": radius,
        "--columns": columns,
        "--layers": layers,
        "--graph": graph,
    }
    for option, topologies in _TAKES.items():
        if given[option] is not None and topology not in topologies:
            raise NetworkError(
                f"{option} is an option of {' and '.join(topologies)}, not {topology}"
            )
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
    put: _Rest = {
        "edge": model,
        "rng": np.random.default_rng(seed),
        "source_resistance": source_resistance,
    }
    rows, columns = nodes, nodes if columns is None else columns
    match topology:
        case Topology.complete:
            network = complete(nodes, **put)
        case Topology.gnm:
            network = gnm(nodes, 2 * nodes if edges is None else edges, **put)
        case Topology.gnp:
            network = gnp(nodes, 0.5 if probability is None else probability, **put)
        case Topology.regular:
            network = random_regular(4 if degree is None else degree, nodes, **put)
        case Topology.small_world:
            k, p = 4 if degree is None else degree, 0.1 if probability is None else probability
            network = small_world(nodes, k, p, **put)
        case Topology.scale_free:
            network = scale_free(nodes, 2 if attach is None else attach, **put)
        case Topology.geometric:
            network = random_geometric(nodes, 0.5 if radius is None else radius, **put)
        case Topology.lattice:
            network = square_lattice(rows, columns, **put)
        case Topology.triangular:
            network = triangular_lattice(rows, columns, **put)
        case Topology.cubic:
            network = cubic_lattice(rows, columns, rows if layers is None else layers, **put)
        case Topology.ladder:
            network = ladder(nodes, **put)
        case Topology.graph:
            if graph is None:
                raise NetworkError("the topology graph needs --graph FILE, a GraphML file")
            network = from_graph(graph_from_graphml(read_network_text(graph)), **put)
    _save(network, out, title=f"physlearn generate {topology.value} seed {seed}")
    files = [str(out / f"network.{ending}") for ending in ("cir", "json", "graphml")]
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
            f"{counted(len(network.branches), 'branch', 'branches')}, "
            f"{counted(len(network.elements), 'element')}, "
            f"{counted(network.loops, 'independent loop')}; wrote {', '.join(files)}",
            highlight=False,
            soft_wrap=True,
            markup=False,
        )


def _save(network: Network, folder: Path, *, title: str) -> None:
    """Write ``network.cir``, ``network.json`` and ``network.graphml``.

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
    write_text(folder / "network.graphml", to_graphml(network))
