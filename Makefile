# Every target sets up .venv by itself when the lock has changed. `make` lists the targets.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh
PY := .venv/bin/python
# Parameters reach the program through the environment, never through a shell line.
export RAREEARTH_PARAMS := $(value PARAMS)
export RAREEARTH_NAME := $(value NAME)
export RAREEARTH_COUNTRIES := $(value COUNTRIES)
export RAREEARTH_SCHEDULER := $(value SCHEDULER)
export RAREEARTH_PUBLISHERS := $(value PUBLISHERS)
export USER_DATA := $(value USER_DATA)

.PHONY: help setup test-setup data reports report sweep share refresh verify test test-long bench bench-long lab lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 - \2/p' Makefile

setup: ## virtual environment from the lock (the other targets call it)
	@tools/setup.sh requirements.txt

test-setup:
	@tools/setup.sh requirements-test.txt

data: setup ## data/processed from data/raw (USER_DATA=dir adds a user's own trade files)
	@$(PY) -m rareearth data

reports: data ## bring every briefing up to date (WHY=1 says what changed)
	@$(PY) -m rareearth build $(if $(WHY),--why)

report: data ## one briefing with other parameters: NAME=processing-share PARAMS="year=2023"
	@$(PY) -m rareearth run

sweep: data ## every country (COUNTRIES="JPN KOR" narrows), or a grid: NAME=processing-share PARAMS="year=2020,2021"; SCHEDULER=tcp://host:8786
	@$(PY) -m rareearth sweep

share: reports ## one zip and one folder of the briefings that open offline
	@$(PY) -m rareearth share

refresh: setup ## what newer editions change (PUBLISHERS="usgs fx" narrows, ADD=1 adds them)
	@$(PY) -m rareearth refresh $(if $(ADD),--add) $(if $(ACCEPT_SHRINK),--accept-shrink)

verify: setup ## every raw figure against its schema, sidecar and source
	@$(PY) -m rareearth verify

test: test-setup ## lint, unit, notebook and browser tests
	@$(PY) -m ruff check --quiet . && $(PY) -m ruff format --quiet --check .
	@.venv/bin/lint-imports --no-cache >/dev/null || .venv/bin/lint-imports --no-cache
	@$(PY) -m rareearth data
	@$(PY) -m pytest -q -rs -n auto --dist loadfile -m "not long"

test-long: test-setup ## the tests that take longer
	@$(PY) -m rareearth data
	@$(PY) -m pytest -q -rs -n auto --dist loadfile -m long

bench: test-setup ## measure what is claimed, the short set
	@$(PY) -m benchmarks

bench-long: test-setup ## the same at the sizes of whole years
	@$(PY) -m benchmarks long

lab: setup ## JupyterLab on notebooks/, loopback only, token on
	@$(PY) -m jupyterlab --config=tools/lab/config.py

lock: setup ## resolve the locks again from pyproject.toml (needs uv)
	@tools/lock.sh

clean: ## remove what is made, nothing else
	@rm -rf reports data/processed .venv .pytest_cache .ruff_cache .hypothesis
