"""The story of a deal as beats in the order in which they happened: heard, decided, made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from rules_engine.conversion.amendment import in_words
from rules_engine.model.ruleset import Verdict
from rules_engine.model.run import ConversionState, EventState
from rules_engine.store import pages
from rules_engine.store.tables import InboxRow
from web.words import heard, look


@dataclass(frozen=True)
class Beat:
    """`title` and `text` may hold words in backticks; `tone` is good, bad, warn, live, crm or ""; `link` may be ""."""

    at: datetime
    icon: str
    tone: str
    title: str
    text: str = ""
    link: str = ""
    more: str = ""


def story(deal: pages.Deal, coverage: Mapping[int, tuple[int, int]]) -> list[Beat]:
    """`coverage` says for each conversion how many of the CRM's fields reached the document, of how many."""
    beats = [
        *((each.received_at, 0, each.id, _heard(each)) for each in deal.events),
        *((each.decided_at, 1, each.id, _decided(each)) for each in deal.decisions),
        *((each.at, 2, each.id, _made(each, coverage.get(each.id, (0, 0)))) for each in deal.conversions),
    ]
    return [beat for *_, beat in sorted(beats, key=lambda each: each[:3])]


def _heard(row: InboxRow) -> Beat:
    notes = [
        *(["it came after a newer one"] if row.late else []),
        *([f"{look(row.state).word.lower()}: {row.error}"] if row.error and row.state != EventState.DONE.value else []),
    ]
    tone = "bad" if row.state == EventState.DEAD.value else "crm"
    link = url_for("events.show", number=row.id)
    return Beat(row.received_at, "rss", tone, heard(row.type), "; ".join(notes), link, f"event {row.id}")


def _decided(each: pages.Judged) -> Beat:
    name = f"`{each.ruleset}` version {each.version}"
    link = url_for("decisions.show", number=each.id)
    if each.already:
        title = f"{name}: the {each.step.target} was made before, nothing is made twice"
        return Beat(each.decided_at, "lock", "", title, "", link, "decision")
    target = f"{'an' if each.step.target == 'order' else 'a'} {each.step.target}"
    says = {
        Verdict.CONVERT: f"create {target}",
        Verdict.HOLD: f"hold it, no {each.step.target} yet",
        Verdict.PROPOSE: f"propose {target} for approval",
        Verdict.IGNORE: f"no {each.step.target} yet",
    }[each.verdict]
    shown = look(each.verdict)
    tone = shown.tone if each.verdict is not Verdict.CONVERT else "live"
    return Beat(each.decided_at, "scale", tone, f"{name} decides: {says}", each.reason, link, "why")


def _made(each: pages.Converted, covered: tuple[int, int]) -> Beat:
    name, shown = each.kind.capitalize(), look(each.state)
    link = url_for("conversions.show", number=each.id)
    reached, total = covered
    match each.state:
        case ConversionState.CONFIRMED if each.kind == pages.AMENDMENT:
            by_hand = f"A change was made by hand in `{each.connection}`"
            title = f"Amendment {each.number} is made in `{each.connection}`" if each.number else by_hand
            text = f"{in_words(each.changes)}; approved by {each.answered_by}"
            return Beat(each.at, "file-text", "good", title, text, link, "amendment")
        case ConversionState.PROPOSED | ConversionState.DECLINED:
            return Beat(each.at, shown.icon, shown.tone, _answer(each), _what(each), link, each.kind)
        case ConversionState.CONFIRMED:
            title = f"{name} {each.number} stands in `{each.connection}`"
            text = f"{reached} of {total} CRM fields reached it, {total - reached} left out with a reason"
            return Beat(each.at, "file-text", "good", title, text, link, "every field")
        case ConversionState.REFUSED:
            title = f"`{each.connection}` refused the {each.kind}"
        case ConversionState.HELD:
            unsure = "it may have been written, and is looked up before it is sent again"
            title = f"The {each.kind} is held: {unsure if each.attempts else 'nothing was sent'}"
        case ConversionState.UNKNOWN:
            title = f"No answer for the {each.kind}: it is looked up before it is sent again"
        case _:
            title = f"The {each.kind} is on its way to `{each.connection}`"
    return Beat(each.at, shown.icon, shown.tone, title, each.error, link, "conversion")


def _answer(each: pages.Converted) -> str:
    target = each.step.target
    what = f"A change of the {target}" if each.kind == pages.AMENDMENT else f"The {target}"
    if each.state is ConversionState.PROPOSED:
        return f"{what} waits for a person's yes"
    return f"{what} was refused by {each.answered_by}" if each.answered_by else f"{what} is not proposed any more"


def _what(each: pages.Converted) -> str:
    return "; ".join(part for part in (in_words(each.changes), each.error) if part)
