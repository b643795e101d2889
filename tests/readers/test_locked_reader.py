"""With the snippet that docs/how-to/connect/locked.md gives to BI servers, SQL reads the marts and nothing else."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.readers.connect_pages import publish_two_campaigns, snippet
from tests.readers.test_connect import rows_of, run_python

asked: list[str] = []


class Listens(BaseHTTPRequestHandler):
    """Somebody outside who would hear of it."""

    def do_GET(self) -> None:
        asked.append(self.path)
        self.send_response(404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = publish_two_campaigns(tmp_path_factory.mktemp("locked"))
    (made / "secret.csv").write_text("secret\n1\n")
    return made


@pytest.fixture(scope="module")
def outside() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Listens)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


READS = (
    "select sum(views) from marts.fct_post_performance",
    "select count(*) from marts.dim_posts join marts.fct_campaign_posts using (post_id)",
    "select comment from duckdb_columns() where schema_name = 'marts'",
    "create temp table mine as from marts.dim_posts",
)
REFUSED = (
    "insert into marts.dim_accounts values ('1', 'facebook', 'x', 'own')",
    "update marts.fct_post_performance set views = 0",
    "delete from marts.dim_posts",
    "drop table marts.dim_posts",
    "create table marts.mine (a int)",
    "create schema other",
    "alter table marts.dim_posts add column a int",
    "comment on table marts.dim_posts is 'mine'",
    "attach 'other.duckdb'",
    "attach 'var/warehouse.duckdb' as warehouse (read_only)",
    "attach '{outside}/x.duckdb'",
    "copy marts.dim_posts to 'out.csv'",
    "copy marts.dim_posts to 'out.parquet' (format parquet)",
    "export database 'out'",
    "copy (select 1) to '/dev/stdout'",
    "create temp table t (a int); copy t from 'secret.csv'",
    "from read_csv('secret.csv')",
    "from 'secret.csv'",
    "from read_text('/etc/passwd')",
    "from read_blob('/etc/hosts')",
    "from glob('/*')",
    "from read_json('secret.csv')",
    "from read_parquet('var/published/versions/*/parquet/*.parquet')",
    "from read_text('../' || current_setting('search_path'))",
    "from read_csv('{outside}/x.csv')",
    "from '{outside}/x.parquet'",
    "from read_text('s3://bucket/key')",
    "install httpfs",
    "load httpfs",
    "install 'x' from community",
    "install spatial from '{outside}'",
    "create secret s (type s3, key_id 'x', secret 'y')",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "reset lock_configuration",
    "reset enable_external_access",
    "set global allowed_directories = ['/']",
    "set allowed_paths = ['/etc/passwd']",
    "set autoinstall_known_extensions = true",
    "set temp_directory = '/tmp'",
    "set log_query_path = 'log.txt'",
    "set python_enable_replacements = true",
    "pragma enable_profiling; set profiling_output = 'out.json'",
    "pragma import_database('out')",
    "from frame_of_the_program",
)


@pytest.fixture(scope="module")
def answers(folder: Path, outside: str) -> dict[str, str]:
    """What each statement brought: "read", or the kind of error that refused it."""
    statements = [statement.replace("{outside}", outside) for statement in (*READS, *REFUSED)]
    program = f"""
import pandas
frame_of_the_program = pandas.DataFrame({{"a": [1]}})
statements = {statements!r}
answers = {{}}
for statement in statements:
    try:
        marts.cursor().execute(statement).fetchall()
        answers[statement] = "read"
    except Exception as error:
        answers[statement] = type(error).__name__ + ": " + str(error).splitlines()[0]
print(json.dumps(answers))
"""
    found: dict[str, str] = rows_of(run_python(folder, snippet("locked", "python") + program))
    return {key.replace(outside, "{outside}"): value for key, value in found.items()}


@pytest.mark.parametrize("statement", READS)
def test_the_marts_can_be_read(answers: dict[str, str], statement: str) -> None:
    assert answers[statement] == "read"


@pytest.mark.parametrize("statement", REFUSED)
def test_everything_else_is_refused(answers: dict[str, str], statement: str) -> None:
    assert answers[statement] != "read"


def test_nothing_was_written_and_nobody_outside_was_asked(folder: Path, answers: dict[str, str]) -> None:
    assert answers
    assert {path.name for path in folder.iterdir()} == {"var", "secret.csv"}
    assert asked == []


def test_an_open_connection_would_have_been_able_to(folder: Path) -> None:
    """The control: the same statements without the lock reach files, so that their refusal means something."""
    program = (
        snippet("locked", "python").replace("config=locked", "config={}")
        + """
print(json.dumps(marts.execute("from read_csv('secret.csv')").fetchall()))
"""
    )
    assert rows_of(run_python(folder, program)) == [[1]]
