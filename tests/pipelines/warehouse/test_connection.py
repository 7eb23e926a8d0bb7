import pytest

from pipelines.warehouse import migrate
from pipelines.warehouse.connection import Warehouse, WarehouseUnavailable, plain_url


def test_a_driver_in_the_address_is_taken_off():
    assert plain_url("postgresql+asyncpg://u:p@h:5432/d?sslmode=require") == "postgresql://u:p@h:5432/d?sslmode=require"


@pytest.mark.parametrize("url", ["mysql://h/d", "localhost:5432", "postgresql:///d", "postgresql://h:99999/d"])
def test_a_malformed_address_says_what_to_write(url):
    with pytest.raises(WarehouseUnavailable, match="Do: "):
        plain_url(url)


def test_an_unreachable_database_is_one_clear_message(tmp_path):
    nowhere = Warehouse("postgresql://postgres:secret-word@127.0.0.1:1/x", b"k" * 32, tmp_path)
    with pytest.raises(WarehouseUnavailable, match=r"cannot be reached.*Do: ") as raised:
        migrate.migrate(nowhere)
    assert "secret-word" not in str(raised.value)


def test_the_address_is_never_shown(warehouse):
    assert "postgresql" not in repr(warehouse)


def test_migrating_twice_does_nothing_more(warehouse):
    assert migrate.migrate(warehouse) == []
    assert migrate.current(warehouse) == migrate.newest()


def test_a_newer_database_is_refused(warehouse):
    with warehouse.connect_as_administrator() as connection:
        connection.execute("update app.alembic_version set version_num = '9999'")
    with pytest.raises(WarehouseUnavailable, match="9999"):
        migrate.migrate(warehouse)


def test_secrets_are_sealed_and_another_key_cannot_open_them(warehouse, tmp_path):
    sealed = warehouse.encrypt("token-1")
    assert b"token-1" not in sealed
    assert warehouse.decrypt(sealed) == "token-1"
    with pytest.raises(WarehouseUnavailable, match="Do: "):
        Warehouse(warehouse.admin_url, b"another key of 32 characters....", tmp_path).decrypt(sealed)
