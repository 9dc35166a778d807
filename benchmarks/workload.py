"""Rules and opportunities from a seed, in the neutral-v1 format that every engine's adapter can read.

Rules are what authors write: four to six conditions that must all hold, on amounts, stages, texts and dates, one of
them a choice of two or three alternatives and one a question about the lines. About one rule in fifteen is true of an
opportunity. Documents hold no nulls, since engines disagree on what those mean.
"""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any as Json

Document = dict[str, Json]

NUMBERS = {
    "amount": (100, 250_000, 1), "probability": (0, 100, 5), "discount": (0, 35, 0.25), "margin": (0, 60, 0.5),
    "age": (0, 500, 1), "staff": (1, 9_000, 1), "contacts": (0, 20, 1), "meetings": (0, 30, 1), "reminders": (0, 9, 1),
}  # fmt: skip
CHOICES = {
    "stage": "qualification discovery proposal negotiation verbal closed_won closed_lost on_ice",
    "industry": "retail banking energy health telecom public media automotive pharma food",
    "country": "DE FR US GB CZ PL IT ES NL SE JP BR",
    "segment": "small middle large strategic",
    "source": "web event partner referral call upsell",
    "owner": "ada bela carl dora emil fay gus hana ivan jo",
    "product": "basic pro suite edge cloud premises",
}
NAMES = "acme globex initech umbra hooli vandelay stark wayne wonka tyrell soylent massive oscorp duff sirius zorg"
FLAGS = ("purchase_order", "budget", "approved", "renewal")
DATES = {"created": (0, 700), "close": (500, 1200), "last_activity": (300, 720)}
LINE_NUMBERS = {"quantity": (1, 50, 1), "price": (5, 4000, 0.5), "reduction": (0, 30, 0.25)}
LINE_CHOICES = {"category": "hardware software service subscription training spare", "unit": "piece hour day box month"}
FIRST_DAY = date(2024, 1, 1)


def workload(rules: int, documents: int, seed: int = 11) -> tuple[dict[str, Json], list[Document]]:
    """The ruleset and the documents; the same rules for any number of documents."""
    of_rules, of_documents = random.Random(seed), random.Random(seed + 1)  # noqa: S311 - data, no secrets
    whens = [_rule(of_rules) for _ in range(rules)]
    ruleset = {"format": "neutral-v1", "rules": [{"id": f"r{n:04}", "when": when} for n, when in enumerate(whens)]}
    return ruleset, [_document(of_documents) for _ in range(documents)]


def _document(seed: random.Random) -> Document:
    found: Document = {name: _number(seed, *spec) for name, spec in NUMBERS.items()}
    found |= {name: seed.choice(codes.split()) for name, codes in CHOICES.items()}
    found |= {name: seed.random() < 0.6 for name in FLAGS}
    found |= {name: _day(seed.randint(*span)) for name, span in DATES.items()}
    found["name"] = f"{seed.choice(NAMES.split())} {seed.choice(NAMES.split())}"
    found["lines"] = [
        {name: _number(seed, *spec) for name, spec in LINE_NUMBERS.items()}
        | {name: seed.choice(codes.split()) for name, codes in LINE_CHOICES.items()}
        for _ in range(5)
    ]
    return found


def _number(seed: random.Random, low: int, high: int, step: float) -> float:
    return low + seed.randint(0, round((high - low) / step)) * step


def _day(number: int) -> str:
    return (FIRST_DAY + timedelta(days=number)).isoformat()


# --- rules ----------------------------------------------------------------------------------------------------


def _rule(seed: random.Random) -> Document:
    fields = seed.sample([*NUMBERS, *CHOICES, *FLAGS, *DATES, "name"], seed.randint(2, 4))
    alternatives = [_leaf(seed, _any_field(seed), 0.4) for _ in range(seed.randint(2, 3))]
    figure = seed.choice([*LINE_NUMBERS])
    line = [_numeric(seed, figure, LINE_NUMBERS[figure], 0.4), _coded(seed, LINE_CHOICES, 0.4)]
    about_lines = {"items": "lines", "quant": "any", "where": {"all": line}}
    return {"all": [*(_leaf(seed, each, 0.6) for each in fields), {"any": alternatives}, about_lines]}


def _any_field(seed: random.Random) -> str:
    return seed.choice([*NUMBERS, *CHOICES, *FLAGS, *DATES, "name"])


def _leaf(seed: random.Random, name: str, share: float) -> Document:
    """A condition that about `share` of the documents satisfy."""
    if name in NUMBERS:
        return _numeric(seed, name, NUMBERS[name], share)
    if name in DATES:
        first, last = DATES[name]
        found = _numeric(seed, name, (first, last, 1), share)
        found["value"] = [_day(each) for each in found["value"]] if found["op"] == "between" else _day(found["value"])
        return {**found, "type": "date"}
    if name in FLAGS:
        return {"field": name, "op": "eq", "type": "boolean", "value": seed.random() < 0.7}
    if name == "name":
        operator, value = seed.choice([("contains", seed.choice("aeos")), ("starts_with", "w")])
        return {"field": name, "op": operator, "type": "string", "value": value}
    return _coded(seed, {name: CHOICES[name]}, share)


def _numeric(seed: random.Random, name: str, spec: tuple[int, int, float], share: float) -> Document:
    low, high, step = spec
    at = lambda part: low + round((high - low) * part / step) * step  # noqa: E731 - it needs all three
    start = seed.uniform(0, 1 - share)
    operator, value = seed.choice(
        [("ge", at(1 - share)), ("gt", at(1 - share)), ("le", at(share)), ("between", [at(start), at(start + share)])]
    )
    return {"field": name, "op": operator, "type": "number", "value": value}


def _coded(seed: random.Random, choices: dict[str, str], share: float) -> Document:
    name = seed.choice([*choices])
    codes: Sequence[str] = choices[name].split()
    many = max(1, round(len(codes) * share))
    if seed.random() < 0.7:
        return {"field": name, "op": "in", "type": "string", "value": sorted(seed.sample(codes, many))}
    return {"field": name, "op": "not_in", "type": "string", "value": sorted(seed.sample(codes, len(codes) - many))}
