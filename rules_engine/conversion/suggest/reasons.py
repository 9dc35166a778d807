"""Why a pair is suggested and what speaks against it, in words."""

from typing import Final

from rules_engine.conversion.suggest.candidates import Candidate, Ranking
from rules_engine.conversion.suggest.kinds import fit
from rules_engine.conversion.suggest.profile import Profile
from rules_engine.conversion.suggest.words import thesaurus

_STAYS_EMPTY: Final = {
    "audit": "who wrote a record and when is each system's own",
    "technical": "looks like a technical field of its system",
    "computed": "looks like a sum that its system computes",
    "progress": "looks like progress that its system keeps",
    "own key": "is the key of the new record itself",
    "status": "is the status of the new record itself",
    "own date": "is the date of the new record itself",
    "of the moment": "looks like a figure of the moment",
}


def reason(ranked: Ranking, chosen: Candidate, together: tuple[int, ...]) -> str:
    """The strongest evidence first; what speaks against it after `but`."""
    sources, target = ranked.pair.sources, ranked.pair.targets[chosen.target]
    if len(together) > 1:
        parts = ", ".join(f"`{sources[at].field.name}`" for at in together)
        return f"{parts} together make it up"
    at = (chosen.source, chosen.target)
    held = {name: float(matrix[at]) for name, matrix in ranked.evidence.items()}
    spoken = _names(held, sources[chosen.source], target) + _values(held, sources[chosen.source], target)
    against = _against(held, sources[chosen.source], target, ranked.pair.same_system)
    text = "; ".join(spoken[:4]) or "nothing better was found"
    return f"{text}; but {', and '.join(against[:2])}" if against else text


def _names(held: dict[str, float], source: Profile, target: Profile) -> list[str]:
    found = []
    if held["same name"]:
        found.append("the same name")
    elif held["same label"]:
        found.append(f"the same label `{target.field.label}`")
    shared = _shared_concept(source, target)
    if held["own number into a field for its system"]:
        found.append("the source record's own number, for a field that names its system")
    elif held["own number into a field for its record"]:
        found.append("the source record's own number, for a field that names such a record")
    elif shared and not found:
        found.append(f"both are `{shared}`")
    elif not shared and held["stands for it"] > 0.25:
        found.append(_instead(source, target))
    words = sorted(source.words & target.words)
    if words and not found:
        found.append("both say " + ", ".join(f"`{each}`" for each in words[:3]))
    elif not words and not found and held["spelling"] > 0.3:
        found.append("spelled alike")
    return found


def _shared_concept(source: Profile, target: Profile) -> str:
    both = {each: min(score, target.concepts.get(each, 0.0)) for each, score in source.concepts.items()}
    best = max(both, key=lambda each: both[each], default="")
    return best if best and both[best] >= 0.5 else ""


def _instead(source: Profile, target: Profile) -> str:
    known = thesaurus().stands_for
    one, other = max(
        ((a, b) for a in source.concepts for b in target.concepts if (a, b) in known),
        key=lambda pair: known[pair] * source.concepts[pair[0]] * target.concepts[pair[1]],
    )
    return f"`{one}` often fills `{other}`"


def _values(held: dict[str, float], source: Profile, target: Profile) -> list[str]:
    found = []
    if held["points to the same"] >= 0.8:
        found.append(f"both point to `{' '.join(sorted(target.points_to))}`")
    elif held["names what it points to"]:
        found.append(f"the target points to `{target.field.reference}`")
    if held["choices in common"] > 0.3:
        found.append("choices in common")
    if held["values in common"] > 0.3:
        found.append(f"values in common such as `{min(source.values & target.values)}`")
    elif held["values look alike"] > 0.8 and source.looks:
        found.append(f"values look alike ({max(source.looks, key=lambda each: source.looks[each])})")
    return found


def _against(held: dict[str, float], source: Profile, target: Profile, same_system: bool) -> list[str]:
    found = []
    for name, value in source.dimensions.items():
        other = target.dimensions.get(name)
        if other and other != value:
            found.append(f"the one is `{value}`, the other `{other}`")
    if fit(source.kind, target.kind) <= 0.2:
        found.append(f"{source.kind} does not become {target.kind}")
    if held["points elsewhere"]:
        found.append("they point to different records")
    kept = sorted(target.never & (_STAYS_EMPTY.keys() if same_system else _STAYS_EMPTY.keys() - {"own date"}))
    return found + [_STAYS_EMPTY[each] for each in kept[:1]]
