# campaign-reach: `make help` lists what there is. Every target sets up .venv by itself when it is missing or stale.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
unexport PYTHONDONTWRITEBYTECODE
export GX_ANALYTICS_ENABLED := false
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DO_NOT_TRACK := 1

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BOOT := var/boot
# Sets $$uv: uv if there is one, else pip brings the pinned one into var/boot.
UV = uv=$$(command -v uv || echo $(BOOT)/bin/uv); test -x $$uv || \
  { $(PYTHON) -m venv $(BOOT) && $(BOOT)/bin/python -m pip install --quiet --require-hashes -r requirements/uv.txt; }
SOURCES := ingest expectations dags tests benchmarks
ARGS ?=

.PHONY: help setup demo up test test-system check fix lock audit docs bench bench-large torture clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## Set up .venv (the other targets do it by themselves)

# The lock is the only thing that is installed.
$(READY): requirements/dev.txt requirements/uv.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "campaign-reach needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	@echo "Setting up $(VENV) from requirements/dev.txt, about a minute, once …"
	@$(UV); \
	  rm -f $(READY); \
	  test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV); \
	  export VIRTUAL_ENV=$(CURDIR)/$(VENV); \
	  $$uv pip sync --quiet --require-hashes --compile-bytecode requirements/dev.txt; \
	  $$uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: $(READY) ## Play the five campaigns through the pipeline and print what they reached (ARGS=--fresh starts over)
	@$(BIN)/campaign-reach demo $(ARGS)

up: $(READY) ## Run the whole stack on loopback until Ctrl-C: Airflow, receiver, sandbox
	@$(BIN)/campaign-reach up $(ARGS)

test: $(READY) ## Run the tests that need Python and a package index only
	@$(BIN)/python -m pytest -n 2 -m "not system" $(ARGS)

test-system: $(READY) ## Run the tests that need other programs too (node, PostgreSQL, Chromium)
	@$(BIN)/python -m pytest -m system $(ARGS)

check: $(READY) ## Lint, types, layers, SQL, dbt parse, YAML: one command for people, hooks and CI
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --processes 2 dbt_project
	$(BIN)/yamllint --strict $$(git ls-files --cached --others --exclude-standard '*.yml' '*.yaml')
	CAMPAIGN_REACH_WAREHOUSE_PATH=$(CURDIR)/var/check.duckdb $(BIN)/dbt parse --quiet --no-use-colors --warn-error \
	  --project-dir dbt_project --profiles-dir dbt_project --target-path $(CURDIR)/var/dbt/check --log-level-file none

fix: $(READY) ## Mend what the linters can mend by themselves
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/sqlfluff fix --processes 2 dbt_project

lock: $(READY) ## Compile requirements/*.txt anew, for all platforms, with hashes and no index address
	@$(UV); \
	  compile="$$uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11"; \
	  $$compile pyproject.toml -o requirements/runtime.txt; \
	  $$compile pyproject.toml --extra dev -c requirements/runtime.txt -o requirements/dev.txt; \
	  for name in uv readers connect superset contracts audit; do $$compile requirements/$$name.in -o requirements/$$name.txt; done

audit: $(READY) ## Write the release's bill of materials (SBOM) into dist/, and ask the advisories about every pin
	@$(UV); \
	  test -x var/audit/bin/python || $(PYTHON) -m venv --without-pip var/audit; \
	  VIRTUAL_ENV=$(CURDIR)/var/audit $$uv pip sync --quiet --require-hashes requirements/audit.txt
	@$(BIN)/python -m ingest.audit var/audit/bin $(ARGS)

docs: $(READY) ## Build the site of dbt's docs for analysts into var/dbt/docs as one page
	@mkdir -p var/dbt
	@CAMPAIGN_REACH_WAREHOUSE_PATH=$${CAMPAIGN_REACH_WAREHOUSE_PATH:-$(CURDIR)/var/warehouse.duckdb} $(BIN)/dbt docs generate --static --quiet --no-use-colors \
	  --project-dir dbt_project --profiles-dir dbt_project --target-path $(CURDIR)/var/dbt/docs --log-level-file none
	@echo "var/dbt/docs/static_index.html"

screenshots: $(READY) ## Photograph the report of the demo for docs/report-checklist.md, into var/screenshots
	@$(BIN)/python -m tests.system.screenshots $(ARGS)

bench: $(READY) ## Measure: prints ratios against a reference in the same run
	@for file in benchmarks/bench_*.py; do echo; echo "== $$file"; $(BIN)/python -m benchmarks.$$(basename $$file .py); done

bench-large: $(READY) ## Measure the marts with a hundred million snapshots (6 GB of disk, 8 minutes)
	@$(BIN)/python -m benchmarks.bench_incremental --large

torture: $(READY) ## Kill, cut the power, and count what is lost: about half an hour (strace, on Debian, for the power)
	@failed=0; for file in benchmarks/torture/[a-z]*.py; do name=$$(basename $$file .py); echo; echo "== $$name"; \
	  $(BIN)/python -m benchmarks.torture.$$name || { echo "FAILED: $$name"; failed=1; }; done; exit $$failed

clean: ## Remove everything that was generated (var/, caches); .venv stays
	rm -rf var .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
