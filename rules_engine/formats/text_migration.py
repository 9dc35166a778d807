"""A text of an older edition brought to the current one: what the steps between do not change keeps its characters."""

from rules_engine.formats.editing.text_layout import woven
from rules_engine.formats.editing.text_merge import Merging, merged
from rules_engine.formats.editing.yaml_spans import read_spans, same
from rules_engine.formats.format_versions import plain, upgraded
from rules_engine.formats.notes import root_table
from rules_engine.formats.yaml_tree import Table, read_tree
from rules_engine.formats.yaml_writer import write_tree


def migrated(text: str, kind: str, file: str = "") -> str:
    """The text in the current edition, comments kept; `kind` is `ruleset`, `mapping` or `cases`. Raises Unreadable.

    A text that is in the current edition, or in none that this product knows, comes back as it is.
    """
    found = read_tree(text, file)
    table = upgraded(found, kind) if isinstance(found, Table) else root_table(found, f"a {kind}")
    if table is found:
        return text
    now = write_tree({key: plain(each) for key, each in table.entries.items()})
    kept = merged(Merging(text, text, now))
    if kept is not None and same(read_spans(kept), read_spans(now)):
        return kept
    return woven(text, now)
