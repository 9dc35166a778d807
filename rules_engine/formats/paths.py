"""Dotted paths of an author looked up in the catalog, with the nearest field where there is none."""

from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from rules_engine.formats.notes import Notes, nearest, shown
from rules_engine.formats.yaml_tree import Text
from rules_engine.model.catalog import Catalog, Field, Type
from rules_engine.model.finding import Place

FREE = "other"
MOST_PATHS = 20_000


@dataclass(frozen=True)
class Scope:
    """The document type whose fields can be named; `outer` is the one around it, "" outside of `where`."""

    catalog: Catalog
    root: str
    outer: str = ""

    @property
    def label(self) -> str:
        kind = self.catalog.types.get(self.root)
        return kind.label.lower() if kind else self.root

    @cached_property
    def paths(self) -> list[str]:
        # Types that hold one another have paths without number.
        return [path for path, _ in islice(self.catalog.paths(self.root), MOST_PATHS)]

    def inside(self, collection: Field) -> "Scope":
        """The scope of the list's records."""
        return Scope(self.catalog, collection.of, self.root)


@dataclass(frozen=True)
class Step:
    """How far a path is known: the fields on its way, and the first name that is not one of `root`."""

    fields: tuple[Field, ...]
    root: str
    unknown: str = ""


def follow(catalog: Catalog, root: str, path: str) -> Step:
    """The fields along a dotted path, up to the first name that its document type lacks."""
    fields: list[Field] = []
    here = root
    for name in path.split("."):
        kind = catalog.types.get(here)
        found = kind.fields.get(name) if kind and (not fields or fields[-1].type in _HOLDS) else None
        if found is None:
            return Step(tuple(fields), here, name or "(nothing)")
        fields.append(found)
        here = found.of
    return Step(tuple(fields), here)


_HOLDS = (Type.RECORD, Type.RECORDS)


def is_free(catalog: Catalog, root: str, path: str) -> bool:
    """Whether the path leads into a record of document type `other`, which holds whatever a system sent."""
    step = follow(catalog, root, path)
    return bool(step.unknown) and step.root == FREE


def find_field(node: Text, scope: Scope, notes: Notes) -> Field | None:
    """The field that a condition compares: one value, so the path passes through no list."""
    path = node.text.strip()
    step = follow(scope.catalog, scope.root, path)
    if step.unknown:
        unknown_field(path, step, scope, node.place, notes)
        return None
    names = path.split(".")
    for position, field in enumerate(step.fields[:-1]):
        if field.type is Type.RECORDS:
            collection, rest = ".".join(names[: position + 1]), ".".join(names[position + 1 :])
            notes.error("field-of-list", f"`{collection}` is a list, so `{path}` is not one value", node.place,
                        f"write `some: {collection}` with `where: {{field: {rest}, ...}}`")  # fmt: skip
            return None
    return step.fields[-1]


def unknown_field(path: str, step: Step, scope: Scope, place: Place, notes: Notes) -> None:
    """Report a path that the catalog does not know, with the nearest one that it does."""
    known = len(step.fields)
    prefix = ".".join(path.split(".")[:known])
    kind = scope.catalog.types.get(step.root)
    if step.fields and (step.fields[-1].type not in _HOLDS or kind is None):
        message, suggestion = f"`{prefix}` holds no further fields", f"write `{prefix}`"
    elif step.fields and kind is not None:
        message = f"{scope.label} has no field `{shown(path)}`"
        suggestion = _nearest_sibling(step.unknown, prefix, list(kind.fields))
    else:
        message = f"{scope.label} has no field `{shown(path)}`"
        suggestion = _outside(path, scope) or nearest(path, scope.paths)
    notes.error("unknown-field", message, place, suggestion)


def _nearest_sibling(word: str, prefix: str, names: list[str]) -> str:
    found = nearest(word, names)
    if found.startswith("did you mean `"):
        return found.replace("did you mean `", f"did you mean `{prefix}.", 1)
    return found


def _outside(path: str, scope: Scope) -> str:
    if not scope.outer or follow(scope.catalog, scope.outer, path).unknown:
        return ""
    return f"inside `where` stand the fields of {scope.label} only"
