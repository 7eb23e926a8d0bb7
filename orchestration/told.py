"""What a command says while its runs are at work."""

import contextlib
import logging
import sys
from collections.abc import Iterator

from orchestration.progress import Progress, Step


class Tally(logging.Handler):
    """Counts what the assets report and shows the latest of it."""

    def __init__(self, name: str, is_silent: bool):
        super().__init__()
        self.rows, self.count = 0, 0
        self.step = None if is_silent else Step(Progress(sys.stderr), name)

    def emit(self, record: logging.LogRecord) -> None:
        """One report of an asset."""
        progress = getattr(record, "progress", None)
        if not progress:
            return
        if progress["step"] == "load":
            self.count, self.rows = self.count + 1, self.rows + progress["rows"]
        if self.step:
            self.step.moved(record.getMessage())


@contextlib.contextmanager
def told(name: str, is_silent: bool = False) -> Iterator[Tally]:
    """Show on standard error what happens inside."""
    logger = logging.getLogger("clearsignal.progress")
    tally = Tally(name, is_silent)
    logger.addHandler(tally)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield tally
    except BaseException:
        if tally.step:
            tally.step.fail()
        raise
    else:
        if tally.step:
            tally.step.end("")
    finally:
        logger.removeHandler(tally)
