"""One target field: its sources read, its transforms run, its value and where it came from."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field

from rules_engine.conversion.context import Context, Done, Failed
from rules_engine.conversion.text_transforms import shortened
from rules_engine.conversion.transforms import TRANSFORMS
from rules_engine.model import transforms as table
from rules_engine.model.conversion import Change, Lineage, Origin, SourceValue
from rules_engine.model.finding import Finding
from rules_engine.model.mapping import FieldMapping, Transform
from rules_engine.model.values import MISSING, Missing, Record, Value, get, identity, is_empty, leaves


@dataclass(frozen=True)
class Scope:
    """Where a field is filled from and to.

    `path` names `record` in the source document ("" for the document itself, `line_items[L-2]` for a line), `outer`
    is the document that holds it. `target` is the path of the list in the target document, "" for the document.
    """

    record: Record
    target_type: str
    path: str = ""
    outer: Record | None = None
    target: str = ""

    def read(self, source: str) -> "Source":
        if source.startswith("^."):
            return Source(source[2:], get(self.outer or {}, source[2:]))
        return Source(f"{self.path}.{source}" if self.path else source, get(self.record, source))


@dataclass(frozen=True)
class Source:
    """A source as read; `path` is that in the whole source document."""

    path: str
    value: Value | Missing

    @property
    def given(self) -> Value:
        return None if isinstance(self.value, Missing) else self.value

    @property
    def leaves(self) -> tuple[SourceValue, ...]:
        return tuple(SourceValue(path, value) for path, value in leaves(self.given, self.path))


@dataclass(frozen=True)
class Filled:
    """What one field came to; MISSING leaves the target field out.

    `lineage` has target paths below the scope. `failed` and `passed_over` say for source paths why they did not go
    into this field; the former is final, the latter leaves the source free to be carried over.
    """

    value: Value | Missing = MISSING
    lineage: tuple[Lineage, ...] = ()
    problems: tuple[Finding, ...] = ()
    failed: Mapping[str, str] = dataclass_field(default_factory=dict)
    passed_over: Mapping[str, str] = dataclass_field(default_factory=dict)


@dataclass(frozen=True)
class _Chain:
    """A value on its way through the transforms."""

    value: Value
    sources: tuple[SourceValue, ...]
    changes: tuple[Change, ...] = ()
    failed: Failed | None = None
    at: Transform | None = None


def fill(field: FieldMapping, scope: Scope, context: Context) -> Filled:
    """The field's value with its lineage, or why it is left out. Raises the Retryable of a look-up."""
    filled = _fixed(field, scope, context) if not field.sources else _from_sources(field, scope, context)
    empty = isinstance(filled.value, Missing) or is_empty(filled.value)
    if field.required and empty and not filled.problems:
        return replace(filled, problems=(_required(field, scope),))
    return filled


def _fixed(field: FieldMapping, scope: Scope, context: Context) -> Filled:
    if isinstance(field.value, Missing):
        return _default(field, scope, context, ())
    chain = _run(field, _Chain(field.value, ()), context)
    return _written(field, scope, context, chain, Origin.FIXED)


def _from_sources(field: FieldMapping, scope: Scope, context: Context) -> Filled:
    sources = tuple(scope.read(source) for source in field.sources)
    populated = tuple(leaf for source in sources for leaf in source.leaves)
    if all(is_empty(source.given) for source in sources) and not isinstance(field.default, Missing):
        return _default(field, scope, context, populated)
    spec = table.TRANSFORMS.get(field.transforms[0].name) if field.transforms else None
    if spec is None or not spec.several:
        if len(sources) > 1:
            together = Failed("it has several sources and nothing to join them", "begin with `join` or `first`")
            return _failed(field, scope, _Chain(None, populated, failed=together))
        if not field.transforms:
            return _copied(field, scope, context, sources[0])
        start: Value = sources[0].given
    else:
        start = tuple(source.given for source in sources)
    chain = _run(field, _Chain(start, populated), context)
    if spec is not None and spec.name == "first" and chain.failed is None:
        return _only_first(field, scope, context, chain, sources)
    return _written(field, scope, context, chain, Origin.TRANSFORMED, sent_null=_sent_null(sources))


def _only_first(
    field: FieldMapping, scope: Scope, context: Context, chain: _Chain, sources: tuple[Source, ...]
) -> Filled:
    """Only the source that came first is a source of the field; the others are told which it was."""
    picked = next((source for source in sources if not is_empty(source.given)), None)
    if picked is None:
        return _written(field, scope, context, chain, Origin.TRANSFORMED, sent_null=_sent_null(sources))
    filled = _written(field, scope, context, replace(chain, sources=picked.leaves), Origin.TRANSFORMED)
    others = (leaf for source in sources if source.path != picked.path for leaf in source.leaves)
    reason = f"`{picked.path}` came first for `{_named(field, scope)}`"
    return replace(filled, passed_over={leaf.path: reason for leaf in others})


def _run(field: FieldMapping, chain: _Chain, context: Context) -> _Chain:
    """The transforms one after the other, until one fails or gives nothing."""
    several = table.TRANSFORMS.get(field.transforms[0].name) if field.transforms else None
    if chain.value is None and not (several and several.several):
        return chain
    for transform in field.transforms:
        function = TRANSFORMS.get(transform.name)
        if function is None:
            return replace(chain, failed=Failed(f"there is no transform `{transform.name}`"), at=transform)
        outcome = function(chain.value, transform.arguments, context)
        if isinstance(outcome, Failed):
            return replace(chain, failed=outcome, at=transform)
        change = Change(transform.name, outcome.value, outcome.loss)
        chain = replace(chain, value=outcome.value, changes=(*chain.changes, change))
        if outcome.value is None:
            break
    return chain


def _copied(field: FieldMapping, scope: Scope, context: Context, source: Source) -> Filled:
    """A record or a list of records leaf by leaf, so that each leaf knows its own source."""
    value, cuts = _fitted(source.given, field, scope, context)
    if value is None:
        return Filled(_nothing(scope, _sent_null((source,))))
    lineage = tuple(
        _cut_lineage(Lineage(target, leaf.value, Origin.COPIED, (leaf,)), cuts)
        for (target, _), leaf in zip(leaves(source.given, field.target), source.leaves, strict=True)
    )
    return Filled(value, lineage)


def _written(
    field: FieldMapping, scope: Scope, context: Context, chain: _Chain, origin: Origin, *, sent_null: bool = False
) -> Filled:
    if chain.failed is not None:
        return _failed(field, scope, chain)
    if is_empty(chain.value) and chain.value != "":
        if chain.changes and not isinstance(field.default, Missing):
            return _default(field, scope, context, chain.sources)
        reason = f"nothing in it for `{_named(field, scope)}`"
        unused = {leaf.path: reason for leaf in chain.sources if is_empty(leaf.value)}
        reason = f"`{_named(field, scope)}` has no value"
        others = {leaf.path: reason for leaf in chain.sources if leaf.path not in unused}
        return Filled(_nothing(scope, sent_null), failed=unused, passed_over=others)
    value, cuts = _fitted(chain.value, field, scope, context)
    lineage = tuple(
        _cut_lineage(Lineage(target, leaf, origin, chain.sources, chain.changes), cuts)
        for target, leaf in leaves(chain.value, field.target)
    )
    return Filled(value, lineage)


def _default(field: FieldMapping, scope: Scope, context: Context, sources: tuple[SourceValue, ...]) -> Filled:
    if isinstance(field.default, Missing):
        return Filled()
    filled = _written(field, scope, context, _Chain(field.default, ()), Origin.DEFAULTED)
    return replace(filled, lineage=tuple(replace(each, sources=sources) for each in filled.lineage))


def _failed(field: FieldMapping, scope: Scope, chain: _Chain) -> Filled:
    why = chain.failed or Failed("")
    origin = f" (from {', '.join(f'`{path}`' for path in _full_paths(field, scope))})" if field.sources else ""
    finding = Finding(
        check="unconvertible-value",
        message=f"`{_named(field, scope)}`{_of_line(scope)} cannot be filled: {why.message}{origin}",
        place=chain.at.place if chain.at else field.place,
        suggestion=why.remedy,
    )
    reason = f"`{_named(field, scope)}` could not be filled: {why.message}"
    return Filled(problems=(finding,), failed={leaf.path: reason for leaf in chain.sources})


def _required(field: FieldMapping, scope: Scope) -> Finding:
    paths = " and ".join(f"`{path}`" for path in _full_paths(field, scope))
    return Finding(
        check="required-value",
        message=f"`{_named(field, scope)}`{_of_line(scope)} is required, but {paths or 'its value'} is empty",
        place=field.place,
        suggestion=f"fill {paths} in, or give the field a default" if paths else "give the field a value",
    )


def _full_paths(field: FieldMapping, scope: Scope) -> list[str]:
    return [scope.read(source).path for source in field.sources]


def _named(field: FieldMapping, scope: Scope) -> str:
    return f"{scope.target}.{field.target}" if scope.target else field.target


def _of_line(scope: Scope) -> str:
    line = re.search(r"\[([^\]]*)\]$", scope.path)
    return f" of line `{line.group(1)}`" if line else ""


def _sent_null(sources: tuple[Source, ...]) -> bool:
    return any(source.value is None for source in sources)


def _nothing(scope: Scope, sent_null: bool) -> Value | Missing:
    """A case remembers a null that a system sent, so that `is empty` is true of it; a document leaves it out."""
    return None if sent_null and scope.target_type == "case" else MISSING


def _cut_lineage(lineage: Lineage, cuts: Mapping[str, Done]) -> Lineage:
    cut = cuts.get(lineage.target)
    if cut is None:
        return lineage
    origin = Origin.TRANSFORMED if lineage.origin is Origin.COPIED else lineage.origin
    changes = (*lineage.changes, Change("truncate", cut.value, cut.loss))
    return replace(lineage, value=cut.value, origin=origin, changes=changes)


def _fitted(value: Value, field: FieldMapping, scope: Scope, context: Context) -> tuple[Value, Mapping[str, Done]]:
    """The value without its nulls (a case keeps them), every text cut to what the target's field holds.

    None where nothing is left. The cuts are by target path below the scope.
    """
    keep = scope.target_type == "case"
    cuts = dict(_cuts(value, field, scope, context))
    return _rebuilt(value, field.target, cuts, keep), cuts


def _cuts(value: Value, field: FieldMapping, scope: Scope, context: Context) -> Iterator[tuple[str, Done]]:
    if context.catalog is None:
        return
    for path, leaf in leaves(value, field.target):
        known = context.catalog.find(scope.target_type, f"{scope.target}.{path}" if scope.target else path)
        if known and known.max_length is not None and isinstance(leaf, str) and len(leaf) > known.max_length:
            yield path, shortened(leaf, known.max_length)


def _rebuilt(value: Value, path: str, cuts: Mapping[str, Done], keep_null: bool) -> Value:
    if isinstance(value, Mapping):
        inner = {name: _rebuilt(part, f"{path}.{name}", cuts, keep_null) for name, part in value.items()}
        kept = {name: part for name, part in inner.items() if keep_null or part is not None}
        return kept or (value if keep_null else None)
    if isinstance(value, tuple) and value and all(isinstance(item, Mapping) for item in value):
        return tuple(
            _rebuilt(item, f"{path}[{identity(item, position)}]", cuts, keep_null) or {}
            for position, item in enumerate(value)
        )
    if value == () and not keep_null:
        return None
    return cuts[path].value if path in cuts else value

