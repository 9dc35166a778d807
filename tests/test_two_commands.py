"""The decisions of the two commands, on computers made of dicts; a real clean run is what `.ci/run` does."""

import ast
import json
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pytest

from rules_engine import setup_environment as setup
from rules_engine.shipped import shipped

ROOT = Path(__file__).resolve().parent.parent
GCC_SAYS = "fatal error: Python.h: No such file or directory"


def python(version: tuple[int, int], **told: object) -> str:
    return json.dumps(
        {"version": version, "include": "/inc", "compiler": "gcc -pthread", "can_make_environments": True} | told
    )


@dataclass
class Computer:
    """`pythons` by path: what each says of itself, None where it does not run."""

    pythons: dict[str, str | None] = field(default_factory=lambda: {"python3": python((3, 11))})
    programs: tuple[str, ...] = ("gcc",)
    headers: bool = True
    failing: str = ""  # the command that has this word in it fails
    variables: dict[str, str] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    seconds: float = 0

    def machine(self) -> setup.Machine:
        return setup.Machine("python3", self.variables, self.which, self.run, self.said.append, self.now)

    def which(self, name: str) -> str | None:
        return name if name in self.programs or name in self.pythons else None

    def now(self) -> float:
        self.seconds += 1
        return self.seconds

    def run(self, command: list[str], _stdin: str = "") -> setup.Finished:
        if command[1] == "-c":
            told = self.pythons.get(command[0])
            return setup.Finished(0, told) if told else setup.Finished(127, f"{command[0]}: command not found")
        if "-fsyntax-only" in command:
            return setup.Finished(0, "") if self.headers else setup.Finished(1, f"<stdin>:1: {GCC_SAYS}")
        self.ran.append(" ".join(command))
        if self.failing and self.failing in self.ran[-1]:
            return setup.Finished(1, "line\n" * 30 + "ERROR: no such package")
        if command[1:3] == ["-m", "venv"]:
            self.make_environment(Path(command[3]))
        return setup.Finished(0, "")

    def make_environment(self, folder: Path) -> None:
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").touch()
        (folder / "pyvenv.cfg").touch()
        self.pythons[str(folder / "bin" / "python")] = self.pythons["python3"]

    def installed(self) -> list[str]:
        return [Path(command.split()[-1]).name for command in self.ran if " install " in command]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "clone"
    (folder / "rules_engine" / "requirements").mkdir(parents=True)
    (folder / "pyproject.toml").write_text("[project]\n")
    for group in ("build", "core", "dev"):
        (folder / "rules_engine" / "requirements" / f"{group}.txt").write_text(f"{group}==1\n")
    return folder


def prepare(computer: Computer, clone: Path, group: str = "core") -> Path:
    return setup.prepare(computer.machine(), clone, clone / ".venv", group)


def refused(computer: Computer, clone: Path) -> str:
    with pytest.raises(setup.CannotSetUp) as problem:
        prepare(computer, clone)
    return str(problem.value)


# --- which Python ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [(3, 11), (3, 12)])
def test_the_running_python_is_taken_where_it_will_do(version):
    computer = Computer({"python3": python(version), "python3.12": python((3, 12))})
    assert setup.choose_python(computer.machine()).path == "python3"


@pytest.mark.parametrize("version", [(3, 9), (3, 10), (3, 13), (3, 14), (4, 11)])
def test_a_wrong_python_looks_for_a_right_one(version):
    computer = Computer({"python3": python(version), "python3.11": python((3, 11))})
    assert setup.choose_python(computer.machine()).path == "python3.11"


def test_the_newer_of_two_is_taken():
    computer = Computer({"python3": python((3, 13)), "python3.11": python((3, 11)), "python3.12": python((3, 12))})
    assert setup.choose_python(computer.machine()).path == "python3.12"


@pytest.mark.parametrize("stub", [None, python((3, 13)), "not json"], ids=["does not run", "lies", "says nothing"])
def test_a_version_managers_stub_is_passed_over(stub):
    computer = Computer({"python3": python((3, 13)), "python3.12": stub, "python3.11": python((3, 11))})
    assert setup.choose_python(computer.machine()).path == "python3.11"


def test_without_any_right_python_it_says_what_to_install(clone):
    message = refused(Computer({"python3": python((3, 13))}), clone)
    assert "this is Python 3.13" in message
    for remedy in ("apt install python3.11", "dnf install python3.12", "brew install python@3.12"):
        assert remedy in message
    assert not (clone / ".venv").exists()


# --- compiler and headers --------------------------------------------------------------------------------------------


def test_without_a_compiler_it_says_what_to_install_and_makes_nothing(clone):
    message = refused(Computer(programs=()), clone)
    assert "`gcc` is not there" in message
    for remedy in ("apt install gcc python3.11-dev", "dnf install gcc python3.11-devel", "xcode-select --install"):
        assert remedy in message
    assert not (clone / ".venv").exists()


def test_without_headers_it_says_what_the_compiler_said(clone):
    message = refused(Computer(headers=False), clone)
    assert GCC_SAYS in message
    assert "python3.11-dev" in message


def test_the_compiler_that_the_environment_names_is_the_one_checked(clone):
    assert "`mycc` is not there" in refused(Computer(variables={"CC": "mycc -O1"}), clone)


def test_a_python_without_venv_is_told_how_to_get_it(clone):
    message = refused(Computer({"python3": python((3, 12), can_make_environments=False)}), clone)
    assert "apt install python3.12-venv" in message


def test_the_real_compiler_of_this_machine_passes_the_probe():
    machine = setup.this_machine()
    setup.check_can_build(machine, setup.choose_python(machine))


def test_the_real_compiler_refuses_headers_that_are_not_there(tmp_path):
    machine = setup.this_machine()
    bare = setup.choose_python(machine)._replace(include=str(tmp_path))
    with pytest.raises(setup.CannotSetUp, match=r"Python\.h"):
        setup.check_can_build(machine, bare)


# --- making and keeping the environment ------------------------------------------------------------------------------


def test_a_first_run_installs_build_tools_libraries_and_the_product_in_this_order(clone):
    computer = Computer()
    assert prepare(computer, clone) == clone / ".venv" / "bin" / "python"
    assert computer.installed() == ["build.txt", "core.txt", "clone"]
    steps = [re.match(r"\[(\d) of 5\] .* \(\d+ s\)$", each)[1] for each in computer.said[:-1]]
    assert steps == ["1", "2", "3", "4", "5"]
    assert computer.said[-1].startswith("ready after")


def test_libraries_are_installed_by_hash_and_the_product_without_dependencies(clone):
    computer = Computer()
    prepare(computer, clone)
    libraries = [each for each in computer.ran if each.endswith(".txt")]
    assert all("--require-hashes" in each and "--no-build-isolation" in each for each in libraries)
    assert "--no-deps" in computer.ran[-1]
    assert "--no-build-isolation" in computer.ran[-1]


def test_a_second_run_runs_nothing_and_says_nothing(clone):
    prepare(Computer(), clone)
    second = Computer({})
    assert prepare(second, clone) == clone / ".venv" / "bin" / "python"
    assert (second.ran, second.said) == ([], [])


@pytest.mark.parametrize("changed", ["pyproject.toml", "rules_engine/requirements/core.txt"])
def test_a_changed_requirement_installs_again_into_the_same_environment(clone, changed):
    computer = Computer()
    prepare(computer, clone)
    (clone / changed).write_text("other\n")
    computer.ran.clear()
    prepare(computer, clone)
    assert computer.installed() == ["build.txt", "core.txt", "clone"]
    assert not any("-m venv" in each for each in computer.ran)


def test_the_tests_environment_serves_the_demo_too_and_not_the_other_way_round(clone):
    computer = Computer()
    prepare(computer, clone, "core")
    computer.ran.clear()
    prepare(computer, clone, "dev")
    assert computer.installed() == ["build.txt", "dev.txt", "clone"]
    computer.ran.clear()
    prepare(computer, clone, "core")
    assert computer.ran == []


def test_a_run_that_was_killed_half_way_is_begun_anew(clone):
    class PowerCut(Exception):
        pass

    def cut(command, stdin=""):
        if " install " in " ".join(command):
            raise PowerCut
        return computer.run(command, stdin)

    computer = Computer()
    with pytest.raises(PowerCut):
        setup.prepare(computer.machine()._replace(run=cut), clone, clone / ".venv", "core")
    (clone / ".venv" / "half").touch()
    computer.ran.clear()
    prepare(computer, clone)
    assert computer.ran[0].startswith("python3 -m venv")
    assert not (clone / ".venv" / "half").exists()
    assert computer.installed() == ["build.txt", "core.txt", "clone"]


def test_an_update_that_was_killed_is_never_taken_for_complete(clone):
    computer = Computer()
    prepare(computer, clone)
    before = (clone / "rules_engine/requirements/core.txt").read_text()
    (clone / "rules_engine/requirements/core.txt").write_text("core==2\n")
    with pytest.raises(setup.CannotSetUp):
        prepare(Computer(computer.pythons, failing="core.txt"), clone)
    (clone / "rules_engine/requirements/core.txt").write_text(before)
    computer.ran.clear()
    prepare(computer, clone)
    assert computer.installed() == ["build.txt", "core.txt", "clone"]


def test_a_failed_installation_shows_its_end_keeps_the_whole_and_can_go_on(clone):
    computer = Computer(failing="core.txt")
    message = refused(computer, clone)
    assert "ERROR: no such package" in message
    assert message.count("line") < 30
    assert (clone / ".venv" / setup.LOG).read_text().count("line\n") == 30
    computer.failing = ""
    computer.ran.clear()
    prepare(computer, clone)
    assert not any("-m venv" in each for each in computer.ran)


@pytest.mark.parametrize("inside", [None, python((3, 13))], ids=["moved or broken", "of a wrong Python"])
def test_an_environment_that_cannot_be_used_is_made_anew(clone, inside):
    computer = Computer()
    computer.make_environment(clone / ".venv")
    computer.pythons[str(clone / ".venv" / "bin" / "python")] = inside
    prepare(computer, clone)
    assert computer.ran[0].startswith("python3 -m venv")


def test_an_environment_without_pip_is_made_anew(clone):
    computer = Computer(failing="pip --version")
    computer.make_environment(clone / ".venv")
    prepare(computer, clone)
    assert any(each.startswith("python3 -m venv") for each in computer.ran)


def test_an_environment_that_somebody_made_by_hand_is_used(clone):
    computer = Computer()
    computer.make_environment(clone / ".venv")
    prepare(computer, clone)
    assert not any("-m venv" in each for each in computer.ran)


def test_a_folder_that_is_no_environment_is_never_cleared(clone):
    (clone / ".venv").mkdir()
    (clone / ".venv" / "thesis.txt").write_text("years of work")
    assert setup.VARIABLE in refused(Computer(), clone)
    assert (clone / ".venv" / "thesis.txt").read_text() == "years of work"


# --- where, and with what arguments ----------------------------------------------------------------------------------


def test_from_another_folder_it_says_where_to_go(clone, tmp_path):
    with pytest.raises(setup.CannotSetUp, match="cd .*clone"):
        setup.check_place(tmp_path, clone)
    setup.check_place(clone, clone)


def test_an_installed_product_is_pointed_to_its_own_command(tmp_path):
    with pytest.raises(setup.CannotSetUp, match="o2o demo"):
        setup.check_place(tmp_path, tmp_path)


def stand_in(folder: Path, group: str, program: str) -> dict[str, str]:
    """An environment that claims to be complete, whose `program` prints its arguments and returns 7."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").touch()
    (folder / "bin" / program).write_text('#!/bin/sh\necho "$@"\nexit 7\n')
    (folder / "bin" / program).chmod(0o755)
    (folder / setup.STAMP).write_text(json.dumps(setup.wanted(ROOT, group)))
    return {**os.environ, setup.VARIABLE: str(folder)}


@pytest.mark.parametrize(
    ("module", "group", "program", "arguments"),
    [("rules_engine", "core", "o2o", "demo --port 8099"), ("tests", "dev", "python", "-m pytest --port 8099")],
)
def test_arguments_are_passed_on_and_the_exit_code_comes_back(tmp_path, module, group, program, arguments):
    environment = stand_in(tmp_path / "environment", group, program)
    finished = subprocess.run(
        [sys.executable, "-m", module, "--port", "8099"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (finished.stdout.strip(), finished.returncode) == (arguments, 7)


def test_a_refusal_is_a_sentence_and_exit_code_2(tmp_path):
    finished = subprocess.run(
        [sys.executable, "-m", "rules_engine"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert finished.returncode == 2
    assert finished.stderr.startswith("this command runs in the folder of the clone: cd ")


@pytest.mark.parametrize("path", ["__init__.py", "__main__.py", "setup_environment.py", "setup_python.py"])
def test_the_set_up_is_readable_by_an_old_python(path):
    source = (ROOT / "rules_engine" / path).read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 8))
    imported = {each.names[0].name for each in ast.walk(tree) if isinstance(each, ast.Import)}
    assert imported <= sys.stdlib_module_names


def test_ci_runs_the_readmes_test_command():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    command = script.read_text(encoding="utf-8").strip().splitlines()[-1]
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "set -euo pipefail" in script.read_text(encoding="utf-8")


# --- what ships ------------------------------------------------------------------------------------------------------


def test_in_a_clone_the_data_lies_beside_the_packages():
    assert shipped("rulesets") == ROOT / "rulesets"


def test_in_an_installation_the_data_lies_inside_the_package(tmp_path):
    (tmp_path / "rules_engine" / "_shipped" / "rulesets").mkdir(parents=True)
    assert shipped("rulesets", tmp_path / "rules_engine") == tmp_path / "rules_engine" / "_shipped" / "rulesets"


def test_data_that_is_missing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="`rulesets`"):
        shipped("rulesets", tmp_path)


@pytest.mark.skipif(find_spec("hatchling") is None, reason="no hatchling here: run `python3 -m tests`")
def test_a_wheel_holds_everything_that_is_not_a_test(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", tmp_path, ROOT],
        check=True,
    )
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    data = {".py", ".yaml", ".json", ".html", ".css", ".js", ".mako", ".txt", ".typed"}
    for folder in ("rules_engine", "web"):
        have = {each for each in (ROOT / folder).rglob("*") if each.is_file() and each.suffix in data}
        assert {each.relative_to(ROOT).as_posix() for each in have} - names == set()
    for folder in ("rulesets", "fixtures"):
        have = {each for each in (ROOT / folder).rglob("*") if each.is_file()}
        assert {f"rules_engine/_shipped/{each.relative_to(ROOT).as_posix()}" for each in have} - names == set()
    assert "rules_engine/py.typed" in names
    assert not any(each.startswith("tests/") for each in names)
