"""What the providers answer when something is wrong, and how a fault changes a right answer."""

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import msgspec

if TYPE_CHECKING:
    from pipelines.simulator.faults import Fault

JSON = b"application/json; charset=utf-8"
HTML = b"<html>\n<head><title>503 Service Temporarily Unavailable</title></head>\n<body>Unicorn!</body>\n</html>\n"
SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. "
    "If you reach out to GitHub Support for help, please include the request ID"
)
UNAUTHORISED: dict[str, Any] = {
    "github": {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest", "status": "401"},
    "jira": {"errorMessages": ["You do not have permission to view this."], "errors": {}},
    "hubspot": {
        "status": "error",
        "message": "Authentication credentials not found.",
        "category": "INVALID_AUTHENTICATION",
    },
    "zendesk": {"error": "Couldn't authenticate you"},
}
TOO_MANY: dict[str, Any] = {
    "github": {"message": "API rate limit exceeded", "documentation_url": "https://docs.github.com/rest"},
    "jira": {"errorMessages": ["Rate limit exceeded."], "errors": {}},
    "hubspot": {
        "status": "error",
        "message": "You have reached your ten_secondly_rolling limit.",
        "errorType": "RATE_LIMIT",
        "policyName": "TEN_SECONDLY_ROLLING",
    },
    "zendesk": {
        "error": "APIRateLimitExceeded",
        "description": "Number of allowed incremental export API requests per minute exceeded",
    },
    "open_meteo": {"error": True, "reason": "Minutely API request limit exceeded. Please try again in one minute."},
    "exchange_rates": {"result": "error", "error-type": "quota-reached"},
    "geonames": {"status": {"message": "the hourly limit of 1000 credits has been exceeded.", "value": 19}},
}


@dataclass
class Answer:
    """A whole answer, kept back to be changed."""

    status: int = 200
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: bytes, value: bytes | None) -> None:
        """Set a header; None takes it off."""
        self.headers = [(key, old) for key, old in self.headers if key.lower() != name]
        if value is not None:
            self.headers.append((name, value))


def instead(fault: "Fault", path: str) -> Answer | None:
    """The answer that a fault gives in place of the provider's, None where the provider answers."""
    provider = path.split("/", 2)[1] if path.count("/") else ""
    wait = str(fault.options.get("retry_after", 1)).encode()
    message = {"message": "Server Error", "errorMessages": ["Internal server error"]}
    if fault.fault == "429":
        if provider == "gdelt":
            text = b"Please limit requests to one every 5 seconds or contact us for larger queries."
            return _answer(429, text, b"text/html", retry=wait)
        return _answer(429, TOO_MANY.get(provider, {"message": "Too Many Requests"}), retry=wait)
    if fault.fault == "403_secondary":
        return _answer(403, {"message": SECONDARY, "documentation_url": "https://docs.github.com/rest"}, retry=wait)
    if fault.fault == "403_primary":
        reset = str(int(time.time() + float(fault.options.get("reset_after", 2)))).encode()
        answer = _answer(403, TOO_MANY["github"])
        for name, value in ((b"limit", b"5000"), (b"remaining", b"0"), (b"used", b"5000"), (b"reset", reset)):
            answer.header(b"x-ratelimit-" + name, value)
        return answer
    if fault.fault == "403_permission":
        return _not_allowed(provider, str(fault.options.get("right", "")))
    if fault.fault == "401":
        return _answer(401, UNAUTHORISED.get(provider, {"message": "Unauthorized"}))
    if fault.fault == "500":
        return _answer(500, message)
    if fault.fault == "503_html":
        return _answer(503, HTML, b"text/html; charset=utf-8")
    return None


def _not_allowed(provider: str, right: str) -> Answer:
    """The credentials are right, but lack `right`, as the provider names it."""
    if provider == "hubspot":
        context = {"requiredGranularScopes": [right]}
        missing = {"message": "One or more of the following scopes are required.", "context": context}
        return _answer(403, {"status": "error", "category": "MISSING_SCOPES", "errors": [missing]})
    if provider == "github":
        answer = _answer(403, {"message": "Resource not accessible by personal access token", "status": "403"})
        answer.header(b"x-accepted-github-permissions", right.encode() or None)
        return answer
    return _answer(403, UNAUTHORISED.get(provider, {"message": "Forbidden"}))


def _answer(status: int, body: Any, kind: bytes = JSON, retry: bytes | None = None) -> Answer:
    answer = Answer(status, [(b"content-type", kind)], body if isinstance(body, bytes) else msgspec.json.encode(body))
    if retry is not None:
        answer.header(b"retry-after", retry)
    return answer


def change(fault: "Fault", answer: Answer, query: str, asked: bytes) -> bool:
    """Change the provider's answer as the fault wants; False where there was nothing to change."""
    if fault.fault in {"slow", "drop", "delay_ms", "hang"}:
        return fault.fault != "hang"  # counted when it began
    if answer.status != 200 or not answer.body:
        return False
    if fault.fault == "truncated_json":
        answer.body = answer.body[: max(1, len(answer.body) // 2)]
        return True
    if fault.fault == "repeat_page":
        return _repeat_page(fault, answer)
    try:
        body = msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        return False
    if fault.fault == "repeat_token":
        return _repeat_token(answer, body, query, asked)
    if fault.fault == "hide":
        body, hidden = _without(body, str(fault.options.get("field", "id")), set(fault.options.get("values", [])))
        answer.body = msgspec.json.encode(body)
        return hidden > 0
    rows = _rows(body)[: fault.options.get("rows")]
    for row in rows:
        if fault.fault == "drift":
            row["zz_new_field"] = {"added": "by the provider", "version": 2}
            for old, new in fault.options.get("rename", {}).items():
                if old in row:
                    row[new] = row.pop(old)
        else:
            _set_null(row, fault.options.get("fields", []))
    answer.body = msgspec.json.encode(body)
    return bool(rows)


def _repeat_page(fault: "Fault", answer: Answer) -> bool:
    """Answer once more what the request before got; the first request has nothing to repeat."""
    if fault.previous is None:
        fault.previous = Answer(answer.status, list(answer.headers), answer.body)
        return False
    answer.headers, answer.body = list(fault.previous.headers), fault.previous.body
    return True


def _repeat_token(answer: Answer, body: Any, query: str, asked: bytes) -> bool:
    """Hand out the same token that the request brought."""
    parameters = {name: values[0] for name, values in parse_qs(query).items()}
    wanted = msgspec.json.decode(asked) if asked.startswith(b"{") else {}
    token = wanted.get("nextPageToken") or parameters.get("nextPageToken")
    after = wanted.get("after") or parameters.get("after")
    if token and isinstance(body, dict):
        body.update(nextPageToken=token, isLast=False)
    elif "cursor" in parameters and isinstance(body, dict):
        body.update(after_cursor=parameters["cursor"], end_of_stream=False)
    elif after and isinstance(body, dict):
        body["paging"] = {"next": {"after": after}}
    elif "page" in parameters:
        for name, value in list(answer.headers):
            if name.lower() == b"link":
                same = rb"\1page=" + parameters["page"].encode()
                again = re.sub(rb"([?&])page=\d+(?=[^>]*>; rel=\"next\")", same, value)
                answer.header(b"link", again)
        return True
    else:
        return False
    answer.body = msgspec.json.encode(body)
    return True


def _rows(body: Any) -> list[dict[str, Any]]:
    """The objects of an answer: of the list, of the lists inside an envelope, else the answer itself."""
    if isinstance(body, list):
        return [row for row in body if isinstance(row, dict)]
    if not isinstance(body, dict):
        return []
    inside = [row for value in body.values() if isinstance(value, list) for row in value if isinstance(row, dict)]
    return inside or [body]


def _without(body: Any, name: str, values: set[Any]) -> tuple[Any, int]:
    """The answer without the records whose field has one of the values, wherever a list holds them; how many."""
    if isinstance(body, list):
        kept = [one for one in body if not (isinstance(one, dict) and one.get(name) in values)]
        pairs = [_without(one, name, values) for one in kept]
        return [one for one, _ in pairs], len(body) - len(kept) + sum(count for _, count in pairs)
    if isinstance(body, dict):
        found = {key: _without(value, name, values) for key, value in body.items()}
        return {key: value for key, (value, _) in found.items()}, sum(count for _, count in found.values())
    return body, 0


def _set_null(row: dict[str, Any], fields: list[str]) -> None:
    for name in fields:
        *path, last = name.split(".")
        found: Any = row
        for step in path:
            found = found.get(step) if isinstance(found, dict) else None
        if isinstance(found, dict) and last in found:
            found[last] = None
