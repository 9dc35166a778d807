"""Transforms that give text."""

from collections.abc import Mapping
from decimal import Decimal

from rules_engine.conversion.context import Arguments, Context, Done, Failed, Outcome
from rules_engine.conversion.graphemes import cut
from rules_engine.conversion.html_text import text_of
from rules_engine.conversion.wording import kind_of, plain, shown
from rules_engine.model.values import Value, is_empty, leaves


def trim(value: Value, _arguments: Arguments, _context: Context) -> Outcome:
    return Done(value.strip()) if isinstance(value, str) else _not_text("trim", value)


def upper_case(value: Value, _arguments: Arguments, _context: Context) -> Outcome:
    return Done(value.upper()) if isinstance(value, str) else _not_text("upper_case", value)


def lower_case(value: Value, _arguments: Arguments, _context: Context) -> Outcome:
    return Done(value.lower()) if isinstance(value, str) else _not_text("lower_case", value)


def truncate(value: Value, arguments: Arguments, _context: Context) -> Outcome:
    """`length` is a whole number of characters, 1 or more."""
    length = arguments.get("length")
    if not isinstance(length, Decimal) or not length.is_finite() or length < 1 or length != int(length):
        return Failed(f"`truncate` cannot cut to {shown(length)}", "give a whole number of characters such as `200`")
    if not isinstance(value, str):
        return _not_text("truncate", value)
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
        return _not_text("html_to_text", value)
    written, loss = text_of(value)
    return Done(written, loss)


def _not_text(transform: str, value: Value) -> Failed:
    return Failed(f"`{transform}` needs text, {shown(value)} is {kind_of(value)}", "put `text` before it")


def _no_plain_text(transform: str, value: Value) -> Failed:
    return Failed(f"`{transform}` cannot write {kind_of(value)} as text", "use `record_text` or map its fields")
