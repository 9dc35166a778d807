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
        TransformSpec("truncate", "cut to a length between graphemes, the loss recorded", {"length": True}, "length"),
        TransformSpec("join", "the populated sources joined with a text", {"with": False}, "with", several=True),
        TransformSpec("first", "the first populated source", {}, several=True),
        TransformSpec("text", "written as text", {}),
        TransformSpec("number", "a decimal number from text such as `1234.50`", {}),
        TransformSpec("date", "a date from ISO text, or the day of a date and time in the workspace's zone", {}),
        TransformSpec("datetime", "a date and time from ISO text; without an offset, in the workspace's zone", {}),
        TransformSpec("money", "an amount and a currency code put together", {}, several=True),
        TransformSpec("amount", "the amount of a money value", {}),
        TransformSpec("currency", "the currency code of a money value", {}),
        TransformSpec(
            "map",
            "one value for another; `other` says what becomes of any other value: stop, pass, or {use: value}",
            {"values": True, "other": False},
            "values",
        ),
        TransformSpec("html_to_text", "plain text from HTML", {}),
        TransformSpec("address_lines", "an address record as lines of text", {}),
        TransformSpec(
            "look_up",
            "the id of the record of the other system's type `in` whose `by` is the value; `other` as for map",
            {"in": True, "by": True, "other": False},
        ),
        TransformSpec("record_text", "a record as lines `name: value`", {"title": False}, "title"),
    )
}
