"""Is a text English? By what its source says, else by its letters and commonest words."""

import re

ENGLISH = {"english", "eng", "en"}
WORD = re.compile(r"[^\W\d_]+")
# Words that only one of the two sides uses in short texts. Shared ones ("in", "an", "was", "die") are left out.
ENGLISH_TEXT = """the and of to is are for with that this it on as be by at from not have has will can after when we you
your our does but they their there were been if or which while should would could how why what no all new"""
OTHER_TEXT = """
der das und ist nicht ein eine einen einem einer mit für auf von zu den dem des sich auch wird werden wir ich
nach über aus als mehr es gab viel nur noch wie bei uns ihr wenn kein keine sind im am zum zur oder aber le
les et une est dans pour que qui sur pas avec au aux du ce cette nous vous el los las una del por con para se
como más pero il lo gli di che non per sono della nel het een van niet op zijn voor met aan och att det som är
inte för på og ikke nie jest się
"""
ENGLISH_WORDS = frozenset(ENGLISH_TEXT.split())
OTHER_WORDS = frozenset(OTHER_TEXT.split())


def is_english(text: str, language: str | None = None) -> bool:
    """True where the source says so, or says nothing and the text reads so. Short plain ASCII counts as English."""
    if language:
        return re.split(r"[-_ ]", language.strip().lower())[0] in ENGLISH
    letters = [character for character in text if character.isalpha()]
    if not letters:
        return False
    if sum(character.isascii() for character in letters) < 0.9 * len(letters):
        return False
    words = [word.lower() for word in WORD.findall(text)]
    english = sum(word in ENGLISH_WORDS for word in words)
    other = sum(word in OTHER_WORDS for word in words)
    if english == other == 0:
        return all(character.isascii() for character in letters)
    return english > other
