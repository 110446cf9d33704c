# Two commands do everything: `make run` starts the portal with demonstration data, `make test` runs every check.
.DEFAULT_GOAL := help
.PHONY: help run election test check format lock messages pictures assets clean

# The first Python of the right age on this machine; set PYTHON=... to choose another.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
INSTALLED := .venv/installed

help:
	@echo 'make run     install, and start the portal with demonstration data on http://127.0.0.1:8000'
	@echo 'make election  install, and run a whole election from the shell, with 200 invented voters'
	@echo 'make test    install, and run every check and test'
	@echo 'make format  lay out the code; make check: all checks without the tests'
	@echo 'make lock    pin the dependencies anew; make messages: gather texts for translation; make pictures: those of the docs'

$(INSTALLED): requirements.lock pyproject.toml | npm
	@test -n '$(PYTHON)' || { echo 'Python 3.11 or later is needed; on Debian: apt-get install python3 python3-venv'; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || \
		{ rm -rf .venv; echo 'This Python cannot make a virtual environment; on Debian: apt-get install python3-venv'; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# The demonstration keeps its data in ./data; PORT=8080 make run listens elsewhere.
PORT ?= 8000
run: export SAWTUNA_DEMO ?= true
run: export SAWTUNA_BASE_URL ?= http://127.0.0.1:$(PORT)
run: npm $(INSTALLED) assets
	@$(BIN)/sawtuna migrate
	@$(BIN)/sawtuna seed-demo
	@echo 'The portal is at $(SAWTUNA_BASE_URL) (stop it with Ctrl-C)'
	@$(BIN)/sawtuna serve --port $(PORT)

election: $(INSTALLED)
	@$(BIN)/sawtuna demo election

assets: $(INSTALLED)
	@$(BIN)/python .build/hook.py

check: assets
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m crypto.locale.extract --check
	$(BIN)/python -m app.locale.extract --check
	node --test $$(find tests/js -name '*.test.js')
	.ci/no-addresses

# Half as many processes again as there are cores: browsers and databases let tests wait a good part of the time. A file
# stays with one process, which makes once what all its tests use; tests/conftest.py puts the longest files first.
WORKERS ?= $(shell expr $$(nproc 2>/dev/null || echo 2) \* 3 / 2)
test: system assets check
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

pictures: system assets
	SAWTUNA_PICTURES=$(CURDIR)/docs/voting/pictures $(BIN)/python -m pytest -q tests/journeys/test_pictures.py

.PHONY: system npm
system:
	@.ci/system-packages chromium belenios-tool pdfinfo zbarimg npm
npm:
	@.ci/system-packages npm

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock:
	uv pip compile pyproject.toml --universal --python-version 3.11 --all-extras --generate-hashes --no-header -o requirements.lock

messages: $(INSTALLED)
	$(BIN)/python -m crypto.locale.extract
	$(BIN)/python -m app.locale.extract

clean:
	rm -rf .venv node_modules static/vendor .mypy_cache .ruff_cache .hypothesis build dist
