"""Networks go to PySpice and back, and PySpice's own circuits come in."""

from __future__ import annotations

import numpy as np
import pytest

from physlearn_spice import DeckError, EdgeModel, NetworkError, Port, Resistor, complete
from physlearn_spice.pyspice_io import from_circuit, to_circuit
from tests.random_networks import with_controlled, with_couplings


@pytest.mark.parametrize("share", [0.0, 0.6])
def test_round_trip(share: float) -> None:
    edge = EdgeModel(nonlinear_share=share)
    network = complete(5, edge=edge, rng=np.random.default_rng(1))
    assert from_circuit(to_circuit(network)) == network


@pytest.mark.parametrize("seed", range(5))
def test_round_trip_of_couplings_and_controlled_sources(seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = with_couplings(complete(4, edge=EdgeModel(), rng=rng), rng)
    assert network.couplings
    network = with_controlled(network, rng)
    assert from_circuit(to_circuit(network)) == network


def test_a_circuit_written_in_pyspice() -> None:
    from PySpice.Spice.Netlist import Circuit

    circuit = Circuit("filter")
    circuit.SinusoidalVoltageSource("in", "a", circuit.gnd, amplitude=1)
    circuit.R("load", "a", circuit.gnd, 75.0)
    network = from_circuit(circuit)
    assert network.elements == (Resistor("rload", "a", "0", 75.0),)
    assert network.ports == (Port("in", "a", "0", 0.0),)


def test_what_no_network_holds_is_refused() -> None:
    from PySpice.Spice.Netlist import Circuit

    circuit = Circuit("amplifier")
    circuit.V("in", "a", circuit.gnd, 1)
    circuit.R("load", "a", circuit.gnd, 75.0)
    circuit.R("series", "a", "b", 75.0)
    circuit.I("x", "b", circuit.gnd, 10)
    with pytest.raises(DeckError, match="current source"):
        from_circuit(circuit)
    varactors = EdgeModel(nonlinear="varactor", nonlinear_share=1.0)
    with pytest.raises(NetworkError, match="varactor"):
        to_circuit(complete(3, edge=varactors, rng=np.random.default_rng(0)))
