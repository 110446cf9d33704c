# Two commands do everything: `make run` shows a whole election, `make test` runs every check.
.DEFAULT_GOAL := help
.PHONY: help run test check format lock messages clean

# The first Python of the right age on this machine; set PYTHON=... to choose another.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
INSTALLED := .venv/installed

help:
	@echo 'make run     install, and run a demonstration election with 200 invented voters'
	@echo 'make test    install, and run every check and test'
	@echo 'make format  lay out the code; make check: all checks without the tests'
	@echo 'make lock    pin the dependencies anew; make messages: gather texts for translation'

$(INSTALLED): requirements.lock pyproject.toml
	@test -n '$(PYTHON)' || { echo 'Python 3.11 or later is needed; on Debian: apt-get install python3 python3-venv'; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || \
		{ rm -rf .venv; echo 'This Python cannot make a virtual environment; on Debian: apt-get install python3-venv'; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: $(INSTALLED)
	@$(BIN)/sawtuna demo election

check: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m crypto.locale.extract --check
	.ci/no-addresses

test: system check
	$(BIN)/python -m pytest -n auto

.PHONY: system
system:
	@.ci/system-packages

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock:
	uv pip compile pyproject.toml --universal --python-version 3.11 --all-extras --generate-hashes --no-header -o requirements.lock

messages: $(INSTALLED)
	$(BIN)/python -m crypto.locale.extract

clean:
	rm -rf .venv .mypy_cache .ruff_cache .hypothesis build dist
