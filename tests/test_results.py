"""Results keep their numbers through every file format, and say what they do not hold."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import skrf
import xarray as xr

from physlearn_spice.errors import PhyslearnError
from physlearn_spice.measures import absorbed_power, available_power, reflection
from physlearn_spice.netlist import Ac, Op, Source, Tran
from physlearn_spice.ngspice import simulate, simulate_batch
from physlearn_spice.results import (
    OperatingPoint,
    Provenance,
    Result,
    Spectrum,
    Waveforms,
    concatenate,
    to_xarray,
    touchstone,
    write_netcdf,
)
from physlearn_spice.stimulus import Tone
from tests.benches import SWEEP, filter_deck

DECK = filter_deck(
    analyses=(Op(), SWEEP, Tran(2e-5, 1e-7)),
    sources={"1": Source(0.5, 1.0, Tone(1.0, 1e5))},
)


@pytest.fixture(scope="module")
def results() -> tuple[Result, ...]:
    return simulate(DECK)


@pytest.fixture(scope="module")
def spectrum(results) -> Spectrum:
    assert isinstance(results[1], Spectrum)
    return results[1]


@pytest.fixture(scope="module")
def waves(results) -> Waveforms:
    assert isinstance(results[2], Waveforms)
    return results[2]


# --- vectors -------------------------------------------------------------------------------------


def test_voltages_count_from_the_first_node_to_the_second(spectrum) -> None:
    a, b = spectrum.vectors["v(a)"], spectrum.vectors["v(b)"]
    assert np.array_equal(spectrum.voltage("a"), a)
    assert np.array_equal(spectrum.voltage("a", "b"), a - b)
    assert np.array_equal(spectrum.voltage("0", "b"), -b)


def test_currents_count_from_the_first_node_to_the_second(spectrum) -> None:
    """Out of the resistor r1 into the inductor l1, and into the source's plus."""
    through = spectrum.voltage("n0", "a") / 100.0
    np.testing.assert_allclose(spectrum.current("l1"), through, rtol=1e-9)
    np.testing.assert_allclose(spectrum.current("v1"), -through, rtol=1e-9)


def test_missing_vector_is_named_with_those_there_are(spectrum) -> None:
    with pytest.raises(PhyslearnError, match=r"v\(zz\) was not saved; there are .*v\(b\)"):
        spectrum.voltage("zz")
    with pytest.raises(PhyslearnError, match=r"i\(r1\) was not saved"):
        spectrum.current("r1")


def test_provenance_holds_the_deck_and_the_engine(spectrum) -> None:
    provenance = spectrum.provenance
    assert "r1 n0 a 100.0" in provenance.deck
    assert provenance.engine.startswith("ngspice-")
    assert provenance.engine.endswith("(shared library)")
    assert simulate_batch(DECK)[1].provenance.engine.endswith("(batch)")
    assert provenance.deck_hash == hashlib.sha256(provenance.deck.encode()).hexdigest()
    assert any("noopac" in note for note in provenance.notes)


def test_concatenate_joins_along_the_frequency() -> None:
    low, high = Ac(1e4, 2e4, 3, "lin"), Ac(3e4, 4e4, 3, "lin")
    one, two = simulate(filter_deck(analyses=(low, high)))
    joined = concatenate([one, two])
    np.testing.assert_allclose(joined.frequency, [1e4, 1.5e4, 2e4, 3e4, 3.5e4, 4e4])
    assert np.array_equal(joined.voltage("b")[:3], one.voltage("b"))
    assert np.array_equal(joined.current("l1")[3:], two.current("l1"))
    assert joined.provenance == one.provenance


# --- xarray and NetCDF ---------------------------------------------------------------------------


def test_to_xarray_names_axes_and_units(spectrum, waves) -> None:
    for result, axis, unit in ((spectrum, "frequency", "Hz"), (waves, "time", "s")):
        dataset = to_xarray(result)
        assert np.array_equal(dataset[axis], getattr(result, axis))
        assert dataset[axis].attrs["units"] == unit
        assert dataset["v(b)"].attrs["units"] == "V"
        assert dataset["i(l1)"].attrs["units"] == "A"
        assert dataset["v(b)"].dims == (axis,)
        assert dataset.attrs["deck_sha256"] == result.provenance.deck_hash
        for name, values in result.vectors.items():
            assert np.array_equal(dataset[name], values)


def test_netcdf_keeps_every_bit(spectrum, waves, tmp_path) -> None:
    for result in (spectrum, waves):
        path = tmp_path / f"{type(result).__name__}.nc"
        write_netcdf(to_xarray(result), path)
        with xr.open_dataset(path, engine="scipy") as back:
            for name, values in result.vectors.items():
                unit = "V" if name.startswith("v(") else "A"
                if np.iscomplexobj(values):
                    assert name not in back
                    read = back[f"{name}_re"].values + 1j * back[f"{name}_im"].values
                    assert back[f"{name}_re"].attrs["units"] == unit
                    assert back[f"{name}_im"].attrs["units"] == unit
                else:
                    read = back[name].values
                    assert back[name].attrs["units"] == unit
                assert np.array_equal(read, values), name
            assert back.attrs["deck"] == result.provenance.deck


def test_operating_point_has_one_value_a_vector(results, tmp_path) -> None:
    assert isinstance(results[0], OperatingPoint)
    assert results[0].voltage("b").shape == (1,)


# --- Touchstone ----------------------------------------------------------------------------------


def test_touchstone_is_read_by_scikit_rf(spectrum, tmp_path) -> None:
    """The file's S11 is ours, and 1 - |S11|^2 is the absorbed share of the available power."""
    network = DECK.network
    s11 = reflection(network, spectrum)
    path: Path = tmp_path / "port.s1p"
    path.write_text(touchstone(spectrum.frequency, s11, 50.0, "two lines\nof comment"))
    read = skrf.Network(path)
    np.testing.assert_allclose(read.f, spectrum.frequency, rtol=1e-15)
    np.testing.assert_allclose(read.s[:, 0, 0], s11, rtol=1e-15)
    np.testing.assert_allclose(read.z0, 50.0)
    share = absorbed_power(network, spectrum) / available_power(1.0, 50.0)
    # |S11|^2 is near 1 where little is absorbed: 1e-12 of 1 is lost in the difference
    np.testing.assert_allclose(1 - np.abs(read.s[:, 0, 0]) ** 2, share, rtol=0, atol=1e-12)
    assert share.max() > 0.1


def test_empty_comment_gives_a_plain_touchstone_file() -> None:
    text = touchstone(np.array([1e3]), np.array([0.5 - 0.25j]), 75.0)
    assert text == "# Hz S RI R 75.0\n1000.0 0.5 -0.25\n"


def test_provenance_of_equal_decks_has_equal_hashes() -> None:
    one, other = Provenance("x", "deck\n"), Provenance("y", "deck\n")
    assert one.deck_hash == other.deck_hash != Provenance("x", "deck").deck_hash
