"""Networks as JSON: their elements, ports and couplings as records."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from .couplings import Coupling
from .elements import (
    Capacitor,
    Cccs,
    Ccvs,
    CubicConductance,
    Diode,
    Element,
    Inductor,
    Resistor,
    SaturatingInductor,
    Varactor,
    Vccs,
    Vcvs,
)
from .errors import NetworkError
from .ports import Port

__all__ = ["Parts", "document_of", "parts_of", "refused"]

_KINDS: dict[str, type[Element]] = {
    kind.kind: kind
    for kind in (
        *(Resistor, Inductor, Capacitor, Vcvs, Vccs, Cccs, Ccvs),
        *(Diode, Varactor, CubicConductance, SaturatingInductor),
    )
}
_FORMAT = "physlearn-network/1"
Parts = tuple[tuple[Element, ...], tuple[Port, ...], tuple[Coupling, ...]]


def document_of(
    elements: Sequence[Element], ports: Sequence[Port], couplings: Sequence[Coupling]
) -> dict[str, Any]:
    """Return the parts of a network as JSON can hold them."""
    document: dict[str, Any] = {
        "format": _FORMAT,
        "ports": [asdict(port) for port in ports],
        "elements": [{"kind": e.kind, **asdict(e)} for e in elements],
    }
    if couplings:  # what has none looks as it did before there were any
        document["couplings"] = [asdict(coupling) for coupling in couplings]
    return document


def parts_of(document: Any) -> Parts:
    """Return the parts that :func:`document_of` was given; in :func:`refused`, whatever it is."""
    if document["format"] != _FORMAT:
        raise NetworkError(f"the JSON's format is {document['format']!r}, not {_FORMAT!r}")
    elements = tuple(
        _KINDS[record["kind"]](**{k: v for k, v in record.items() if k != "kind"})
        for record in document["elements"]
    )
    ports = tuple(Port(**port) for port in document["ports"])
    return elements, ports, tuple(Coupling(**record) for record in document.get("couplings", []))


@contextmanager
def refused() -> Generator[None]:
    """Tell by one kind of error whatever is wrong with a document.

    Raises
    ------
    NetworkError
        It is no network's, or not of a circuit.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise NetworkError(f"this JSON holds no network: {error!r}") from error
