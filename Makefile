# The commands of this repository. `make` lists them.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test test-tools test-postgres test-stores test-containers e2e e2e-local up down upgrade chaos lint lock bench bench-check docs screenshots clean environment

VENV ?= .venv
PYTHON ?=
ARGS ?=

python = "$(VENV)/bin/python"
pytest = $(python) -m pytest -c framework/pyproject.toml --rootdir .

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

run: environment ## serve every app under apps/; APP=hello PORT=8000 make run serves one
	@exec $(python) e2e/serve.py apps

# One process more than processors, because many tests wait. With bytecode also where the environment
# forbids it, because otherwise every process compiles all tests.
test: environment ## run the tests; COVERAGE=yes also checks how much of the framework they cover
	PYTHONDONTWRITEBYTECODE= COVERAGE_FILE="$$(cd "$(VENV)" && pwd)/.coverage" $(pytest) --dist worksteal --maxprocesses 4 \
		--numprocesses $${PYTEST_XDIST_AUTO_NUM_WORKERS:-$$(($$(getconf _NPROCESSORS_ONLN) + 1))} \
		$(if $(filter yes,$(COVERAGE)),--cov --cov-config framework/pyproject.toml,-p no:cacheprovider) \
		--ignore apps/tests/tests_of_walker apps framework/tests docker/tests

test-tools: environment ## run the tests of the tools (benchmarks, walker, harness, .ci), serve with every installed server, and compare with Clastic 26
	TEST_SERVERS=all $(pytest) framework/tests/adapters framework/benchmarks/tests framework/compatibility/tests apps/tests/tests_of_walker e2e/tests_of_harness .ci/tests

test-postgres: environment ## run erosion's tests on a temporary PostgreSQL server; installs PostgreSQL if it is missing
	@.ci/postgres $(pytest) apps/erosion -k "not sqlite"

test-stores: environment ## test the stores of sessions on temporary PostgreSQL and Redis servers; installs them if they are missing
	@.ci/postgres .ci/redis $(pytest) framework/tests/sessions

test-containers: environment ## send large and slow requests to erosion in its container
	$(pytest) docker/tests_in_containers

e2e: ## run the browser tests in containers, the apps too; ARGS='-k keyboard' selects tests
	@exec docker/e2e $(ARGS)

e2e-local: environment ## run the browser tests on this machine; INSTALL=1 installs Chromium, ARGS='-k keyboard' selects tests
	@exec $(python) e2e/local.py $(ARGS)

up: ## serve the apps in containers behind a gateway, on ADDRESS and PORT
	@docker/prepare
	@cd docker && docker compose build
	@cd docker && began=$$(date +%s) && docker compose up --detach --wait --wait-timeout 180 && \
		echo "The containers were healthy $$(($$(date +%s) - began)) seconds after the start." || \
		{ docker compose ps --all; docker compose logs --tail 20; exit 1; } >&2
	@cd docker && docker compose images
	@cd docker && address=$$(docker compose port gateway 8080 2>/dev/null) || exit 0; \
		echo "The apps are at http://$$address/. 'make down' stops them and keeps the data."

down: ## stop the containers of "make up" and keep the data; ARGS=--volumes deletes it
	@docker/check
	@cd docker && docker compose down --remove-orphans $(ARGS)

upgrade: ## build the images and replace the containers of the apps without losing a request
	@exec docker/upgrade

chaos: environment ## kill and restart containers under load, and print the errors that clients saw
	@exec $(python) docker/chaos/run.py

lint: environment ## check style, formatting and types
	$(python) -m ruff check framework apps e2e docker .ci
	$(python) -m ruff format --check framework apps e2e docker .ci
	@.ci/types $(python)

lock: environment ## update the locks after a change of requirements; ARGS=--upgrade takes the newest versions
	@.ci/lock $(python) $(ARGS)

bench: ## measure the framework and others on this machine; ARGS=--quick for a short run, --record to update the page
	@sh .ci/environment framework/benchmarks/.venv "$(PYTHON)"
	@framework/benchmarks/.venv/bin/python -m pip install --quiet --disable-pip-version-check \
		--requirement framework/benchmarks/requirements.txt
	framework/benchmarks/.venv/bin/python framework/benchmarks/run.py $(ARGS)

bench-check: environment ## compare the bytecode count of each request with the record; ARGS=--record updates it
	$(python) framework/benchmarks/counts.py $(ARGS)

# After a failure, remove Sphinx's cache: otherwise it skips the pages that had warnings next time.
docs: environment ## build the documentation into framework/docs/_build/html
	@$(python) -m sphinx -q -W --keep-going -d framework/docs/_build/doctrees \
		framework/docs framework/docs/_build/html || { rm -rf framework/docs/_build/doctrees; exit 1; }
	@echo "The documentation is in framework/docs/_build/html/index.html."

screenshots: environment ## retake the screenshots of the pages with Chromium
	PYTHONPATH=apps/tests $(python) -m walker --screenshots apps/tzconvert/TUTORIAL.md apps/erosion/TUTORIAL.md
	E2E_RESULTS=e2e/results/pages $(python) e2e/local.py -m screenshots
	cp e2e/results/pages/screenshots/hello-fancy.png apps/hello/screenshots/fancy.png
	cp e2e/results/pages/screenshots/altdemo-notes.png apps/altdemo/screenshots/notes.png
	cp e2e/results/pages/screenshots/meta.png e2e/results/pages/screenshots/flaw.png framework/docs/_static/

clean: ## remove environments, caches and build output
	rm -rf .venv .venv-3.* framework/benchmarks/.venv framework/benchmarks/results
	rm -rf framework/build framework/dist framework/docs/_build e2e/results docker/chaos-logs
	rm -f .coverage .coverage.*
	find . -name .git -prune -o \( -name __pycache__ -o -name .hypothesis -o -name .mypy_cache \
		-o -name .pytest_cache -o -name .ruff_cache -o -name '*.egg-info' \) -prune -exec rm -rf {} +

environment:
	@sh .ci/environment "$(VENV)" "$(PYTHON)"
