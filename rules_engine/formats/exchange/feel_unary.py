"""Unary tests of a decision table's cell (S-FEEL) as data: read by a small grammar, never evaluated.

Source of the grammar: OMG DMN 1.5, sections 9.2 (S-FEEL) and 10.3.1.2 (unary tests, rules 7 to 18); `@"2026-03-31"`
is the short form of rule 67.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias

MAX_TESTS = 500


class NotFeel(Exception):
    """The text is no unary test that is understood here; the message says where and why."""


@dataclass(frozen=True)
class Endpoint:
    """A value as it is written: `kind` is number, string, boolean, null, name or a temporal constructor's word.

    `text` is the number's digits, the decoded string, `true`, the name with single dots, or the constructor's text.
    """

    kind: str
    text: str


@dataclass(frozen=True)
class Compared:
    """`operator` is `=`, `!=`, `<`, `<=`, `>` or `>=`; a bare value is `=`."""

    operator: str
    value: Endpoint


@dataclass(frozen=True)
class Interval:
    low: Endpoint
    high: Endpoint
    low_included: bool
    high_included: bool


UnaryTest: TypeAlias = Compared | Interval


@dataclass(frozen=True)
class UnaryTests:
    """One of `tests` is met, or with `negated` none is; without tests (`-`) anything does."""

    tests: tuple[UnaryTest, ...]
    negated: bool = False


TEMPORAL = ("date and time", "date", "time", "duration")
_TOKENS = re.compile(
    r"""
    (?P<space>[ \t\r\n\u00a0]+)
  | (?P<string>"(?:[^"\\\r\n]|\\.)*")
  | (?P<number>-?(?:\d+(?:\.\d+)?|\.\d+)(?![\w.]*\w)|-?(?:\d+(?:\.\d+)?|\.\d+)(?=\.\.))
  | (?P<mark>\.\.|<=|>=|!=|[<>=()\[\],@-])
  | (?P<name>[^\W\d][\w]*)
  | (?P<dot>\.)
    """,
    re.VERBOSE | re.UNICODE,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def read_unary_tests(text: str) -> UnaryTests:
    """The tests of one cell; raises NotFeel. An empty cell is `-`."""
    return _Reader(_tokens(text), text).all()


def read_literal(text: str) -> Endpoint:
    """One value, such as an output entry has; raises NotFeel."""
    reader = _Reader(_tokens(text), text)
    found = reader.endpoint()
    reader.end()
    return found


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    while at < len(text):
        match = _TOKENS.match(text, at)
        if match is None:
            raise NotFeel(f"`{text[at : at + 20]}` is not understood")
        if match.lastgroup != "space":
            found.append(_Token(str(match.lastgroup), match.group(), at))
        at = match.end()
    return found


class _Reader:
    """Recursive descent over the tokens, one method a rule of the grammar."""

    def __init__(self, tokens: list[_Token], text: str) -> None:
        self.tokens, self.text, self.at = tokens, text, 0

    def all(self) -> UnaryTests:
        if not self.tokens or self.texts() == ["-"]:
            return UnaryTests(())
        negated = self.texts()[:2] == ["not", "("]
        if negated:
            self.at = 2
        tests = [self.test()]
        while self.take(","):
            tests.append(self.test())
            if len(tests) > MAX_TESTS:
                raise NotFeel(f"more than {MAX_TESTS} tests stand in one cell")
        if negated:
            self.need(")")
        self.end()
        return UnaryTests(tuple(tests), negated)

    def test(self) -> UnaryTest:
        opening = self.peek()
        if opening in ("(", "[", "]"):
            self.at += 1
            return self.interval(opening)
        for operator in ("<=", ">=", "!=", "<", ">", "="):
            if self.take(operator):
                return Compared(operator, self.endpoint())
        return Compared("=", self.endpoint())

    def interval(self, opening: str) -> Interval:
        low = self.endpoint()
        self.need("..")
        high = self.endpoint()
        closing = self.peek()
        if closing not in (")", "]", "["):
            raise NotFeel(f"{self.where()}: an interval ends in `]`, `)` or `[`")
        self.at += 1
        return Interval(low, high, opening == "[", closing == "]")

    def endpoint(self) -> Endpoint:
        if self.at >= len(self.tokens):
            raise NotFeel("a value is missing at the end")
        token = self.tokens[self.at]
        self.at += 1
        match token.kind:
            case "number":
                return Endpoint("number", token.text)
            case "string":
                return Endpoint("string", _decoded(token.text))
            case "name":
                return self.named(token)
            case "mark" if token.text == "@":
                return _short_form(self.string())
            case "mark" if token.text == "-" and self.kind() == "number":
                self.at += 1
                return Endpoint("number", f"-{self.tokens[self.at - 1].text}")
        self.at -= 1
        raise NotFeel(f"{self.where()}: a value is expected")

    def named(self, token: _Token) -> Endpoint:
        if token.text in ("true", "false"):
            return Endpoint("boolean", token.text)
        if token.text == "null":
            return Endpoint("null", "null")
        words = [token.text]
        while words[0] == "date" and self.kind() == "name" and len(words) < 3:
            words.append(self.tokens[self.at].text)
            self.at += 1
        function = " ".join(words)
        if self.peek() == "(":
            return self.constructed(function)
        if len(words) > 1:
            raise NotFeel(f"`{function}` is no value")
        while self.kind() == "dot":
            self.at += 1
            if self.kind() != "name":
                raise NotFeel(f"{self.where()}: a name is expected after the dot")
            words.append(self.tokens[self.at].text)
            self.at += 1
        return Endpoint("name", ".".join(words))

    def constructed(self, function: str) -> Endpoint:
        if function not in TEMPORAL:
            raise NotFeel(f"the function `{function}` cannot stand in a cell here")
        self.need("(")
        text = self.string()
        self.need(")")
        return Endpoint(function, text)

    def string(self) -> str:
        if self.kind() != "string":
            raise NotFeel(f"{self.where()}: a text in quotes is expected")
        self.at += 1
        return _decoded(self.tokens[self.at - 1].text)

    def texts(self) -> list[str]:
        return [each.text for each in self.tokens]

    def peek(self) -> str:
        return self.tokens[self.at].text if self.at < len(self.tokens) else ""

    def kind(self) -> str:
        return self.tokens[self.at].kind if self.at < len(self.tokens) else ""

    def take(self, text: str) -> bool:
        found = self.peek() == text and self.kind() == "mark"
        self.at += found
        return found

    def need(self, text: str) -> None:
        if not self.take(text):
            raise NotFeel(f"{self.where()}: `{text}` is expected")

    def end(self) -> None:
        if self.at < len(self.tokens):
            raise NotFeel(f"{self.where()}: this goes on after the test's end")

    def where(self) -> str:
        return f"at `{self.text[self.tokens[self.at].at :][:20]}`" if self.at < len(self.tokens) else "at the end"


def _short_form(text: str) -> Endpoint:
    """`@"2026-03-31"`: what the text looks like says which constructor is meant."""
    if re.match(r"-?P", text):
        return Endpoint("duration", text)
    if re.match(r"-?\d{4,}-\d\d-\d\dT", text):
        return Endpoint("date and time", text)
    if re.match(r"-?\d{4,}-\d\d-\d\d", text):
        return Endpoint("date", text)
    return Endpoint("time", text)


def _decoded(quoted: str) -> str:
    def one(found: re.Match[str]) -> str:
        code = found["code"] or found["long"]
        if code:
            number = int(code, 16)
            return chr(number) if number <= 0x10FFFF else found.group()
        return _ESCAPES.get(found["one"], found.group())

    decoded = re.sub(r"\\(?:u(?P<code>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{6})|(?P<one>.))", one, quoted[1:-1])
    # Two escapes can make one character beyond U+FFFF, as in JSON.
    return decoded.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def quoted(text: str) -> str:
    """The text as a string literal that reads back as it was."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + plain.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r") + '"'
