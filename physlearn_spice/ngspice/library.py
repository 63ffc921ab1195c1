"""Where ngspice is: its shared library and its executable."""

from __future__ import annotations

import ctypes.util
import logging
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import chdir
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..errors import PhyslearnError

if TYPE_CHECKING:
    from PySpice.Spice.NgSpice.Shared import NgSpiceShared

__all__ = [
    "NgspiceMissingError",
    "executable_version",
    "find_executable",
    "find_library",
    "open_library",
]

_INSTALL = (
    "install it: 'apt install ngspice libngspice0' on Debian and Ubuntu, 'dnf install ngspice "
    "libngspice' on Fedora, 'brew install ngspice libngspice' on macOS"
)
_KNOWN_NAMES = (
    "libngspice.so.0",
    "libngspice.so",
    "libngspice.dylib",
    "/opt/homebrew/lib/libngspice.dylib",
    "/usr/local/lib/libngspice.dylib",
)


class NgspiceMissingError(PhyslearnError):
    """ngspice or its shared library is not installed."""


def find_library() -> str:
    """Return the name or path by which the dynamic loader finds libngspice.

    Raises
    ------
    NgspiceMissingError
        It is nowhere; the message says how to install it.
    """
    asked = os.environ.get("NGSPICE_LIBRARY_PATH")
    for name in [asked] if asked else _KNOWN_NAMES:
        if _loads(name):
            return name
    found = None if asked else ctypes.util.find_library("ngspice")  # slow: may call a compiler
    if found:
        return found
    if asked:
        raise NgspiceMissingError(
            f"NGSPICE_LIBRARY_PATH is {asked!r}, and no library loads from there: correct it; or "
            f"unset it and {_INSTALL}"
        )
    raise NgspiceMissingError(f"ngspice's shared library (libngspice) was not found; {_INSTALL}")


def find_executable() -> str:
    """Return the path of the ngspice executable.

    Raises
    ------
    NgspiceMissingError
        It is not on PATH; the message says how to install it.
    """
    path = shutil.which("ngspice")
    if path is None:
        raise NgspiceMissingError(f"the ngspice executable is not on PATH; {_INSTALL}")
    return path


@cache
def executable_version(path: str) -> str:
    """Return what the executable calls itself, such as ``ngspice-39``."""
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    return next((word for word in said.split() if word.startswith("ngspice-")), "ngspice")


@cache
def open_library(hear: Callable[[bytes], object]) -> tuple[NgSpiceShared, Any]:
    """Return PySpice's binding to the library, loaded once in this process, and its cffi object.

    ``hear`` gets each line that ngspice says, which begins with the word stdout or stderr.
    """
    # PySpice takes harmless notes for errors and logs them; the evidence is weighed elsewhere
    logging.getLogger("PySpice.Spice.NgSpice.Shared").setLevel(logging.CRITICAL + 1)
    from PySpice.Spice.NgSpice.Shared import NgSpiceShared, ffi

    is_open = False

    class Binding(NgSpiceShared):
        @staticmethod
        def _send_char(message_c: Any, ngspice_id: int, user_data: Any) -> int:
            if not is_open:  # PySpice reads the version from what is said
                return NgSpiceShared._send_char(message_c, ngspice_id, user_data)
            hear(cast(bytes, ffi.string(message_c)))
            return 0

    Binding.LIBRARY_PATH = find_library()
    # a user's ~/.spiceinit would change results; one in the working directory keeps it out
    with tempfile.TemporaryDirectory(prefix="physlearn_") as folder, chdir(folder):
        Path(".spiceinit").touch()
        binding = Binding()
    is_open = True
    # 46 otherwise looks up the machine's free memory at each point, which takes most of its time
    vars(binding)["_ngspice_shared"].ngSpice_Command(b"set no_mem_check")
    return binding, ffi


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
