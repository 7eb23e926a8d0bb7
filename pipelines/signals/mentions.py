"""Names of the tenant's own lists in texts, by spaCy's PhraseMatcher on a blank pipeline: no model, no guessing."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import spacy
from spacy.matcher import PhraseMatcher
from spacy.util import filter_spans

VERSION = "phrases-1"
# Companies are written with a capital, and many are also words ("Box"); components come in any case.
ATTRIBUTE = {"component": "LOWER", "service": "LOWER", "customer": "ORTH"}
LEGAL_FORM = re.compile(r",?\s+(?:GmbH(?: & Co\. KG)?|AG|SE|KG|Inc|Ltd|LLC|LLP|PLC|Corp|S\.?A|B\.?V|Limited)\.?$")


class Mention(NamedTuple):
    """A name in a text: whose it is, as the list has it, where it begins, and as the text has it."""

    kind: str
    name: str
    position: int
    matched_text: str


class Names:
    """One tenant's names, ready to be looked for."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        language = spacy.blank("xx")
        self._tokenizer = language.tokenizer
        self._matchers = {kind: PhraseMatcher(language.vocab, attr=attribute) for kind, attribute in ATTRIBUTE.items()}
        for kind, name in sorted(names):
            self._add(kind, name)

    def _add(self, kind: str, name: str) -> None:
        forms = {name, LEGAL_FORM.sub("", name)} if kind == "customer" else {name, re.sub(r"[-_]+", " ", name)}
        for form in sorted(forms):
            doc = self._tokenizer(form)
            if len(form) >= 3 and len(doc):
                self._matchers[kind].add(name, [doc])

    def find(self, text: str) -> Iterator[Mention]:
        """Every mention; of those that overlap the longest."""
        doc = self._tokenizer(text)
        for kind, matcher in self._matchers.items():
            for span in filter_spans(matcher(doc, as_spans=True)):
                yield Mention(kind, span.label_, span.start_char, span.text)
