"""The text of an Atlassian document (ADF): what a reader would see, without formatting."""

from typing import Any

BLOCKS = ("paragraph", "heading", "codeBlock", "listItem", "tableRow", "blockquote", "panel", "rule")


def text(document: Any) -> str | None:
    """Plain text of an ADF document, a plain string as it is, None where there is none."""
    if document is None or isinstance(document, str):
        return document or None
    lines = "".join(_parts(document)).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip()) or None


def _parts(node: Any) -> list[str]:
    if not isinstance(node, dict):
        return []
    kind, attributes = node.get("type"), node.get("attrs") or {}
    if kind == "text":
        return [node.get("text") or ""]
    if kind == "hardBreak":
        return ["\n"]
    if kind in ("mention", "emoji", "date", "status"):
        return [str(attributes.get("text") or attributes.get("shortName") or "")]
    if kind in ("inlineCard", "blockCard"):
        return [str(attributes.get("url") or "")]
    inner = [part for child in node.get("content") or [] for part in _parts(child)]
    return [*inner, "\n"] if kind in BLOCKS else inner
