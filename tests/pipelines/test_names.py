"""Names: what can be seen and is what it seems gives itself back, everything else is refused with a reason."""

import re
from pathlib import Path
from typing import Any

import pytest

from pipelines import accounts, base_urls, connection_changes, names, stored_connections, tenants
from pipelines.configuration.kinds import KINDS, InvalidConfiguration
from pipelines.connections import InvalidConnection, parse
from pipelines.names import InvalidName, checked
from pipelines.uploads.kinds import UploadRefused
from pipelines.uploads.store import Intake, Options
from pipelines.warehouse.connection import Warehouse

COMPOSED, APART = "caf\u00e9", "cafe\u0301"
HOSTILE = [
    "", " ", "\t\n", "\u200b", "\u3164", "\u00a0", "\ufeff", "\u2800", "\u200d", "a\x00b", "\ud800", "\u202eevil",
    "a\u2066b\u2069", "\u200f", "x\r\nSet-Cookie: a=b", "x\u0085y", "x\u2028y", "x\u2029y", "\x1b[2J\x1b[31mroot",
    "x\x7fy", "sh\u00adop", "ma\u200din", "\u0448\u200d\u043e\u043f", " shop", "shop\n", "shop\u00a0", "\ue000",
    "\U0001f469\u200d\U0001f469\u200d" * 1000, "Z" + "\u0301" * 10_000, "x" * 201,
]  # fmt: skip
HARMLESS = [
    "main", "Größe – 東京", "\u043c\u0430\u0433\u0430\u0437\u0438\u043d",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "\u0915\u094d\u200d\u0937", "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "\U0001f469\U0001f3fd\u200d\U0001f4bb",
    "\u2764\ufe0f\u200d\U0001f525", "1\ufe0f\u20e3", "'; DROP TABLE x--", "{0.__class__}", "{{7*7}}", "%s%n", "NULL",
    "None", "nan", "0", "<script>alert(1)</script>", "../../etc/passwd", "CON", "x" * 200, "a/b", "\ufb01",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_name_that_is_not_what_it_seems_is_refused(name: str) -> None:
    with pytest.raises(InvalidName) as refused:
        checked(name)

    told = str(refused.value)
    assert told.startswith("name: ")
    assert told.isascii() and told.isprintable() and len(told) < 100  # it forges nothing itself


@pytest.mark.parametrize("name", HARMLESS, ids=ascii)
def test_a_name_that_somebody_has_is_kept_as_it_is(name: str) -> None:
    assert checked(name) == name


def test_two_spellings_that_look_the_same_are_one() -> None:
    assert checked(APART) == checked(COMPOSED) == COMPOSED


@pytest.mark.parametrize("name", [" ", "\u200b", "\u202eevil", "x\u0085y", "x\u2028y"], ids=ascii)
def test_no_connection_has_a_hostile_name(warehouse: Warehouse, name: str) -> None:
    tenant = tenants.create(warehouse, "acme", "Acme")
    config = {"source": "github", "organization": "acme", "token": "x"}

    with pytest.raises(InvalidName):
        stored_connections.add(warehouse, tenant, name, config)
    made = connection_changes.prepare(warehouse, config, False)
    with warehouse.connect("loader") as database, pytest.raises(InvalidName):
        connection_changes.create(database, connection_changes.Author(tenant.tenant_id), name, made, False)

    assert stored_connections.of(warehouse, tenant) == []


def test_both_spellings_of_a_name_are_the_same_connection(warehouse: Warehouse) -> None:
    tenant = tenants.create(warehouse, "acme", "Acme")
    config = {"source": "github", "organization": "acme", "token": "x"}

    first, second = (stored_connections.add(warehouse, tenant, name, config) for name in (COMPOSED, APART))
    with warehouse.connect("loader") as database, pytest.raises(connection_changes.NameTaken):
        made = connection_changes.prepare(warehouse, config, False)
        connection_changes.create(database, connection_changes.Author(tenant.tenant_id), APART, made, False)

    assert (first.connection_id, first.name) == (second.connection_id, COMPOSED)


@pytest.mark.parametrize("name", ["\u200b", "Ac\u202eme", "x\n", "x" * 201], ids=ascii)
def test_no_tenant_place_or_user_has_a_hostile_name(warehouse: Warehouse, name: str) -> None:
    with pytest.raises(tenants.InvalidTenant, match="name: "):
        tenants.create(warehouse, "hostile", name)
    with pytest.raises(tenants.InvalidTenant, match="place: "):
        tenants.create(warehouse, "hostile", "Hostile", places=[tenants.Place(name)])
    tenant = tenants.create(warehouse, "acme", "Acme")
    with pytest.raises(accounts.InvalidAccount, match="name: "):
        accounts.create_user(warehouse, "a@acme.example", name, None, tenant)


@pytest.mark.parametrize("email", ["a\u200b@acme.example", "a@acme.example\u202e", "a\x00@acme.example"], ids=ascii)
def test_no_address_holds_what_cannot_be_seen(warehouse: Warehouse, email: str) -> None:
    tenant = tenants.create(warehouse, "acme", "Acme")
    with pytest.raises(accounts.InvalidAccount, match="email"):
        accounts.create_user(warehouse, email, "A", None, tenant)


def table(home: Path, rows: str, header: str = "metric,entity,day,value") -> Any:
    with Intake(home, Options()) as intake:
        intake.write(f"{header}\n{rows}".encode("utf-8", "surrogatepass"))
        return intake.check("UTC")


@pytest.mark.parametrize(
    "name", ["\u200b", "\u3164", "\u202eevil", "x\u0085y", "x\u2028y", "a\x1b[2Jb", "ma\u200din", "x" * 201], ids=ascii
)
@pytest.mark.parametrize("row", ["{},shop,2026-01-01,1", "revenue,{},2026-01-01,1"], ids=["metric", "entity"])
def test_no_metric_has_a_hostile_name(tmp_path: Path, row: str, name: str) -> None:
    with pytest.raises(UploadRefused) as refused:
        table(tmp_path, "revenue,shop,2026-01-01,1\n" + row.format(name))

    assert refused.value.faults[0][0] == "line 3"
    assert refused.value.faults[0][1].startswith("metric " if row.startswith("{") else "entity ")


def test_metrics_are_kept_in_one_spelling(tmp_path: Path) -> None:
    joined = "\U0001f469\u200d\U0001f4bb"
    found = table(tmp_path, f"{APART},{joined},2026-01-01,1\n{COMPOSED},,2026-01-01,1")

    assert [row["metric"] for row in found.preview] == [COMPOSED, COMPOSED]
    assert found.preview[0]["entity"] == joined


@pytest.mark.parametrize("header", ["\u200b", "a\u202eb", "x\u2028y", f"{APART},{COMPOSED}"], ids=ascii)
def test_no_column_has_a_hostile_name_or_two_spellings(tmp_path: Path, header: str) -> None:
    with pytest.raises(UploadRefused, match="the name of column"):
        table(tmp_path, "revenue,2026-01-01,1,x,y", f"metric,day,value,{header}")


@pytest.mark.parametrize("name", [name for name in HOSTILE if name and name != "\ud800"], ids=ascii)
def test_no_upload_has_a_hostile_name(name: str) -> None:
    with pytest.raises(InvalidName):
        Options(name=name)
    assert Options(name=APART).name == COMPOSED


@pytest.mark.parametrize("name", [" ", "\u200b", "\u202eevil", "x\u0085y", "x\u2028y", "x\n", 5], ids=ascii)
@pytest.mark.parametrize(
    ("kind", "row", "field"),
    [
        ("objectives", {}, "objective"),
        ("teams", {}, "team"),
        ("project_parts", {"part": "service", "pattern": "*"}, "project"),
        ("targets", {"metric": "lead_time", "value": 1, "valid_from": "2026-01-01", "scope_kind": "team"}, "scope"),
        ("service_paths", {"repository": "*", "path": "*"}, "service"),
    ],
)
def test_no_row_of_a_configuration_has_a_hostile_name(kind: str, row: dict[str, Any], field: str, name: Any) -> None:
    with pytest.raises(InvalidConfiguration) as refused:
        KINDS[kind].parse([{**row, field: name}])

    assert refused.value.field == f"rows[0].{field}"


def test_two_spellings_in_a_configuration_are_one() -> None:
    with pytest.raises(InvalidConfiguration, match="already"):
        KINDS["objectives"].parse([{"objective": APART}, {"objective": COMPOSED}])


@pytest.mark.parametrize("glob", ["a\u202eb", "a\n", "a\x85b", "a\u2028b", ""], ids=ascii)
def test_no_glob_holds_what_turns_or_breaks_a_line(glob: str) -> None:
    with pytest.raises(InvalidConfiguration):
        KINDS["environment_rules"].parse([{"pattern": glob, "environment_class": "production"}])


GITHUB = {"source": "github", "token": "x"}
JIRA = {"source": "jira", "base_url": "https://acme.atlassian.net", "email": "a@acme.example", "token": "x"}
HUBSPOT = {"source": "hubspot", "token": "x"}


@pytest.mark.parametrize(
    "config",
    [
        *({**GITHUB, "organization": name} for name in ("a/../b?x", "..", "a b", "acme\n", "é", "", "-a", "a%2fb")),
        *({**GITHUB, "repositories": [name]} for name in ("a/..", "a/.", "../a", "a/b\n", "a/b/c", "a/b?x", "é/a")),
        *({**GITHUB, "organization": "a", "include": [glob]} for glob in ("a\n", "a b", "")),
        *({**JIRA, "projects": [key]} for key in ("AB\n", "1A", "A B", "A\" or 1=1")),
        *({**HUBSPOT, "jira_key_property": name} for name in ("a b", "a\n", "a,b", "")),
        {"source": "geonames", "username": "a b"},
        {"source": "exchange_rates", "base": "EUR\n"},
        {"source": "git", "path": "/a\nb"},
        {"source": "git", "path": "/a", "branches": ["a\nb"]},
        {"source": "git", "path": "/a", "repository": "a/b\n"},
    ],
    ids=ascii,
)  # fmt: skip
def test_what_goes_into_an_address_or_a_query_fits_it_whole(config: dict[str, Any]) -> None:
    with pytest.raises(InvalidConnection, match=r"at `\$\."):
        parse(config)


@pytest.mark.parametrize("name", ["acme", "Acme-2", "acme_corp", "a"])
def test_an_organization_that_there_may_be_is_accepted(name: str) -> None:
    parse({**GITHUB, "organization": name, "repositories": [f"{name}/.github", f"{name}/x.y-z_1", f"{name}/..."]})


@pytest.mark.parametrize("allow_private", [True, False])
@pytest.mark.parametrize(
    "url",
    ["https://api.github.com\t", " https://api.github.com", "https://api.github.com\n", "https://api.gi\tthub.com",
     "https://api.github.com/a b", "https://api.github.com/\u200b", "https://ⓔxample.com", "https://api.github.com\x00",
     "https://api.github.com?", "https://api.github.com/#", "https://@api.github.com", "https://api.github.com/\x85"],
    ids=ascii,
)  # fmt: skip
def test_an_address_holds_no_blank_and_nothing_after_its_path(url: str, allow_private: bool) -> None:
    with pytest.raises(base_urls.AddressRefused):
        base_urls.check(url, allow_private)


def test_a_pattern_lets_no_last_line_break_pass() -> None:
    assert re.search(names.whole("a+"), "aa")
    assert not re.search(names.whole("a+"), "aa\n")
