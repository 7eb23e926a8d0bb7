"""`clearsignal …`: the command line. Exit codes: 0 well, 1 something failed, 2 it could not begin."""

import json
import os
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

FAILED, CANNOT_BEGIN = 1, 2
CHECKOUT = Path(__file__).resolve().parents[1]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def cli() -> None:
    """Clearsignal: a company's delivery, customer and market signals in one warehouse."""


def main(arguments: list[str] | None = None) -> None:
    """The program: every error in one message that says what, why and what to do."""
    from orchestration import environment
    from orchestration.commands import (
        accounts,
        configuration,
        connections,
        loading,
        overrides,
        running,
        schedules,
        secret_key,
        services,
        uploads,
        webhooks,
    )
    from pipelines.warehouse.home import home

    groups = (
        running, loading, accounts, connections, schedules, uploads, overrides, configuration, webhooks, secret_key,
        services,
    )  # fmt: skip
    for group in groups:
        group.register(cli)
    environment.read_dotenv(CHECKOUT / ".env")
    try:
        code = cli.main(args=arguments, prog_name="clearsignal", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)  # click returns what Exit carries
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(CANNOT_BEGIN)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        sys.exit(explain(error, home))


def explain(error: Exception, home: Callable[[], Path]) -> int:
    """Print one sentence; what is not ours to explain goes to a file with its traceback. The exit code."""
    said = " ".join(str(error).split())
    if is_ours(error) and said:
        click.echo(f"✗ {said}", err=True)
        return FAILED if type(error).__name__ in ("StackFailed", "DbtFailed", "EmbeddedServerFailed") else CANNOT_BEGIN
    if isinstance(error, OSError) and error.errno in (28, 30, 13):  # full, read-only, not allowed
        click.echo(
            f"✗ {error.strerror}: {error.filename}. Do: make room, or set CLEARSIGNAL_HOME to another folder.", err=True
        )
        return CANNOT_BEGIN
    where = write_traceback(error, home)
    first = said.partition(" DETAIL:")[0][:200] or type(error).__name__
    click.echo(f"✗ {type(error).__name__}: {first}. Do: read {where}, and clearsignal doctor.", err=True)
    return FAILED


def is_ours(error: BaseException) -> bool:
    """Whether the message was written for the user."""
    return type(error).__module__.partition(".")[0] in ("pipelines", "orchestration", "api", "dbt_project", "__main__")


def write_traceback(error: BaseException, home: Callable[[], Path]) -> str:
    """Keep the traceback for whoever mends it; return where it is."""
    text = "".join(traceback.format_exception(error))
    try:
        path = home() / "logs" / f"error-{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except Exception:
        sys.stderr.write(text)
        return "the lines above"
    return str(path)


def emit(rows: Any, as_json: bool, lines: Callable[[Any], list[str]]) -> None:
    """Rows as JSON for programs or as lines for people."""
    if as_json:
        click.echo(json.dumps(rows, default=str))
    else:
        for line in lines(rows):
            click.echo(line)


if __name__ == "__main__":
    from orchestration.cli import main as run  # one module object, whatever name it was started by

    run()
