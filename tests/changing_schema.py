"""A connector whose system reports another schema from one call to the next."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from rules_engine.model.catalog import Catalog, Field
from rules_engine.model.errors import Problem

Change = Callable[[Catalog], Catalog]


def field(document_type: str, name: str, **changed: Any) -> Change:
    """The field with other properties; one that is not there is made of them."""

    def change(catalog: Catalog) -> Catalog:
        fields = catalog.types[document_type].fields
        known = fields.get(name)
        other = replace(known, **changed) if known else Field(name, **changed)
        return _with(catalog, document_type, {**fields, name: other})

    return change


def removed(document_type: str, name: str) -> Change:
    def change(catalog: Catalog) -> Catalog:
        fields = catalog.types[document_type].fields
        return _with(catalog, document_type, {key: each for key, each in fields.items() if key != name})

    return change


def without_choice(document_type: str, name: str, code: str) -> Change:
    def change(catalog: Catalog) -> Catalog:
        known = catalog.types[document_type].fields[name]
        left = tuple(each for each in known.choices if each.code != code)
        return field(document_type, name, choices=left)(catalog)

    return change


def _with(catalog: Catalog, document_type: str, fields: Mapping[str, Field]) -> Catalog:
    kind = replace(catalog.types[document_type], fields=fields)
    return replace(catalog, types={**catalog.types, document_type: kind})


class Changing:
    """The connector `inner`, whose system's administrator does `changes`; with `down` it does not answer."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.changes: list[Change] = []
        self.down: Problem | None = None
        self.asked = 0

    def schema(self) -> Catalog:
        self.asked += 1
        if self.down:
            raise self.down
        found: Catalog = self._inner.schema()
        for change in self.changes:
            found = change(found)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
