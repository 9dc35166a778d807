"""What is wrong with a mapping that reads well: fields that are not there, targets that nothing fills."""

from collections.abc import Callable, Iterator
from collections.abc import Mapping as Dict
from decimal import Decimal

from rules_engine.formats.notes import Notes, in_order, nearest, shown
from rules_engine.formats.paths import FREE, Scope, follow, is_free, unknown_field
from rules_engine.formats.typed_values import KINDS
from rules_engine.model.catalog import Catalog, DocumentType, Field, Type
from rules_engine.model.finding import Finding, Place, Severity
from rules_engine.model.mapping import FieldMapping, LinesMapping, Mapping, Transform
from rules_engine.model.transforms import TRANSFORMS
from rules_engine.model.values import Value

# The place of a word (a source path, a target's name) of a part of the mapping that stands at another place.
PlaceOf = Callable[[Place, str], Place]
OUTER = "^."
_TEXTS = (Type.TEXT, Type.RICH_TEXT, Type.RECORD)


def check_mapping(mapping: Mapping, catalog: Catalog) -> tuple[Finding, ...]:
    """Errors and warnings about a mapping, from top to bottom; empty where all is well."""
    return check_mapping_at(mapping, catalog, lambda place, _: place)


def check_mapping_at(mapping: Mapping, catalog: Catalog, place_of: PlaceOf) -> tuple[Finding, ...]:
    """`check_mapping` with the exact place of each word."""
    notes = Notes()
    lacking = [name for name in (mapping.source_type, mapping.target_type) if name not in catalog.types]
    for name in dict.fromkeys(lacking):
        message, place = f"there is no document type `{shown(name)}`", place_of(mapping.place, name)
        notes.error("unknown-document-type", message, place, nearest(name, list(catalog.types)))
    if not lacking:
        _Check(mapping, catalog, place_of, notes).everything()
    return in_order(notes.findings)


class _Check:
    """The mapping with all that is needed to judge its parts."""

    def __init__(self, mapping: Mapping, catalog: Catalog, place_of: PlaceOf, notes: Notes) -> None:
        self.mapping, self.catalog, self.place_of, self.notes = mapping, catalog, place_of, notes
        self.source = Scope(catalog, mapping.source_type)
        self.target = Scope(catalog, mapping.target_type)

    def everything(self) -> None:
        for each in self.mapping.fields:
            self._field(each, self.source, self.target)
        for lines in self.mapping.lines:
            self._lines(lines)
        for drop in self.mapping.drops:
            self._source(drop.source, self.source, drop.place)
        self._carry_over()
        tops = [(each.target, each.place) for each in self.mapping.fields]
        tops += [(each.target, each.place) for each in self.mapping.lines]
        self._twice(tops)
        self._required(self.target, {target for target, _ in tops} | {self.mapping.carry_over}, self.mapping.place)

    # --- parts -------------------------------------------------------------------------------------------------

    def _field(self, each: FieldMapping, source: Scope, target: Scope) -> None:
        self._target(each, target)
        for path in each.sources:
            self._source(path, source, each.place)
        for transform in each.transforms:
            self._transform(transform)
        self._together(each)
        if len(each.sources) == 1 and not each.transforms:
            self._kinds(each, source, target)

    def _kinds(self, each: FieldMapping, source: Scope, target: Scope) -> None:
        """A value that goes over as it is should be of the target's kind."""
        path = each.sources[0]
        root = source.outer if path.startswith(OUTER) else source.root
        left = follow(self.catalog, root, path.removeprefix(OUTER))
        right = follow(self.catalog, target.root, each.target)
        if left.unknown or right.unknown or _alike(left.fields[-1].type, right.fields[-1].type):
            return
        kinds = KINDS[left.fields[-1].type], KINDS[right.fields[-1].type]
        message = f"`{path}` is {kinds[0]}, and goes into `{each.target}`, which is {kinds[1]}"
        place, remedy = self.place_of(each.place, path), "change it on the way with `through`"
        self.notes.findings.append(Finding("type-mismatch", message, place, Severity.WARNING, remedy))

    def _lines(self, lines: LinesMapping) -> None:
        source = self._list(lines.source, self.source, lines.place)
        target = self._list(lines.target, self.target, lines.place)
        for each in lines.fields:
            if source and target:
                self._field(each, source, target)
        self._twice([(each.target, each.place) for each in lines.fields])
        if target:
            self._required(target, {each.target for each in lines.fields}, lines.place)

    def _list(self, path: str, scope: Scope, place: Place) -> Scope | None:
        field = self._known(path, scope, place)
        if field is None:
            return None
        if field.type is Type.RECORDS:
            # A list of an unknown document type is reported where the catalog says so.
            return scope.inside(field) if field.of in self.catalog.types else None
        message = f"lines go from list to list, and `{path}` is no list"
        self.notes.error("type-mismatch", message, self.place_of(place, path))
        return None

    def _source(self, path: str, scope: Scope, place: Place) -> None:
        inner, outer = path.removeprefix(OUTER), path.startswith(OUTER)
        if outer and not scope.outer:
            self.notes.error("unknown-field", f"`{OUTER}` means the document around the lines, and this is no line",
                             self.place_of(place, path), f"write `{inner}`")  # fmt: skip
            return
        used = Scope(self.catalog, scope.outer) if outer else scope
        known = self._known(inner, used, place, path)
        if known is not None and self._through_list(inner, used):
            self.notes.error("field-of-list", f"`{path}` is a field of a list's records, and so has many values",
                             self.place_of(place, path), "map the list below `lines`")  # fmt: skip

    def _target(self, each: FieldMapping, scope: Scope) -> None:
        place = self.place_of(each.place, each.target)
        field = self._known(each.target, scope, each.place, target=True)
        if field is None:
            return
        if self._through_list(each.target, scope):
            self.notes.error("field-of-list", f"`{each.target}` is a field of a list's records", place,
                             "map the list below `lines`")  # fmt: skip
        # The case is ours to fill: read-only there is what the CRM keeps.
        if field.read_only and self.mapping.target_type != "case":
            message = f"`{each.target}` is kept by {scope.label} itself, which may refuse or ignore a value"
            self.notes.findings.append(Finding("read-only-target", message, place, Severity.WARNING, "leave it out"))

    def _known(self, path: str, scope: Scope, place: Place, word: str = "", *, target: bool = False) -> Field | None:
        step = follow(self.catalog, scope.root, path)
        if not step.unknown:
            return step.fields[-1]
        if is_free(self.catalog, scope.root, path) or scope.root == FREE:
            return None
        if target:
            self._unknown_target(path, scope, place)
        else:
            unknown_field(path, step, scope, self.place_of(place, word or path), self.notes)
        return None

    def _unknown_target(self, path: str, scope: Scope, place: Place) -> None:
        words = list(scope.catalog.types[scope.root].fields)
        step = follow(self.catalog, scope.root, path)
        if step.fields:
            unknown_field(path, step, scope, self.place_of(place, path), self.notes)
            return
        self.notes.error("unknown-target", f"the target has no field `{shown(path)}`", self.place_of(place, path),
                         nearest(path, words, f"{scope.label} has"))  # fmt: skip

    def _through_list(self, path: str, scope: Scope) -> bool:
        return any(each.type is Type.RECORDS for each in follow(self.catalog, scope.root, path).fields[:-1])

    def _carry_over(self) -> None:
        path = self.mapping.carry_over
        field = self._known(path, self.target, self.mapping.place, target=True) if path else None
        if field is not None and field.type not in _TEXTS:
            self.notes.error("type-mismatch", f"`{path}` cannot carry over other fields: it is neither text nor record",
                             self.place_of(self.mapping.place, path))  # fmt: skip

    # --- the whole ---------------------------------------------------------------------------------------------

    def _twice(self, targets: list[tuple[str, Place]]) -> None:
        first: dict[str, Place] = {}
        for target, place in targets:
            names = target.split(".")
            starts = [".".join(names[:end]) for end in range(1, len(names) + 1)]
            over = next((each for each in starts if each in first), "")
            if over:
                self.notes.error("field-mapped-twice", f"`{target}` is filled twice, first in line {first[over].line}",
                                 self.place_of(place, target), "keep one of them")  # fmt: skip
            first.setdefault(target, place)

    def _required(self, scope: Scope, filled: set[str], place: Place) -> None:
        kind = self.catalog.types[scope.root]
        for field in _required(kind):
            if field.name not in filled and not any(each.startswith(f"{field.name}.") for each in filled):
                message = f"nothing fills `{field.name}`, which {scope.label} requires"
                self.notes.error("required-field-unmapped", message, place, f"write `{field.name}: ...`")

    # --- transforms --------------------------------------------------------------------------------------------

    def _transform(self, each: Transform) -> None:
        spec = TRANSFORMS.get(each.name)
        if spec is None:
            self.notes.error("unknown-transform", f"there is no transform `{shown(each.name)}`", each.place,
                             nearest(each.name, list(TRANSFORMS)))  # fmt: skip
            return
        for name in each.arguments:
            if name not in spec.arguments:
                self.notes.error("unknown-argument", f"`{each.name}` has no argument `{shown(name)}`",
                                 self.place_of(each.place, name),
                                 nearest(name, list(spec.arguments)) or "write its name alone")  # fmt: skip
        for name, required in spec.arguments.items():
            if required and name not in each.arguments:
                self.notes.error("missing-argument", f"`{each.name}` lacks `{name}`", each.place,
                                 f"write `{{{each.name}: {{{name}: ...}}}}`")  # fmt: skip
        self._argument_values(each)

    def _argument_values(self, each: Transform) -> None:
        for message in argument_problems(each.name, each.arguments):
            self.notes.error("type-mismatch", message, each.place)

    def _together(self, each: FieldMapping) -> None:
        several = [TRANSFORMS[one.name].several for one in each.transforms if one.name in TRANSFORMS]
        if len(each.sources) > 1 and not (several and several[0]):
            joins = ", ".join(f"`{name}`" for name, spec in TRANSFORMS.items() if spec.several)
            message = f"`{each.target}` has {len(each.sources)} sources, and nothing that puts them together"
            self.notes.error("missing-argument", message, each.place, f"begin `through` with one of {joins}")


_WORDS = frozenset({Type.TEXT, Type.RICH_TEXT, Type.REFERENCE, Type.CHOICE})
_FIGURES = frozenset({Type.NUMBER, Type.PERCENT})


def _alike(source: Type, target: Type) -> bool:
    return source == target or {source, target} <= _WORDS or {source, target} <= _FIGURES


def _required(kind: DocumentType) -> Iterator[Field]:
    return (field for field in kind.fields.values() if field.required and not field.read_only)


def argument_problems(name: str, arguments: Dict[str, Value]) -> Iterator[str]:
    """Arguments of known transforms whose values cannot be meant."""
    length = arguments.get("length")
    if name == "truncate" and length is not None and not _whole(length):
        yield "`length` is a whole number of characters from 1"
    values, other = arguments.get("values"), arguments.get("other")
    if name == "map" and values is not None and not isinstance(values, dict):
        yield "`values` is a mapping of each value to what becomes of it"
    fits = other in (None, "stop", "pass") or (isinstance(other, dict) and set(other) == {"use"})
    if "other" in arguments and not fits:
        yield "`other` is `stop`, `pass` or `{use: value}`"
    decimals = arguments.get("decimals")
    if decimals is not None and not (isinstance(decimals, Decimal) and decimals in range(21)):
        yield "`decimals` is a whole number from 0 to 20"
    if name == "split_name" and arguments.get("part") not in ("given", "family"):
        yield "`part` is `given` or `family`"
    for key in ("in", "by", "with", "title", "region", "format", "zone", "to", "text", "decimal", "thousands"):
        if key in arguments and not isinstance(arguments[key], str):
            yield f"`{key}` is a text"


def _whole(value: Value) -> bool:
    return isinstance(value, Decimal) and value >= 1 and value == int(value)
