# Everything a person types. GNU make, POSIX sh; needs Python 3.11 or newer with venv, and nothing else.

STAMP := .venv/.leadpact
BIN := .venv/bin
MANIFESTS := requirements.lock pyproject.toml $(wildcard deploy/*/pyproject.toml services/*/pyproject.toml shared/*/pyproject.toml)
export UV_PYTHON_DOWNLOADS := never

.DEFAULT_GOAL := help
.PHONY: help env demo test chaos check fix lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 16

env: $(STAMP) ## make .venv from requirements.lock (PYTHON=… to choose the interpreter)

demo: $(STAMP) ## 90 days of history, then live: ARGS="--check --json out.json --seed 7 …"
	@$(BIN)/leadpact demo $(ARGS)

test: $(STAMP) ## all tests, on a real Kafka and a real PostgreSQL: ARGS="tests/unit -k r23 …"
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

chaos: $(STAMP) ## break everything under load, then verify: ARGS="--seconds 60 --rate 20 --seed 7 …"
	@$(BIN)/leadpact chaos $(ARGS)

check: $(STAMP) ## the one definition of lint: format, ruff, types, arrows, packages
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/uv pip check --python $(BIN)/python

fix: $(STAMP) ## mend what ruff can mend by itself
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: $(STAMP) ## write requirements.lock anew after a change of a dependency: ARGS="--upgrade"
	$(BIN)/uv lock $(ARGS)
	$(BIN)/uv export --quiet --all-packages --all-groups --no-emit-workspace --no-header -o requirements.lock

clean: ## remove .venv and caches (data of runs: leadpact reset)
	rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find deploy services shared tests -name __pycache__ -prune -exec rm -rf {} +

$(STAMP): $(MANIFESTS) deploy/local/env.sh
	@sh deploy/local/env.sh $(dir $(filter %/pyproject.toml,$(MANIFESTS)))
	@touch $@
