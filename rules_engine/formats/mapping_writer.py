"""A mapping as canonical text: the same mapping always gives the same characters."""

from collections.abc import Mapping as Dict

from rules_engine.formats.format_versions import current
from rules_engine.formats.ruleset_writer import scalar_tree
from rules_engine.formats.yaml_writer import Bare, Tree, write_tree
from rules_engine.model.mapping import FieldMapping, LinesMapping, Mapping, Transform
from rules_engine.model.transforms import TRANSFORMS
from rules_engine.model.values import Missing, Value

_BODY = frozenset({"fields", "lines", "drop", "carry_over"})


def write_mapping(mapping: Mapping) -> str:
    """The text that `read_mapping` reads back as an equal mapping; the short form where it says all."""
    tree: dict[str, Tree] = {"format": Bare(str(current())), "mapping": mapping.name}
    return write_tree({**tree, **body_tree(mapping)}, blank_before=_BODY)


def body_tree(mapping: Mapping) -> dict[str, Tree]:
    """All of a mapping but its name."""
    tree: dict[str, Tree] = {"from": mapping.source_type, "to": mapping.target_type}
    if mapping.fields:
        tree["fields"] = {each.target: _field(each) for each in mapping.fields}
    if mapping.lines:
        tree["lines"] = {each.target: _lines(each) for each in mapping.lines}
    if mapping.drops:
        tree["drop"] = {each.source: each.reason for each in mapping.drops}
    if mapping.carry_over:
        tree["carry_over"] = mapping.carry_over
    return tree


def _lines(lines: LinesMapping) -> Tree:
    return {"from": lines.source, "fields": {each.target: _field(each) for each in lines.fields}}


def _field(each: FieldMapping) -> Tree:
    tree: dict[str, Tree] = {}
    if each.sources:
        tree["from"] = each.sources[0] if len(each.sources) == 1 else each.sources
    if not isinstance(each.value, Missing):
        tree["value"] = value_tree(each.value)
    if each.transforms:
        tree["through"] = [_transform(one) for one in each.transforms]
    if not isinstance(each.default, Missing):
        tree["otherwise"] = value_tree(each.default)
    if each.required:
        tree["required"] = Bare("true")
    return each.sources[0] if set(tree) == {"from"} and len(each.sources) == 1 else tree


def _transform(each: Transform) -> Tree:
    if not each.arguments:
        return each.name
    spec = TRANSFORMS.get(each.name)
    main = each.arguments.get(spec.main) if spec and set(each.arguments) == {spec.main} else None
    if main is not None and not isinstance(main, Dict):
        return {each.name: value_tree(main)}
    return {each.name: {key: value_tree(value) for key, value in each.arguments.items()}}


def value_tree(value: Value) -> Tree:
    """Any value as a tree; scalars as their field's type reads them."""
    match value:
        case tuple():
            return [value_tree(each) for each in value]
        case Dict():
            return {key: value_tree(each) for key, each in value.items()}
        case _:
            return scalar_tree(value)
