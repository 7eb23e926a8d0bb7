"""Names of a tenant's lists in texts."""

import pytest

from pipelines.signals.mentions import Mention, Names

NAMES = Names([
    ("component", "Checkout"), ("component", "Search"), ("component", "Search API"), ("service", "order-service"),
    ("customer", "Acme GmbH"), ("customer", "Box"), ("customer", "Müller & Söhne"), ("component", "it"),
])  # fmt: skip


@pytest.mark.parametrize(("text", "found"), [
    ("CHECKOUT is down", [("component", "Checkout", 0)]),
    ("checkouts and Checkoutly", []),
    ("the search api, not Search", [("component", "Search API", 4), ("component", "Search", 20)]),
    ("order-service or order service", [("service", "order-service", 0), ("service", "order-service", 17)]),
    ("Acme and Acme GmbH wait", [("customer", "Acme GmbH", 0), ("customer", "Acme GmbH", 9)]),
    ("a box is no Box", [("customer", "Box", 12)]),
    ("Für Müller & Söhne geht it nicht", [("customer", "Müller & Söhne", 4)]),
    ("", []),
])  # fmt: skip
def test_a_name_is_found_word_by_word_and_the_longest_counts(text: str, found: list[tuple]):
    assert [(one.kind, one.name, one.position) for one in NAMES.find(text)] == found


def test_a_mention_shows_the_text_as_it_stands():
    assert next(NAMES.find("In chECKout")) == Mention("component", "Checkout", 3, "chECKout")
