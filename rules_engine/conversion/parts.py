"""A target record in the making, with the lineage of its leaves."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from rules_engine.conversion.context import Context
from rules_engine.conversion.fill import Filled, Scope, fill
from rules_engine.model.conversion import Lineage
from rules_engine.model.finding import Finding
from rules_engine.model.mapping import FieldMapping
from rules_engine.model.values import Missing, Record, put


@dataclass(frozen=True)
class Part:
    """The header of a document or one of its lines; target paths of the lineage are those below it."""

    record: Record = field(default_factory=dict)
    lineage: tuple[Lineage, ...] = ()
    problems: tuple[Finding, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    passed_over: Mapping[str, str] = field(default_factory=dict)

    @property
    def used(self) -> Iterator[str]:
        """The source paths that reached this part."""
        return (source.path for each in self.lineage for source in each.sources)


def part(fields: Iterable[FieldMapping], scope: Scope, context: Context) -> Part:
    """All fields of one target record, in the order of the mapping: a later one overwrites an earlier."""
    made = Part()
    for each in fields:
        made = with_filled(made, each.target, fill(each, scope, context))
    return made


def with_filled(made: Part, target: str, filled: Filled) -> Part:
    noted = replace(
        made,
        problems=(*made.problems, *filled.problems),
        failed={**made.failed, **filled.failed},
        passed_over={**made.passed_over, **filled.passed_over},
    )
    if isinstance(filled.value, Missing):
        return noted
    cleared = without(noted, target)
    return replace(
        cleared, record=put(cleared.record, target, filled.value), lineage=(*cleared.lineage, *filled.lineage)
    )


def without(made: Part, target: str) -> Part:
    """The part without the lineage of what a write to `target` overwrites."""
    if target.partition(".")[0] not in made.record:
        return made
    gone = [each for each in made.lineage if _overlap(each.target, target)]
    if not gone:
        return made
    reasons = {source.path: f"`{target}` is written again further down" for each in gone for source in each.sources}
    kept = tuple(each for each in made.lineage if not _overlap(each.target, target))
    return replace(made, lineage=kept, passed_over={**made.passed_over, **reasons})


def _overlap(written: str, target: str) -> bool:
    # A field below a list that was written whole puts a record in the place of the list.
    over = (f"{written}.", f"{written.partition('[')[0]}.")
    return written == target or written.startswith((f"{target}.", f"{target}[")) or target.startswith(over)
