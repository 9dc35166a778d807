"""The transform `template`: a text with names filled in, in a Jinja2 sandbox that cannot run on.

There are no loops, macros, inclusions or arithmetic, and each filter gives at most `MOST_RESULT` characters, so that
the work is bounded by the length of the template and of the sources.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any as Jinja

from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from rules_engine.conversion.context import Arguments, Context, Done, Failed, Outcome
from rules_engine.conversion.wording import plain, shown
from rules_engine.model.values import Value, is_empty

MOST_TEMPLATE = 2_000
MOST_RESULT = 10_000
MOST_SOURCES = 100_000
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem,
    nodes.Filter, nodes.Test, nodes.If, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not,
    nodes.Concat, nodes.Keyword,
)  # fmt: skip
_FILTERS = ("capitalize", "default", "first", "join", "last", "length", "lower", "replace", "title", "trim", "upper")
_TESTS = ("defined", "none", "eq", "ne", "in")


def template(value: Value, arguments: Arguments, _context: Context) -> Outcome:
    """`text` with `{{ name }}`; `names` are those of the sources in their order, without them `value` and `values`.

    A source that is empty is empty text. Nothing to fill in at all gives nothing.
    """
    written, names = arguments.get("text"), arguments.get("names")
    if not isinstance(written, str) or len(written) > MOST_TEMPLATE:
        return Failed(f"`template` needs a text of at most {MOST_TEMPLATE} characters", "write `{template: ...}`")
    sources = value if isinstance(value, tuple) else (value,)
    given = _named(sources, names)
    if isinstance(given, Failed):
        return given
    if all(is_empty(each) for each in sources):
        return Done(None)
    compiled = _compiled(written)
    if isinstance(compiled, Failed):
        return compiled
    if sum(len(str(each)) for each in given.values()) > MOST_SOURCES:
        return Failed("the sources are too long for a template", "put `truncate` before it")
    return _rendered(compiled, given)


def _named(sources: tuple[Value, ...], names: Value) -> dict[str, Jinja] | Failed:
    values = [_said(each) for each in sources]
    if names is None:
        return {"value": values[0] if values else "", "values": values}
    if not isinstance(names, tuple) or not all(isinstance(each, str) and each.isidentifier() for each in names):
        return Failed("the `names` of a template are a list of words", "write `names: [contact, number]`")
    if len(names) != len(sources):
        return Failed(f"the template names {len(names)} sources, and has {len(sources)}", "name each source")
    return dict(zip((str(each) for each in names), values, strict=True))


def _said(value: Value) -> Jinja:
    """Records by their fields, all else as the text that people read: a template computes with nothing."""
    match value:
        case Mapping():
            return {name: _said(each) for name, each in value.items()}
        case tuple():
            return [_said(each) for each in value]
        case _:
            return plain(value) or ""


@lru_cache(maxsize=500)
def _compiled(written: str) -> "Template | Failed":
    try:
        tree = _SANDBOX.parse(written)
        foreign = next((each for each in tree.find_all(nodes.Node) if not isinstance(each, _ALLOWED)), None)
        if foreign is not None:
            kind = type(foreign).__name__.lower()
            return Failed(f"a template has no `{kind}`", "use names, `if`, and the filters of the documentation")
        return _SANDBOX.from_string(written)
    except (TemplateError, RecursionError, ValueError) as problem:
        return Failed(f"{shown(written)} is no template: {problem}", "write such as `Order of {{ contact }}`")


def _rendered(compiled: "Template", given: Mapping[str, Jinja]) -> Outcome:
    try:
        text = compiled.render(given)
    except (TemplateError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as problem:
        return Failed(f"the template cannot be filled in: {problem}", "correct its names and filters")
    if len(text) > MOST_RESULT:
        return Failed(f"the template gives more than {MOST_RESULT} characters", "make it shorter")
    return Done(text)


def _bounded(work: Callable[..., Jinja]) -> Callable[..., Jinja]:
    """The filter, on a text and with a result of a bounded length only."""

    def filtered(value: Jinja, *arguments: Jinja, **named: Jinja) -> Jinja:
        if any(isinstance(each, str) and len(each) > 100 for each in (*arguments, *named.values())):
            raise ValueError("an argument of a filter is longer than 100 characters")
        found = work(value, *arguments, **named)
        if isinstance(found, str) and len(found) > MOST_SOURCES:
            raise ValueError(f"a filter gives more than {MOST_SOURCES} characters")
        return found

    return filtered


def _replace(value: Jinja, old: str, new: str) -> str:
    return str(value).replace(str(old), str(new)) if old else str(value)


def _join(value: Jinja, between: str = "") -> str:
    return str(between).join(str(each) for each in value)


def _default(value: Jinja, other: str = "") -> Jinja:
    return value or other


def _first(value: Jinja) -> Jinja:
    return value[0] if value else ""


def _last(value: Jinja) -> Jinja:
    return value[-1] if value else ""


class _Sandbox(ImmutableSandboxedEnvironment):
    """Names after a point are fields of records, never methods of what holds them."""

    def getattr(self, obj: Jinja, attribute: str) -> Jinja:
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return self.undefined(obj=obj, name=attribute)


def _environment() -> ImmutableSandboxedEnvironment:
    sandbox = _Sandbox(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)
    own: dict[str, Callable[..., Jinja]] = {"replace": _replace, "join": _join, "default": _default, "first": _first}
    own["last"] = _last
    sandbox.filters = {name: _bounded(own.get(name, sandbox.filters[name])) for name in _FILTERS}
    sandbox.tests = {name: sandbox.tests[name] for name in _TESTS}
    sandbox.globals = {}
    return sandbox


_SANDBOX = _environment()
