"""Tenants and users: made, found, checked, removed."""

import hashlib

import pytest

from pipelines import accounts, tenants
from pipelines.accounts import InvalidAccount
from pipelines.tenants import PARTITION_KEY, InvalidTenant, UnknownTenant
from pipelines.warehouse.connection import Warehouse


def test_a_tenant_is_found_by_slug_key_and_id(warehouse: Warehouse) -> None:
    made = tenants.create(warehouse, "acme-two", "Acme", "Europe/Berlin")
    assert PARTITION_KEY.fullmatch(made.partition_key)
    for name in ("acme-two", made.partition_key, str(made.tenant_id)):
        assert tenants.find(warehouse, name) == made
    assert tenants.create(warehouse, "acme-two", "Acme") == made


@pytest.mark.parametrize(
    ("slug", "zone"), [("Acme", "UTC"), ("a--b", "UTC"), ("-a", "UTC"), ("a" * 41, "UTC"), ("a", "Mars")]
)
def test_a_slug_or_zone_that_does_not_fit_is_refused(warehouse: Warehouse, slug: str, zone: str) -> None:
    with pytest.raises(InvalidTenant):
        tenants.create(warehouse, slug, "Acme", zone)


def test_an_unknown_tenant_is_said_so(warehouse: Warehouse) -> None:
    with pytest.raises(UnknownTenant, match="nobody"):
        tenants.find(warehouse, "nobody")


def test_a_removed_tenant_takes_its_own_users_and_no_others(warehouse: Warehouse) -> None:
    gone, stays = tenants.create(warehouse, "gone", "Gone"), tenants.create(warehouse, "stays", "Stays")
    accounts.create_user(warehouse, "only@gone.example", "", None, gone)
    for tenant in (gone, stays):
        accounts.create_user(warehouse, "both@x.example", "", None, tenant)
    tenants.remove(warehouse, gone)
    with warehouse.connect("loader") as database:
        assert database.execute("select email from app.user").fetchall() == [("both@x.example",)]
        assert database.execute("select slug from app.tenant").fetchall() == [("stays",)]


def test_a_password_is_hashed_slowly_and_checked(warehouse: Warehouse) -> None:
    hashed = accounts.hash_password("correct horse battery")
    assert hashed.startswith("$argon2id$")
    assert accounts.verify_password("correct horse battery", hashed)
    assert not accounts.verify_password("wrong horse battery", hashed)
    assert not accounts.verify_password("correct horse battery", None)
    assert not accounts.verify_password("x" * 2000, hashed)


@pytest.mark.parametrize("password", ["short", "x" * 1025])
def test_a_password_of_the_wrong_length_is_refused(password: str) -> None:
    with pytest.raises(InvalidAccount):
        accounts.hash_password(password)


def test_an_address_is_one_user_whatever_its_case(warehouse: Warehouse) -> None:
    tenant = tenants.create(warehouse, "acme", "Acme")
    first = accounts.create_user(warehouse, "Ann@Acme.example", "Ann", None, tenant)
    assert accounts.create_user(warehouse, "ann@acme.EXAMPLE", "Ann", None, tenant, "admin") == first


def test_of_a_sign_in_code_only_the_hash_is_kept(warehouse: Warehouse) -> None:
    tenant = tenants.create(warehouse, "acme", "Acme")
    accounts.create_user(warehouse, "ann@acme.example", "Ann", None, tenant)
    code = accounts.sign_in_code(warehouse, tenant, "ann@acme.example")
    with warehouse.connect("loader") as database:
        kept = database.execute("select code_hash from app.sign_in_code").fetchone()
    assert kept == (hashlib.sha256(code.encode()).digest(),)
    with pytest.raises(InvalidAccount):
        accounts.sign_in_code(warehouse, tenant, "nobody@acme.example")
