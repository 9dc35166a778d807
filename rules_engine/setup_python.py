"""Finds a Python that will do, and whether this computer can build C source for it; standard library alone."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from typing import NamedTuple

SUPPORTED = ((3, 12), (3, 11))

# Printed by a candidate Python about itself.
_ASK = """
import importlib.util, json, sys, sysconfig
print(json.dumps({
    "version": sys.version_info[:2],
    "include": sysconfig.get_path("include"),
    "compiler": sysconfig.get_config_var("CC") or "cc",
    "can_make_environments": all(importlib.util.find_spec(each) for each in ("venv", "ensurepip")),
}))
"""
_PROBE = '#include <Python.h>\nint main(void) { return PY_MAJOR_VERSION == 3 ? 0 : 1; }\n'

_INSTALL_PYTHON = """    Debian, Ubuntu: apt install python3.11 python3.11-venv python3.11-dev (or 3.12)
    Fedora:         dnf install python3.12 python3.12-devel
    macOS:          brew install python@3.12"""
_INSTALL_COMPILER = """    Debian, Ubuntu: apt install gcc python{version}-dev (python3-dev for the system's own)
    Fedora:         dnf install gcc python{version}-devel
    macOS:          xcode-select --install"""


class CannotSetUp(Exception):
    """Its text says what is missing and how to get it."""


class Python(NamedTuple):
    """An interpreter as it described itself; `include` is the folder of Python.h."""

    path: str
    version: tuple[int, int]
    include: str
    compiler: str
    can_make_environments: bool


class Finished(NamedTuple):
    code: int
    output: str


class Machine(NamedTuple):
    """What the decisions ask of this computer; tests put dicts and lists behind it."""

    executable: str
    variables: Mapping[str, str]
    which: Callable[[str], str | None]
    run: Callable[..., Finished]  # run(command, text for standard input)
    say: Callable[[str], None]
    now: Callable[[], float]


def describe(machine: Machine, path: str) -> Python | None:
    """The Python at `path`, None where it does not run (a version manager's stub, say)."""
    finished = machine.run([path, "-c", _ASK])
    try:
        told = json.loads(finished.output) if finished.code == 0 else None
    except ValueError:
        return None
    return told and Python(path, tuple(told.pop("version")), **told)


def choose_python(machine: Machine) -> Python:
    """The running Python where it will do, else the newest supported one on PATH that runs."""
    running = describe(machine, machine.executable)
    if running and running.version in SUPPORTED:
        return running
    for version in SUPPORTED:
        path = machine.which(f"python{dotted(version)}")
        found = path and describe(machine, path)
        if found and found.version == version:
            return found
    have = f"this is Python {dotted(running.version)}" if running else f"`{machine.executable}` does not run"
    raise CannotSetUp(f"Python 3.11 or 3.12 is needed; {have}, and no other runs here:\n{_INSTALL_PYTHON}")


def check_can_build(machine: Machine, python: Python) -> None:
    """The rule engine comes as C source: the compiler, Python.h and venv must be there before anything is made."""
    version = dotted(python.version)
    remedy = _INSTALL_COMPILER.format(version=version)
    if not python.can_make_environments:
        raise CannotSetUp(
            f"Python {version} at `{python.path}` cannot make environments. Install its venv module:\n"
            f"    Debian, Ubuntu: apt install python{version}-venv"
        )
    compiler = shlex.split(machine.variables.get("CC") or python.compiler)
    if not machine.which(compiler[0]):
        raise CannotSetUp(f"the rule engine is built with a C compiler, and `{compiler[0]}` is not there:\n{remedy}")
    probe = machine.run([*compiler, f"-I{python.include}", "-fsyntax-only", "-x", "c", "-"], _PROBE)
    if probe.code != 0:
        said = (probe.output.strip().splitlines() or ["nothing"])[0]
        raise CannotSetUp(
            f"the C compiler `{compiler[0]}` cannot use the headers (Python.h) of Python {version}; "
            f"it says: {said}\n{remedy}"
        )


def dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
