"""Derivatives from one solution and its adjoint are those of central differences."""

from __future__ import annotations

import numpy as np
import pytest

from physlearn_spice import EdgeModel, LogUniform, Network, NetworkError, Port, complete, gnm
from physlearn_spice.linear import drive, gradient

F = np.array([1e4, 4.7e4, 2e5])
STEP = 1e-5  # truncation of order STEP^2, rounding of order 1e-16 / STEP times the condition


def networks(seed: int) -> tuple[Network, ...]:
    rng = np.random.default_rng(seed)
    edge = EdgeModel(resistance=LogUniform(1.0, 10.0))
    two = complete(5, edge=edge, rng=rng, source_resistance=20.0)
    loaded = Network(two.elements, (*two.ports, Port("2", "n1", "n2", 30.0)))
    return loaded, gnm(8, 14, edge=EdgeModel(kind="one-of"), rng=rng, source_resistance=50.0)


@pytest.mark.parametrize("seed", range(4))
def test_every_derivative_is_a_difference_quotient(seed) -> None:
    for network in networks(seed):
        found = gradient(network, F)
        assert found.absorbed_power == pytest.approx(drive(network, F).absorbed_power, rel=1e-12)
        for k, name in enumerate(found.names):
            (value,) = network.values([name])
            near = drive(network, F, values={name: value * np.exp([-STEP, STEP])})
            power = np.diff(near.absorbed_power, axis=0)[0] / (2 * STEP)
            y = np.diff(near.admittance, axis=0)[0] / (2 * STEP)
            of_p, of_y = np.abs(found.power).max(), np.abs(found.admittance).max()
            assert found.power[:, k] == pytest.approx(power, abs=1e-6 * of_p)
            assert found.admittance[:, k] == pytest.approx(y, abs=1e-6 * of_y)


def test_sets_and_names_choose_shapes() -> None:
    network, _ = networks(0)
    names = [network.elements[3].name, network.elements[0].name]
    (value,) = network.values(names[:1])
    sets = gradient(network, F, names, values={names[0]: value * np.array([[1.0], [2.0]])})
    assert sets.power.shape == (2, 1, 3, 2)
    assert sets.power[0, 0] == pytest.approx(gradient(network, F, names).power, rel=1e-9)
    with pytest.raises(NetworkError, match="no element 'zz'"):
        gradient(network, F, ["zz"])
