# The verbs of the house. Everything they need beyond python3.11 and make, they install into .venv.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# More than cores: a test waits for servers and processes half of its time.
WORKERS ?= 3
PYTEST := $(BIN)/python -m pytest

# Without .pyc files every Dagster process starts twice as slowly (3.5 s against 1.7 s of imports).
unexport PYTHONDONTWRITEBYTECODE
# One scratch cache of figures, databases and logs, git-ignored.
export INTEGRATIONS_STATE_DIR ?= $(CURDIR)/.state

.DEFAULT_GOAL := help
.PHONY: connector-report help setup demo up test test-all check format bench lock audit clean

help: ## Show the verbs
	@awk -F':.*## ' '/^[a-z%-]+:.*## /{printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Install everything into .venv (done by the others when needed)

$(STAMP): requirements.lock pyproject.toml .ci/uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' || \
		{ echo "make: $(PYTHON) must be Python 3.11 or newer (make PYTHON=... names another)" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV)
	@PYTHON=$(PYTHON) sh .ci/install-uv $(VENV)
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	$(BIN)/python .ci/write_bytecode.py
	@touch $@

demo: setup ## Sync a made-up organisation through Dagster and check it against the truth
	$(BIN)/integrations demo

up: setup ## Start database, Dagster and API; stop with Ctrl-C
	$(BIN)/integrations up

test: setup ## Run the tests but the slow ones (10 minutes on 2 cores)
	$(PYTEST) -n $(WORKERS) --dist worksteal -m "not slow and not bench"

test-all: setup ## Run every test
	$(PYTEST) -n $(WORKERS) --dist worksteal -m "not bench"

check: setup ## Lint, types, import rules, migrations in step with the models, no secret in a tracked file
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python .ci/check_migrations.py
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml integrations_pipelines .ci
	$(BIN)/python .ci/check_secrets.py

format: setup ## Put the code in the house's form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

BENCHMARKS := $(filter-out __init__ conftest,$(basename $(notdir $(wildcard integrations_pipelines_tests/benchmarks/[a-z]*.py))))

bench: $(addprefix bench-,$(BENCHMARKS)) ## Run every benchmark; figures go to .state/bench/<name>.json

bench-%: setup ## One benchmark; make bench-scored PEOPLE=100000 is a smaller one
	$(BIN)/python -m integrations_pipelines_tests.benchmarks.$*

lock: setup ## Write the locks anew from pyproject.toml, with hashes and without an index address
	$(BIN)/uv pip compile --quiet --upgrade pyproject.toml --all-extras --generate-hashes --no-emit-index-url \
		--python-version 3.11 --custom-compile-command "make lock" --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade .ci/uv.in --generate-hashes --no-emit-index-url \
		--python-version 3.11 --custom-compile-command "make lock" --output-file .ci/uv.lock

audit: setup ## Known vulnerabilities of what is locked; asks an advisory service, so CI does not run it
	$(BIN)/uv tool run pip-audit --requirement requirements.lock --require-hashes --disable-pip

connector-report: setup ## Prove and print which connector holds which point; write the table into the docs
	$(BIN)/python -m integrations_pipelines_tests.conformance.report

clean: ## Remove what was built; the state folder (your data) stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist *.egg-info
	find integrations_pipelines integrations_pipelines_tests -name __pycache__ -prune -exec rm -rf {} +
