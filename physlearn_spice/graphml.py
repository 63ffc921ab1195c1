"""Networks and graphs as GraphML, which graph tools read and write.

A network is a directed multigraph, an edge from ``a`` to ``b`` for each element; its kind, name and
values are the edge's data, ports and couplings the graph's, as JSON.
"""

from __future__ import annotations

import json
from xml.etree.ElementTree import ParseError

import networkx as nx

from .errors import NetworkError
from .network import Network
from .network_json import document_of, parts_of, refused

__all__ = ["from_graphml", "graph_from_graphml", "to_graphml"]


def to_graphml(network: Network) -> str:
    """Return a GraphML text from which :func:`from_graphml` gives back an equal network."""
    document = document_of(network.elements, network.ports, network.couplings)
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph(
        format=document["format"],
        ports=json.dumps(document["ports"]),
        couplings=json.dumps(document.get("couplings", [])),
    )
    graph.add_nodes_from(network.nodes)
    for order, record in enumerate(document["elements"]):
        data = {  # one type for each field: 10 and 10.0 would be two
            field: value if isinstance(value, str) else float(value)
            for field, value in record.items()
            if field not in ("a", "b")
        }
        graph.add_edge(record["a"], record["b"], record["name"], order=order, **data)
    return "\n".join([*nx.generate_graphml(graph), ""])


def from_graphml(text: str) -> Network:
    """Read what :func:`to_graphml` wrote.

    Raises
    ------
    NetworkError
        The text is no GraphML, it holds a graph without elements, or they are no circuit.
    """
    graph = _parsed(text)
    if "format" not in graph.graph:
        raise NetworkError(
            "this GraphML is a graph without elements: from_graph(graph_from_graphml(text), ...) "
            "puts them on its edges, or physlearn generate graph --graph FILE"
        )
    try:
        edges = sorted(graph.edges(data=True), key=lambda edge: edge[2]["order"])
        records = [
            {"a": a, "b": b, **{k: v for k, v in data.items() if k not in ("order", "id")}}
            for a, b, data in edges
        ]
        document = {
            "format": graph.graph["format"],
            "ports": json.loads(graph.graph["ports"]),
            "elements": records,
            "couplings": json.loads(graph.graph["couplings"]),
        }
    except (KeyError, TypeError, ValueError) as error:
        raise NetworkError(f"this GraphML holds no network: {error!r}") from error
    with refused():
        return Network(*parts_of(document))


def graph_from_graphml(text: str) -> nx.MultiGraph[str]:
    """Read anybody's GraphML as a graph, for :func:`~.generators.from_graph`.

    Nodes are in the file's order; directions and all data are left out.

    Raises
    ------
    NetworkError
        The text is no GraphML.
    """
    found = _parsed(text)
    graph: nx.MultiGraph[str] = nx.MultiGraph()
    graph.add_nodes_from(found.nodes)
    graph.add_edges_from(found.edges())
    return graph


def _parsed(text: str) -> nx.MultiGraph[str] | nx.MultiDiGraph[str]:
    try:
        return nx.parse_graphml(text, force_multigraph=True)
    except (ParseError, nx.NetworkXError, KeyError, TypeError, ValueError) as error:
        raise NetworkError(f"this is no GraphML that networkx reads: {error}") from error
