"""The image and the stack without a Docker engine: every file, command and option that they name is there."""

import json
import re
import subprocess
import sys

import jsonschema
import pytest
import yaml

from ingest.settings import PROJECT, Settings
from ingest.stack import QUICK, RECOVERS

DOCKERFILE = (PROJECT / "docker" / "Dockerfile").read_text(encoding="utf-8")
STACK = yaml.safe_load((PROJECT / "docker" / "compose.yml").read_text(encoding="utf-8"))
OURS = {name: service for name, service in STACK["services"].items() if "command" in service}


def copied() -> list[str]:
    return [path for line in re.findall(r"^COPY (.*)$", DOCKERFILE, re.M) for path in line.split()[:-1]]


def test_the_stack_is_valid_by_the_published_schema() -> None:
    """The schema is the one that Docker ships with docker-compose 1.29.2 (Apache 2.0): `compose_spec.json`."""
    schema = json.loads((PROJECT / "tests" / "data" / "compose_spec.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft201909Validator(schema)
    assert [error.message for error in validator.iter_errors(STACK)] == []
    wrong = STACK | {"services": STACK["services"] | {"receiver": {"comand": ["x"]}}}
    assert [error.message for error in validator.iter_errors(wrong)]


def test_every_path_that_is_copied_is_there_and_reaches_the_build() -> None:
    sent = [line.removeprefix("!") for line in (PROJECT / ".dockerignore").read_text().splitlines() if line[:1] == "!"]
    assert len(copied()) > 5
    assert all((PROJECT / path).exists() for path in copied())
    assert set(copied()) == set(sent)
    assert (PROJECT / "ingest" / "airflow_config" / "airflow_local_settings.py").exists()


def test_the_image_is_not_roots_and_installs_by_hash() -> None:
    assert re.search(r"^USER reach$", DOCKERFILE, re.M)
    assert "--require-hashes" in DOCKERFILE
    assert not re.search(r"index-url|https?://", DOCKERFILE)


@pytest.mark.parametrize("name", OURS)
def test_every_command_with_its_options_is_known(name: str) -> None:
    module, *words = OURS[name]["command"]
    command = [word for word in words if not word.startswith("-")][: 1 + (words[0] in ("db", "pools"))]
    asked = [sys.executable, "-m", module, *command, "--help"]
    ran = subprocess.run(asked, capture_output=True, text=True, cwd=PROJECT, check=False)
    assert ran.returncode == 0, ran.stderr[-500:]
    assert all(word in ran.stdout for word in words if word.startswith("--"))


def test_every_setting_that_is_named_is_one() -> None:
    text = (PROJECT / "docker" / "compose.yml").read_text(encoding="utf-8") + DOCKERFILE
    named = set(re.findall(r"CAMPAIGN_REACH_(\w+)", text))
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_airflow_is_set_as_in_the_stack_of_make_up() -> None:
    """Its DAGs begin by themselves, its scheduler does not sleep, and a killed task is missed early."""
    image = dict(re.findall(r"^\s+(?:ENV )?([A-Z_]+)=(\S+)", DOCKERFILE, re.M))
    for service in OURS.values():
        assert (QUICK | RECOVERS).items() <= (image | service["environment"]).items()


def test_services_depend_on_services_and_mount_volumes_that_are_declared() -> None:
    for service in STACK["services"].values():
        assert set(service.get("depends_on", {})) <= STACK["services"].keys()
        assert {volume.split(":")[0] for volume in service.get("volumes", [])} <= STACK["volumes"].keys()


def test_nothing_listens_beyond_this_machine() -> None:
    ports = [port for service in STACK["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


@pytest.mark.parametrize("name", OURS)
def test_our_containers_can_do_little(name: str) -> None:
    assert OURS[name]["read_only"]
    assert OURS[name]["cap_drop"] == ["ALL"]
