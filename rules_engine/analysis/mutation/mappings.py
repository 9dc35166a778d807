"""Every mapping that differs from a mapping in one place."""

from collections.abc import Iterator
from dataclasses import replace

from rules_engine.analysis.mutation.mutant import MappingMutant
from rules_engine.formats.mapping_check import check_mapping
from rules_engine.model.catalog import Catalog
from rules_engine.model.finding import Severity
from rules_engine.model.mapping import FieldMapping, Mapping
from rules_engine.model.transforms import TRANSFORMS
from rules_engine.model.values import MISSING, Missing


def mapping_mutants(mapping: Mapping, catalog: Catalog) -> Iterator[MappingMutant]:
    """Each field, transform and `otherwise` dropped once; not where the checks refuse the mapping that is left."""
    for each in _all(mapping):
        if all(finding.severity is not Severity.ERROR for finding in check_mapping(each.mapping, catalog)):
            yield each


def _all(mapping: Mapping) -> Iterator[MappingMutant]:
    for kind, what, field, changed in _fields(mapping.fields):
        yield MappingMutant(kind, what, field.place, field.target, replace(mapping, fields=changed))
    for position, lines in enumerate(mapping.lines):
        for kind, what, field, changed in _fields(lines.fields):
            others = (*mapping.lines[:position], replace(lines, fields=changed), *mapping.lines[position + 1 :])
            target = f"{lines.target}.{field.target}"
            yield MappingMutant(kind, what, field.place, target, replace(mapping, lines=others))


def _fields(fields: tuple[FieldMapping, ...]) -> Iterator[tuple[str, str, FieldMapping, tuple[FieldMapping, ...]]]:
    """(kind, what, field, all fields after the change)."""
    for position, each in enumerate(fields):
        before, after = fields[:position], fields[position + 1 :]
        yield "dropped field", f"dropped: field `{each.target}`", each, (*before, *after)
        for what, changed in _parts(each):
            yield "dropped part", f"dropped: {what} of field `{each.target}`", each, (*before, changed, *after)


def _parts(field: FieldMapping) -> Iterator[tuple[str, FieldMapping]]:
    for position, each in enumerate(field.transforms):
        spec = TRANSFORMS.get(each.name)
        # What joins several sources cannot be left out.
        if len(field.sources) > 1 and spec is not None and spec.several:
            continue
        rest = (*field.transforms[:position], *field.transforms[position + 1 :])
        yield f"`{each.name}`", replace(field, transforms=rest)
    if not isinstance(field.default, Missing):
        yield "`otherwise`", replace(field, default=MISSING)
