# The commands of this repository; `make` lists them.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test lint bench docs clean environment

VENV ?= .venv
PYTHON ?=
APP ?=
PORT ?=
ARGS ?=
export APP PORT

python = "$(VENV)/bin/python"

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: environment ## serve every app under apps/; APP=hello PORT=8000 make run serves one
	@exec $(python) apps/serve.py

test: environment ## run every test, and hold the framework to its test coverage
	COVERAGE_FILE="$$(cd "$(VENV)" && pwd)/.coverage" $(python) -m pytest \
		-c framework/pyproject.toml --rootdir . \
		--cov --cov-config framework/pyproject.toml framework/tests apps .ci/tests

lint: environment ## check style, formatting and types
	$(python) -m ruff check framework apps .ci
	$(python) -m ruff format --check framework apps .ci
	$(python) -m mypy --config-file framework/pyproject.toml framework/src

bench: environment ## measure the framework against others here; ARGS=--quick for a short round
	$(python) framework/benchmarks/run.py $(ARGS)

# What Sphinx remembers of pages with warnings is removed: it would take them for done the next time.
docs: environment ## build the documentation, with its reference, into framework/docs/_build/html
	@$(python) -m sphinx -q -W --keep-going -d framework/docs/_build/doctrees \
		framework/docs framework/docs/_build/html || { rm -rf framework/docs/_build/doctrees; exit 1; }
	@echo "The documentation is in framework/docs/_build/html/index.html."

clean: ## remove environments, caches and build products
	rm -rf .venv .venv-3.* framework/benchmarks/.venv framework/benchmarks/results
	rm -rf framework/build framework/dist framework/docs/_build
	rm -f .coverage .coverage.*
	find . -name .git -prune -o \( -name __pycache__ -o -name .hypothesis -o -name .mypy_cache \
		-o -name .pytest_cache -o -name .ruff_cache -o -name '*.egg-info' \) -prune -exec rm -rf {} +

environment:
	@sh .ci/environment "$(VENV)" "$(PYTHON)"
