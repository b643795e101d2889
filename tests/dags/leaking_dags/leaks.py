"""Leaks: a DAG that does what none of ours may, so that the search for secrets is seen to find them."""

import base64
import json
from urllib.parse import quote

from airflow.sdk import dag, task

from ingest.settings import load_settings


@dag(schedule=None, catchup=False)
def leaks() -> None:
    """A token in XCom, one in a rendered template, and one in the log of an exception."""
    token = load_settings().access_tokens[0].get_secret_value()

    @task
    def into_xcom() -> str:
        return f"https://graph.facebook.com/me?access_token={quote(token, safe='')}"

    @task
    def into_template(hidden: str) -> int:
        return len(hidden)

    @task
    def into_log() -> None:
        raise ValueError(json.dumps({"token": token}))

    into_xcom() >> into_template(base64.b64encode(token.encode()).decode()) >> into_log()


leaks()
