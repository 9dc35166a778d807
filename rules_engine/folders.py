"""What ships, and rulesets in folders: catalog, connectors' texts, fixture records, drafts."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

from rapidfuzz import process

import rules_engine.connectors
from rules_engine.analysis.fixtures import Records
from rules_engine.authoring import Desk
from rules_engine.conversion.context import Context
from rules_engine.conversion.convert import convert
from rules_engine.durable_matcher import DurableMatcher
from rules_engine.formats.case_json import read_case_record
from rules_engine.formats.catalog_text import merge, read_catalog
from rules_engine.formats.connector_text import ConnectorText, read_connector
from rules_engine.formats.notes import shown
from rules_engine.formats.record_json import read_record
from rules_engine.model.catalog import Catalog
from rules_engine.model.draft import Draft
from rules_engine.model.errors import NotFound, Permanent
from rules_engine.model.finding import Severity
from rules_engine.model.values import Record
from rules_engine.shipped import shipped

TEXTS = ("ruleset.yaml", "mapping.yaml", "cases.yaml")


@cache
def shared_catalog() -> Catalog:
    """The document types that every system shares."""
    file = shipped("rulesets") / "catalog.yaml"
    return read_catalog(file.read_text("utf-8"), file.name)


@cache
def systems() -> dict[str, ConnectorText]:
    """Every connector's document types and mappings, by the name of its system."""
    folder = Path(rules_engine.connectors.__file__).parent
    files = sorted(folder.glob("*.yaml"))
    texts = [read_connector(file.read_text("utf-8"), shared_catalog(), file.name) for file in files]
    return {each.system: each for each in texts}


@cache
def full_catalog() -> Catalog:
    """The shared types and every system's native ones."""
    return merge(shared_catalog(), *(each.catalog for each in systems().values()))


def file_desk(folder: Path | None = None) -> Desk:
    """Where rulesets in folders are checked and tested, without a workspace; cases name files of this `folder`."""
    return Desk(full_catalog(), records_in(folder), _matcher())


@cache
def _matcher() -> DurableMatcher:
    return DurableMatcher()


def records_in(folder: Path | None) -> Records:
    """What reads the files that the cases of a ruleset in this folder name."""
    return partial(fixture_record, folder=folder)


def fixture_record(name: str, zone: str, folder: Path | None = None) -> Record:
    """The case of a file below fixtures/: `sample_crm/opportunity_harbour.json` is read as that CRM's record.

    A file below `case/` holds a case in our own vocabulary. A name that begins with `./` is a file in `folder`: there,
    too, a folder with the name of a CRM holds that CRM's records. Raises NotFound, Unreadable, Permanent.
    """
    if name.startswith("./"):
        return _read(_beside(name, folder), name, zone)
    file = shipped("fixtures") / name
    known = [str(each.relative_to(shipped("fixtures"))) for each in shipped("fixtures").glob("*/*.json")]
    if name not in known:
        hint = f"; a file beside the cases is named `./{name}`" if folder and (folder / name).is_file() else ""
        raise NotFound(f"there is no fixture `{name}`{hint or _did_you_mean(name, known)}")
    return _read(file, name, zone)


def _beside(name: str, folder: Path | None) -> Path:
    """The file in the folder, and nowhere else whatever links lead there."""
    if folder is None:
        remedy = "test it with `o2o test` in its folder, or write the case itself with `facts`"
        raise NotFound(f"`{name}` stands beside the cases in a ruleset's folder, and here is none: {remedy}")
    inside = folder.resolve()
    if ".." in name.split("/") or "\\" in name or "\0" in name or not (inside / name).resolve().is_relative_to(inside):
        raise Permanent(f"`{shown(name)}` leads out of the ruleset's folder: put the file into it")
    if not (inside / name).is_file():
        near = process.extractOne(name, beside(folder), score_cutoff=60)
        raise NotFound(f"there is no file `{name}` beside the cases{f'; did you mean `{near[0]}`?' if near else ''}")
    return inside / name


def beside(folder: Path) -> list[str]:
    """The JSON files in a ruleset's folder as its cases name them."""
    return [f"./{each.relative_to(folder).as_posix()}" for each in sorted(folder.rglob("*.json"))]


def _read(file: Path, name: str, zone: str) -> Record:
    """The file's record as a case: in our own vocabulary, or in that of the system that its folder is named after."""
    text = file.read_bytes()
    system = name.split("/")[-2]
    if system == "case" or (name.startswith("./") and system not in systems()):
        return read_case_record(text, full_catalog(), name)
    mapping = systems()[system].to_case if system in systems() else None
    if mapping is None:
        raise NotFound(f"there is no CRM `{system}` to read `{name}` with")
    native = read_record(text, full_catalog(), mapping.source_type, name)
    seen = convert(native, mapping, Context(zone, datetime.now(UTC), catalog=full_catalog()))
    broken = [str(each) for each in seen.problems if each.severity is Severity.ERROR]
    if broken:
        raise Permanent(f"`{name}` cannot be read as a case: {'; '.join(broken)}")
    return seen.document


def ruleset_folder(word: str) -> Path:
    """The folder of a ruleset: a path, or the name of one that ships. Raises NotFound with the nearest name."""
    here = Path(word)
    for folder in (here, here.parent if here.name in TEXTS else here, shipped("rulesets") / word):
        if (folder / TEXTS[0]).is_file():
            return folder
    known = sorted(each.parent.name for each in shipped("rulesets").glob(f"*/{TEXTS[0]}"))
    raise NotFound(f"there is no ruleset `{word}`{_did_you_mean(word, known)}; a ruleset is a folder with {TEXTS[0]}")


def ruleset_folders(word: str) -> list[Path]:
    """The ruleset's folder, or those of all rulesets in a folder of such. Raises NotFound with the nearest name."""
    inside = sorted(each.parent for each in Path(word).glob(f"*/{TEXTS[0]}"))
    return inside if inside and not (Path(word) / TEXTS[0]).is_file() else [ruleset_folder(word)]


def file_in(folder: Path, name: str) -> str:
    """A file of a ruleset's folder as a person would name it: by its path from here, or by the folder's own name."""
    here = Path.cwd()
    whole = folder.resolve()
    return str((whole.relative_to(here) if whole.is_relative_to(here) else Path(whole.name)) / name)


def read_draft(folder: Path) -> Draft:
    """The three texts of a ruleset's folder. Raises NotFound, Permanent."""
    ruleset, mapping, cases = (_text(folder, name) for name in TEXTS)
    return Draft(folder.resolve().name, None, ruleset, mapping, cases)


def _text(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text("utf-8")
    except FileNotFoundError:
        raise NotFound(f"`{folder.name}` has no `{name}`: a ruleset is {', '.join(TEXTS)} together") from None
    except UnicodeDecodeError:
        raise Permanent(f"`{folder.name}/{name}` is not UTF-8 text: save it as UTF-8") from None


def shipped_rulesets() -> list[Draft]:
    """Every ruleset that ships."""
    return [read_draft(file.parent) for file in sorted(shipped("rulesets").glob(f"*/{TEXTS[0]}"))]


def _did_you_mean(word: str, known: Sequence[str]) -> str:
    near = process.extractOne(word, known, score_cutoff=60)
    return f"; did you mean `{near[0]}`?" if near else f"; there are {', '.join(f'`{each}`' for each in known)}"
