"""Makes the environment that the two commands run in, with the standard library alone.

Everything here must be readable by any Python 3.8 or newer, so that a wrong one gets a sentence and no traceback.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from rules_engine.setup_python import (
    SUPPORTED,
    CannotSetUp,
    Finished,
    Machine,
    Python,
    check_can_build,
    choose_python,
    describe,
    dotted,
)

ROOT = Path(__file__).resolve().parent.parent
VARIABLE = "O2O_ENVIRONMENT"  # another folder than .venv, relative to the clone or absolute
STAMP = "o2o-stamp.json"  # inside the environment: what is installed
UNFINISHED = "o2o-unfinished"  # inside the environment while an installation runs
LOG = "o2o-setup.log"

# --- decisions -------------------------------------------------------------------------------------------------


def wanted(root: Path, group: str) -> dict[str, str]:
    """What an environment with `group` holds: a digest of each file that says so, and where the clone lies."""
    requirements = root / "rules_engine" / "requirements"
    files = [requirements / "build.txt", requirements / f"{group}.txt", root / "pyproject.toml"]
    return {"root": str(root), **{each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in files}}


def is_complete(environment: Path, want: Mapping[str, str]) -> bool:
    """Whether the stamp says that all of `want` is installed, and no installation broke off since."""
    try:
        stamp = json.loads((environment / STAMP).read_text())
    except (OSError, ValueError):
        return False
    unfinished = (environment / UNFINISHED).exists()
    return not unfinished and (environment / "bin" / "python").exists() and want.items() <= stamp.items()


def must_be_made(machine: Machine, environment: Path) -> bool:
    """True where there is no environment, or one that cannot be continued: half made, moved, or of a wrong Python.

    Raises CannotSetUp where the folder is something else: it is not ours to clear.
    """
    if not environment.exists() or not any(environment.iterdir()):
        return True
    if not (environment / "pyvenv.cfg").exists() and not (environment / UNFINISHED).exists():
        raise CannotSetUp(
            f"`{environment}` is there but is no Python environment: move it away, or name another folder in {VARIABLE}"
        )
    if (environment / UNFINISHED).exists():
        return True
    python = describe(machine, str(environment / "bin" / "python"))
    if not python or python.version not in SUPPORTED:
        return True
    return machine.run([python.path, "-m", "pip", "--version"]).code != 0


# --- doing -----------------------------------------------------------------------------------------------------


def pip_commands(python: str, root: Path, group: str) -> list[tuple[str, list[str]]]:
    """What is installed, in order: a sentence and its command. Nothing is built from what is not pinned by hash."""
    quiet = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    install = [python, "-m", "pip", "install", *quiet, "--no-build-isolation"]
    requirements = root / "rules_engine" / "requirements"
    hashed = [*install, "--require-hashes", "--use-pep517", "-r"]
    return [
        ("installing the build tools", [*hashed, str(requirements / "build.txt")]),
        ("installing the libraries", [*hashed, str(requirements / f"{group}.txt")]),
        ("installing the product itself", [*install, "--no-deps", "--editable", str(root)]),
    ]


def prepare(machine: Machine, root: Path, environment: Path, group: str) -> Path:
    """The Python of an environment that holds `group`; where it stands already nothing is run at all."""
    python = environment / "bin" / "python"
    want = wanted(root, group)
    if is_complete(environment, want):
        return python
    began = machine.now()

    def step(number: int, text: str) -> None:
        machine.say(f"[{number} of 5] {text} ({machine.now() - began:.0f} s)")

    step(1, "looking for Python 3.11 or 3.12 and a C compiler")
    base = choose_python(machine)
    check_can_build(machine, base)
    step(2, f"making the environment in {_short(environment, root)} with Python {dotted(base.version)}")
    _make(machine, base, environment)
    for number, (text, command) in enumerate(pip_commands(str(python), root, group), start=3):
        step(number, text)
        _install(machine, command, environment)
    _stamp(environment, want)
    machine.say(f"ready after {machine.now() - began:.0f} s")
    return python


def _make(machine: Machine, base: Python, environment: Path) -> None:
    if must_be_made(machine, environment):
        if environment.exists():
            shutil.rmtree(environment)
        environment.mkdir(parents=True)
        (environment / UNFINISHED).touch()
        made = machine.run([base.path, "-m", "venv", str(environment)])
        if made.code != 0:
            raise CannotSetUp(f"`{base.path} -m venv` failed:\n{made.output}")
    (environment / UNFINISHED).touch()
    (environment / STAMP).unlink(missing_ok=True)


def _install(machine: Machine, command: Sequence[str], environment: Path) -> None:
    finished = machine.run(command)
    log = environment / LOG
    with log.open("a", encoding="utf-8") as out:
        out.write(f"$ {shlex.join(command)}\n{finished.output}\n")
    if finished.code != 0:
        (environment / UNFINISHED).unlink()  # pip gave up in good order: the next try goes on from here
        last = "\n".join("    " + line for line in finished.output.strip().splitlines()[-12:])
        raise CannotSetUp(
            f"an installation failed; the whole of it stands in `{log}`, and it ended with\n{last}\n"
            "check that pip reaches its package index, then give the same command again"
        )


def _stamp(environment: Path, want: Mapping[str, str]) -> None:
    """The dev group contains the core, with the same pins."""
    core = wanted(Path(want["root"]), "core") if "dev.txt" in want else {}
    (environment / STAMP).write_text(json.dumps({**core, **want}, indent=1))
    (environment / UNFINISHED).unlink()


def _short(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if root in path.parents else str(path)


# --- this computer ---------------------------------------------------------------------------------------------


def this_machine() -> Machine:
    # Inside the environment itself its base Python is meant: it must survive when the environment is made anew.
    executable = getattr(sys, "_base_executable", None) or sys.executable
    return Machine(executable, os.environ, shutil.which, _run, _say, time.monotonic)


def _say(text: str) -> None:
    print(text, flush=True)


def _run(command: Sequence[str], stdin: str = "") -> Finished:
    """Runs the command; of pip's lines those that tell how far it is are shown as they come."""
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    except OSError as error:
        return Finished(127, str(error))
    with process:
        if process.stdin is None or process.stdout is None:
            raise AssertionError("both were asked for as pipes")
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(stdin)
            process.stdin.close()
        lines = list(_shown(process.stdout))
    return Finished(process.returncode, "".join(lines))


def _shown(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if line.startswith(("Collecting ", "Building wheel", "Installing collected")):
            _say("    " + line.partition(" (from ")[0].strip()[:100])
        yield line


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """One set-up at a time in a clone; the second waits and then finds everything done."""
    import fcntl  # not on Windows, which has been turned away by now

    folder = os.open(str(root), os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("another command is making an environment in this clone; waiting for it")
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def start(group: str, command: Sequence[str]) -> int:
    """Prepares the environment, then becomes `command` (its first word a program of the environment).

    Returns only where that is impossible: 2, after saying what is missing.
    """
    environment = ROOT / os.environ.get(VARIABLE, ".venv")
    try:
        check_place(Path.cwd(), ROOT)
        with _alone(ROOT):
            prepare(this_machine(), ROOT, environment, group)
    except CannotSetUp as problem:
        print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped; the same command begins anew", file=sys.stderr)
        return 130
    program = environment / "bin" / command[0]
    os.execv(str(program), [str(program), *command[1:]])  # noqa: S606 - the program that we have just installed


def check_place(here: Path, root: Path) -> None:
    """The command belongs into the clone's folder: paths of data and of the environment start there."""
    if os.name == "nt":
        raise CannotSetUp("this product runs on Linux and macOS; on Windows use WSL (`wsl --install`)")
    if not (root / "pyproject.toml").exists():
        raise CannotSetUp("this is an installed product, not a clone: give the command `o2o demo`")
    if here.resolve() != root.resolve():
        raise CannotSetUp(f"this command runs in the folder of the clone: cd {shlex.quote(str(root))}")
