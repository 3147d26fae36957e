# Two commands: `make demo` and `make test`. The others are steps of them.
SHELL  := /bin/bash
PYTHON ?= python3
PORT   ?= 8000
ci     := $(filter true,$(CI))
bin    := .venv/bin
stamp  := .venv/installed
# PEOPLE=, DAYS=, SEED= and START= change the demo; without them the command's own defaults hold.
demo_options := $(if $(PEOPLE),--people $(PEOPLE)) $(if $(DAYS),--days $(DAYS)) $(if $(SEED),--seed $(SEED)) \
                $(if $(START),--start $(START)) --port $(PORT)
# Images of Python often forbid to keep bytecode. A test run starts some eighty processes; each would compile all of it.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup setup-spark demo demo-reset test trials bench check browser clean

help: ## say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(stamp) ## the virtual environment, everything in it from the lock

# uv alone comes by pip, with its hashes; uv then installs the rest, with theirs. What is compiled here is
# not compiled again by each of the processes that a demo starts at once.
$(stamp): requirements.lock requirements-uv.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "OpenProtect needs Python 3.11 or later; set PYTHON= to one." >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
	  || { echo "Python's venv is missing: install the package python3-venv." >&2; exit 2; }
	@test -x $(bin)/python || $(PYTHON) -m venv .venv
	@test -x $(bin)/uv || $(bin)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@VIRTUAL_ENV=$(CURDIR)/.venv $(bin)/uv pip sync --quiet --compile-bytecode --require-hashes requirements.lock
	@VIRTUAL_ENV=$(CURDIR)/.venv $(bin)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@$(bin)/python -m compileall -q -j 2 openprotect
	@touch $@

setup-spark: setup ## PySpark beside it (450 MB; needs Java 17), for cohorts with --engine spark and for the trials
	@VIRTUAL_ENV=$(CURDIR)/.venv $(bin)/uv pip install --quiet --require-hashes -r requirements-spark.lock

# `exec` and one line: Ctrl-C and SIGTERM then reach the demo itself and not a shell in between.
demo: setup ## a synthetic population, its days lived, served on http://127.0.0.1:8000
	@exec $(bin)/openprotect demo $(demo_options)

demo-reset: setup ## forget the demo, so that the next one begins anew
	@exec $(bin)/openprotect demo --reset

test: setup check browser ## every test: the unit tests first, then the rest on two cores
	@$(bin)/pytest tests/unit -n 2 -q --durations=5
	@$(bin)/pytest tests --ignore=tests/unit -n 2 --dist loadgroup -q --durations=15

trials: setup $(if $(shell command -v java),setup-spark) ## the long trials, which are not part of `make test`
	@OPENPROTECT_WHOLE=1 $(bin)/pytest tests -m "trial or browser" -q --durations=0 --import-mode=importlib --override-ini addopts=

bench: setup ## one of benchmarks/: make bench NAME=...
	@test -n "$(NAME)" || { echo "Say which: make bench NAME=$$(ls benchmarks 2>/dev/null | sed -n 's/\.py$$//p' | paste -sd'|')" >&2; exit 2; }
	@exec $(bin)/python -m benchmarks.$(NAME)

check: setup ## style, types, directions of imports
	@$(bin)/ruff check
	@$(bin)/ruff format --check --quiet
	@data=$$(mktemp -d); trap 'rm -rf $$data' EXIT; OPENPROTECT_MODE=test OPENPROTECT_DATA=$$data $(bin)/mypy
	@$(bin)/lint-imports --no-cache > .venv/lint-imports.log || { cat .venv/lint-imports.log; exit 1; }

# Once, quietly, where it can be: as root with apt-get. Otherwise one line, which is a failure in CI.
browser:
	@command -v chromium chromium-browser google-chrome >/dev/null 2>&1 && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y chromium; } >/dev/null 2>&1 && exit 0; \
	fi; \
	echo "Chromium is missing, so the browser tests $(if $(ci),fail,are left out): install Debian's package chromium." >&2; \
	$(if $(ci),exit 1,exit 0)

clean: ## remove what can be made again
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist
	@find openprotect tests -name __pycache__ -type d -prune -exec rm -rf {} +
