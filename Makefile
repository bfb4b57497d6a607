# Everything a person or a machine does with this project. `make help` lists it.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

# uv installs in seconds where pip takes a minute; both install exactly what the requirements file pins by hash.
ifdef UV
  MAKE_VENV = $(UV) venv --quiet --allow-existing --python "$(PYTHON)" $(VENV)
  INSTALL = VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet
else
  MAKE_VENV = $(PYTHON) -m venv $(VENV)
  INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
endif

.PHONY: help install demo up test check bench docs calibration simulate requirements sbom cloudbuild deploy rollback clean

help:  ## List the targets.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | column -t -s "$$(printf '\t')"

# Through the environment and untouched by make, so that a name may hold quotes, dollars and spaces.
export VIDEO_PATH := $(value VIDEO)

install: $(VENV)/.runtime  ## Install what .venv/bin/automations needs.

demo: $(VENV)/.runtime  ## Render a sample clip, run it through the whole chain, show what came out. VIDEO=path for your own.
	@$(BIN)/automations demo $(if $(VIDEO_PATH),--video "$$VIDEO_PATH")

up: $(VENV)/$(if $(ON),.dev,.runtime)  ## Serve the API, the workers and the upload folder on this machine. ON=emulators for Google's emulators.
	@$(BIN)/automations up $(if $(ON),--on "$(ON)")

# One more than there are cores: many tests wait, for processes to start or for leases to run out.
WORKERS = $(shell expr $$(nproc) + 1)

test: $(VENV)/.dev  ## Run all tests and measure coverage.
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadscope --no-loadscope-reorder \
		--cov --cov-report=term:skip-covered -m "not bench"

check: $(VENV)/.dev .venv-checkov/.installed  ## Lint, types, import rules, formatting, and what a deployment is made of.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@infra/deploy/check.sh

bench: $(VENV)/.dev  ## Measure against baselines; prints ratios.
	@$(BIN)/python -m pytest -m bench tests/bench --no-cov -q -s

# Each of them compares a document with the code as a test, and writes it as a program.
DOCUMENTS := tests/architecture/test_readme.py tests/architecture/test_contributing.py \
	tests/unit/shared/domain/test_event_contract.py tests/architecture/test_openapi.py tests/architecture/test_cost_tables.py \
	tests/infrastructure/test_variables_table.py tests/infrastructure/test_permissions.py \
	tests/image/test_contents.py

docs: $(VENV)/.dev  ## Write the documents' tables, the event schema and the OpenAPI document anew.
	@for document in $(DOCUMENTS); do PYTHONPATH=. $(BIN)/python $$document || exit 1; done

calibration: $(VENV)/.dev  ## Measure anew what taggers' confidences are worth; takes some minutes.
	@$(BIN)/python -m tests.calibration

simulate: $(VENV)/.dev  ## Simulate days of 10 to 1,000,000 videos anew, and draw infra/README.md's pictures of them.
	@$(BIN)/python -m infra.cost

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header
IMAGE = --excludes infra/requirements-excluded.txt -c requirements.txt pyproject.toml

requirements: $(VENV)/.dev  ## Compile the pinned requirements from pyproject.toml's ranges.
	@$(COMPILE) --extra media --extra local pyproject.toml -o requirements.txt
	@$(COMPILE) --extra media --extra local --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
	@$(COMPILE) $(IMAGE) -o infra/requirements-light.txt
	@$(COMPILE) $(IMAGE) --extra media -o infra/requirements-media.txt
	@echo uv | $(COMPILE) -c requirements-dev.txt - -o infra/requirements-build.txt
	@$(COMPILE) infra/deploy/requirements-checkov.in -o infra/deploy/requirements-checkov.txt

cloudbuild: $(VENV)/.dev  ## Run the checks and tests as cloudbuild.yaml's steps say, without Google; as root it installs Debian packages they need.
	@$(BIN)/python -m infra.deploy.run_steps cloudbuild.yaml --until test PROJECT_ID=none COMMIT_SHA=none

deploy:  ## Build, test and deploy this commit: PROJECT=id [REGION=europe-west1] [ENVIRONMENT=production].
	@infra/deploy/submit.sh "$(PROJECT)" "$(or $(REGION),europe-west1)" "$(or $(ENVIRONMENT),production)"

rollback:  ## Serve what was served before the last deployment: PROJECT=id [REGION=europe-west1].
	@PROJECT="$(PROJECT)" REGION="$(or $(REGION),europe-west1)" python3 -m infra.deploy.release rollback

# CycloneDX is what the tool for Python packages writes; infra/deploy/sbom.sh has Google list a whole image, as SPDX.
# Each image's packages in an environment of their own, as its Dockerfile installs them.
BUILD := build

sbom: $(VENV)/.dev  ## Say what is in each image: build/sbom-light.json, build/sbom-media.json (CycloneDX).
	@for image in light media; do \
		$(BIN)/uv venv --quiet --clear --python $(VENV)/bin/python $(BUILD)/$$image && \
		VIRTUAL_ENV=$(BUILD)/$$image $(BIN)/uv pip install --quiet --no-deps --require-hashes \
			-r infra/requirements-$$image.txt && \
		$(BIN)/cyclonedx-py environment --output-reproducible --output-file $(BUILD)/sbom-$$image.json \
			$(BUILD)/$$image || exit 1; \
	done

clean:  ## Remove everything that can be made again; keeps ./data.
	rm -rf $(VENV) .venv-checkov build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; install it, or name it: make PYTHON=/path/to/python3 ..."; exit 1; }
	@echo "Making $(VENV) ..."
	@$(MAKE_VENV)

$(VENV)/.runtime: requirements.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing requirements ..."
	@$(INSTALL) --require-hashes -r requirements.txt
	@$(INSTALL) --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@echo "Installing development tools ..."
	@$(INSTALL) --require-hashes -r requirements-dev.txt
	@touch $@

# In an environment of its own: it replaces a module that the development tools use.
.venv-checkov/.installed: infra/deploy/requirements-checkov.txt $(VENV)/.dev
	@echo "Installing checkov ..."
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv-checkov
	@VIRTUAL_ENV=.venv-checkov $(BIN)/uv pip install --quiet --require-hashes -r $<
	@touch $@
