"""A session of the database that several threads share: who has begun a transaction has it alone until that ends."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg


class Session(psycopg.Connection[Any]):
    """psycopg's own lets another thread's statements into a transaction, to fail or to be undone with it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._alone = threading.RLock()

    @contextmanager
    def transaction(self, *arguments: Any, **options: Any) -> Iterator[psycopg.Transaction]:
        with self._alone, super().transaction(*arguments, **options) as transaction:
            yield transaction

    def execute(self, *arguments: Any, **options: Any) -> Any:
        with self._alone:
            return super().execute(*arguments, **options)
