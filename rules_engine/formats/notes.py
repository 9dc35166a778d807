"""What a reader finds wrong on its way through a tree, and the shapes it asks for."""

import unicodedata
from collections.abc import Collection

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from rules_engine.formats.format_versions import current, upgraded, what_is_wrong
from rules_engine.formats.yaml_tree import Items, Node, Table, Text
from rules_engine.model.errors import Unreadable
from rules_engine.model.finding import Finding, Place, Severity

MOST_LISTED = 12
MOST_NEAR = 3
MOST_FINDINGS = 500


class Notes:
    """The findings so far: a reader goes on after each, so that an author sees all of them at once."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def error(self, check: str, message: str, place: Place, suggestion: str = "") -> None:
        add(self.findings, Finding(check, message, place, suggestion=suggestion))

    def raise_errors(self) -> None:
        """Raise Unreadable with everything found, in order of place, if any of it is an error."""
        if any(each.severity is Severity.ERROR for each in self.findings):
            raise Unreadable(in_order(self.findings))


def add(findings: list[Finding], finding: Finding) -> None:
    """Note one more; raises Unreadable with all of them where there are too many to be of use."""
    findings.append(finding)
    if len(findings) >= MOST_FINDINGS:
        message = f"there are more than {MOST_FINDINGS} findings, and the rest of the text was not read"
        raise Unreadable([*in_order(findings), Finding("too-large", message, finding.place,
                          suggestion="put these right first")])  # fmt: skip


def in_order(findings: Collection[Finding]) -> tuple[Finding, ...]:
    """Findings from top to bottom, each once."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda each: (each.place.line, each.place.column)))


def nearest(word: str, allowed: Collection[str], what: str = "allowed here") -> str:
    """``did you mean `x`?`` where a word is near, else the list of what is allowed."""
    if not allowed:
        return ""
    ends = [each for each in allowed if each.endswith(f".{word}")]
    if ends:
        return f"did you mean {' or '.join(f'`{each}`' for each in ends[:MOST_NEAR])}?"
    plain = {each: each.lower().replace("-", "_") for each in allowed}
    scorer = DamerauLevenshtein.normalized_similarity
    found = process.extractOne(word.lower().replace("-", "_"), plain, scorer=scorer, score_cutoff=0.6)
    if found is not None:
        return f"did you mean `{found[2]}`?{look_alikes(word, found[2])}"
    listed = ", ".join(f"`{each}`" for each in list(allowed)[:MOST_LISTED])
    more = f" and {len(allowed) - MOST_LISTED} more" if len(allowed) > MOST_LISTED else ""
    return f"{what}: {listed}{more}"


def look_alikes(word: str, meant: str) -> str:
    """Which characters of the word only look like those of the other, or cannot be seen; "" where there are none.

    A letter of another script is no slip of the finger: nobody finds it by reading.
    """
    others = [each for each in dict.fromkeys(word) if not each.isascii() and each not in meant]
    names = {each: unicodedata.name(each, "without a name") for each in others}
    strange = [f"`{each}` is U+{ord(each):04X}, {name.lower()}"
               for each, name in names.items() if not name.startswith("LATIN ")]  # fmt: skip
    return f" ({'; '.join(strange[:MOST_NEAR])})" if strange else ""


def shape(node: Node) -> str:
    """What stands there, for a message."""
    match node:
        case Text(text=""):
            return "nothing"
        case Text():
            return f"the text `{shown(node.text)}`"
        case Items():
            return "a list"
        case Table():
            return "a mapping"


def shown(text: str) -> str:
    """The author's words, shortened where they are very long."""
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:77]}..."


def as_table(node: Node, notes: Notes, what: str) -> Table | None:
    """The node if it is a mapping."""
    if isinstance(node, Table):
        return node
    notes.error("wrong-shape", f"{what} is a mapping of `key: value`, and here stands {shape(node)}", node.place)
    return None


def root_table(node: Node, what: str) -> Table:
    """The mapping that a whole text is, in the current edition of the format; raises Unreadable."""
    if isinstance(node, Table):
        return upgraded(node, what.rpartition(" ")[2])
    message = f"{what} is a mapping of `key: value`, and here stands {shape(node)}"
    raise Unreadable([Finding("wrong-shape", message, node.place)])


def as_items(node: Node, notes: Notes, what: str) -> tuple[Node, ...]:
    """The entries of a list; none after a finding."""
    if isinstance(node, Items):
        return node.items
    notes.error("wrong-shape", f"{what} is a list, and here stands {shape(node)}", node.place,
                "begin each entry with `- `")  # fmt: skip
    return ()


def as_text(node: Node, notes: Notes, what: str) -> str | None:
    """The node's own text, not empty, without white space at its ends."""
    if isinstance(node, Text) and node.text.strip():
        return node.text.strip()
    notes.error("wrong-shape", f"{what} is a text, and here stands {shape(node)}", node.place)
    return None


def check_keys(table: Table, allowed: Collection[str], notes: Notes, what: str) -> None:
    """Report every key that has no meaning here."""
    for key, place in table.keys.items():
        if key not in allowed:
            notes.error("unknown-key", f"{what} has no key `{shown(key)}`", place, nearest(key, allowed))


def need(table: Table, key: str, notes: Notes, what: str) -> Node | None:
    """The value of a key that must be there."""
    if key not in table.entries:
        notes.error("missing-key", f"{what} lacks `{key}`", table.place, f"write `{key}: ...`")
    return table.entries.get(key)


def text_at(table: Table, key: str, notes: Notes, what: str, *, required: bool = True) -> str:
    """The text of a key, "" where it lacks or is wrong."""
    node = need(table, key, notes, what) if required else table.entries.get(key)
    return (as_text(node, notes, f"`{key}`") or "") if node is not None else ""


def flag_at(table: Table, key: str, notes: Notes) -> bool:
    """True or false; false where the key lacks."""
    node = table.entries.get(key)
    if node is None:
        return False
    if isinstance(node, Text) and node.plain and node.text in ("true", "false"):
        return node.text == "true"
    notes.error("type-mismatch", f"`{key}` is true or false, and here stands {shape(node)}", node.place,
                "write `true` or leave it out")  # fmt: skip
    return False


def one_of(table: Table, key: str, words: Collection[str], notes: Notes, default: str) -> str:
    """The word of a key if it is one of `words`."""
    node = table.entries.get(key)
    if node is None:
        return default
    word = as_text(node, notes, f"`{key}`")
    if word is None or word in words:
        return word or default
    notes.error("unknown-word", f"`{shown(word)}` is no {key.replace('_', ' ')}", node.place, nearest(word, words))
    return default


def check_format(table: Table, notes: Notes, what: str) -> None:
    """`format: 1` says which edition of the format a text is written in; `root_table` has read older ones anew."""
    node = need(table, "format", notes, what)
    wrong = what_is_wrong(node) if node is not None else None
    if node is not None and wrong:
        message = wrong[0] or f"the format is {current()}, and here stands {shape(node)}"
        notes.error("unknown-format", message, node.place, wrong[1])


def place_of(table: Table, key: str) -> Place:
    return table.keys.get(key, table.place)
