# The commands of this repository; `make` lists them.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test lint bench clean environment

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

clean: ## remove environments, caches and build products
	rm -rf .venv .venv-3.* framework/benchmarks/.venv framework/build framework/dist
	rm -f .coverage .coverage.*
	find . -name .git -prune -o \( -name __pycache__ -o -name .hypothesis -o -name .mypy_cache \
		-o -name .pytest_cache -o -name .ruff_cache -o -name '*.egg-info' \) -prune -exec rm -rf {} +

environment:
	@sh .ci/environment "$(VENV)" "$(PYTHON)"
