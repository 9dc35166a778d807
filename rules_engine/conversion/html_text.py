"""Plain text from HTML, in one pass: HTMLParser takes hours over a megabyte of tags that never close."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

# Each attempt ends at the next `<`, and nothing is tried twice: linear whatever the text.
_TOKEN = re.compile(
    r"""(?P<comment><!--)|<[!?][^<>]*+>|<(?P<end>/?)(?P<tag>[a-z][a-z0-9:-]*+)"""
    r"""(?P<rest>(?:[^<>"']|"[^"<]*+"|'[^'<]*+')*+)>""",
    re.IGNORECASE,
)
_HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset", "footer", "form", "h1")
    + ("h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table")
    + ("tr", "ul")
)
_PLAIN = frozenset(("p", "div", "br", "html", "head", "body", "title", "span", "li", "ul", "a"))
_PICTURES = frozenset(("img", "svg", "video", "audio", "iframe", "object", "canvas", "picture"))
# Their content is not for readers.
_SILENT = frozenset(("script", "style", "template", "title"))


@dataclass(frozen=True)
class _Token:
    """Text where `tag` is empty, otherwise a tag with the address of its link."""

    text: str = ""
    tag: str = ""
    closes: bool = False
    address: str = ""


def text_of(markup: str) -> tuple[str, str]:
    """The text, and in words what of the HTML it could not keep."""
    parts: list[str] = []
    links: list[str] = []
    lost: set[str] = set()
    for token in _tokens(markup):
        if not token.tag:
            parts.append(token.text)
            continue
        lost |= _loss(token.tag)
        if token.tag == "a" and token.closes:
            address = links.pop() if links else ""
            parts.append(f" ({address})" if address and parts[-1:] != [address] else "")
        elif token.tag == "a":
            links.append(token.address)
        parts.append(_layout(token))
    return _tidy("".join(parts)), f"{' and '.join(sorted(lost))} of the HTML" if lost else ""


def _layout(token: _Token) -> str:
    if token.tag == "li" and not token.closes:
        return "\n- "
    if token.tag in ("td", "th"):
        return " "
    return "\n" if token.tag in _BLOCKS else ""


def _loss(tag: str) -> set[str]:
    if tag in _PICTURES:
        return {"pictures"}
    return set() if tag in _PLAIN else {"formatting"}


def _tidy(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _tokens(markup: str) -> Iterator[_Token]:
    at = 0
    comments_end = True
    while found := _TOKEN.search(markup, at):
        # A line break of the source is white space; only tags make lines.
        yield _text(markup[at : found.start()])
        at = found.end()
        tag = (found["tag"] or "").lower()
        if found["comment"]:
            end = markup.find("-->", at) if comments_end else -1
            comments_end = end >= 0
            at = end + 3 if comments_end else at
        elif tag in _SILENT and not found["end"]:
            yield _Token(tag=tag)
            at = _end_of(tag, markup, at)
        elif tag:
            yield _Token(tag=tag, closes=bool(found["end"]), address=_address(found["rest"]) if tag == "a" else "")
    yield _text(markup[at:])


def _text(markup: str) -> _Token:
    return _Token(html.unescape(re.sub(r"[\r\n]", " ", markup)))


def _end_of(tag: str, markup: str, at: int) -> int:
    end = re.compile(rf"</{tag}\s*>", re.IGNORECASE).search(markup, at)
    return end.end() if end else len(markup)


def _address(attributes: str) -> str:
    href = _HREF.search(attributes)
    return html.unescape(next((group for group in href.groups() if group), "")) if href else ""
