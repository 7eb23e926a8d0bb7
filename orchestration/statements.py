"""What dbt sent to build each model, sent again: its own work, a tenth of a second a model, is then done once."""

import itertools
import logging
import re
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue
from typing import Any

import psycopg

from orchestration.dbt import Dbt, Outcome, tell
from orchestration.models import Manifest
from pipelines.warehouse.connection import Warehouse

logger = logging.getLogger("clearsignal.webhooks")
AT_ONCE = 2  # as many as dbt has threads
# What dbt asked for itself, such as columns, has its answer already; and a model is one transaction here.
FOR_DBT = re.compile(r"\s*(/\*.*?\*/)?\s*(select|begin|commit)\b", re.IGNORECASE | re.DOTALL)


class Statements:
    """The statements by which dbt built each model bit by bit, in the order in which it sent them.

    They hold as long as the code that was parsed: which tenants, days and build a model is about, its SQL asks of the
    database. Whoever learns of other code makes this anew.
    """

    def __init__(self, warehouse: Warehouse, dbt: Dbt, manifest: Manifest) -> None:
        self._warehouse, self._dbt, self._manifest = warehouse, dbt, manifest
        self._known: dict[str, str] = {}

    def knows(self, nodes: Iterable[dict[str, Any]]) -> bool:
        """Whether dbt has built all of these models here."""
        return all(node["unique_id"] in self._known for node in nodes)

    def run(self, nodes: list[dict[str, Any]]) -> list[Outcome]:
        """Build models as `Dbt.run` does, and by it where one is new here or a statement fails, for it says why."""
        if self.knows(nodes):
            try:
                return self._repeat(nodes)
            except psycopg.Error as error:
                logger.warning("a statement of a model failed (%s): dbt builds them", type(error).__name__)
                self._known.clear()
        sent: dict[str, list[str]] = {}
        outcomes = self._dbt.run(nodes, heard=lambda model, statement: sent.setdefault(model, []).append(statement))
        for outcome in outcomes:
            if outcome.status == "success":
                kept = [text.rstrip("; \n") for text in sent[outcome.unique_id] if not FOR_DBT.match(text)]
                self._known[outcome.unique_id] = ";\n".join(kept)
        return outcomes

    def _repeat(self, nodes: list[dict[str, Any]]) -> list[Outcome]:
        """Models of one depth read none of each other. Connections are kept: a new one reads the catalogue anew."""
        depths = self._manifest.depths
        ordered = sorted(nodes, key=lambda node: depths[node["unique_id"]])
        with ExitStack() as stack:
            free: SimpleQueue[psycopg.Connection] = SimpleQueue()
            for _ in range(AT_ONCE):
                free.put(stack.enter_context(self._warehouse.connect("transformer", autocommit=True)))
            pool = stack.enter_context(ThreadPoolExecutor(AT_ONCE))
            return [
                outcome
                for _, level in itertools.groupby(ordered, key=lambda node: depths[node["unique_id"]])
                for outcome in pool.map(lambda node: self._send(node["unique_id"], free), level)
            ]

    def _send(self, model: str, free: "SimpleQueue[psycopg.Connection]") -> Outcome:
        began = time.monotonic()
        connection = free.get()
        try:
            connection.execute(self._known[model].encode())  # several statements at once are one transaction
        finally:
            free.put(connection)
        tell(model.rpartition(".")[2])
        return Outcome(model, "success", time.monotonic() - began, "", 0)
