"""A secret is found in a text however a program wrote it down."""

import base64
import html
import json
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from pipelines.scrubbing import scrub

SECRETS = ["canary-token", "can+ary/t=oken=", "ca'n\"a\\ry\ntök<&>en😀", r"canary\n\\token"]
WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": str,
    "Python": repr,
    "Python, of bytes": lambda secret: repr(secret.encode()),
    "Python, twice": lambda secret: repr(repr(secret)),
    "ASCII": ascii,
    "JSON": json.dumps,
    "JSON of another library": lambda secret: json.dumps(secret, ensure_ascii=False).replace("/", "\\/"),
    "JSON in JSON in Python": lambda secret: repr(json.dumps({"error": json.dumps(secret)})),
    "a path": quote,
    "a query": quote_plus,
    "small letters of per cent": lambda secret: quote(secret, safe="").replace("%2B", "%2b").replace("%2F", "%2f"),
    "HTML": html.escape,
}


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("how", WRITTEN)
def test_a_secret_is_found_as_others_write_it(how: str, secret: str) -> None:
    told = scrub(f"refused: {WRITTEN[how](secret)}, and so on", [secret])

    assert "***" in told and told.startswith("refused: ") and told.endswith(", and so on")
    assert not any(part in told for part in ("canary", "oken", "ary"))


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("user", ["", "u:", "us:", "use:", "somebody@acme.example:"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_password_is_found_in_what_http_makes_of_it(secret: str, user: str, encode: Callable[[bytes], bytes]) -> None:
    sent = encode(f"{user}{secret}".encode()).decode()

    for written in (sent, quote(sent, safe=""), json.dumps(sent).replace("/", "\\/")):
        left = scrub(f"Basic {written}", [secret]).removeprefix("Basic ")
        shown = encode(user.encode()).decode().rstrip("=")
        assert "***" in left
        assert len(left) <= len(shown) + len("***") + 9  # the user, and a character or padding on each side


def test_the_longer_of_two_secrets_is_taken_out_first() -> None:
    assert scrub("a canary-token-2 of canary-token", ["canary-token", "canary-token-2", ""]) == "a *** of ***"


def test_what_is_no_secret_stays() -> None:
    text = 'answered 401: "Bad credentials" \\n %20 YmFkIGNyZWRlbnRpYWxz'
    assert scrub(text, ["canary-token", "x" * 40]) == text


def test_a_hostile_answer_is_looked_through_in_little_time() -> None:
    begun = time.process_time()
    for secret in ("\\" * 50 + "b", "'" * 50, "+/=" * 100, "ghp_" + "aB3" * 12):
        scrub("\\" * 20_000 + "ghp_a" * 20_000 + "'%" * 20_000, [secret])
    assert time.process_time() - begun < 20
