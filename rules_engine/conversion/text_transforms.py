"""Transforms that give text."""

import html
import re
from collections.abc import Mapping
from decimal import Decimal

import nh3

from rules_engine.conversion.context import Arguments, Context, Done, Failed, Outcome
from rules_engine.conversion.graphemes import cut
from rules_engine.conversion.html_text import text_of
from rules_engine.conversion.wording import kind_of, plain, shown
from rules_engine.model.values import Value, is_empty, leaves


def trim(value: Value, _arguments: Arguments, _context: Context) -> Outcome:
    return Done(value.strip()) if isinstance(value, str) else not_text("trim", value)


def upper_case(value: Value, _arguments: Arguments, _context: Context) -> Outcome:
    return Done(value.upper()) if isinstance(value, str) else not_text("upper_case", value)


def lower_case(value: Value, _arguments: Arguments, _context: Context) -> Outcome:
    return Done(value.lower()) if isinstance(value, str) else not_text("lower_case", value)


def truncate(value: Value, arguments: Arguments, _context: Context) -> Outcome:
    """`length` is a whole number of characters, 1 or more."""
    length = arguments.get("length")
    if not isinstance(length, Decimal) or not length.is_finite() or length < 1 or length != int(length):
        return Failed(f"`truncate` cannot cut to {shown(length)}", "give a whole number of characters such as `200`")
    if not isinstance(value, str):
        return not_text("truncate", value)
    return shortened(value, int(length))


def shortened(text: str, length: int) -> Done:
    """`text` cut to `length` characters at a grapheme boundary, with the loss in words."""
    kept = cut(text, length)
    lost = len(text) - len(kept)
    return Done(kept, f"{lost} of {len(text)} characters cut off" if lost else "")


def join(value: Value, arguments: Arguments, _context: Context) -> Outcome:
    """`with` stands between the populated sources, a space where it is not given; the items of a list one by one."""
    between = arguments.get("with", " ")
    if not isinstance(between, str):
        return Failed(f"`join` cannot put {kind_of(between)} between", 'give a text such as `", "`')
    parts: list[str] = []
    for source in value if isinstance(value, tuple) else (value,):
        for item in source if isinstance(source, tuple) else (source,):
            if is_empty(item):
                continue
            text = plain(item)
            if text is None:
                return _no_plain_text("join", item)
            parts.append(text)
    return Done(between.join(parts) if parts else None)


def text(value: Value, _arguments: Arguments, _context: Context) -> Outcome:
    written = plain(value)
    return _no_plain_text("text", value) if written is None else Done(written)


MOST_LINE_CHARACTERS = 2_000
ADDRESS_LINES = (("name",), ("street",), ("postal_code", "city"), ("region",), ("country",))


def address_lines(value: Value, _arguments: Arguments, _context: Context) -> Outcome:
    """Addressee, street, postal code and city, region, country; the loss names what an address has no line for."""
    known = {name for line in ADDRESS_LINES for name in line}
    if not isinstance(value, Mapping) or not known & value.keys():
        return Failed(f"{kind_of(value)} is not an address", "give a record with `street`, `postal_code` and `city`")
    lines: list[str] = []
    for names in ADDRESS_LINES:
        parts = [plain(value.get(name)) for name in names if not is_empty(value.get(name))]
        if None in parts:
            return Failed(f"the address's `{names[0]}` is not text", "map its parts one by one")
        lines.append(" ".join(part for part in parts if part))
    left = [name for name, part in value.items() if name not in known and any(leaves(part))]
    loss = f"no line for {', '.join(f'`{name}`' for name in left)}" if left else ""
    return Done("\n".join(line for line in lines if line), loss)


_PLACE = re.compile(r"(?P<postal_code>[A-Z]{0,3}-?\d[\dA-Z -]{2,9}?)\s+(?P<city>[^\d].*)", re.IGNORECASE)
_AMERICAN = re.compile(r"(?P<city>[^,\d]+),\s*(?P<region>[A-Z]{2})\s+(?P<postal_code>\d{5}(?:-\d{4})?)")
MOST_ADDRESS_LINES = 8


def address_from_lines(value: Value, _arguments: Arguments, _context: Context) -> Outcome:
    """Street, postal code and city, and what stands above (the addressee) and below (the country).

    Only where a line reads as `20457 Hamburg` or `Austin, TX 78701`: else nothing is guessed.
    """
    if not isinstance(value, str):
        return not_text("address_from_lines", value)
    lines = [" ".join(line.split()) for line in value[:MOST_LINE_CHARACTERS].splitlines() if line.strip()]
    if not lines:
        return Done(None)
    at = next((at for at, line in enumerate(lines) if at and (_AMERICAN.fullmatch(line) or _PLACE.fullmatch(line))), 0)
    found = _AMERICAN.fullmatch(lines[at]) or _PLACE.fullmatch(lines[at])
    if not at or found is None or len(lines) > MOST_ADDRESS_LINES or len(lines) - at > 2:
        return Failed(f"{shown(value)} cannot be told apart as an address", "map its parts one by one")
    above = {"name": ", ".join(lines[: at - 1])} if at > 1 else {}
    below = {"country": lines[at + 1]} if len(lines) > at + 1 else {}
    return Done({**above, "street": lines[at - 1], **found.groupdict(), **below}, "the parts are read from lines")


def record_text(value: Value, arguments: Arguments, _context: Context) -> Outcome:
    """One line `name: value` a populated field, by its path where it lies deeper; `title` stands above them."""
    title = arguments.get("title", "")
    records = isinstance(value, tuple) and all(isinstance(item, Mapping) for item in value)
    if not isinstance(value, Mapping) and not records:
        return Failed(f"{kind_of(value)} is not a record", "use `text` for a plain value")
    if not isinstance(title, str):
        return Failed(f"{kind_of(title)} is not a title", "give a text")
    lines = [line_of_text(path, leaf) for path, leaf in leaves(value)]
    return Done("\n".join([title, *lines] if title and lines else lines) or None)


def line_of_text(name: str, value: Value) -> str:
    """`name: value`, with only the name where the value is an empty text."""
    return f"{name}: {plain(value) or ''}".rstrip(" ")


def html_to_text(value: Value, _arguments: Arguments, _context: Context) -> Outcome:
    """Paragraphs and breaks become lines, list items `- `, a link's address follows its words; scripts vanish."""
    if not isinstance(value, str):
        return not_text("html_to_text", value)
    written, loss = text_of(value)
    return Done(written, loss)


# What a note keeps: no scripts, forms, pictures from elsewhere or styles that could hide words.
_KEPT_TAGS = {
    *("a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol"),
    *("p", "pre", "s", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul"),
}
MOST_HTML = 200_000


def safe_html(value: Value, _arguments: Arguments, _context: Context) -> Outcome:
    """Only tags of text, links to http, https, mailto and tel: what else there was is named as a loss."""
    if not isinstance(value, str):
        return not_text("safe_html", value)
    if len(value) > MOST_HTML:
        return Failed(f"more than {MOST_HTML} characters of HTML are not taken over", "put `html_to_text` in its place")
    cleaned = nh3.clean(
        value.encode("utf-8", "replace").decode(),  # half a surrogate pair is no character
        tags=_KEPT_TAGS,
        attributes={"a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
        url_schemes={"http", "https", "mailto", "tel"},
    )
    gone = sorted(_tags(value) - _tags(cleaned))
    loss = f"removed: {', '.join(f'`{tag}`' for tag in gone[:8])}" if gone else ""
    attributes = value.count("=") > cleaned.count("=") and not gone
    return Done(cleaned, loss or ("attributes that are not for text" if attributes else ""))


_TAG = re.compile(r"<([a-zA-Z][a-zA-Z0-9-]{0,20})")


def _tags(markup: str) -> set[str]:
    return {name.lower() for name in _TAG.findall(markup)}


def text_to_html(value: Value, _arguments: Arguments, _context: Context) -> Outcome:
    """A paragraph for each block of lines, a break for each line; what looks like markup is shown, not obeyed."""
    if not isinstance(value, str):
        return not_text("text_to_html", value)
    blocks = re.split(r"\n[ \t]*\n\s*", value.replace("\r\n", "\n").strip("\n"))
    return Done("".join(f"<p>{html.escape(each).replace(chr(10), '<br>')}</p>" for each in blocks if each.strip()))


def not_text(transform: str, value: Value) -> Failed:
    return Failed(f"`{transform}` needs text, {shown(value)} is {kind_of(value)}", "put `text` before it")


def _no_plain_text(transform: str, value: Value) -> Failed:
    return Failed(f"`{transform}` cannot write {kind_of(value)} as text", "use `record_text` or map its fields")
