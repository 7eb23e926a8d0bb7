"""The lines of the filling process as steps on the terminal."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from orchestration.progress import Progress, Step

EXPECTED = {("globex", "github")}  # the demo's one refused token
NAMES = {"docs": "definitions"}


def show_fill(lines: Iterable[bytes], progress: Progress) -> bool:
    """Show each phase until the process ends. False where a phase said itself that it failed."""
    view = _View(progress)
    for event in _events(lines):
        view.take(event)
    if view.step:  # the process ended in the middle
        view.step.fail()
        view.step = None
    return view.is_good


def _events(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            yield event


class _View:
    """The phase on show and what it has counted."""

    def __init__(self, progress: Progress):
        self.progress, self.is_good = progress, True
        self.step: Step | None = None
        self.rows, self.count = 0, 0
        self.tenants: set[str] = set()
        self.refused: list[tuple[str, str, str]] = []

    def take(self, event: dict[str, Any]) -> None:
        state = event.get("state")
        if state == "begin":
            self.step, self.count = Step(self.progress, NAMES.get(event["phase"], event["phase"])), 0
        elif state == "end" and self.step:
            self._end(event["phase"], event.get("text", ""))
        elif state == "bad":
            self._fail(event.get("text", ""))
        elif event.get("step") == "load":
            self._loaded(event)
        elif self.step and "at" in event:
            self.step.moved(event["at"])
        elif self.step and "done" in event:
            self.count += 1
            self.step.moved(f"{self.count} done · {event['done']}")

    def _end(self, phase: str, text: str) -> None:
        assert self.step is not None
        if phase == "load":
            text = f"{len(self.tenants)} tenants · {self.rows:,} rows"
        elif self.count and text:
            text = f"{self.count} models and tests, {text}"
        self.step.end(text)
        self.step = None
        for tenant, source, error in self.refused:
            note = " (on purpose: one tenant's failure is its own)" if (tenant, source) in EXPECTED else ""
            self.progress.bad(f"load {tenant}/{source}", f"{error}{note}")
        self.refused = []

    def _fail(self, text: str) -> None:
        self.is_good = False
        if self.step:
            self.step.fail(text)
            self.step = None
        else:
            self.progress.bad("", text)

    def _loaded(self, event: dict[str, Any]) -> None:
        tenant = event["tenant"].rpartition("--")[0]
        self.tenants.add(tenant)
        self.rows += event["rows"]
        if event.get("error"):
            self.refused.append((tenant, event["source"], event["error"]))
        if self.step:
            self.step.moved(f"{self.rows:,} rows · {tenant}/{event['source']}")
