"""Names that people give: what may stand in one, and the one spelling in which it is kept."""

import unicodedata

REFUSED = {
    "Cc": "a control character",
    "Cf": "an invisible character",  # of direction too: what is shown would not be what is kept
    "Cs": "half a character",
    "Co": "a character of private use",
    "Zl": "a line break",
    "Zp": "a line break",
}
JOINERS = "\u200c\u200d"  # within words of Persian and of India, and between emoji that make one
LOOKS_EMPTY = "\u115f\u1160\u2800\u3164\uffa0"  # letters and symbols by their category, and yet blank
LONGEST = 200  # characters, and so four times as many bytes


class InvalidName(ValueError):
    """The name cannot be kept. The message says why and what to do."""


class Name(str):
    """A name that `checked` has passed."""


def checked(given: str, longest: int = LONGEST) -> Name:
    """The name as it is kept: composed (NFC), so that two spellings that look the same are one. Raises InvalidName."""
    if len(given) > 4 * longest:  # before any work is put into it
        raise InvalidName(f"is longer than {longest} characters")
    name = unicodedata.normalize("NFC", given)
    if len(name) > longest:
        raise InvalidName(f"is longer than {longest} characters")
    if all(is_blank(character) for character in name):
        raise InvalidName("is blank. Do: write something that can be seen")
    for place, character in enumerate(name):
        if why := REFUSED.get(unicodedata.category(character)):
            if character in JOINERS and _joins(name, place):
                continue
            raise InvalidName(f"holds {why} (U+{ord(character):04X}). Do: take it out")
    if name != name.strip():
        raise InvalidName("begins or ends with white space. Do: take it away")
    return Name(name)


def decode(kind: type, value: object) -> Name:
    """For msgspec: a field of type Name. Raises ValueError, which it tells with the field."""
    if kind is Name and isinstance(value, str):
        return checked(value)
    raise ValueError("must be text")


def whole(pattern: str) -> str:
    """A regular expression for a whole text, in Python and in JSON schema: `$` alone lets a last line break pass."""
    return rf"^(?:{pattern})$(?!\n)"


def is_blank(character: str) -> bool:
    """Whether nothing is seen of it."""
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cf") or character in LOOKS_EMPTY


def _joins(name: str, place: int) -> bool:
    """Whether a joiner stands where scripts and emoji need one, and not hidden in a word that has the same look."""
    around = name[max(0, place - 1) : place] + name[place + 1 : place + 2]
    return len(around) == 2 and not around.isascii() and not any(map(is_blank, around))
