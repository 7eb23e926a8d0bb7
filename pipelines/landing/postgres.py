"""dlt's Postgres without what makes small packages dear: at every step a search for options, and a new session."""

import sys
from contextlib import suppress
from functools import cache
from typing import Any

import psycopg2
from dlt.common import validation
from dlt.common.configuration.container import Container
from dlt.common.configuration.providers.provider import ConfigProvider
from dlt.common.configuration.specs.config_providers_context import ConfigProvidersContainer
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext
from dlt.common.typing import get_type_hints
from dlt.destinations import postgres
from dlt.destinations.impl.postgres.factory import PostgresTypeMapper
from dlt.destinations.impl.postgres.postgres import PostgresClient
from dlt.destinations.impl.postgres.sql_client import Psycopg2SqlClient

from pipelines.landing.dlt_source import UUID_HINT
from pipelines.landing.locks import GIVE_BACK, share
from pipelines.landing.sessions import SESSIONS

OPTIONS: dict[tuple[str, ...], Any] = {
    ("runtime", "dlthub_telemetry"): False,  # should it be read again
    ("load", "workers"): 4,  # tables of a package that are merged at once
    ("load", "delete_completed_jobs"): True,
}


class Options(ConfigProvider):
    """Ours, and nothing else: neither the environment nor files of this machine. dlt looks up some 800 values for each
    package, in five places each."""

    name = "clearsignal"
    supports_secrets = True
    supports_sections = True
    is_empty = False

    def get_value(self, key: str, hint: Any, pipeline_name: str | None, *sections: str) -> tuple[Any, str]:
        return None if pipeline_name else OPTIONS.get((*sections, key)), key


def prepare() -> None:
    """From now on dlt has no other options in this process, and finds out once what the parts of a schema may be."""
    Container()[PluggableRunContext].providers = ConfigProvidersContainer([Options()])
    hints = cache(lambda spec: get_type_hints(spec, globalns=vars(sys.modules[spec.__module__])))
    validation.get_type_hints = lambda spec, **names: hints(spec)


class Client(Psycopg2SqlClient):
    """With a session that others have used before."""

    @property
    def _address(self) -> str:
        return self.credentials.to_native_representation()

    def open_connection(self) -> Any:
        self._conn = SESSIONS.take(self._address, super().open_connection)
        self._conn.autocommit = True
        with self._conn.cursor() as cursor:  # another one may have looked elsewhere
            cursor.execute(f"set search_path = {self.fully_qualified_dataset_name()}, public")
            share(cursor, self.staging_dataset_name, for_transaction=False)
        return self._conn

    def close_connection(self) -> None:
        session, self._conn = self._conn, None
        if session is not None:
            with suppress(psycopg2.Error), session.cursor() as cursor:  # a broken one is closed, which does the same
                cursor.execute(GIVE_BACK)
            SESSIONS.give(self._address, session)


class Types(PostgresTypeMapper):
    """dlt's own, and UUID."""

    def to_destination_type(self, column: Any, table: Any) -> str:
        return "uuid" if column.get(UUID_HINT) else super().to_destination_type(column, table)


class Loader(PostgresClient):
    """dlt's own, with our sessions."""

    def __init__(self, schema: Any, config: Any, capabilities: Any) -> None:
        super().__init__(schema, config, capabilities)
        made = self.sql_client
        self.sql_client = Client(made.dataset_name, made.staging_dataset_name, config.credentials, capabilities)


class Postgres(postgres):
    """dlt's own, without searching for options each time that a load asks what it can do."""

    destination_type = "dlt.destinations.postgres"  # as it is kept in the state of every pipeline

    @property
    def client_class(self) -> type[PostgresClient]:
        return Loader

    def capabilities(self, config: Any = None, naming: Any = None) -> Any:
        """Options matter only to names that tell upper from lower case, which ours do not."""
        found = super().capabilities(config or self.spec(), naming)
        found.type_mapper = Types
        return found
