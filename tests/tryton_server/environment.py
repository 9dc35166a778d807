"""A real Tryton 8.2 for tests: its own environment, a provisioned database, a server on a free loopback port.

Environment and database are made once and kept below `.environments/`, named by a hash of what they are made from;
each session gets a copy of the database. Runs standing side by side wait for one another at a file lock.
"""

import fcntl
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

HERE = Path(__file__).resolve().parent
CACHE = HERE.parent.parent / ".environments"
DATABASE = "crm"
ADMIN_PASSWORD = "admin-of-the-tests"
START_SECONDS = 60.0


class Unavailable(Exception):
    """Tryton cannot be installed here (no index can be reached, say); the text says why."""


@dataclass(frozen=True)
class TrytonServer:
    """A running server; `ids` are those of the provisioned records by name."""

    url: str
    database: str
    user: str
    password: str
    ids: dict[str, int]
    process: subprocess.Popen[bytes]
    log: Path


@contextmanager
def tryton_server(folder: Path) -> Iterator[TrytonServer]:
    """A server over a fresh copy of the provisioned database, stopped at the end. Raises Unavailable."""
    python, template = _prepared()
    shutil.copytree(template, folder, dirs_exist_ok=True)
    url = f"http://127.0.0.1:{_free_port()}"
    config = _config(folder, url.removeprefix("http://"))
    log = folder / "server.log"
    with log.open("wb") as out:
        command = [python.parent / "trytond", "-c", config, "-d", DATABASE]
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=_environ())
        try:
            _wait(url, process, log)
            ids = json.loads((folder / "ids.json").read_text())
            yield TrytonServer(url, DATABASE, "converter", "a-long-password-for-tests", ids, process, log)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _prepared() -> tuple[Path, Path]:
    """The environment's Python, and the folder with the provisioned database and its ids."""
    requirements, provision = HERE / "requirements.txt", HERE / "provision.py"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    home = CACHE / f"tryton-{_hash(requirements.read_bytes(), version.encode())}"
    # The fiscal years of the database are this one and the next.
    year = str(datetime.now(UTC).year)
    template = home / f"database-{_hash(provision.read_bytes(), year.encode())}"
    python = home / "venv" / "bin" / "python"
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "installed").exists():
            _install(home, requirements)
            (home / "installed").touch()
        if not template.exists():
            _provision(python, template, provision)
    return python, template


def _install(home: Path, requirements: Path) -> None:
    _say("installing Tryton 8.2 into its own environment (half a minute, once)")
    shutil.rmtree(home, ignore_errors=True)
    _run([sys.executable, "-m", "venv", home / "venv"], "no virtual environment can be made")
    pip = [home / "venv" / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-input", "--retries", "1"]
    try:
        _run([*pip, "--require-hashes", "-r", requirements], "Tryton cannot be installed")
    except RuntimeError as error:
        raise Unavailable(str(error)) from error


def _provision(python: Path, template: Path, provision: Path) -> None:
    _say("making a Tryton database with company, taxes, products and customers (half a minute, once)")
    making = template.with_name(f"{template.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    (making / f"{DATABASE}.sqlite").touch()
    config = _config(making, "127.0.0.1:0")
    admin = [python.parent / "trytond-admin", "-c", config, "-d", DATABASE, "-u", "sale_opportunity"]
    password = making / "password"
    password.write_text(ADMIN_PASSWORD)
    environ = {**_environ(), "TRYTONPASSFILE": str(password)}
    _run([*admin, "--activate-dependencies", "--email", "admin@example.com"], "Tryton makes no database", environ)
    _run([python, provision, config, DATABASE, making / "ids.json"], "the database cannot be filled", environ)
    for each in (config, password):
        each.unlink()
    making.rename(template)


def _config(folder: Path, listen: str) -> Path:
    config = folder / "trytond.conf"
    config.write_text(f"[database]\nuri = sqlite://\npath = {folder}\n[web]\nlisten = {listen}\n")
    return config


def _run(command: list[object], problem: str, environ: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        [str(each) for each in command], capture_output=True, text=True, check=False, env=environ or _environ()
    )
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise RuntimeError(f"{problem}: {' | '.join(lines[-3:])}")


def _environ() -> dict[str, str]:
    """Ours without what would lead another Python to our packages."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"trytond ended at once: {log.read_text(errors='replace')[-600:]}")
        try:
            body = {"id": 1, "method": "common.server.version", "params": []}
            httpx.post(f"{url}/{DATABASE}/rpc/", json=body, timeout=5, trust_env=False)
            return  # whatever it answers: its models are loaded before it listens
        except httpx.TransportError:
            pass
        time.sleep(0.1)  # between two looks; nothing is measured here
    raise RuntimeError(f"trytond did not answer within {START_SECONDS:g} s")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


def _hash(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _say(text: str) -> None:
    print(f"\n[tryton] {text}", file=sys.__stderr__, flush=True)
