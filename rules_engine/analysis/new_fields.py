"""What is new in a connected system's schema, with the field of ours that it most likely belongs to."""

from collections.abc import Iterable, Mapping

from rules_engine.analysis.schema_changes import Kind, SchemaChange
from rules_engine.conversion.suggest.schema import Schema, SchemaField, schema_of
from rules_engine.conversion.suggest.suggest import Suggestion, suggest
from rules_engine.model.catalog import Catalog
from rules_engine.model.mapping import Mapping as FieldMappings


def read_into(to_case: FieldMappings, known: Catalog) -> dict[str, str]:
    """Our document type for each of a CRM's: what a new field may fill of the quote, and of its lines."""
    return {to_case.source_type: "quote", **_of_lines(to_case, known)}


def written_from(native: FieldMappings, known: Catalog) -> dict[str, str]:
    """Our document type for each of an order system's: what may fill a new field there."""
    turned = {theirs: ours for ours, theirs in _of_lines(native, known).items()}
    return {native.target_type: native.source_type, **turned}


def _of_lines(mapping: FieldMappings, known: Catalog) -> dict[str, str]:
    ends = (
        (known.find(mapping.source_type, each.source), known.find(mapping.target_type, each.target))
        for each in mapping.lines
    )
    return {source.of: target.of for source, target in ends if source and target}


def proposals(
    changes: Iterable[SchemaChange], schema: Catalog, known: Catalog, ours: Mapping[str, str], *, reads: bool
) -> dict[SchemaChange, Suggestion]:
    """The likeliest field of ours for each new one of theirs; nothing where none is likely.

    `schema` is what the system reports now; `ours` is what `read_into` (with `reads`) or `written_from` says.
    """
    found: dict[SchemaChange, Suggestion] = {}
    for change in changes:
        if change.kind is Kind.ADDED and change.document_type in ours:
            new, own = _alone(change, schema), schema_of(known, ours[change.document_type])
            offers = suggest(new, own) if reads else suggest(own, new)
            likely = next((each for each in offers if each.accept), None)
            if likely is not None:
                found[change] = likely
    return found


def _alone(change: SchemaChange, schema: Catalog) -> Schema:
    kind = schema.types[change.document_type]
    field = kind.fields[change.field]
    picklist = tuple((each.code, each.label) for each in field.choices)
    one = SchemaField(field.name, field.label, field.type.value, field.of, picklist)
    return Schema((one,), change.document_type.partition(".")[0], kind.label)
