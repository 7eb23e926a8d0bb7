"""Names that people give: what may stand in one, and the one spelling in which it is kept."""

import unicodedata
from typing import Any

REFUSED = {
    "Cc": "a control character",
    "Cf": "an invisible character",  # of direction too: what is shown would not be what is kept
    "Cs": "half a character",
    "Co": "a character of private use",
    "Zl": "a line break",
    "Zp": "a line break",
}
JOINERS = "\u200c\u200d"  # within words of Persian and of India, and between emoji that make one
JOINED = {"Lo", "Mc", "Mn", "Sk", "So"}  # letters without capitals and their marks, emoji and their colours
LOOKS_EMPTY = "\u115f\u1160\u2800\u3164\uffa0"  # letters and symbols by their category, and yet blank
LONGEST = 200  # characters, and so at most four times as many bytes
# For msgspec: text on one line that is shown as it is kept, such as a glob.
LINE = r"[^\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+"


class InvalidName(Exception):
    """The name in a field cannot be kept. `issue` says why and what to do."""

    def __init__(self, field: str, issue: str) -> None:
        super().__init__(f"{field}: {issue}.")
        self.field, self.issue = field, issue


class Name(str):
    """A name that `checked` has passed."""


def checked(given: str, field: str = "name", longest: int = LONGEST) -> Name:
    """The name as it is kept: composed (NFC), so that two spellings that look the same are one. Raises InvalidName."""
    name = unicodedata.normalize("NFC", given[: 4 * longest])  # no more work than a name is worth
    if issue := unfit(name if len(given) <= 4 * longest else given, longest):
        raise InvalidName(field, issue)
    return Name(name)


def decode(kind: type, value: object) -> Name:
    """For msgspec: a field of type Name. Raises ValueError, which it tells with the field."""
    if kind is not Name or not isinstance(value, str):
        raise ValueError("must be text")
    try:
        return checked(value)
    except InvalidName as error:
        raise ValueError(error.issue) from None


def schema_of(kind: type) -> dict[str, Any]:
    """For msgspec: the JSON schema of a field of type Name."""
    return {"type": "string", "minLength": 1, "maxLength": LONGEST}


def whole(pattern: str) -> str:
    """A regular expression for a whole text, in Python and in JSON schema: `$` alone lets a last line break pass."""
    return rf"^(?:{pattern})$(?!\n)"


def is_blank(character: str) -> bool:
    """Whether nothing is seen of it."""
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cf") or character in LOOKS_EMPTY


def unfit(name: str, longest: int = LONGEST) -> str | None:
    """Why a composed name cannot be kept, and what to do; None where it can."""
    if len(name) > longest:
        return f"is longer than {longest} characters"
    if all(map(is_blank, name)):
        return "is blank. Do: write something that can be seen"
    for place, character in enumerate(name):
        if why := REFUSED.get(unicodedata.category(character)):
            if character in JOINERS and _joins(name, place):
                continue
            return f"holds {why} (U+{ord(character):04X}). Do: take it out"
    return "begins or ends with white space. Do: take it away" if name != name.strip() else None


def _joins(name: str, place: int) -> bool:
    """Whether a joiner stands where scripts and emoji need one, and not hidden in a word that has the same look."""
    around = name[max(0, place - 1) : place] + name[place + 1 : place + 2]
    return len(around) == 2 and all(unicodedata.category(each) in JOINED and not is_blank(each) for each in around)
