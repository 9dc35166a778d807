"""A quote or order made ready for its order system: looked at, repriced, and with the amounts that system asks for."""

from collections.abc import Iterator
from collections.abc import Mapping as Dict
from dataclasses import replace

from rules_engine.conversion.discount_lines import DISCOUNT_OF, with_discount_lines
from rules_engine.conversion.discounts import as_net_price, as_one_percent
from rules_engine.conversion.line_findings import line_findings
from rules_engine.conversion.lines import LINES, Line, beyond_measure, lines_of, list_price, priced, steps_in_words
from rules_engine.conversion.money import spoken
from rules_engine.conversion.parity import money_findings
from rules_engine.conversion.rewrite import Edit, Edits, rewritten, without_lines
from rules_engine.conversion.taxes import modes
from rules_engine.conversion.totals import DISCOUNT, INCLUDED, TOTALS, reckoned
from rules_engine.conversion.wanted import NET_PRICE, SHARE, Wanted, untaken, wanted_by
from rules_engine.model.catalog import Catalog, Type
from rules_engine.model.conversion import Conversion
from rules_engine.model.finding import Finding, Severity
from rules_engine.model.mapping import Mapping
from rules_engine.model.ruleset import Policies, Price
from rules_engine.model.values import Money, Record, identity, is_empty


def prepared(made: Conversion, mapping: Mapping, native: Mapping, policies: Policies, catalog: Catalog) -> Conversion:
    """The conversion by `mapping` as `native` will take it to the order system.

    What does not add up, and what the order system has no field for, is a problem that holds it. Under the policy
    `reprice` the list prices take the place of the prices. Optional lines stay behind where `native` does not read
    `optional`, and always in an order. An amount that `native` reads and the document does not state is computed:
    of a line `discount`, `discounts`, `net_price`, `net_amount` and `discount_share`, of the document its totals. Where
    it reads `discount_of`, each discount is a line of its own.
    """
    lines = lines_of(made.document)
    found = (*line_findings(lines, policies), *money_findings(made.document, policies))
    if any(each.severity is Severity.ERROR for each in (*made.problems, *found)):
        return replace(made, problems=(*made.problems, *found))
    wanted = wanted_by(native)
    ready = rewritten(made, _list_prices(lines, policies)) if policies.price is Price.REPRICE else made
    if ready is not made:
        ready = _restated(ready, policies)
        # The amount that a person expected was meant at the old prices.
        again = money_findings({**ready.document, "expected_amount": None}, policies)
        found = (*found, *(each for each in again if each.severity is Severity.ERROR))
    ready = without_lines(ready, _left_behind(ready, mapping, wanted), _room(mapping, catalog))
    ready = with_discount_lines(ready, modes(policies.rounding)[0]) if DISCOUNT_OF in wanted.lines else ready
    ready = rewritten(ready, _asked_for(ready.document, wanted, policies))
    found = (*found, *untaken(ready.document, wanted), *_nothing_left(made, ready))
    return replace(ready, problems=(*ready.problems, *found))


# --- list prices -----------------------------------------------------------------------------------------------


def _list_prices(lines: tuple[Line, ...], policies: Policies) -> Edits:
    found: dict[int, dict[str, Edit]] = {}
    for line in lines:
        listed = list_price(line)
        if listed is None or listed == line.price:
            continue
        lost = f"the price was {spoken(line.price)}" if line.price else ""
        edits = {"unit_price": Edit(listed, "reprice", (_path(line, "list_price"),), lost)}
        amount = priced(replace(line, price=listed), modes(policies.rounding)[0])
        if line.stated is not None and amount is not None:
            of = (_path(line, "list_price"), _path(line, "quantity"))
            edits["net_amount"] = Edit(amount, "reprice", of, f"the net amount was {spoken(line.stated)}")
        found[line.position] = edits
    return Edits(lines=found)


def _restated(made: Conversion, policies: Policies) -> Conversion:
    """The totals that the document states, after its prices changed."""
    ours, edits = reckoned(made.document, policies.rounding), {}
    for name in TOTALS:
        stated, computed = made.document.get(name), ours.of(name)
        if isinstance(stated, Money) and computed is not None and stated != computed:
            edits[name] = Edit(computed, "reprice", loss=f"the total was {spoken(stated)}")
    return rewritten(made, Edits(edits))


def _path(line: Line, field: str) -> str:
    return f"{LINES}[{line.name}].{field}"


# --- optional lines --------------------------------------------------------------------------------------------


def _left_behind(made: Conversion, mapping: Mapping, wanted: Wanted) -> dict[int, str]:
    """The positions of the optional lines that the order system must not get, each with the reason."""
    if mapping.target_type == "quote" and wanted.takes("optional"):
        return {}
    why = "and was not agreed" if mapping.target_type == "order" else "and the order system has no optional lines"
    optional = (line for line in lines_of(made.document) if line.optional)
    return {line.position: f"line `{line.name}` is optional {why}" for line in optional}


def _room(mapping: Mapping, catalog: Catalog) -> str:
    """The record that takes what has no field of its own, "" where the mapping has none."""
    known = catalog.find(mapping.target_type, mapping.carry_over) if mapping.carry_over else None
    return mapping.carry_over if known and known.type is Type.RECORD else ""


def _nothing_left(made: Conversion, ready: Conversion) -> Iterator[Finding]:
    if made.document.get(LINES) and not ready.document.get(LINES):
        yield Finding("no-lines", "every line is optional, none is left", suggestion="agree on one of them in the CRM")


# --- amounts that the order system asks for --------------------------------------------------------------------


def _asked_for(document: Record, wanted: Wanted, policies: Policies) -> Edits:
    ours = reckoned(document, policies.rounding)
    header: dict[str, Edit] = {}
    of = tuple(_path(line, "unit_price" if line.price else "net_amount") for line, _ in ours.shares)
    for name in TOTALS:
        computed = ours.of(name)
        if name in wanted.header and document.get(name) is None and computed is not None:
            header[name] = Edit(computed, "total", of)
    shares = {line.position: share for line, share in ours.shares} if isinstance(document.get(DISCOUNT), Money) else {}
    currency = next((money.currency for money in (ours.net, ours.gross) if money), "")
    lines = {}
    for line in lines_of(document):
        edits = dict(_of_line(line, document, wanted, policies))
        if SHARE in wanted.lines and shares.get(line.position):
            share = Money(shares[line.position], currency)
            edits[SHARE] = Edit(share, "share", (DISCOUNT, _path(line, "quantity"), _path(line, "unit_price")))
        if edits:
            lines[line.position] = edits
    return Edits(header, lines)


def _of_line(line: Line, document: Record, wanted: Wanted, policies: Policies) -> Iterator[tuple[str, Edit]]:
    rounding = modes(policies.rounding)[0]
    amount = priced(line, rounding)
    if line.price is None or line.quantity is None or amount is None or beyond_measure(line):
        return
    if "net_amount" in wanted.lines and line.stated is None and document.get(INCLUDED) is not True:
        of = tuple(_path(line, field) for field in ("quantity", "unit_price", *_discount_fields(line)))
        yield "net_amount", Edit(amount, "line_amount", of)
    if NET_PRICE in wanted.lines:
        net = as_net_price(line.quantity, line.price.amount, line.steps, line.price.currency, rounding)
        if net is not None:
            lost = f"less {steps_in_words(line)}, which stands within the price" if line.steps else ""
            of = tuple(_path(line, field) for field in ("unit_price", *_discount_fields(line)))
            yield NET_PRICE, Edit(Money(net, line.price.currency), NET_PRICE, of, lost)
    if line.steps and "discounts" not in wanted.lines and "discount" in wanted.lines:
        yield from _one_percent(line, policies)
    if line.steps and "discounts" in wanted.lines and is_empty(line.record.get("discounts")):
        step: Record = {"percent": line.steps[0].value}
        yield "discounts", Edit((step,), "steps", (_path(line, "discount"),))


def _one_percent(line: Line, policies: Policies) -> Iterator[tuple[str, Edit]]:
    # A discount of 0 is none: CRMs write it beside discounts in steps.
    if line.record.get("discount") or line.price is None or line.quantity is None:
        return
    rounding = modes(policies.rounding)[0]
    percent = as_one_percent(line.quantity, line.price.amount, line.steps, line.price.currency, rounding)
    if percent is not None:
        several = (
            f"the steps {steps_in_words(line)} as one percentage" if len(line.steps) > 1 or line.steps[0].fixed else ""
        )
        yield "discount", Edit(percent, "one_percent", tuple(_step_paths(line)), several)


def _discount_fields(line: Line) -> tuple[str, ...]:
    """Their names below the line."""
    return tuple(path.removeprefix(_path(line, "")) for path in _step_paths(line)) or ("discount",)


def _step_paths(line: Line) -> Iterator[str]:
    steps = line.record.get("discounts")
    for at, step in enumerate(steps if isinstance(steps, tuple) else ()):
        if isinstance(step, Dict):
            name = identity(step, at)
            yield from (_path(line, f"discounts[{name}].{field}") for field in ("percent", "amount"))
