"""Data flows one way, and importing the package is cheap."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "physlearn_spice"
ORDER = [
    "errors",
    "wording",
    "files",
    "shown",
    "topology",
    "terminals",
    "controlled",
    "couplings",
    "nonlinear",
    "elements",
    "ports",
    "checks",
    "network_json",
    "network",
    "graphml",
    "generators",
    "waveforms",
    "pulses",
    "stimulus",
    "recordings",
    "netlist",
    "pyspice_io",
    "results",
    "rawfile",
    "flows",
    "accuracy",
    "linear",
    "ngspice",
    "deck_files",
    "runs",
    "measures",
    "periods",
    "settling",
    "resonances",
    "modes",
    "steady",
    "engines",
    "tolerances",
    "tuner",
    "plots",
    "drawings",
    "folders",
    "history",
    "page",
    "notebook",
    "cli",
    "__init__",  # the package's own front door, which only users import from
]
HEAVY = ["matplotlib", "PySpice", "scipy", "xarray", "numba", "pandas"]


def imports(source: str, package: tuple[str, ...]) -> Iterator[str]:
    """Absolute names that a module of ``package`` imports, wherever in it: ``a.b`` or ``a.b.c``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) + 1 - node.level] if node.level else ()
            base = [*start, *([node.module] if node.module else [])]
            # "from . import x": x may be a module
            yield from (".".join([*base, alias.name]) for alias in node.names)


def wrong_way(name: str, source: str) -> list[str]:
    """What the module at this path below the package imports from its right, or can't place."""
    parts = name.removesuffix(".py").split("/")
    own = parts[0]
    if own not in ORDER:
        return [f"{own} has no place in ORDER"]
    wrong: list[str] = []
    for imported in imports(source, ("physlearn_spice", *parts[:-1])):
        top, *rest = imported.split(".")
        if top != "physlearn_spice" or (rest and rest[0] == own):
            continue
        if not rest or rest[0] not in ORDER:
            wrong.append(f"{name} imports {imported}, which has no place in ORDER")
        elif ORDER.index(rest[0]) > ORDER.index(own):
            wrong.append(f"{name} imports {imported} from its right")
    return wrong


MODULES = sorted(str(path.relative_to(ROOT).as_posix()) for path in ROOT.rglob("*.py"))


def test_every_module_has_its_place() -> None:
    assert {name.removesuffix(".py").split("/")[0] for name in MODULES} <= set(ORDER)
    assert {"errors.py", "netlist/read.py", "ngspice/session.py"} <= set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_only_from_its_left(name) -> None:
    assert wrong_way(name, (ROOT / name).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("elements.py", "from .network import Network"),
        ("elements.py", "from . import network"),
        ("elements.py", "import physlearn_spice.network"),
        ("elements.py", "from physlearn_spice import network"),
        ("elements.py", "from physlearn_spice.network import Network"),
        ("elements.py", "from . import Network"),
        ("elements.py", "def f():\n    if True:\n        from .ngspice import simulate"),
        ("netlist/read.py", "from ..ngspice import Session"),
        ("netlist/read.py", "from .. import results"),
        ("netlist/__init__.py", "from ..ngspice.session import Session"),
        ("new.py", ""),
        ("cli/app.py", "from ..new import thing"),
    ],
)
def test_imports_from_the_right_are_seen(name, line) -> None:
    assert wrong_way(name, line)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("network.py", "from .elements import Resistor\nimport numpy.random"),
        ("netlist/read.py", "from .write import num\nfrom . import deck\nfrom ..errors import x"),
        ("netlist/__init__.py", "from .read import load_deck\nfrom .. import stimulus"),
        ("__init__.py", "from .cli import main"),
        ("cli/app.py", "from physlearn_spice import ngspice, plots"),
    ],
)
def test_imports_from_the_left_are_not(name, line) -> None:
    assert wrong_way(name, line) == []


def loaded(module: str) -> set[str]:
    script = f"import sys, {module}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT.parent, capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize("module", ["", ".netlist", ".ngspice", ".tuner", ".cli"])
def test_import_pulls_in_no_heavy_libraries(module) -> None:
    names = loaded(f"physlearn_spice{module}")
    assert "physlearn_spice" in names
    assert not names & set(HEAVY)


@pytest.mark.parametrize("library", HEAVY[:5])
def test_heavy_libraries_would_be_seen(library) -> None:
    assert library in loaded(library)
