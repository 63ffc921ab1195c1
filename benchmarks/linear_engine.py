"""The linear engine against ngspice, KLU, and linear algebra at large, in one run on one core.

Spectra, the tuner's loop, transients, a lattice of 10,000 nodes, and how wrong a default ngspice
is. All ways run in turn on the same networks; what is told are medians and ratios.

    pip install kvxopt    # brings libklu; without it, and none of the system's, its row is left out
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \\
        python benchmarks/linear_engine.py [--quick] [--only PART ...] [--json FILE]
    python benchmarks/linear_report.py FILE

With ``--json``, what is measured is put into the file part by part, beside what it holds already
of the same machine and versions.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import linear_lattice
import linear_silent
import linear_spectrum
import linear_transient
import linear_tuner
from linear_peak import peak
from linear_show import show

from physlearn_spice.ngspice.shared import shared_library

PARTS = ("spectra", "silent", "tuner", "transient", "lattice")


def machine() -> dict[str, str]:
    """The processor's and the programs' names."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    flags = next((line.split() for line in lines if line.startswith("flags")), [])
    widest = next((f for f in ("avx512f", "avx2", "avx") if f in flags), "")
    return {
        "processor": named[0] if named else platform.machine(),
        "vectors": widest,
        "python": platform.python_version(),
        "ngspice": shared_library().version,
        **{name: version(name) for name in ("numba", "numpy", "scipy", "PySpice")},
    }


def measures(quick: bool) -> dict[str, Callable[[], Any]]:
    """How to measure each part."""
    if quick:
        return {
            "spectra": lambda: linear_spectrum.measure(linear_spectrum.QUICK, 3, 1.0),
            "silent": lambda: linear_silent.measure(3),
            "tuner": lambda: linear_tuner.measure((30,), 1, 0.3),
            "transient": lambda: linear_transient.measure((30,), 1, 1.0),
            "lattice": lambda: linear_lattice.measure(20),
        }
    return {
        "spectra": lambda: linear_spectrum.measure(linear_spectrum.CASES, 7, 8.0),
        "silent": lambda: linear_silent.measure(40),
        "tuner": lambda: linear_tuner.measure((30, 100, 300), 5, 2.0),
        "transient": lambda: linear_transient.measure((30, 100, 300, 1000), 5, 5.0),
        "lattice": lambda: linear_lattice.measure(100),
    }


def on_one_core() -> None:
    """Keep to one core, with all that is started from here."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def main() -> None:
    """Measure what is asked for, print it, and write it down after each part."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small sizes, few rounds: a minute")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    if os.environ.get("OMP_NUM_THREADS") != "1" or os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        parser.error("set OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1: linear algebra on one core")
    on_one_core()
    found: dict[str, Any] = {"machine": machine(), "quick": asked.quick}
    if asked.json and asked.json.exists():
        before = json.loads(asked.json.read_text(encoding="utf-8"))
        if {key: before.get(key) for key in found} == found:
            found = before
    how = measures(asked.quick)
    for part in asked.only:
        found["peak"] = max(found.get("peak", 0.0), peak())
        found[part] = how[part]()
        if part == "spectra":
            found["growth"] = linear_spectrum.growth(found[part])
        show(part, found)
        if asked.json:
            text = json.dumps(_rounded(found), indent=1) + "\n"
            asked.json.write_text(text, encoding="utf-8")


def _rounded(value: Any) -> Any:
    """The same with four digits, so that the file stays readable."""
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
