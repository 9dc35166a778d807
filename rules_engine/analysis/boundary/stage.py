"""A case in the making: the record that conditions look at, changed a value at a time, and judged by the reference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rules_engine.analysis.boundary.nearby import ordinary
from rules_engine.evaluation.match import trace_condition
from rules_engine.evaluation.scene import Scene
from rules_engine.model.case import Event
from rules_engine.model.catalog import Catalog, Field, Type
from rules_engine.model.decision import Trace, Truth
from rules_engine.model.ruleset import Condition
from rules_engine.model.values import Missing, Record, Value, get, put, without


@dataclass(frozen=True)
class Stage:
    """A case in the making, at an instant; `root` is the document type of the scene's record."""

    scene: Scene
    catalog: Catalog
    root: str = "case"

    def trace(self, condition: Condition) -> Trace:
        return trace_condition(condition, self.scene)

    def truth(self, condition: Condition) -> Truth:
        return self.trace(condition).truth

    def field(self, path: str) -> Field:
        """The catalog's field, or a text where it has none."""
        return self.catalog.find(self.root, path) or Field(path, Type.TEXT)

    def ordinary(self, path: str) -> Value:
        return ordinary(self.field(path), self.scene.now, self.scene.case.zone)

    def with_record(self, record: Record) -> "Stage":
        case = self.scene.case if self.scene.prefix else replace(self.scene.case, record=record)
        return replace(self, scene=replace(self.scene, record=record, case=case))

    def placed(self, path: str, value: Value | Missing) -> "Stage":
        """The stage with a value at a path; MISSING takes it away."""
        record = self.scene.record
        return self.with_record(without(record, path) if isinstance(value, Missing) else put(record, path, value))

    def before(self, path: str, value: Value | Missing) -> "Stage":
        """The stage with a value at a path of what the case was at the last evaluation."""
        case = self.scene.case
        old = case.record if case.previous is None else case.previous
        old = without(old, path) if isinstance(value, Missing) else put(old, path, value)
        return replace(self, scene=replace(self.scene, case=replace(case, previous=old)))

    def with_events(self, events: Sequence[Event]) -> "Stage":
        return replace(self, scene=replace(self.scene, case=replace(self.scene.case, events=tuple(events))))

    def inside(self, collection: str, item: Record) -> "Stage":
        """The stage of one record of a list."""
        scene = replace(self.scene, record=item, prefix=f"{self.scene.prefix}{collection}.")
        return Stage(scene, self.catalog, self.field(collection).of)

    def items(self, collection: str) -> tuple[Record, ...]:
        found = get(self.scene.record, collection)
        return tuple(each for each in found if isinstance(each, Mapping)) if isinstance(found, tuple) else ()
