"""For every target field the likeliest sources, best first, each with confidence, reason and transforms."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from rules_engine.conversion.suggest.assign import assign
from rules_engine.conversion.suggest.candidates import MOST, Candidate, Ranking, candidates, features, ranking
from rules_engine.conversion.suggest.changes import Through, through
from rules_engine.conversion.suggest.evidence import Pairing, evidence, pairing
from rules_engine.conversion.suggest.memory import NOTHING_SAID, Memory, Said
from rules_engine.conversion.suggest.model import Learned, Numbers, confidence, learned, score
from rules_engine.conversion.suggest.profile import profiles
from rules_engine.conversion.suggest.reasons import reason
from rules_engine.conversion.suggest.schema import Schema
from rules_engine.conversion.suggest.several import together

CONFIRMED: Final = 0.98
# What every record keeps of itself: between systems, and inside one system, where all names are alike.
_KEPT: Final = frozenset({"own key", "audit", "technical", "status"})
_KEPT_INSIDE: Final = _KEPT | {"own date", "of the moment", "progress", "production"}
_KEPT_COUNTS: Final = {False: 0.5, True: 0.33}


@dataclass(frozen=True)
class Suggestion:
    """One source, or several together, for one target.

    `accept` marks the best choice for all targets together: what a person would most likely keep. The others are
    offers. `remembered` says that a person confirmed the pair before.
    """

    source: tuple[str, ...]
    target: str
    confidence: float
    reason: str
    through: Through = field(default_factory=list)
    accept: bool = False
    remembered: bool = False


def suggest(
    source: Schema, target: Schema, memory: Memory = NOTHING_SAID, by: Learned | None = None
) -> tuple[Suggestion, ...]:
    """Best first, up to five a target; none for targets that were filled by hand, and no pair that was refused."""
    pair = pairing(profiles(source, target), profiles(target, source), source, target)
    if not pair.sources or not pair.targets:
        return ()
    by = by or learned()
    ranked = ranking(pair, evidence(pair), by.evidence)
    chosen = candidates(ranked)
    sure = confidence(scores(ranked, chosen, by), by.calibration)
    offers = _offers(ranked, chosen, sure)
    offers = _remembered(offers, pair, memory, source, target)
    return _decided(offers, pair, by.accept)


def scores(ranked: Ranking, chosen: list[Candidate], by: Learned) -> Numbers:
    """What the trees say, less where the target is something that a record keeps of itself."""
    inside = ranked.pair.same_system
    kept = _KEPT_INSIDE if inside else _KEPT
    own = [
        bool(each.never & kept) or (inside and "number" in each.own and not each.of_object)
        for each in ranked.pair.targets
    ]
    counts = np.array([_KEPT_COUNTS[inside] if own[each.target] else 1.0 for each in chosen])
    found: Numbers = score(by.trees, features(ranked, chosen)[1]) * counts
    return found


def _offers(ranked: Ranking, chosen: Sequence[Candidate], sure: Numbers) -> list[Suggestion]:
    pair = ranked.pair
    found: dict[tuple[tuple[str, ...], str], Suggestion] = {}
    for each, value in sorted(zip(chosen, sure.tolist(), strict=True), key=lambda pairs: -pairs[1]):
        target = pair.targets[each.target]
        parts = together(each.source, target, pair.sources, pair.targets)
        names = tuple(pair.sources[at].field.name for at in parts)
        key = (names, target.field.name)
        if key not in found:
            changes = through([pair.sources[at] for at in parts], target, pair.same_system)
            found[key] = Suggestion(*key, round(value, 4), reason(ranked, each, parts), changes)
    return list(found.values())


def _remembered(
    offers: list[Suggestion], pair: Pairing, memory: Memory, source: Schema, target: Schema
) -> list[Suggestion]:
    """A refused pair stays refused; a confirmed one leads; the same names in other records count half."""
    known = {each.field.name for each in pair.sources}, {each.field.name for each in pair.targets}
    here = {_key(each) for each in memory.confirmed if each.about(source, target)}
    no = {_key(each) for each in memory.refused if each.about(source, target)} - here
    elsewhere = {_key(each) for each in memory.confirmed} - here
    unwanted = {_key(each) for each in memory.refused} - no
    found = [each for each in offers if (each.source, each.target) not in no]
    found = [_said_elsewhere(each, elsewhere, unwanted) for each in found if (each.source, each.target) not in here]
    found += [_confirmed(names, to, pair) for names, to in sorted(here) if set(names) <= known[0] and to in known[1]]
    return [each for each in found if each.target not in memory.taken]


def _key(said: Said) -> tuple[tuple[str, ...], str]:
    return said.source, said.target


def _said_elsewhere(
    offer: Suggestion, confirmed: set[tuple[tuple[str, ...], str]], refused: set[tuple[tuple[str, ...], str]]
) -> Suggestion:
    key = (offer.source, offer.target)
    if key in confirmed:
        raised = round(1 - (1 - offer.confidence) / 2, 4)
        return replace(offer, confidence=raised, reason=f"confirmed before for another record; {offer.reason}")
    if key in refused:
        lowered = round(offer.confidence / 2, 4)
        return replace(offer, confidence=lowered, reason=f"{offer.reason}; but refused before for another record")
    return offer


def _confirmed(names: tuple[str, ...], to: str, pair: Pairing) -> Suggestion:
    by_name = {each.field.name: each for each in pair.sources}
    target = next(each for each in pair.targets if each.field.name == to)
    changes = through([by_name[each] for each in names], target, pair.same_system)
    return Suggestion(names, to, CONFIRMED, "confirmed before in this workspace", changes, remembered=True)


def _decided(offers: list[Suggestion], pair: Pairing, accept: float) -> tuple[Suggestion, ...]:
    """All offers, best first; those of the best choice for all targets together are accepted."""
    sources = {each: at for at, each in enumerate(dict.fromkeys(offer.source for offer in offers))}
    targets = {each.field.name: at for at, each in enumerate(pair.targets)}
    confidences = {(sources[each.source], targets[each.target]): each.confidence for each in offers}
    best = assign(confidences, accept)
    said = [replace(each, accept=best.get(targets[each.target]) == sources[each.source]) for each in offers]
    said.sort(key=lambda each: (-each.confidence, each.target, each.source))
    return tuple(_at_most(said))


def _at_most(offers: list[Suggestion], most: int = MOST) -> list[Suggestion]:
    counts: dict[str, int] = {}
    found = []
    for each in offers:
        counts[each.target] = counts.get(each.target, 0) + 1
        if counts[each.target] <= most:
            found.append(each)
    return found
