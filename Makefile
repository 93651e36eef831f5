# Every command that a person types; CI types the same ones. Needs Python 3.11 or newer, and make.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
RULES := .pytest_cache/rules.json
READERS := pm4py r4pm
READS := $(READERS:%=build/readers/%/ready)
MINUTES ?= 10

.DEFAULT_GOAL := help
.PHONY: help setup demo test check fix bench bench-full torture evidence oracles reviewer permissions \
	rules rules-json lock audit

help: ## List these commands
	@sed -nE 's/^([a-z-]+):.*## (.+)/\1 \2/p' Makefile | \
	while read -r name does; do printf '  make %-11s %s\n' "$$name" "$$does"; done

setup: $(READY) ## Make .venv: the locked dependencies, and the command yice (PYTHON=python3.12 …)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	echo "yice needs Python 3.11 or newer; $(PYTHON) is: $$($(PYTHON) --version 2>&1)." >&2; \
	echo "Name another: make setup PYTHON=python3.12" >&2; exit 1; }
	@echo "Making .venv" >&2
	@$(PYTHON) -m venv --clear .venv >&2
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes \
	--only-binary :all: -r requirements.lock >&2
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps \
	--no-build-isolation --editable . >&2
	@touch $@

demo: $(READY) ## A quarter and a week of a made-up service centre, from nothing
	@$(BIN)/yice demo

test: $(READY) ## All tests, on a PostgreSQL of their own
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: $(READY) ## Format, lint, types, imports, the packs, and known vulnerabilities (offline)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/yice packs check
	@$(BIN)/python -m tests.audit

fix: $(READY) ## Put right what ruff can put right by itself
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(READY) ## Speed, each against a baseline in the same run; writes docs/performance.md
	@$(BIN)/python -m tests.bench --json build/bench.json --page docs/performance.md

bench-full: $(READY) ## The same on registers of 10,000, 100,000 and 1,000,000 events too; takes some half an hour
	@$(BIN)/python -m tests.bench --full --json build/bench.json --page docs/performance.md

torture: $(READY) ## Ten minutes (MINUTES=…) in which all that it stands on is killed; then a check
	@$(BIN)/python -m tests.torture --minutes $(MINUTES)

evidence: $(READY) ## Which attacks are noticed, and by whom; writes docs/evidence.md
	@$(BIN)/python -m pytest -q -m attack --attacks-md=docs/evidence.md

oracles: $(READY) $(READS) ## Event logs that we export, as pm4py and r4pm read them; fetches both
	@$(BIN)/python -m pytest -q -m reader tests/infrastructure/exporting

$(READS): build/readers/%/ready: tests/oracles/mining/%.lock
	@echo "Making an environment for $*" >&2
	@$(PYTHON) -m venv --clear $(@D) >&2
	@$(@D)/bin/python -m pip install -q --disable-pip-version-check --require-hashes \
	--only-binary :all: -r $< >&2
	@touch $@

reviewer: $(READY) ## What reviewers ask, asked of the demo (needs curl, jq); writes docs/reviewer.md
	@$(BIN)/python -m tests.reviewer

permissions: $(READY) ## Which role may send which command; writes docs/permissions.md
	@$(BIN)/yice permissions --page > docs/permissions.md

rules: $(READY) ## Which rules of the catalogue the tests prove; writes docs/rules.md
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -m rule --rules-table --rules-md=docs/rules.md

rules-json: $(READY) ## The same as JSON (make -s rules-json)
	@rm -f $(RULES)
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -m rule --rules-json=$(RULES) >&2; status=$$?; cat $(RULES) && exit $$status

lock: ## Choose versions anew, after pyproject.toml changed (needs uv)
	@uv pip compile pyproject.toml --extra dev --universal --generate-hashes \
	--python-version 3.11 --no-header --no-emit-index-url --no-annotate -q -o requirements.lock
	@for reader in $(READERS); do echo $$reader | uv pip compile - --universal --generate-hashes \
	--python-version 3.11 --no-header --no-emit-index-url --no-annotate -q \
	-o tests/oracles/mining/$$reader.lock; done

audit: ## Known vulnerabilities of what is locked; asks an advisory database, and fails without one
	@$(PYTHON) -m venv --clear .venv-audit
	@.venv-audit/bin/python -m pip install -q --disable-pip-version-check "pip-audit>=2.9" >&2
	@.venv-audit/bin/pip-audit --strict --require-hashes --disable-pip -r requirements.lock
