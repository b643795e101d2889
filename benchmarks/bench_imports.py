"""Seconds that a DAG file takes to import beyond `airflow.sdk`, and `import ingest`: each in a fresh process."""

import statistics
import subprocess
import sys

RUNS = 5
STATEMENTS = {
    "import ingest": "pass",
    "import ingest.cli": "pass",
    "import dags.refresh_accounts": "import airflow.sdk; airflow.sdk.DAG",
    "import dags.publish_marts": "import airflow.sdk; airflow.sdk.DAG",
}


def seconds(statement: str, *, after: str) -> float:
    """Median seconds of the statement in fresh processes, once `after` is done."""
    program = f"{after}\nimport time; t = time.perf_counter()\n{statement}\nprint(time.perf_counter() - t)"
    runs = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True) for _ in range(RUNS)
    ]
    return statistics.median(float(run.stdout.split()[-1]) for run in runs)


def main() -> None:
    """Print a line per statement, beside the import of airflow.sdk as reference."""
    reference = seconds("import airflow.sdk; airflow.sdk.DAG", after="pass")
    print(f"{'import airflow.sdk (reference)':<36} {reference:6.2f} s")
    for statement, after in STATEMENTS.items():
        taken = seconds(statement, after=after)
        print(f"{statement:<36} {taken:6.2f} s   {taken / reference:5.2f} × airflow.sdk")


if __name__ == "__main__":
    main()
