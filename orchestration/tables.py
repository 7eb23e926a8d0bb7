"""What a command lists: columns for a person, JSON for a program."""

import json
from typing import Any

import click


def show(found: Any, as_json: bool) -> None:
    """Print one row or several, each a dictionary with the same keys."""
    if as_json:
        click.echo(json.dumps(found, default=str))
        return
    rows = found if isinstance(found, list) else [found]
    if not rows:
        click.echo("  none")
        return
    widths = {key: max(len(key), *(len(_cell(row[key])) for row in rows)) for key in rows[0]}
    click.echo("  " + "  ".join(f"{key:<{width}}" for key, width in widths.items()))
    for row in rows:
        click.echo("  " + "  ".join(f"{_cell(row[key]):<{width}}" for key, width in widths.items()))


def _cell(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
