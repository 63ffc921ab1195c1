"""Raw files: what ngspice wrote is read, what we wrote is loaded by it, and damage is named."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from physlearn_spice.errors import PhyslearnError
from physlearn_spice.netlist import Op, Source, Tran
from physlearn_spice.ngspice import simulate
from physlearn_spice.rawfile import Plot, read_raw, write_raw
from physlearn_spice.results import OperatingPoint, Provenance, Result, Spectrum, Waveforms
from physlearn_spice.stimulus import Tone
from tests.batch import NGSPICE
from tests.benches import SWEEP, filter_deck

ENCODINGS = pytest.mark.parametrize("ascii", [False, True], ids=["binary", "ascii"])
NAMES = {OperatingPoint: "Operating Point", Spectrum: "AC Analysis"}
NAMES[Waveforms] = "Transient Analysis"
BY_US = Provenance("by hand", "the title\nr1 a 0 1\n")
# a divider by two, of 500 Ohm, and a pole at 1 kHz
C1 = 1 / (2 * np.pi * 1e3 * 500)
LOW_PASS = f"low pass\nv1 in 0 dc 1 ac 1\nr1 in out 1k\nr2 out 0 1k\nc1 out 0 {C1}\n"
# -0.0, the smallest and the greatest subnormal, the greatest number, infinities
SPECIAL = [-0.0, 5e-324, -2.2250738585072009e-308, 1.7976931348623157e308, np.inf, -np.inf]


def ngspice(text: str, folder: Path, *, options: tuple[str, ...] = (), ascii: bool = False) -> str:
    """What ngspice says of a deck; its files are in the folder."""
    (folder / "deck.cir").write_text(text)
    done = subprocess.run(
        [NGSPICE, "-n", "-b", *options, "deck.cir"],
        cwd=folder,
        env=os.environ | ({"SPICE_ASCIIRAWFILE": "1"} if ascii else {}),
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


def control(text: str, folder: Path, deck: str = "a title\n") -> str:
    """What ngspice says of the commands of a control block."""
    return ngspice(f"{deck}.control\n{text}\n.endc\n.end\n", folder)


def bits(values: np.ndarray) -> list[bytes]:
    """Each number's bits, real and imaginary parts in a row."""
    return [number.tobytes() for number in np.ascontiguousarray(values).view(np.float64)]


def same_but_for_nan(one: np.ndarray, other: np.ndarray) -> bool:
    """The same bits, except those inside a NaN."""
    a, b = np.ascontiguousarray(one).view(float), np.ascontiguousarray(other).view(float)
    return (
        one.dtype == other.dtype
        and bits(a[~np.isnan(a)]) == bits(b[~np.isnan(a)])
        and bool(np.array_equal(np.isnan(a), np.isnan(b)))
    )


def plot_vectors(result: Result) -> dict[str, np.ndarray]:
    """A result's vectors as a plot has them, the axis first."""
    if isinstance(result, Spectrum):
        return {"frequency": result.frequency.astype(complex), **result.vectors}
    if isinstance(result, Waveforms):
        return {"time": result.time, **result.vectors}
    return dict(result.vectors)


@pytest.fixture(scope="module")
def results() -> tuple[Result, ...]:
    sources = {"1": Source(0.5, 1.0, Tone(1.0, 1e5))}
    return simulate(filter_deck(analyses=(Op(), SWEEP, Tran(2e-5, 1e-7)), sources=sources))


# --- round trips ---------------------------------------------------------------------------------


@st.composite
def any_result(draw: st.DrawFn) -> Result:
    """A result of any kind, of any doubles: any 64 bits, and often special ones."""
    kind = draw(st.sampled_from([OperatingPoint, Spectrum, Waveforms]))
    n = 1 if kind is OperatingPoint else draw(st.integers(0, 4))
    pattern = st.integers(0, 2**64 - 1).map(lambda k: np.array([k], np.uint64).view(float).item())
    number = st.sampled_from(SPECIAL) | st.floats() | pattern

    def numbers(size: int) -> np.ndarray:
        return np.array(draw(st.lists(number, min_size=size, max_size=size)), float)

    names = draw(st.lists(st.from_regex(r"[vi]\([a-z0-9_.#]{1,9}\)", fullmatch=True), unique=True))
    if kind is Spectrum:
        return Spectrum({name: numbers(2 * n).view(complex) for name in names}, BY_US, numbers(n))
    vectors = {name: numbers(n) for name in names}
    if kind is Waveforms:
        return Waveforms(vectors, BY_US, numbers(n))
    return OperatingPoint(vectors or {"v(a)": numbers(1)}, BY_US)


@given(chosen=st.lists(any_result(), min_size=1, max_size=3))
@settings(max_examples=100, deadline=None)
@ENCODINGS
def test_what_is_written_is_read_bit_by_bit(chosen, ascii) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.raw"
        write_raw(chosen, path, ascii=ascii)
        plots = read_raw(path)
    assert [plot.name for plot in plots] == [NAMES[type(result)] for result in chosen]
    for plot, result in zip(plots, chosen, strict=True):
        expected = plot_vectors(result)
        assert list(plot.vectors) == list(expected)
        assert plot.title == "the title"
        for name, vector in plot.vectors.items():
            assert vector.dtype == expected[name].dtype
            if ascii:
                assert same_but_for_nan(vector, expected[name]), name
            else:
                assert bits(vector) == bits(expected[name]), name


@ENCODINGS
def test_one_result_and_several_are_written(results, ascii, tmp_path) -> None:
    write_raw(iter(results), tmp_path / "all.raw", ascii=ascii)
    together = read_raw(tmp_path / "all.raw")
    assert [plot.name for plot in together] == list(NAMES.values())
    title = results[0].provenance.deck.split("\n", 1)[0]
    assert title
    for result, plot in zip(results, together, strict=True):
        write_raw(result, tmp_path / "one.raw", ascii=ascii)
        (alone,) = read_raw(tmp_path / "one.raw")
        assert alone.title == plot.title == title
        for name, vector in plot_vectors(result).items():
            assert bits(alone.vectors[name]) == bits(plot.vectors[name]) == bits(vector)


def test_encodings_are_mixed_in_one_file(results, tmp_path) -> None:
    content = b""
    for k, result in enumerate((*results, *results)):
        write_raw(result, tmp_path / "part.raw", ascii=k % 2 == 0)
        content += (tmp_path / "part.raw").read_bytes()
    (tmp_path / "out.raw").write_bytes(content)
    plots = read_raw(tmp_path / "out.raw")
    for one, other, result in zip(plots[:3], plots[3:], results, strict=True):
        for name, vector in plot_vectors(result).items():
            assert bits(one.vectors[name]) == bits(other.vectors[name]) == bits(vector)


def test_vectors_can_be_changed_in_place(results, tmp_path) -> None:
    write_raw(results[2], tmp_path / "out.raw")
    (plot,) = read_raw(tmp_path / "out.raw")
    plot.vectors["v(b)"][0] = 7.0
    assert plot.vectors["v(b)"].flags.c_contiguous


# --- files of ngspice's --------------------------------------------------------------------------


@ENCODINGS
def test_batch_files_hold_what_theory_says(ascii, tmp_path) -> None:
    """Two analyses, of which ngspice writes the AC one first."""
    text = LOW_PASS + ".op\n.ac dec 5 10 100k\n.end\n"
    ngspice(text, tmp_path, options=("-r", "out.raw"), ascii=ascii)
    assert (b"Values:\n" in (tmp_path / "out.raw").read_bytes()) == ascii
    ac, op = read_raw(tmp_path / "out.raw")
    assert (ac.name, op.name, ac.title) == ("AC Analysis", "Operating Point", "low pass")
    assert list(ac.vectors) == ["frequency", "v(in)", "v(out)", "i(v1)"]
    assert list(op.vectors) == ["v(in)", "v(out)", "i(v1)"]
    f = ac.vectors["frequency"].real
    np.testing.assert_allclose(f, np.geomspace(10, 1e5, 21), rtol=1e-12)
    expected = 0.5 / (1 + 1j * f / 1000)
    # ngspice's conductance of 1e-12 S from each node to ground makes 1e-9 of it
    np.testing.assert_allclose(ac.vectors["v(out)"], expected, rtol=1e-8)
    np.testing.assert_allclose(ac.vectors["i(v1)"], (expected - 1) / 1000, rtol=1e-8)
    np.testing.assert_allclose(op.vectors["v(out)"], [0.5], rtol=1e-8)


def test_ascii_files_of_ngspice_equal_its_binary_ones(tmp_path) -> None:
    """With a digit more than ngspice's 16, which lose the last bit."""
    lines = ["op", "ac dec 5 10 100k", "tran 10u 1m", "set appendwrite", "set rawfileprec=16"]
    for encoding in ("ascii", "binary"):
        lines.append(f"set filetype={encoding}")
        lines += [f"setplot {plot}\nwrite {encoding}.raw" for plot in ("op1", "ac1", "tran1")]
        lines += ["setplot ac1", "write mixed.raw"]
    control("\n".join(lines), tmp_path, LOW_PASS)
    ascii, binary = read_raw(tmp_path / "ascii.raw"), read_raw(tmp_path / "binary.raw")
    assert [plot.name for plot in ascii] == list(NAMES.values())
    pairs = [*zip(ascii, binary, strict=True), tuple(read_raw(tmp_path / "mixed.raw"))]
    assert len(ascii[2].vectors["time"]) > 100
    for one, other in pairs:
        assert (one.name, one.title) == (other.name, other.title)
        assert list(one.vectors) == list(other.vectors)
        for name, vector in one.vectors.items():
            assert bits(vector) == bits(other.vectors[name]), name


@pytest.mark.parametrize("padding", ["unset nopadding", "set nopadding"])
@pytest.mark.parametrize("analysis", ["ac dec 5 10 100k", "tran 10u 1m"])
@pytest.mark.parametrize("encoding", ["ascii", "binary"])
def test_vectors_of_unequal_lengths_keep_them(encoding, analysis, padding, tmp_path) -> None:
    lets = "let x = vector(3)\nlet y = 5\nlet z = unitvec(6)\nreshape z [2][3]"
    write = f"set filetype={encoding}\n{padding}\nwrite out.raw"
    control(f"{analysis}\n{lets}\n{write}\n{write.replace('out', 'two')}", tmp_path, LOW_PASS)
    content = (tmp_path / "out.raw").read_bytes()
    assert (b"unpadded" in content) == padding.startswith("set")
    assert b"dims=2,3" in content
    (tmp_path / "twice.raw").write_bytes(content * 2)
    for plot in read_raw(tmp_path / "twice.raw"):
        n = len(plot.vectors[next(iter(plot.vectors))])
        assert n > 10
        np.testing.assert_array_equal(plot.vectors["x"], [0, 1, 2])
        np.testing.assert_array_equal(plot.vectors["y"], [5])
        np.testing.assert_array_equal(plot.vectors["z"], [1] * 6)
        v_in, v_out, current = (plot.vectors[name] for name in ("v(in)", "v(out)", "i(v1)"))
        assert len(v_in) == len(v_out) == n
        np.testing.assert_allclose(current, (v_out - v_in) / 1000, rtol=1e-8)


def test_expressions_are_vectors_and_may_be_there_twice(tmp_path) -> None:
    control("op\nwrite out.raw v(in) - v(out) v(in) v(in)", tmp_path, LOW_PASS)
    content = (tmp_path / "out.raw").read_bytes()
    assert content.count(b"\tv(in)\t") > 1
    (plot,) = read_raw(tmp_path / "out.raw")
    assert set(plot.vectors) == {"v(in) - v(out)", "v(in)"}
    np.testing.assert_allclose(plot.vectors["v(in) - v(out)"], [0.5], rtol=1e-8)
    (tmp_path / "out.raw").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(PhyslearnError, match=r"two different vectors 'v\(in\)'"):
        read_raw(tmp_path / "out.raw")


def test_real_parameters_in_a_complex_ascii_plot_are_read(tmp_path) -> None:
    """Batch mode writes them without an imaginary part."""
    text = LOW_PASS + ".save all @c1[capacitance] @r1[r]\n.ac lin 3 1 3\n.end\n"
    ngspice(text, tmp_path, options=("-r", "out.raw"), ascii=True)
    (plot,) = read_raw(tmp_path / "out.raw")
    np.testing.assert_allclose(plot.vectors["@c1[capacitance]"], [C1] * 3, rtol=1e-8)
    np.testing.assert_allclose(plot.vectors["v(in)"], [1.0] * 3)


def test_a_file_that_ngspice_could_not_finish_is_no_plot(tmp_path) -> None:
    """It writes the number of points last, or ends where the operating point fails."""
    ngspice(LOW_PASS + ".op\n.tran 1u 2m\n.end\n", tmp_path, options=("-r", "out.raw"))
    content = (tmp_path / "out.raw").read_bytes()
    killed = re.sub(rb"No. Points: \d\d+ ", b"No. Points: 0 ", content)
    (tmp_path / "out.raw").write_bytes(killed)
    with pytest.raises(PhyslearnError, match=r"plot 3, has no header at byte .* unfinished"):
        read_raw(tmp_path / "out.raw")
    ngspice("t\nv1 a 0 1\nv2 a 0 2\n.op\n.end\n", tmp_path, options=("-r", "none.raw"))
    with pytest.raises(PhyslearnError, match=r"none.raw' ends in the middle of its header"):
        read_raw(tmp_path / "none.raw")


# --- files that ngspice loads --------------------------------------------------------------------


@ENCODINGS
def test_ngspice_loads_every_plot_without_loss(results, ascii, tmp_path) -> None:
    """Ngspice loads our file and writes it again; the copy holds the same bits."""
    special = np.array([*SPECIAL, 0.1, 1 / 3])
    pairs = np.column_stack([special, special[::-1]]).view(complex)[:, 0]
    chosen = [*results, Spectrum({"v(a)": pairs}, BY_US, np.arange(1.0, len(special) + 1))]
    write_raw(chosen, tmp_path / "ours.raw", ascii=ascii)
    assert (b"Values:\n" in (tmp_path / "ours.raw").read_bytes()) == ascii
    plots = ("op1", "ac1", "tran1", "ac2")
    writes = "\n".join(f"setplot {plot}\nwrite theirs.raw" for plot in plots)
    said = control(f"load ours.raw\nset appendwrite\n{writes}\ndisplay\nprint v(a)", tmp_path)
    # 46 calls a deck that is nothing but commands incomplete
    assert "error" not in said.lower().replace("error: incomplete or empty netlist", "")
    assert f"v(a)                : voltage, complex, {len(special)} long" in said
    copies = read_raw(tmp_path / "theirs.raw")
    assert [plot.name for plot in copies] == [NAMES[type(result)] for result in chosen]
    for plot, result in zip(copies, chosen, strict=True):
        expected = plot_vectors(result)
        assert plot.title == result.provenance.deck.split("\n", 1)[0]
        assert next(iter(plot.vectors)) == next(iter(expected))
        assert set(plot.vectors) == set(expected)
        for name, vector in plot.vectors.items():
            assert bits(vector) == bits(expected[name]), name


def test_ngspice_prints_the_values_of_each_plot(tmp_path) -> None:
    op = OperatingPoint({"v(a)": np.array([0.25]), "i(l1)": np.array([-3.0])}, BY_US)
    ac = Spectrum({"v(a)": np.array([1 + 2j])}, BY_US, np.array([50.0]))
    write_raw([op, ac], tmp_path / "ours.raw")
    said = control("load ours.raw\nprint v(a)\nsetplot op1\nprint v(a) i(l1)", tmp_path)
    assert "v(a) = 1.000000e+00,2.000000e+00" in said
    assert "v(a) = 2.500000e-01\ni(l1) = -3.00000e+00" in said


@ENCODINGS
def test_ngspice_loads_a_file_with_a_long_title(ascii, tmp_path) -> None:
    """It reads 511 bytes at once, and would take the rest for a line of the header."""
    op = OperatingPoint({"v(a)": np.array([0.25])}, Provenance("", "é" * 600 + "\nr1 a 0 1\n"))
    write_raw(op, tmp_path / "ours.raw", ascii=ascii)
    assert "v(a) = 2.500000e-01" in control("load ours.raw\nprint v(a)", tmp_path)
    (plot,) = read_raw(tmp_path / "ours.raw")
    assert plot.title.startswith("é" * 251)


def test_what_no_raw_file_can_hold_is_refused_and_the_old_file_stays(tmp_path) -> None:
    path = tmp_path / "out.raw"
    good = OperatingPoint({"v(a)": np.zeros(1)}, BY_US)
    write_raw(good, path)
    before = path.read_bytes()
    bad = {
        "unequal lengths": Waveforms({"v(a)": np.zeros(3)}, BY_US, np.zeros(2)),
        "'a b'": OperatingPoint({"a b": np.zeros(1)}, BY_US),
        r"'v\(a{600}\)'": OperatingPoint({f"v({'a' * 600})": np.zeros(1)}, BY_US),
        "''": OperatingPoint({"": np.zeros(1)}, BY_US),
        "no vectors": OperatingPoint({}, BY_US),
    }
    for message, result in bad.items():
        with pytest.raises(PhyslearnError, match=f"no raw file can hold .*{message}"):
            write_raw([good, result], path)
    with pytest.raises(PhyslearnError, match="there are no results"):
        write_raw([], path)
    with pytest.raises(PhyslearnError, match="it is a folder"):
        write_raw(good, tmp_path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


# --- by hand -------------------------------------------------------------------------------------

HEADER = "Title: t\nPlotname: p\nFlags: real\nNo. Variables: 2\nNo. Points: 2\n"
TABLE = "Variables:\n\t0\ttime\ttime\n\t1\tv(a)\tvoltage\n"
TEXT = "Values:\n 0\t1.0\n\t2.0\n\n 1\t3.0\n\t4.0\n\n"
GOOD = HEADER + TABLE + TEXT
BINARY = (HEADER + TABLE + "Binary:\n").encode() + np.array([1.0, 2.0, 3.0, 4.0]).tobytes()


def read_text(text: str | bytes, folder: Path) -> list[Plot]:
    (folder / "hand.raw").write_bytes(text.encode() if isinstance(text, str) else text)
    return read_raw(folder / "hand.raw")


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        GOOD.replace("\n", "\r\n"),
        "\n\n" + GOOD.rstrip() + "\n",
        GOOD.replace("Flags: real", "Flags: real padded"),
        GOOD.replace("Flags: real", "Flags: real unpadded"),
        GOOD.replace("Flags: real", "FLAGS:REAL").replace("Values:", "values:"),
        GOOD.replace("Variables:\n", "Dimensions: 2\nCommand: echo a: b\nOffset: 0\nVariables:\n"),
        GOOD.replace("Variables:\n", "Option: x = ( 1 2 )\nOption: nopage\nVariables:\n"),
        GOOD.replace("\tvoltage", "\tvoltage min=0 color=red dims=2 grid=3"),
        GOOD.replace("\tvoltage", "\tvoltage\tdims=7").replace("real", "real unpadded"),
        GOOD.replace("\t", " "),
        GOOD.replace(TEXT, "Values:\n0 1 2e0 1 3. 4\n"),
        BINARY,
        BINARY.replace(b"Binary:\n", b"Binary:\r\n"),
    ],
)
def test_every_spelling_that_ngspice_reads_is_read(text, tmp_path) -> None:
    (plot,) = read_text(text, tmp_path)
    assert (plot.name, plot.title) == ("p", "t")
    assert {name: vector.tolist() for name, vector in plot.vectors.items()} == {
        "time": [1.0, 3.0],
        "v(a)": [2.0, 4.0],
    }


@pytest.mark.parametrize("flags", ["real", "complex", "real unpadded"])
@pytest.mark.parametrize("data", ["Binary:\n", "Values:\n", "Values:\n\n"])
def test_plots_without_points_are_plots(flags, data, tmp_path) -> None:
    empty = (HEADER.replace("real", flags) + TABLE + data).replace("Points: 2", "Points: 0   ")
    first, second, third = read_text(empty + GOOD + empty, tmp_path)
    assert [len(v) for v in (*first.vectors.values(), *third.vectors.values())] == [0] * 4
    assert second.vectors["v(a)"].tolist() == [2.0, 4.0]


def test_title_may_be_missing(tmp_path) -> None:
    (plot,) = read_text(GOOD.replace("Title: t\n", ""), tmp_path)
    assert plot.title == ""


# --- damage --------------------------------------------------------------------------------------

COMPLEX = GOOD.replace("real", "complex").replace(".0", ".0,-1.0")
DAMAGE = {
    "is empty": ["", "\n \n"],
    "has no header at byte": [
        "x\n",
        BINARY + b"x\n",
        BINARY + b"x" + BINARY,
        GOOD.replace("Flags: real", "Flags"),
    ],
    "or is no raw file": ["x", "\0" * 100_000],
    "ends in the middle of its header": [
        HEADER,
        HEADER[:-1],
        HEADER + "Variables:\n\t0\ttime\ttime\n",
        HEADER + TABLE,
        GOOD + HEADER,
    ],
    "has no 'plotname'": [GOOD.replace("Plotname: p\n", "")],
    "has no 'flags'": [GOOD.replace("Flags: real\n", "")],
    "has no 'no. variables'": [GOOD.replace("No. Variables: 2\n", "")],
    "has no 'no. points'": [GOOD.replace("No. Points: 2\n", "")],
    "has flags that": [
        GOOD.replace("real", flags) for flags in ("", "real complex", "padded", "real fastaccess")
    ],
    "for its number of points": [
        GOOD.replace("Points: 2", f"Points: {n}") for n in ("-1", "two", "1e3", "2.0", "9" * 5000)
    ],
    "for its number of variables": [GOOD.replace("Variables: 2", "Variables: -2")],
    "has no vector of its 2 points": [
        GOOD.replace("Variables: 2", "Variables: 0").replace(TABLE, "Variables:\n"),
        GOOD.replace("real", "real unpadded")
        .replace("time\n", "time dims=1\n")
        .replace("voltage", "voltage dims=1"),
    ],
    "where its variable 1 belongs": [
        GOOD.replace("\t1\tv(a)", "\t2\tv(a)"),
        GOOD.replace("\t1\tv(a)\tvoltage", "\t1\tv(a)"),
        GOOD.replace("\tv(a)\t", "\t\t"),
        GOOD.replace("\t1\tv(a)\tvoltage\n", ""),
    ],
    "where its variable 2 belongs": [GOOD.replace("Variables: 2", "Variables: 3")],
    "where 'Binary:' or 'Values:' belongs": [
        GOOD.replace("Variables: 2", "Variables: 1"),
        GOOD.replace("Values:", "Value:"),
    ],
    "ends in the middle of its data": [
        GOOD.rstrip(),
        BINARY[:-1],
        GOOD.replace("Points: 2", "Points: 100"),
        GOOD.replace("Points: 2", f"Points: {10**17}"),
        GOOD.replace("Points: 2", f"Points: {10**17}").replace("real", "complex unpadded"),
        COMPLEX.replace(COMPLEX[COMPLEX.index("Values") :], "Binary:\n" + "x" * 63),
    ],
    "numbers in its data, not 6": [
        GOOD.removesuffix("\t4.0\n\n"),
        GOOD + "5.0\n",
        GOOD.replace("2.0", "2.0\t7.0"),
        GOOD.removesuffix("\t4.0\n\n") + GOOD,
    ],
    "complex values, not 4": [
        COMPLEX.removesuffix("\t4.0,-1.0\n\n"),
        GOOD.replace("real", "complex").replace("2.0", "2.0,1.0,1.0"),
    ],
    "that is no number": [
        GOOD.replace("2.0", text) for text in ("x", "2,0", "0x2", "2_0", "--2", "٢", "x" * 9999)
    ],
    "not numbered 0, 1, 2": [GOOD.replace(" 1\t", " 2\t"), GOOD.replace(" 1\t", " nan\t")],
}
CASES = [(message, text) for message, texts in DAMAGE.items() for text in texts]


@pytest.mark.parametrize(("message", "text"), CASES, ids=range(len(CASES)))
def test_damage_is_named_with_the_file(message, text, tmp_path) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(PhyslearnError, match=f"raw file '.*hand.raw'.* {message}") as raised:
            read_text(text, tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000  # whatever the header claims
    finally:
        tracemalloc.stop()
    assert len(str(raised.value)) < 400


def test_folders_and_missing_files_cannot_be_read(tmp_path) -> None:
    with pytest.raises(PhyslearnError, match=r"can't read '.*none.raw': No such file"):
        read_raw(tmp_path / "none.raw")
    with pytest.raises(PhyslearnError, match=f"can't read '{tmp_path}': Is a directory"):
        read_raw(tmp_path)


@ENCODINGS
def test_a_file_cut_anywhere_is_damaged(ascii, tmp_path) -> None:
    result = Spectrum({"v(a)": np.array([1 + 2j, 3j])}, BY_US, np.ones(2))
    write_raw(result, tmp_path / "out.raw", ascii=ascii)
    content = (tmp_path / "out.raw").read_bytes().rstrip(b"\n")
    for end in range(len(content)):
        with pytest.raises(PhyslearnError):
            read_text(content[:end], tmp_path)


@ENCODINGS
def test_fuzzed_files_are_read_or_refused(results, ascii, tmp_path) -> None:
    """Bytes changed, cut out, doubled and moved, and counts grown; nothing else is ever raised."""
    rng = np.random.default_rng(1)
    write_raw(results[:2], tmp_path / "good.raw", ascii=ascii)
    good = (tmp_path / "good.raw").read_bytes()
    header = good.index(b"Binary:" if not ascii else b"Values:")
    refused = 0
    for _ in range(300):
        content = bytearray(good)
        for _ in range(rng.integers(1, 4)):
            # as often in the header as in all of it
            a, b = np.sort(rng.integers(0, rng.choice([header, len(content)]), 2))
            match rng.integers(5):
                case 0:
                    content[a] = rng.integers(256)
                case 1:
                    content[a] ^= 1 << rng.integers(8)
                case 2:
                    del content[a:b]
                case 3:
                    content[a:a] = content[a : min(b, a + 40)]
                case _:
                    content[a : a + 1] = b"%d" % 10 ** rng.integers(0, 18)
        (tmp_path / "fuzz.raw").write_bytes(content)
        try:
            plots = read_raw(tmp_path / "fuzz.raw")
        except PhyslearnError:
            refused += 1
        else:
            assert {type(plot) for plot in plots} == {Plot}
    assert 100 < refused < 300
