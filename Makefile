# Every target sets up .venv by itself when the lock has changed. `make` lists the targets.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh
PY := .venv/bin/python
# What is given on the command line of make reaches the program as it was written: through the environment, expanded
# neither by make nor by a shell. Variables of the same names in the environment (WSL sets NAME) are not meant for us.
# PYTHON, which set-up takes from either, is exported as it was written too.
unexport $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name)))
MAKEOVERRIDES :=
# Settings of Python by which other code than that of the checkout and of the lock would run.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP
given = $(if $(filter command,$(firstword $(origin $1))),$(value $1))
# Of a switch, 0 and no mean what they say.
yes = $(filter-out 0 no false,$(call given,$1))
ifeq ($(origin PYTHON),command line)
override PYTHON := $(value PYTHON)
export PYTHON
endif
export RAREEARTH_NAME := $(call given,NAME)
export RAREEARTH_PARAMS := $(call given,PARAMS)
export RAREEARTH_COUNTRIES := $(call given,COUNTRIES)
export RAREEARTH_SCHEDULER := $(call given,SCHEDULER)
export RAREEARTH_PUBLISHERS := $(call given,PUBLISHERS)
export RAREEARTH_USER_DATA := $(call given,USER_DATA)
export RAREEARTH_UNSEALED := $(call yes,UNSEALED)
export RAREEARTH_ARGS := $(call given,ARGS)

.PHONY: help setup test-setup data reports report sweep share refresh verify test test-long bench bench-long lab docs gallery lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 - \2/p' Makefile

setup: ## virtual environment from the lock (the other targets call it)
	@tools/setup.sh requirements.txt

test-setup:
	@tools/setup.sh requirements-test.txt

data: setup ## check data/raw and make data/processed (USER_DATA=dir adds your own trade files, UNSEALED=1 allows altered figures)
	@$(PY) -m rareearth data

reports: setup ## bring data and every briefing up to date (WHY=1 says what changed)
	@$(PY) -m rareearth build $(if $(call yes,WHY),--why)

report: setup ## one briefing with other parameters: NAME=processing-share PARAMS="year=2023", or a country: NAME=country-fra
	@$(PY) -m rareearth run

sweep: setup ## every country (COUNTRIES="JPN KOR" narrows), or a grid: NAME=processing-share PARAMS="year=2020,2021"; SCHEDULER=tcp://host:8786
	@$(PY) -m rareearth sweep

share: reports ## one zip and one folder of the briefings that open offline
	@$(PY) -m rareearth share

refresh: setup ## what newer editions change (PUBLISHERS="usgs fx" narrows, ADD=1 adds them)
	@$(PY) -m rareearth refresh $(if $(call yes,ADD),--add) $(if $(call yes,ACCEPT_SHRINK),--accept-shrink)

verify: setup ## every raw figure against its schema, sidecar and source
	@$(PY) -m rareearth verify

test: test-setup ## lint, unit, notebook and browser tests
	@$(PY) -m ruff check --quiet . && $(PY) -m ruff format --quiet --check .
	@$(PY) -m mypy --no-error-summary && $(PY) -m codespell_lib
	@$(PY) .venv/bin/lint-imports --no-cache >/dev/null || $(PY) .venv/bin/lint-imports --no-cache
	@$(PY) -m rareearth data
	@$(PY) -m pytest -q -rs -n auto --dist loadfile -m "not long"

test-long: test-setup ## the tests that take longer
	@$(PY) -m rareearth data
	@$(PY) -m pytest -q -rs -n auto --dist loadfile -m long

bench: test-setup ## measure what is claimed, the short set
	@$(PY) -m benchmarks

bench-long: test-setup ## the same at the sizes of whole years
	@$(PY) -m benchmarks long

lab: setup ## JupyterLab on notebooks and reports, loopback only, token on (ARGS="--port 9999" are handed on)
	@$(PY) tools/lab/start.py

docs: test-setup ## the documentation as a site, in reports/docs; the next `make reports` links it
	@$(PY) -m mkdocs build --quiet

gallery: reports test-setup ## docs/gallery anew from the pages of this build
	@$(PY) -m tools.gallery

lock: setup ## resolve the locks again from pyproject.toml (needs uv)
	@tools/lock.sh

clean: ## remove what is made, nothing else
	@rm -rf reports data/processed .venv .pytest_cache .ruff_cache .hypothesis
