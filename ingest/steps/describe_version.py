"""Describe a version: dictionary, data package, contract and the gates' page, written before it is put in place."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.domain.gates import Verdict
from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.adapters.publication.dictionary import DbtTexts
    from ingest.adapters.publication.manifest import Manifest

_texts: "dict[int, DbtTexts]" = {}
"""The texts of the project as this process read it last, by when it was changed."""


def describe_version(
    settings: Settings, folder: Path, manifest: "Manifest", verdicts: Sequence[Verdict]
) -> tuple[str, ...]:
    """Write what says what the version's files are; the paths of the new files.

    Raises: StorageFailed, BuildFailed when the dbt project cannot be parsed.
    """
    from ingest.adapters.publication.contract import contract
    from ingest.adapters.publication.datapackage import datapackage
    from ingest.adapters.publication.dictionary import dictionary_of
    from ingest.adapters.publication.disk import storage
    from ingest.adapters.publication.pages import dictionary_page, gate_page
    from ingest.adapters.publication.publication import DATABASE

    tables = dictionary_of(folder / DATABASE, texts_of_marts(settings))
    pages = {
        "contract.yml": contract(tables),
        "datapackage.json": datapackage(tables, manifest),
        "dictionary.html": dictionary_page(tables, manifest.version),
        "gate.html": gate_page(verdicts, manifest),
    }
    with storage(folder, "Describing the version"):
        for name, content in pages.items():
            (folder / name).write_bytes(content)
    return tuple(pages)


def texts_of_marts(settings: Settings) -> "DbtTexts":
    """What dbt's manifest says of the marts; the project is parsed when there is no manifest as new as it is.

    Raises: BuildFailed when the project cannot be parsed.
    """
    from ingest.adapters.publication.dictionary import read_texts
    from ingest.steps.run_dbt import newest_source, parsed_manifest

    newest = newest_source()
    if newest not in _texts:
        _texts.clear()
        _texts[newest] = read_texts(parsed_manifest(settings))
    return _texts[newest]
