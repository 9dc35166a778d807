"""Every transform of a mapping by name, with its arguments: what text, form and documentation share.

The functions stand in `conversion.transforms`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class TransformSpec:
    """`arguments` maps each argument's name to whether it is required; `main` may be written without its name.

    `{truncate: 200}` is `{truncate: {length: 200}}`. `several` transforms take all sources together.
    """

    name: str
    says: str
    arguments: dict[str, bool]
    main: str = ""
    several: bool = False


TRANSFORMS: dict[str, TransformSpec] = {
    each.name: each
    for each in (
        TransformSpec("trim", "white space at both ends removed", {}),
        TransformSpec("upper_case", "in capitals", {}),
        TransformSpec("lower_case", "in small letters", {}),
        TransformSpec("title_case", "each word with a capital", {}),
        TransformSpec("split_name", "the given or the family part of a person's name", {"part": True}, "part"),
        TransformSpec("email", "an e-mail address without a name around it; of several the first", {}),
        TransformSpec("phone", "a phone number in E.164, `region` where it has no country code", {"region": False},
                      "region"),
        TransformSpec("truncate", "cut to a length between graphemes, the loss recorded", {"length": True}, "length"),
        TransformSpec("join", "the populated sources joined with a text", {"with": False}, "with", several=True),
        TransformSpec("first", "the first populated source", {}, several=True),
        TransformSpec("text", "written as text", {}),
        TransformSpec("number", "a decimal number from text such as `1234.50`", {"decimal": False, "thousands": False}),
        TransformSpec("round", "a number or money with so many decimals, half away from zero", {"decimals": True},
                      "decimals"),
        TransformSpec("quantity_in", "a quantity and its unit as a quantity of the unit `to`, exactly", {"to": True},
                      "to", several=True),
        TransformSpec("price_per", "a price and its unit as a price per unit `to`, exactly", {"to": True}, "to",
                      several=True),
        TransformSpec("date", "a date from text, or the day of a date and time in the workspace's zone",
                      {"format": False}, "format"),
        TransformSpec("datetime", "a date and time from text; without an offset, in the workspace's zone",
                      {"format": False}, "format"),
        TransformSpec("in_zone", "a date and time with the offset of another time zone", {"zone": True}, "zone"),
        TransformSpec("time", "a time of day from text, or that of a date and time in the workspace's zone", {}),
        TransformSpec("duration", "a duration from text such as `14 days` or `P1Y6M`", {}),
        TransformSpec("money", "an amount and a currency code put together", {}, several=True),
        TransformSpec("amount", "the amount of a money value", {}),
        TransformSpec("currency", "the currency code of a money value", {}),
        TransformSpec(
            "map",
            "one value for another; `other` says what becomes of any other value: stop, pass, or {use: value}",
            {"values": True, "other": False},
            "values",
        ),
        TransformSpec("in_currency", "money in the currency `to`, at the rate of a day (second source) or of today",
                      {"to": True}, "to", several=True),
        TransformSpec("safe_html", "HTML without what could run or hide, the loss recorded", {}),
        TransformSpec("text_to_html", "paragraphs of HTML from plain text", {}),
        TransformSpec("html_to_text", "plain text from HTML", {}),
        TransformSpec("address_lines", "an address record as lines of text", {}),
        TransformSpec("address_from_lines", "an address record from lines of text", {}),
        TransformSpec("template", "text with `{{ names }}` filled in from the sources", {"text": True, "names": False},
                      "text", several=True),
        TransformSpec(
            "look_up",
            "the id of the record of the other system's type `in` whose `by` is the value; `other` as for map",
            {"in": True, "by": True, "other": False},
        ),
        TransformSpec("record_text", "a record as lines `name: value`", {"title": False}, "title"),
    )
}
