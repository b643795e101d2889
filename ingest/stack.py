"""The long-running stack on loopback, started and stopped as one: `campaign-reach up`, which is `make up`.

Airflow's own `standalone` listens on all interfaces, so its parts are started one by one. PostgreSQL holds Airflow's
metadata where `initdb` is found, else SQLite, which costs up to a second per event. The scheduler goes first when all
stops: it waits for its tasks.
"""

import os
import secrets
import shutil
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import requests

from ingest.airflow_run import airflow_environment
from ingest.settings import PROJECT, Settings, environment
from ingest.stack_programs import Stack, StackFailed, Starter, stop_all

HOST = "127.0.0.1"
HEALTHY = ("metadatabase", "scheduler", "triggerer", "dag_processor")
WARM = "CAMPAIGN_REACH_WARM_SCHEDULER"
QUICK = {
    "AIRFLOW__CORE__PARALLELISM": "4",
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
    "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "2",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "10",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
    "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "True",
    "OPENBLAS_NUM_THREADS": "1",
}
RECOVERS = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "45",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "15",
}
"""A task that was killed holds the one slot of the warehouse until Airflow misses it: after 45 s, not five minutes."""


@contextmanager
def running_stack(
    settings: Settings,
    *,
    home: Path,
    say: Callable[[str], None],
    uses_postgres: bool | None = None,
    latency_ms: int = 0,
    mess: int | None = None,
) -> Iterator[Stack]:
    """The whole stack, until the context ends. Without a token of its own it reads from a sandbox that it starts.

    The sandbox takes `latency_ms` for an answer, and with a `mess` (its seed) delivers its webhooks badly.

    Raises: StackFailed, naming the part and where its log is.
    """
    home = home.absolute()
    home.mkdir(parents=True, exist_ok=True)
    ports = _free_ports(4)
    logs = home / "stack"
    logs.mkdir(exist_ok=True)
    password = secrets.token_urlsafe(12)
    stack = Stack(f"http://{HOST}:{ports[0]}", password)
    variables = _variables(settings, home, ports, password)
    starter = Starter(stack, logs, variables)
    try:
        wants = shutil.which("initdb") is not None if uses_postgres is None else uses_postgres
        stack.metadata = "PostgreSQL" if wants else "SQLite"
        if wants:
            say("PostgreSQL …")
            variables |= _postgres(starter, home, ports[3])
        if not settings.access_tokens and not settings.access_tokens_file:
            say("sandbox …")
            variables |= _sandbox(starter, ports, latency_ms, mess)
            stack.sandbox = f"http://{HOST}:{ports[2]}"
        say("Airflow's metadata …")
        starter.run("migrate", ["airflow", "db", "migrate"])
        starter.run("pool", ["airflow", "pools", "set", "warehouse", "1", "DuckDB has one writer"])
        starter.run("init", ["campaign-reach", "init"])
        _read_first(starter, settings, say)
        stack.receiver = f"http://{HOST}:{ports[1]}/webhook"
        starter.start("receiver", ["campaign-reach", "receive", "--port", str(ports[1])])
        starter.start("api-server", ["airflow", "api-server", "--host", HOST, "--port", str(ports[0])])
        starter.start("scheduler", ["airflow", "scheduler", "--skip-serve-logs"])
        starter.start("dag-processor", ["airflow", "dag-processor"])
        starter.start("triggerer", ["airflow", "triggerer", "--skip-serve-logs"])
        stack.environment = variables
        say("Airflow …")
        starter.wait(lambda: _is_healthy(stack))
        yield stack
    finally:
        stop_all(stack)


def _read_first(starter: Starter, settings: Settings, say: Callable[[str], None]) -> None:
    """Read every account once, when none was: Airflow would wait for the full hour, and no mart can be without posts.

    What cannot be read now is read by the next hour's run; its log says why.
    """
    from ingest.adapters.landing.open_landing import open_landing

    if any(key.startswith("api/") for key in open_landing(settings).landed_keys()):
        return
    say("first reading of all accounts …")
    with suppress(StackFailed):
        starter.run("refresh", ["campaign-reach", "refresh"])


def _variables(settings: Settings, home: Path, ports: Sequence[int], password: str) -> dict[str, str]:
    """The environment of every part."""
    passwords = home / "passwords.json"
    passwords.touch(mode=0o600)
    passwords.write_text(f'{{"admin": "{password}"}}', encoding="utf-8")
    base = f"http://{HOST}:{ports[0]}"
    inherited = environment(settings)
    own = airflow_environment(home) | {
        "PATH": f"{Path(sys.executable).parent}:{inherited.get('PATH', '')}",
        "PYTHONPATH": f"{PROJECT}:{PROJECT / 'ingest' / 'airflow_config'}",
        "AIRFLOW__API__HOST": HOST,
        "AIRFLOW__API__PORT": str(ports[0]),
        "AIRFLOW__API__BASE_URL": base,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{base}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__CORE__FERNET_KEY": "",
        "CAMPAIGN_REACH_VERIFY_TOKEN": secrets.token_urlsafe(12),
        "CAMPAIGN_REACH_RING_URL": base,
        "CAMPAIGN_REACH_RING_USER": "admin",
        "CAMPAIGN_REACH_RING_PASSWORD": password,
        WARM: "yes",
    }
    return inherited | QUICK | RECOVERS | own


def _sandbox(starter: Starter, ports: Sequence[int], latency_ms: int, mess: int | None) -> dict[str, str]:
    from ingest.sandbox.tokens import Tokens

    tokens = Tokens.of_pages((), seed="sandbox")
    callback = f"http://{HOST}:{ports[1]}/webhook"
    command = ["campaign-reach", "sandbox", "--port", str(ports[2]), "--callback", callback]
    command += ["--latency", str(latency_ms), *(() if mess is None else ("--mess", str(mess)))]
    starter.start("sandbox", command)
    url = f"http://{HOST}:{ports[2]}"
    starter.wait(lambda: _answers(url))
    return {
        "CAMPAIGN_REACH_GRAPH_URL": url,
        "CAMPAIGN_REACH_APP_ID": tokens.app_id,
        "CAMPAIGN_REACH_APP_SECRETS": tokens.app_secret,
        "CAMPAIGN_REACH_ACCESS_TOKENS": tokens.system_user.value,
    }


def _postgres(starter: Starter, home: Path, port: int) -> dict[str, str]:
    """A PostgreSQL of its own, reached by a password on loopback; as the user `postgres` when we are root."""
    data, as_user = home / "postgres", _other_user()
    password = secrets.token_urlsafe(12)
    if data.exists():
        shutil.rmtree(data)
    data.mkdir(mode=0o700)
    word = home / "postgres.password"
    word.write_text(password, encoding="utf-8")
    if as_user:
        shutil.chown(data, *as_user)
        word.chmod(0o644)
    drop = ["setpriv", f"--reuid={as_user[0]}", f"--regid={as_user[1]}", "--clear-groups"] if as_user else []
    try:
        starter.run(
            "initdb",
            [*drop, "initdb", "-D", str(data), "-U", "airflow", "--auth=scram-sha-256", f"--pwfile={word}",
             "-E", "UTF8", "--no-locale", "--no-sync"],
        )  # fmt: skip
    finally:
        word.unlink()
    options = ["-c", f"listen_addresses={HOST}", "-c", "unix_socket_directories=", "-c", "synchronous_commit=off"]
    starter.start("postgres", [*drop, "postgres", "-D", str(data), "-p", str(port), *options])
    starter.wait(lambda: _listens(port))
    url = f"postgresql+psycopg2://airflow:{password}@{HOST}:{port}/postgres"
    return {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url}


def _other_user() -> tuple[str, str] | None:
    return ("postgres", "postgres") if hasattr(os, "geteuid") and os.geteuid() == 0 else None


def _is_healthy(stack: Stack) -> bool:
    try:
        health: Mapping[str, Any] = requests.get(f"{stack.airflow}/api/v2/monitor/health", timeout=5).json()
        return all(health[part]["status"] == "healthy" for part in HEALTHY)
    except (requests.RequestException, ValueError, KeyError, TypeError):
        return False


def _answers(url: str) -> bool:
    try:
        requests.get(f"{url}/v26.0/me", timeout=2)
    except requests.RequestException:
        return False
    return True


def _listens(port: int) -> bool:
    with socket.socket() as one:
        one.settimeout(1)
        return one.connect_ex((HOST, port)) == 0


def _free_ports(count: int) -> list[int]:
    holders = [socket.socket() for _ in range(count)]
    try:
        for one in holders:
            one.bind((HOST, 0))
        return [int(one.getsockname()[1]) for one in holders]
    finally:
        for one in holders:
            one.close()
