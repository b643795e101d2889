"""With the snippet that docs/how-to/connect/locked.md gives to BI servers, SQL reads the marts and nothing else."""

import threading
from collections.abc import Iterator, Sequence
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
WORKS_UNLOCKED = (
    "insert into marts.dim_accounts values ('1', 'facebook', 'x', 'own')",
    "update marts.fct_post_performance set views = 0",
    "create table marts.mine (a int)",
    "create view marts.v as select 1",
    "attach 'other.duckdb'",
    "attach 'var/warehouse.duckdb' as warehouse (read_only)",
    "copy marts.dim_posts to 'out.csv'",
    "copy marts.dim_posts to 'out.parquet' (format parquet)",
    "create temp table t (a int); copy t from 'secret.csv'",
    "from read_csv('secret.csv')",
    "from 'secret.csv'",
    "from read_text('/etc/passwd')",
    "from read_blob('/etc/hosts')",
    "from glob('/*')",
    "create temp view v as from read_csv('secret.csv'); from v",
    "prepare p as from read_csv('secret.csv'); execute p",
    "from query('from read_csv(''secret.csv'')')",
    "from query_table('secret.csv')",
    "from frame_of_the_program",
    "set temp_directory = '/tmp'",
    "delete from marts.dim_posts",
)
"""What works on a file that was opened without the lock: the control."""
REFUSED = (
    *WORKS_UNLOCKED,
    "drop table marts.dim_posts",
    "create schema other",
    "alter table marts.dim_posts add column a int",
    "comment on table marts.dim_posts is 'mine'",
    "attach '{outside}/x.duckdb'",
    "export database 'out'",
    "copy (select 1) to '/dev/stdout'",
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
    "set log_query_path = 'log.txt'",
    "set python_enable_replacements = true",
    "pragma enable_profiling; set profiling_output = 'out.json'",
    "pragma import_database('out')",
    "truncate marts.dim_posts",
    "merge into marts.dim_posts using (select 1 as a) on false when not matched then insert default values",
    "begin; delete from marts.dim_posts; commit",
    "create macro marts.m() as 1",
    "create index i on marts.dim_posts (post_id)",
    "attach ':memory:' as other",
    "copy marts.dim_posts to 's3://bucket/x.csv'",
    "copy marts.dim_posts to '{outside}/x.csv'",
    "create temp macro m() as table from read_text('/etc/passwd'); from m()",
    "explain analyze from read_csv('secret.csv')",
    "summarize 'secret.csv'",
    "from sniff_csv('secret.csv')",
    "from read_duckdb('var/warehouse.duckdb')",
    "from 'var/published/campaign_reach.duckdb'",
    "from parquet_metadata('var/published/versions/*/parquet/dim_posts.parquet')",
    "load 'x.duckdb_extension'",
    "update extensions",
    "create or replace persistent secret s (type http)",
    "set home_directory = '/tmp'",
    "set extension_directory = '.'",
    "set custom_extension_repository = '{outside}'",
    "set allow_unsigned_extensions = true",
)
REFUSALS = (
    "attached in read-only mode",
    "in read-only mode",
    "operations are disabled by configuration",
    "external extensions is disabled",
    "the configuration has been locked",
    "Persistent secrets are disabled",
    "extension",
    "frame_of_the_program does not exist",
)
"""How DuckDB says that something is shut; "extension" where it would need one, which cannot be loaded."""


def told(folder: Path, connecting: str, statements: Sequence[str], outside: str) -> dict[str, str]:
    """What each statement brought on a connection of its own: "read", or the error that refused it."""
    filled = [statement.replace("{outside}", outside) for statement in statements]
    program = f"""
import pandas
frame_of_the_program = pandas.DataFrame({{"a": [1]}})
statements = {filled!r}
answers = {{}}
for statement in statements:
    try:
        marts.cursor().execute(statement).fetchall()
        answers[statement] = "read"
    except Exception as error:
        answers[statement] = type(error).__name__ + ": " + str(error).splitlines()[0]
print(json.dumps(answers))
"""
    found: dict[str, str] = rows_of(run_python(folder, connecting + program))
    return {key.replace(outside, "{outside}"): value for key, value in found.items()}


@pytest.fixture(scope="module")
def answers(folder: Path, outside: str) -> dict[str, str]:
    """What the statements brought with the page's snippet."""
    return told(folder, snippet("locked", "python"), (*READS, *REFUSED), outside)


@pytest.mark.parametrize("statement", READS)
def test_the_marts_can_be_read(answers: dict[str, str], statement: str) -> None:
    assert answers[statement] == "read"


@pytest.mark.parametrize("statement", REFUSED)
def test_everything_else_is_refused(answers: dict[str, str], statement: str) -> None:
    assert any(words in answers[statement] for words in REFUSALS), answers[statement]


def test_nothing_was_written_and_nobody_outside_was_asked(folder: Path, answers: dict[str, str]) -> None:
    assert answers
    assert {path.name for path in folder.iterdir()} == {"var", "secret.csv"}
    assert asked == []


def test_without_the_lock_the_same_statements_write_attach_copy_and_read_files(tmp_path: Path) -> None:
    """The control: what is refused above is refused by the lock, not because it could never work."""
    publish_two_campaigns(tmp_path)
    (tmp_path / "secret.csv").write_text("secret\n1\n")
    copy = """
import os, shutil
shutil.copy(published / manifest["folder"] / "campaign_reach.duckdb", "free.duckdb")
os.chmod("free.duckdb", 0o644)
marts = duckdb.connect("free.duckdb")
"""
    open_to_all = snippet("locked", "python").partition("locked = {")[0] + copy
    assert set(WORKS_UNLOCKED) <= set(REFUSED)
    answers = told(tmp_path, open_to_all, WORKS_UNLOCKED, "http://127.0.0.1:9")
    assert {statement: said for statement, said in answers.items() if said != "read"} == {}
