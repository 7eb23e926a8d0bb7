"""`make up`: database, simulator, data, Dagster, API; watched until Ctrl-C, then ended to the last process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from orchestration import environment, home_lock, ports, welcome
from orchestration.fill_progress import show_fill
from orchestration.processes import Children, birth
from orchestration.progress import Progress
from orchestration.waiting import StackFailed, Waiting
from pipelines.warehouse import embedded, home
from pipelines.warehouse.connection import Warehouse

WATCH_SECONDS = 1.0
RESTARTS = 3  # a service that keeps ending is given up after so many


class Stopped(BaseException):
    """Ctrl-C or SIGTERM."""


class Stack:
    """Everything that runs for one home folder."""

    def __init__(self, folder: Path, progress: Progress, environ: Mapping[str, str] = os.environ):
        self.home, self.progress, self.environ = folder, progress, environ
        self.children = Children(folder)
        self.waiting = Waiting(self.children)
        self.ports: dict[str, int] = {}
        self.began = time.monotonic()
        self.has_demo = False
        self.commands: dict[str, tuple[str, ...]] = {}
        self.restarts: dict[str, int] = {}

    def up(self, once: bool = False) -> int:
        """Start all, fill what is empty, then watch; with `once` check each service and stop. The exit code."""
        self._leave_on_signals()
        try:
            self.home.joinpath("run").mkdir(exist_ok=True)
            if left := self.children.stop_all():
                self.progress.good("recovery", f"stopped what an earlier start left: {', '.join(left)}")
            self.children.adopt("stack", os.getpid())
            warehouse = self._database()
            self._simulator(warehouse)
            is_good = self._fill(warehouse)
            self._services(warehouse)
            welcome.show(self.progress, warehouse, self.ports, time.monotonic() - self.began, self.has_demo)
            if once:
                return 0 if self._check_each() and is_good else 1
            return self._watch(warehouse)
        except Stopped:
            return 0
        finally:
            self._down()

    # ---- starting

    def _database(self) -> Warehouse:
        with self.progress.step("database") as step:
            is_embedded = not self.environ.get("DATABASE_URL")
            running = embedded.running_url(self.home, home.secret_key(self.home)) if is_embedded else None
            self.ports = ports.choose(self.home, self.environ, urlsplit(running).port if running else None)
            if is_embedded:
                embedded.start(self.home, self.ports["DATABASE"])
            warehouse = Warehouse.from_environment(self.environ)
            from pipelines.warehouse.migrate import migrate  # Alembic and SQLAlchemy: half a second

            applied = migrate(warehouse)
            with warehouse.connect_as_administrator(connect_timeout=10) as connection:
                version = connection.info.server_version
            where = warehouse.parts("owner")
            step.text = f"PostgreSQL {version // 10000}.{version % 10000}, {where['host']}:{where['port']}"
            if applied:
                step.text += f", {len(applied)} migrations"
        return warehouse

    def _simulator(self, warehouse: Warehouse) -> None:
        from pipelines import tenants

        everyone = tenants.all(warehouse)
        self.has_demo = not everyone or any(tenant.is_demo for tenant in everyone)
        if (self.home / "no-demo").exists() and not any(tenant.is_demo for tenant in everyone):
            self.has_demo = False
        if not self.has_demo:
            return
        port = self.ports["SIMULATOR"]
        with self.progress.step("simulator") as step:
            self._start("simulator", "simulate", "--port", str(port))
            self.waiting.for_answer("simulator", f"http://127.0.0.1:{port}/world")
            from pipelines import demo  # argon2, HTTP client

            demo.create(warehouse, f"http://127.0.0.1:{port}")
            step.text = f"GitHub, Jira, HubSpot … on :{port}"

    def _fill(self, warehouse: Warehouse) -> bool:
        """Everything heavy happens in a child, whose memory is free when it ends."""
        environment.dagster(warehouse)
        log = self.children.logs / "fill.log"
        with log.open("ab") as errors:
            child = subprocess.Popen(
                [sys.executable, "-m", "orchestration.first_fill"],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        self.children.adopt("fill", child.pid)
        assert child.stdout is not None
        is_shown_good = show_fill(child.stdout, self.progress)
        code = child.wait()
        self.children.forget("fill")
        if code != 0 and is_shown_good:
            raise StackFailed(f"filling the warehouse ended with code {code}. Do: read {log}, then make up again.")
        if code != 0:
            self.progress.say(f"    Details: {log}. The last published marts, if any, stay served.")
        return code == 0

    def _services(self, warehouse: Warehouse) -> None:
        with self.progress.step("services") as step:
            step.text = "Dagster's web server, daemon and code server; the API; the webhooks' worker"
            code = ports.free_port()
            where = f"127.0.0.1:{code}"
            self._start("code", "serve-code", "--port", str(code))
            self._start("api", "serve-api", "--port", str(self.ports["API"]))
            self._start("webhooks", "apply-webhooks")
            self.waiting.for_code(code)
            self._start("webserver", "serve-dagster", "--port", str(self.ports["DAGSTER"]), "--code", where)
            self._start("daemon", "run-daemon", "--code", where)
            self.waiting.for_answer("api", f"http://127.0.0.1:{self.ports['API']}/health")
            self.waiting.for_answer("webserver", f"http://127.0.0.1:{self.ports['DAGSTER']}/server_info")

    def _start(self, name: str, *arguments: str) -> None:
        command = [sys.executable, "-m", "orchestration.cli", *arguments]
        self.children.start(name, command, self._environment())
        self.commands[name] = arguments

    def _environment(self) -> dict[str, str]:
        own = {
            "CLEARSIGNAL_HOME": str(self.home),
            "CLEARSIGNAL_API_PORT": str(self.ports["API"]),
            "CLEARSIGNAL_DAGSTER_PORT": str(self.ports["DAGSTER"]),
            "CLEARSIGNAL_SIMULATOR_PORT": str(self.ports["SIMULATOR"]),
            "PYTHONUNBUFFERED": "1",
            **({"CLEARSIGNAL_ALLOWED_HOSTS": f"127.0.0.1:{self.ports['SIMULATOR']}"} if self.has_demo else {}),
            "MALLOC_ARENA_MAX": "2",  # threads of a mostly idle server need no arena each
        }
        return {"CLEARSIGNAL_API_URL": ports.addresses(self.ports)["api"], **self.environ, **own}

    def _check_each(self) -> bool:
        """Ask every service once. True where all answered well."""
        api, dagster = (f"http://127.0.0.1:{self.ports[name]}" for name in ("API", "DAGSTER"))
        pages = {
            "api": f"{api}/health/ready",
            "api docs": f"{api}/docs",
            "openapi": f"{api}/openapi.json",
            "definitions": f"{api}/definitions",
            "dagster": f"{dagster}/graphql?query=%7BrepositoriesOrError%7B__typename%7D%7D",
        }
        if self.has_demo:
            pages["simulator"] = f"http://127.0.0.1:{self.ports['SIMULATOR']}/world"
        good = True
        self.progress.say()
        for name, url in pages.items():
            began = time.monotonic()
            try:
                self.waiting.for_answer(name, url, refuse=400)
                self.progress.good(name, url, time.monotonic() - began)
            except StackFailed as error:
                self.progress.bad(name, str(error), time.monotonic() - began)
                good = False
        for name, code in self.children.ended().items():  # the webhooks' worker has no address to ask
            self.progress.bad(name, f"ended with code {code}")
            good = False
        return good

    # ---- running and ending

    def _watch(self, warehouse: Warehouse) -> int:
        while True:
            time.sleep(WATCH_SECONDS)
            if not self.environ.get("DATABASE_URL") and not birth(embedded.process(self.home) or 0):
                self._count_restart("database", "ended", self.home / "postgres" / "server.log")
                embedded.start(self.home, self.ports["DATABASE"])
            for name, code in self.children.ended().items():
                self._count_restart(name, f"ended with code {code}", self.children.logs / f"{name}.log")
                self._start(name, *self.commands[name])

    def _count_restart(self, name: str, what: str, log: Path) -> None:
        """Say that a service is started again. Raises StackFailed where that was in vain too often."""
        self.restarts[name] = self.restarts.get(name, 0) + 1
        if self.restarts[name] > RESTARTS:
            raise StackFailed(f"{name} keeps ending ({what}). Do: read {log}.")
        self.progress.bad(name, f"{what}; started again")

    def _leave_on_signals(self) -> None:
        def leave(number: int, frame: FrameType | None) -> None:
            for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(each, self._leave_at_once)
            raise Stopped

        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, leave)

    def _leave_at_once(self, number: int, frame: FrameType | None) -> None:
        """The second Ctrl-C."""
        self.children.stop_all(seconds=0)
        if not self.environ.get("DATABASE_URL"):
            embedded.stop(self.home)
        os._exit(130)

    def _down(self) -> None:
        with self.progress.step("stop") as step:
            stopped = self.children.stop_all()
            if not self.environ.get("DATABASE_URL") and embedded.stop(self.home):
                stopped.append("database")
            self.children.forget("stack")
            step.text = ", ".join(stopped)


def run(environ: Mapping[str, str] = os.environ) -> int:
    """Start the stack of this home folder. Raises what its parts raise, and HomeBusy where it runs already."""
    folder = home.home(environ)
    progress = Progress()
    with home_lock.held(folder):
        home_lock.check_writable(folder)
        return Stack(folder, progress, environ).up(once=environ.get("CLEARSIGNAL_ONCE", "") not in ("", "0"))
