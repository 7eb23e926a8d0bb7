"""`clearsignal configuration …`: shown, set from a file, listed and restored; what does not fit in one message."""

import json
from pathlib import Path

from pipelines import tenants
from pipelines.warehouse.connection import Warehouse
from tests.orchestration.test_cli import clearsignal, said


def test_a_configuration_is_set_from_a_file_shown_and_restored(warehouse: Warehouse, tmp_path: Path):
    url = {"DATABASE_URL": warehouse.admin_url, "CLEARSIGNAL_SECRET_KEY": warehouse.secret_key.decode()}
    tenants.create(warehouse, "acme", "Acme")
    file = tmp_path / "rules.json"

    def run(*arguments: str):
        return clearsignal(warehouse.home, "configuration", *arguments, **url)

    def set_rows(rows: object, *more: str):
        file.write_text(json.dumps(rows))
        return run("set", "environment_rules", "--file", str(file), "--reason", "renamed", *more)

    done = set_rows([{"pattern": "blue", "environment_class": "production"}])
    wrong = set_rows([{"pattern": "blue", "environment_class": "prod"}])
    late = set_rows([], "--if-version", "7")
    emptied = set_rows([], "--if-version", "1")
    back = run("restore", "environment_rules", "1", "--reason", "not yet")
    rows = json.loads(run("show", "environment_rules").stdout)
    listed = json.loads(run("versions", "environment_rules", "--json").stdout)
    unknown = run("show", "colours")
    tried = run("preview", "environment_rules", "--file", str(file))

    assert done.returncode == 0 and "version 1 with 1 rows" in said(done)
    assert wrong.returncode == 2 and "rows[0].environment_class: Invalid enum value 'prod'" in said(wrong)
    assert late.returncode == 2 and "at version 1, not 7" in said(late)
    assert (emptied.returncode, back.returncode) == (0, 0)
    assert rows == [{"pattern": "blue", "environment_class": "production"}]
    assert [(one["version"], one["restored_from"], one["author"]) for one in listed] == [
        (3, 1, None), (2, None, None), (1, None, None),
    ]  # fmt: skip
    assert tried.returncode == 0 and "Nothing is published yet" in said(tried)
    assert unknown.returncode == 2 and "use one of settings" in said(unknown)
