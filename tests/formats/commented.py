"""Texts with comments wherever YAML allows them."""

from rules_engine.formats.editing.yaml_spans import comments, leaves, read_spans


def commented(text: str, line_end: str = "\n") -> str:
    """A numbered comment above and at the end of every line that is not within a scalar of several lines."""
    # What stands behind the last line of a block scalar is a part of it.
    scalars = [(each.start, each.end + (each.style in ("|", ">"))) for each in leaves(read_spans(text))]
    found, at = ["# at the top", ""], 0
    for number, line in enumerate(text.removesuffix("\n").split("\n")):
        end = at + len(line)
        if line.strip():
            indent = line[: len(line) - len(line.lstrip(" "))]
            found += [] if _within(at, scalars) else [f"{indent}# above {number}"]
            line = line if _within(end, scalars) or "#" in line else f"{line}  # behind {number}"
        found.append(line)
        at = end + 1
    return line_end.join([*found, "", "# at the end", ""])


def _within(at: int, scalars: list[tuple[int, int]]) -> bool:
    return any(start < at < end for start, end in scalars)


def remarks(text: str) -> list[str]:
    return [each.text for each in comments(text, read_spans(text))]
