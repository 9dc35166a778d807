"""The rules of CONTRIBUTING that a machine can check."""

import ast
import re
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("rules_engine", "web")
NOT_OURS = {".git", ".venv", ".environments", "__pycache__", "var", "build", "dist"}


def files(*endings: str) -> list[Path]:
    """Every file that is, or would be, committed: Git's own list, or without Git all but caches."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0 and listed.stdout:
        found = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        found = [each for each in ROOT.rglob("*") if not NOT_OURS & set(each.relative_to(ROOT).parts)]
    return sorted(each for each in found if each.is_file() and (not endings or each.suffix in endings))


def modules() -> list[Path]:
    return [each for each in files(".py") if each.relative_to(ROOT).parts[0] in PACKAGES]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def run_python(*arguments: str) -> None:
    finished = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, f"{' '.join(arguments)}\n{finished.stdout}{finished.stderr}"


def test_types_are_strict():
    run_python("-m", "mypy", "--strict", *PACKAGES)


def test_ruff_has_nothing_to_say():
    run_python("-m", "ruff", "check", "--no-fix", "--quiet", *PACKAGES, "tests")


def test_imports_point_left_only():
    run_python("-c", "from importlinter.cli import lint_imports_command as lint; lint()")


# --- words ---------------------------------------------------------------------------------------------------------

FORBIDDEN = {
    # Written so that this file does not contain what it forbids.
    "a path of somebody's machine": r"/(?:ro[o]t|home/\w+|User[s]/\w+|wor[k]/main|pyen[v])/",
    "a registry's host": r"(?:py[p]i\.org|pythonhoste[d]\.org|npmj[s]\.(?:org|com)|deb\.debia[n]\.org)",
    "an index address": r"--(?:extra-)?index-ur[l] ",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names_a_machine_or_a_registry(what):
    pattern = re.compile(FORBIDDEN[what])
    found = []
    for path in files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or the like
        found += [f"{name(path)}:{text.count(chr(10), 0, hit.start()) + 1} {hit[0]}" for hit in pattern.finditer(text)]
    assert found == []


def test_the_forbidden_patterns_find_what_they_should():
    home, host = "/" + "root/x", "https://py" + "pi.org/simple"
    assert re.search(FORBIDDEN["a path of somebody's machine"], f"open('{home}')")
    assert re.search(FORBIDDEN["a registry's host"], host)


# --- files ---------------------------------------------------------------------------------------------------------


def one_sentence(docstring: str) -> bool:
    """The first paragraph is what the module says of itself."""
    first = docstring.strip().split("\n\n")[0].replace("\n", " ")
    return bool(first) and first[-1] in ".:?" and not re.search(r"[.!?] [A-Z]", first.replace("e.g. ", ""))


@pytest.mark.parametrize("path", modules(), ids=name)
def test_every_module_says_in_one_sentence_what_it_is(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstring = ast.get_docstring(tree)
    assert docstring, "no docstring"
    assert one_sentence(docstring), f"not one sentence: {docstring.splitlines()[0]}"


FORBIDDEN_NAMES = ("util", "helper", "common", "manager", "service", "handler")


def test_no_file_has_a_name_that_says_nothing():
    assert [name(each) for each in modules() if any(word in each.stem.split("_") for word in _plurals())] == []


def _plurals() -> set[str]:
    return {word + ending for word in FORBIDDEN_NAMES for ending in ("", "s")}


SILENCED = re.compile(r"#\s*(?:ruff:\s*)?(?:noqa|type:\s*ignore)[^\n]*")
WITH_RULE = r"(?:ruff: )?noqa: [A-Z]+\d+(?:, [A-Z]+\d+)*|type: ignore\[[a-z, -]+\]"
WITH_REASON = re.compile(rf"# (?:{WITH_RULE})\s+(?:[-#] )?\w")


def test_every_silenced_finding_names_its_rule_and_a_reason():
    bare = []
    for path in files(".py"):
        if path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            silenced = SILENCED.search(line)
            if silenced and not WITH_REASON.match(silenced[0]):
                bare.append(f"{name(path)}:{number} {silenced[0]}")
    assert bare == []


def test_file_sizes_are_reported(capsys):
    """For information: the aim is a median below 100 lines and a hard look at 300."""
    sizes = {name(each): len(each.read_text(encoding="utf-8").splitlines()) for each in modules()}
    long = {path: lines for path, lines in sorted(sizes.items(), key=lambda item: -item[1]) if lines > 300}
    with capsys.disabled():
        middle = statistics.median(sizes.values())
        print(f"\n{len(sizes)} files, median {middle:.0f} lines; above 300: {long or 'none'}")
    assert sizes


# --- what is pinned ------------------------------------------------------------------------------------------------


def pins(group: str) -> dict[str, str]:
    text = (ROOT / "rules_engine" / "requirements" / f"{group}.txt").read_text(encoding="utf-8")
    return {normal(found[1]): found[2] for found in re.finditer(r"^([A-Za-z0-9._-]+)==(\S+)", text, re.MULTILINE)}


def normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


def asked_for(group: str) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = list(project["project"]["dependencies"])
    if group == "build":
        wanted = project["dependency-groups"]["build"] + project["build-system"]["requires"]
    elif group != "core":
        wanted += project["project"]["optional-dependencies"][group]
    return {normal(re.match(r"[A-Za-z0-9._-]+", each)[0]) for each in wanted}


@pytest.mark.parametrize("group", ["build", "core", "postgres", "dev"])
def test_all_that_pyproject_asks_for_is_pinned(group):
    assert asked_for(group) - set(pins(group)) == set(), "run rules_engine/requirements/compile"


@pytest.mark.parametrize("group", ["postgres", "dev"])
def test_a_larger_group_holds_the_core_with_the_same_pins(group):
    assert pins("core").items() <= pins(group).items()


@pytest.mark.parametrize("group", ["postgres", "dev"])
def test_what_the_build_tools_share_with_a_group_has_one_version(group):
    both = pins("build").keys() & pins(group).keys()
    assert {each: pins("build")[each] for each in both} == {each: pins(group)[each] for each in both}


@pytest.mark.parametrize("group", ["build", "core", "postgres", "dev"])
def test_every_pin_carries_hashes_and_no_address(group):
    text = (ROOT / "rules_engine" / "requirements" / f"{group}.txt").read_text(encoding="utf-8")
    blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert [each.splitlines()[0] for each in blocks if "--hash=sha256:" not in each] == []
    assert "://" not in text
