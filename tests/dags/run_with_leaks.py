"""Runs `refresh_accounts` in Airflow with a metadata database, keeps what that left, and then lets a DAG leak.

`python -m tests.dags.run_with_leaks HOME`: in HOME lie `clean.db`, the database before the leaks, and `airflow.db`.
"""

import shutil
import sqlite3
import sys
from pathlib import Path

from ingest.airflow_run import DAGS, prepare_airflow, run_dags

home = Path(sys.argv[1])
folder = home / "dag_files"
folder.mkdir(parents=True)
shutil.copy(DAGS / "refresh_accounts.py", folder)
prepare_airflow(home, dags_folder=folder)
states = run_dags(["refresh_accounts"], dags_folder=folder)
with sqlite3.connect(home / "airflow.db") as written, sqlite3.connect(home / "clean.db") as kept:
    written.backup(kept)
shutil.copytree(home / "logs", home / "clean_logs")
sys.stdout.write(f"{states}\n\n=== leaks ===\n")
sys.stdout.flush()
shutil.copy(Path(__file__).with_name("leaking_dags") / "leaks.py", folder)  # now: its secrets stand in what is parsed
sys.stdout.write(f"{run_dags(['leaks'], dags_folder=folder)}\n")
