"""Units of measure with exact factors, by their codes of UN/ECE Recommendation 20 and by the words that people use."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Unit:
    """One of it is `factor` of its dimension's base unit; the inch is 0.0254 m by the definition of 1959."""

    code: str
    dimension: str
    factor: Fraction


def _units(dimension: str, *units: tuple[str, Fraction | int, str]) -> list[tuple[Unit, list[str]]]:
    return [(Unit(code, dimension, Fraction(factor)), names.split("|")) for code, factor, names in units]


_INCH = Fraction(254, 10_000)
_POUND = Fraction(45_359_237, 100_000_000)  # kg, by the definition of 1959
_LITRE = Fraction(1, 1_000)

_ALL = [
    *_units(
        "count",
        ("C62", 1, "piece|pieces|pc|pcs|pce|each|ea|unit|units|one|nos|stück|stk"),
        ("H87", 1, "h87"),
        ("EA", 1, "ea"),
        ("PR", 2, "pair|pairs"),
        ("DZN", 12, "dozen|dozens|dz"),
        ("GRO", 144, "gross"),
        ("CEN", 100, "hundred"),
        ("MIL", 1_000, "thousand"),
    ),
    *_units(
        "mass",
        ("KGM", 1, "kg|kilogram|kilograms|kilogramme"),
        ("GRM", Fraction(1, 1_000), "g|gram|grams"),
        ("MGM", Fraction(1, 1_000_000), "mg|milligram"),
        ("TNE", 1_000, "t|tonne|tonnes|metric ton"),
        ("LBR", _POUND, "lb|lbs|pound|pounds"),
        ("ONZ", _POUND / 16, "oz|ounce|ounces"),
    ),
    *_units(
        "length",
        ("MTR", 1, "m|metre|metres|meter|meters"),
        ("CMT", Fraction(1, 100), "cm|centimetre|centimeter"),
        ("MMT", Fraction(1, 1_000), "mm|millimetre|millimeter"),
        ("KMT", 1_000, "km|kilometre|kilometer"),
        ("INH", _INCH, "in|inch|inches"),
        ("FOT", _INCH * 12, "ft|foot|feet"),
        ("YRD", _INCH * 36, "yd|yard|yards"),
    ),
    *_units(
        "area",
        ("MTK", 1, "m2|m²|sqm|square metre|square meter"),
        ("FTK", (_INCH * 12) ** 2, "ft2|sqft|square foot|square feet"),
        ("HAR", 10_000, "ha|hectare"),
    ),
    *_units(
        "volume",
        ("LTR", _LITRE, "l|litre|litres|liter|liters"),
        ("MLT", _LITRE / 1_000, "ml|millilitre|milliliter"),
        ("MTQ", 1, "m3|m³|cubic metre|cubic meter"),
        ("GLL", _INCH**3 * 231, "gal|gallon|gallons|us gallon"),
    ),
    *_units(
        "time",
        ("SEC", 1, "s|sec|second|seconds"),
        ("MIN", 60, "min|minute|minutes"),
        ("HUR", 3_600, "h|hr|hrs|hour|hours|std|stunde|stunden"),
        ("DAY", 86_400, "d|day|days|tag|tage"),
        ("WEE", 604_800, "week|weeks|wk"),
    ),
    # A calendar month has no number of days.
    *_units("months", ("MON", 1, "mo|month|months"), ("QAN", 3, "quarter|quarters"), ("ANN", 12, "year|years|yr")),
]
_BY_NAME = {name: unit for unit, names in _ALL for name in (unit.code.lower(), *names)}


def unit_of(name: str) -> Unit | None:
    """By code or word, capitals and full stops aside; None where we do not know it."""
    return _BY_NAME.get(name.strip().rstrip(".").lower())


def factor_between(source: Unit, target: Unit) -> Fraction | None:
    """How many of `target` one `source` is; None between dimensions."""
    return source.factor / target.factor if source.dimension == target.dimension else None
