# The commands of this repository; `make` lists them.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test test-postgres e2e e2e-local up down chaos lint bench bench-check docs screenshots clean environment

VENV ?= .venv
PYTHON ?=
APP ?=
PORT ?=
ARGS ?=
export APP PORT

python = "$(VENV)/bin/python"

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

run: environment ## serve every app under apps/; APP=hello PORT=8000 make run serves one
	@exec $(python) apps/serve.py

test: environment ## run every test, and hold the framework to its test coverage
	COVERAGE_FILE="$$(cd "$(VENV)" && pwd)/.coverage" $(python) -m pytest \
		-c framework/pyproject.toml --rootdir . \
		--cov --cov-config framework/pyproject.toml framework/tests apps e2e/tests_of_harness docker/tests .ci/tests

test-postgres: environment ## run erosion's tests on a PostgreSQL server made for them, which it installs if need be
	@.ci/postgres $(python) -m pytest -c framework/pyproject.toml --rootdir . apps/erosion -k "not sqlite"

e2e: environment ## run the browser tests in containers, against the apps in theirs
	@exec $(python) docker/commands/e2e.py $(ARGS)

e2e-local: environment ## run the browser tests on this machine; INSTALL=1 installs Chromium, ARGS='-k keyboard' chooses
	@exec $(python) e2e/local.py $(ARGS)

up: environment ## serve the apps in containers, behind a gateway; ADDRESS and PORT say where
	@exec $(python) docker/commands/up.py

down: environment ## take down what "make up" has started; the data stays; ARGS=--volumes drops it
	@exec $(python) docker/commands/down.py $(ARGS)

chaos: environment ## kill and restart containers under load, and print what users saw of it
	@exec $(python) docker/commands/chaos.py

lint: environment ## check style, formatting and types
	$(python) -m ruff check framework apps e2e docker .ci
	$(python) -m ruff format --check framework apps e2e docker .ci
	@.ci/types $(python)

bench: environment ## measure the framework against others here; ARGS=--quick for a short round, --record for the page
	$(python) framework/benchmarks/run.py $(ARGS)

bench-check: environment ## compare the work of a request with the record; ARGS=--record makes a new one
	$(python) framework/benchmarks/counts.py $(ARGS)

# What Sphinx remembers of pages with warnings is removed: it would take them for done the next time.
docs: environment ## build the documentation, with its reference, into framework/docs/_build/html
	@$(python) -m sphinx -q -W --keep-going -d framework/docs/_build/doctrees \
		framework/docs framework/docs/_build/html || { rm -rf framework/docs/_build/doctrees; exit 1; }
	@echo "The documentation is in framework/docs/_build/html/index.html."

screenshots: environment ## take the pictures that the pages show anew, with Chromium
	PYTHONPATH=apps/tests $(python) -m walker --screenshots apps/tzconvert/TUTORIAL.md apps/erosion/TUTORIAL.md
	E2E_RESULTS=e2e/results/moments $(python) e2e/local.py -m moments
	cp e2e/results/moments/screenshots/hello-fancy.png apps/hello/screenshots/fancy.png
	cp e2e/results/moments/screenshots/meta.png e2e/results/moments/screenshots/flaw.png framework/docs/_static/

clean: ## remove environments, caches and build products
	rm -rf .venv .venv-3.* framework/benchmarks/.venv framework/benchmarks/results
	rm -rf framework/build framework/dist framework/docs/_build e2e/results docker/chaos-logs
	rm -f .coverage .coverage.*
	find . -name .git -prune -o \( -name __pycache__ -o -name .hypothesis -o -name .mypy_cache \
		-o -name .pytest_cache -o -name .ruff_cache -o -name '*.egg-info' \) -prune -exec rm -rf {} +

environment:
	@sh .ci/environment "$(VENV)" "$(PYTHON)"
