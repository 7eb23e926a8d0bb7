"""What a long start says while it works: a live line on a terminal, plain lines where it is piped."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

EVERY_SECONDS = 5.0  # how often a piped start repeats a step that is still at work
NAME_WIDTH = 20


class Step:
    """One line: a name, how long it takes, what it is at. It ends by `end` or `fail`, once."""

    def __init__(self, progress: "Progress", name: str):
        self.name, self.text = name, ""
        self._progress, self._began = progress, time.monotonic()
        self._said = self._began
        self._live: Live | None = None
        if progress.console:
            spinner = Spinner("dots", text=self)  # rendered anew at each turn
            self._live = Live(spinner, console=progress.console, transient=True, refresh_per_second=8)
            self._live.start()

    @property
    def seconds(self) -> float:
        """Since the step began."""
        return time.monotonic() - self._began

    def __rich__(self) -> Text:
        return Text(f" {_columns(self.name, self.seconds, self.text)}")

    def moved(self, text: str) -> None:
        """What the step is at now."""
        self.text = text
        now = time.monotonic()
        if not self._live and now - self._said >= EVERY_SECONDS:
            self._said = now
            self._progress.say(f"  … {_columns(self.name, self.seconds, text)}")

    def end(self, text: str | None = None) -> None:
        """✓"""
        self._close()
        self._progress.good(self.name, self.text if text is None else text, self.seconds)

    def fail(self, text: str | None = None) -> None:
        """✗"""
        self._close()
        self._progress.bad(self.name, self.text if text is None else text, self.seconds)

    def _close(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None


class Progress:
    """Prints steps as they begin, move on and end."""

    def __init__(self, stream: TextIO | None = None):
        self.stream = stream or sys.stdout
        with contextlib.suppress(AttributeError, ValueError):
            self.stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal without ✓ shows ?
        is_live = self.stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
        self.console = Console(file=self.stream, highlight=False, soft_wrap=True) if is_live else None

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """A step that ends well, or badly where it raises."""
        step = Step(self, name)
        try:
            yield step
        except BaseException:
            step.fail()
            raise
        step.end()

    def good(self, name: str, text: str, seconds: float | None = None) -> None:
        """A line for something that ended well."""
        self._mark("✓", "green", name, text, seconds)

    def bad(self, name: str, text: str, seconds: float | None = None) -> None:
        """A line for something that failed."""
        self._mark("✗", "red", name, text, seconds)

    def say(self, line: str = "") -> None:
        """A line as it is."""
        if self.console:
            self.console.print(line, markup=False)
        else:
            print(line, file=self.stream, flush=True)

    def _mark(self, sign: str, colour: str, name: str, text: str, seconds: float | None) -> None:
        line = _columns(name, seconds, text)
        if self.console:
            self.console.print(Text.assemble("  ", (sign, colour), " ", line))
        else:
            self.say(f"  {sign} {line}")


def duration(seconds: float) -> str:
    """As a person would say it: 9.0 s, 1 m 38 s."""
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} m {int(seconds % 60)} s"


def _columns(name: str, seconds: float | None, text: str) -> str:
    took = "" if seconds is None else duration(seconds)
    return f"{name:<{NAME_WIDTH}} {took:>9}   {text}".rstrip()
