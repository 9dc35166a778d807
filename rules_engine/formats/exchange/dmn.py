"""A DMN decision table as a ruleset: a row a rule, a cell a condition on one field.

Source of the format: OMG DMN 1.2 to 1.5, chapter 8 (decision tables), its XML interchange; what cells mean is FEEL's
(chapters 9 and 10): a comparison with null is null and so no match, but equality with null is false.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from rules_engine.formats.exchange.dmn_cells import Column, read_cell
from rules_engine.formats.exchange.feel_unary import Endpoint, NotFeel, read_literal
from rules_engine.formats.exchange.imported import (
    Imported,
    Spot,
    Wanted,
    finished,
    free_name,
    held_for,
    is_name,
    outcome,
    title_of,
)
from rules_engine.formats.exchange.xml_tree import Element, read_xml
from rules_engine.formats.notes import Notes, nearest, shown
from rules_engine.formats.paths import Scope
from rules_engine.model.catalog import Catalog
from rules_engine.model.errors import Unreadable
from rules_engine.model.finding import Finding
from rules_engine.model.ruleset import All, Condition, HitPolicy, Outcome, Rule, Ruleset, Verdict

NAMESPACES = {
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
}
_POLICIES = {
    "FIRST": HitPolicy.FIRST,
    "ANY": HitPolicy.FIRST,
    "UNIQUE": HitPolicy.UNIQUE,
    "COLLECT": HitPolicy.COLLECT,
    "RULE ORDER": HitPolicy.COLLECT,
}
VERDICT, REASON = "verdict", "reason"


@dataclass(frozen=True)
class Table:
    """Which decision of the file is wanted ("" where there is one), and fields for inputs that are no paths."""

    decision: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


def read_dmn(data: bytes, catalog: Catalog, wanted: Wanted, table: Table | None = None, file: str = "") -> Imported:
    """The ruleset of one decision table; raises Unreadable with everything that has no counterpart."""
    asked = table or Table()
    root = read_xml(data, file)
    _check_root(root)
    decision = _decision(root, asked.decision)
    notes = Notes()
    spot = Spot(Scope(catalog, "case"), notes, wanted, "", decision.place)
    _check_language(root, spot)
    found = _Reading(spot, decision, next(decision.each("decisionTable")), asked).ruleset()
    return finished(found, catalog, notes)


def _check_root(root: Element) -> None:
    if root.name != "definitions":
        message = f"a DMN file begins with `definitions`, and here stands `{shown(root.name)}`"
        raise Unreadable([Finding("wrong-shape", message, root.place)])
    if root.namespace not in NAMESPACES:
        message = f"`{shown(root.namespace) or 'no namespace'}` is no edition of DMN that is read"
        editions = ", ".join(NAMESPACES.values())
        raise Unreadable([Finding("unknown-format", message, root.place, suggestion=f"save it as DMN {editions}")])


def _decision(root: Element, wanted: str) -> Element:
    """The decision table that is asked for, or the only one."""
    tables = [each for each in root.each("decision") if each.first("decisionTable") is not None]
    names = [each.attributes.get("name", "") for each in tables]
    if not tables:
        raise Unreadable([Finding("unknown-decision", "the file has no decision table", root.place)])
    if wanted:
        found = [each for each in tables if wanted in (each.attributes.get("id"), each.attributes.get("name"))]
        if len(found) == 1:
            return found[0]
        several = f"{len(found)} decision tables are" if found else "no decision table is"
        message, hint = f"{several} called `{shown(wanted)}`", nearest(wanted, names, "there are")
        raise Unreadable([Finding("unknown-decision", message, root.place, suggestion=hint)])
    if len(tables) > 1:
        listed = ", ".join(f"`{shown(each)}`" for each in names[:12])
        message = f"the file has {len(tables)} decision tables: {listed}"
        raise Unreadable([
            Finding("unknown-decision", message, tables[1].place, suggestion="say which with `--decision`")
        ])  # fmt: skip
    return tables[0]


def _check_language(element: Element, spot: Spot) -> None:
    said = element.attributes.get("expressionLanguage", "")
    if said and "feel" not in said.lower():
        replace(spot, place=element.place).error(
            "no-counterpart", f"the expression language `{shown(said)}` has no counterpart", "write FEEL")  # fmt: skip


@dataclass(frozen=True)
class _Row:
    """A row read: without `when` it is true of every case."""

    number: int
    element: Element
    when: Condition | None
    then: Outcome


class _Reading:
    """One decision table on its way to a ruleset."""

    def __init__(self, spot: Spot, decision: Element, table: Element, asked: Table) -> None:
        self.spot, self.decision, self.table, self.asked = spot, decision, table, asked

    def at(self, element: Element, path: str) -> Spot:
        return replace(self.spot, path=path, place=element.place)

    def ruleset(self) -> Ruleset:
        policy = self.policy()
        columns = [self.column(number, each) for number, each in enumerate(self.table.each("input"), 1)]
        verdict, reason = self.outputs()
        rows = [self.row(at, each, columns, verdict, reason) for at, each in enumerate(self.table.each("rule"), 1)]
        known = [each for each in rows if each is not None]
        otherwise = self.default(verdict, reason)
        always = next((each for each in known if each.when is None), None)
        if always is not None:
            otherwise = self.last(always, known, policy)
            known = known[: known.index(always)]
        if not known and not self.spot.notes.findings:
            self.at(self.table, "").error("missing-key", "no row has a condition", "write at least one rule")
        wanted, taken = self.spot.wanted, dict[str, int]()
        rules = tuple(_rule(each, each.when, taken) for each in known if each.when is not None)
        title = title_of(self.decision.attributes.get("name", ""), wanted.name)
        return Ruleset(wanted.name, title, wanted.step, rules, policy, otherwise, self.decision.said("description"))

    def policy(self) -> HitPolicy:
        said = self.table.attributes.get("hitPolicy", "UNIQUE")
        added = self.table.attributes.get("aggregation", "")
        spot = self.at(self.table, "")
        if said not in _POLICIES or (added and said == "COLLECT"):
            spot.error("no-counterpart", f"the hit policy `{shown(f'{said} {added}'.strip())}` has no counterpart",
                       "there are FIRST, UNIQUE, ANY, RULE ORDER, and COLLECT that adds nothing up")  # fmt: skip
        if said == "ANY":
            spot.report("read-as-first", "under `ANY` all rows that match must agree, and here the first of them "
                        "decides", "let no two rows match, or make them agree")  # fmt: skip
        return _POLICIES.get(said, HitPolicy.FIRST)

    # --- columns

    def column(self, number: int, element: Element) -> Column | None:
        """The field of an input: its expression, or what the caller says for its label or expression."""
        expression = element.first("inputExpression")
        said = expression.said("text") if expression is not None else ""
        label = element.attributes.get("label", "").strip() or said
        spot = self.at(element, f"input {number} `{shown(label)}`")
        if expression is not None:
            _check_language(expression, spot)
        mapped = next((self.asked.columns[each] for each in (label, said) if each in self.asked.columns), None)
        path = mapped if mapped is not None else ".".join(part.strip() for part in said.split("."))
        hint = f'say its field, such as `--map "{shown(label)}=opportunity.amount"`'
        found = replace(spot, hint=hint).field_at(path or label)
        return Column(path, found, label, self.asked.columns) if found is not None else None

    def outputs(self) -> tuple[int, int | None]:
        """The places of the verdict and of the reason among the outputs."""
        found = list(self.table.each("output"))
        names = [_name(each) for each in found]
        if len(found) == 1:
            return 0, None
        verdict = names.index(VERDICT) if VERDICT in names else None
        reason = names.index(REASON) if REASON in names else None
        for at, each in enumerate(found):
            if at not in (verdict, reason):
                said = each.attributes.get("name") or each.attributes.get("label") or ""
                self.at(each, "").error("no-counterpart", f"the output `{shown(said)}` has no counterpart",
                                        f"keep one output, or two called `{VERDICT}` and `{REASON}`")  # fmt: skip
        if verdict is None and not found:
            self.at(self.table, "").error("missing-key", "the table has no output", "write one")
        return verdict or 0, reason

    # --- rows

    def row(self, number: int, element: Element, columns: list[Column | None], verdict: int, reason: int | None
            ) -> _Row | None:  # fmt: skip
        cells, outputs = list(element.each("inputEntry")), list(element.each("outputEntry"))
        if len(cells) != len(columns) or len(outputs) <= max(verdict, reason or 0):
            self.at(element, f"row {number}").error("wrong-shape", "the row has not as many cells as the table columns")
            return None
        conditions: list[Condition] = []
        known = True
        for cell, column in zip(cells, columns, strict=True):
            if column is None:
                known = False
                continue
            spot = self.at(cell, f"row {number}, `{shown(column.label)}`")
            _check_language(cell, spot)
            found = read_cell(cell.said("text"), column, spot)
            known = known and found is not None
            conditions += found or ()
        then = self.then(number, element, outputs[verdict], outputs[reason] if reason is not None else None)
        if then is None or not known:
            return None
        when = None if not conditions else conditions[0] if len(conditions) == 1 else All(tuple(conditions))
        return _Row(number, element, when, then)

    def then(self, number: int, row: Element, verdict: Element, reason: Element | None) -> Outcome | None:
        spot = self.at(verdict, f"row {number}")
        said = self.literal(verdict, spot)
        why = self.literal(reason, self.at(reason, f"row {number}, `{REASON}`")) if reason is not None else None
        if said is None or (reason is not None and why is None):
            return None
        found = outcome(said.text, why.text if why is not None and why.kind == "string" else "", spot)
        name = shown(self.decision.attributes.get("name", ""))
        return held_for(found, _note(row) or f"row {number} of `{name}`") if found else None

    def literal(self, element: Element, spot: Spot) -> Endpoint | None:
        """The value of an output entry; None after a finding."""
        _check_language(element, spot)
        text = element.said("text")
        try:
            found = read_literal(text) if text else Endpoint("null", "null")
            why = "it is the name of another value" if found.kind == "name" else ""
        except NotFeel as problem:
            why = str(problem)
        if why:
            spot.error("not-feel", f"`{shown(text)}` is no value ({why})", 'write such as `"convert"`, in quotes')
        return None if why else found

    def default(self, verdict: int, reason: int | None) -> Outcome:
        """The outcome of the outputs' default entries."""
        outputs = list(self.table.each("output"))
        entries = [each.first("defaultOutputEntry") for each in outputs]
        entry = entries[verdict] if verdict < len(entries) else None
        why = entries[reason] if reason is not None and reason < len(entries) else None
        if entry is None:
            return Outcome(Verdict.IGNORE)
        spot = self.at(entry, "the default output")
        said = self.literal(entry, spot)
        because = self.literal(why, spot) if why is not None else None
        text = because.text if because is not None and because.kind == "string" else ""
        found = outcome(said.text, text, spot) if said is not None else None
        return held_for(found, "no row matches") if found else Outcome(Verdict.IGNORE)

    def last(self, always: _Row, rows: list[_Row], policy: HitPolicy) -> Outcome:
        """A row without a condition is what happens otherwise, where the first row that matches decides."""
        spot = self.at(always.element, f"row {always.number}")
        if policy is not HitPolicy.FIRST:
            spot.error("no-counterpart", f"a row that is true of every case has no counterpart under `{policy}`",
                       "give it a condition, or write a default output entry")  # fmt: skip
        for each in rows[rows.index(always) + 1 :]:
            self.at(each.element, f"row {each.number}").report(
                "never-fires", f"the row can never decide: row {always.number} above it is true of every case",
                "delete it")  # fmt: skip
        return always.then


def _name(output: Element) -> str:
    return (output.attributes.get("name") or output.attributes.get("label") or "").strip().lower()


def _note(row: Element) -> str:
    """What people wrote at the row: its description, or the first annotation."""
    return row.said("description") or next(_annotations(row), "")


def _annotations(row: Element) -> Iterator[str]:
    return (text for each in row.each("annotationEntry") if (text := each.said("text")))


def _rule(row: _Row, when: Condition, taken: dict[str, int]) -> Rule:
    """A row's id is its rule's where it is a name for people."""
    said = row.element.attributes.get("id", "").lstrip("_")
    name = free_name(said if is_name(said) else "", f"row-{row.number}", taken)
    title = row.element.attributes.get("label", "") or row.element.said("description")
    return Rule(name, title_of(title, name), when, row.then)
