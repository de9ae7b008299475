# The commands of the house. Each prepares what it needs first (.ci/setup, which does nothing that is already done).
# `make help` lists them.

SHELL := /bin/bash
PY := .venv/bin/python
WORKERS ?= 2
ARGS ?=
# The lengths of a night: reliability is counted in cycles survived, so each figure is printed with its count.
IO_POINTS ?= 5000
KILLS ?= 60000
IMAGES ?= 300000
WHOLE ?= 200

.DEFAULT_GOAL := help
.PHONY: help demo test build lint bench faults soak clean

help: ## list the commands
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "make %-7s %s\n", $$1, $$2}' Makefile

demo: build ## serve the demo shop, sell there over HTTP, show a receipt, verify (ONCE=1: end there)
	@.venv/bin/guichet demo --picture var/receipt.png $(if $(ONCE),--once)

test: ## every test, the rules of the house, lint and types (ARGS="-k journal" narrows it)
	@bash .ci/setup browser
	@$(PY) -m pytest -n $(WORKERS) -q $(ARGS)

build: ## the virtual environment and the compiled core
	@bash .ci/setup

lint: build ## only the rules of the house, lint, format, types and stubs
	@$(PY) -m pytest -q tests/test_repository.py tests/test_quality.py $(ARGS)

bench: ## every benchmark, as a table and as JSON
	@bash .ci/setup bench
	@$(PY) -m benchmarks $(ARGS)

faults: build ## I/O errors, kill -9 and power cuts against the engine, then the whole server, for hours (IO_POINTS, KILLS, IMAGES, WHOLE)
	@failed=0; \
	for kind in "io --cycles $(IO_POINTS)" "kill --cycles $(KILLS)" "powerloss --cycles $(IMAGES)" "double --cycles $(IMAGES)"; do \
		$(PY) tests/faults/campaign.py --workload engine --kind $$kind $(ARGS) || failed=1; \
	done; \
	$(PY) tests/faults/whole_system.py --cycles $(WHOLE) $(ARGS) || failed=1; \
	exit $$failed

soak: build ## the seeded campaigns among the tests, at full length
	@GUICHET_CAMPAIGN=long $(PY) -m pytest -q -m campaign --timeout 0 $(ARGS)

clean: ## forget the environment and everything built
	@rm -rf .venv build dist ./*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
	@rm -rf engine_ext/*.so engine_ext/_hot
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
