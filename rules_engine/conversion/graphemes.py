"""Text cut between graphemes, never inside one."""

import unicodedata

JOINER = "\u200d"


def cut(text: str, length: int) -> str:
    """The longest beginning of `text` of at most `length` characters that ends between two graphemes.

    After the rules of Unicode Standard Annex 29 that business text meets: combining marks, joined and toned emoji,
    flags, Hangul syllables in parts, and CR LF. A first grapheme longer than `length` leaves "".
    """
    end = max(length, 0)
    if end >= len(text):
        return text
    while end > 0 and _joined(text, end):
        end -= 1
    return text[:end]


def _joined(text: str, at: int) -> bool:
    """Whether the characters before and after position `at` belong to one grapheme."""
    before, after = text[at - 1], text[at]
    if before == "\r" and after == "\n":
        return True
    if _is_control(before) or _is_control(after):
        return False
    if _extends(after) or (before == JOINER and unicodedata.category(after) == "So"):
        return True
    if _is_flag_letter(before) and _is_flag_letter(after):
        return _flag_letters_before(text, at) % 2 == 1
    return _hangul_joins(before, after)


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Zl", "Zp")


def _extends(character: str) -> bool:
    """Marks, the joiners, skin tones and the tags of regional flags hang on what stands before them."""
    return (
        unicodedata.category(character) in ("Mn", "Me", "Mc")
        or character in (JOINER, "\u200c")
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_letters_before(text: str, at: int) -> int:
    start = at
    while start > 0 and _is_flag_letter(text[start - 1]):
        start -= 1
    return at - start


def _hangul_joins(before: str, after: str) -> bool:
    leading, vowel, trailing = "\u1100" <= before <= "\u115f", _is_vowel(before), "\u11a8" <= before <= "\u11ff"
    syllable = "\uac00" <= before <= "\ud7a3"
    open_syllable = syllable and (ord(before) - 0xAC00) % 28 == 0
    if leading:
        return "\u1100" <= after <= "\u115f" or _is_vowel(after) or "\uac00" <= after <= "\ud7a3"
    if (vowel or open_syllable) and _is_vowel(after):
        return True
    return (vowel or trailing or syllable) and "\u11a8" <= after <= "\u11ff"


def _is_vowel(character: str) -> bool:
    return "\u1160" <= character <= "\u11a7"
