# `make run` needs Python 3.11+ and make; `make test` and `make lint` also use programs that bin/system-tools installs.
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
RUN := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
PY := $(VENV)/bin/python
MANAGE := $(PY) manage.py
PYTEST_ARGS ?= -n auto --dist loadgroup --hypothesis-profile=thorough
UV_COMPILE := var/uv/bin/uv pip compile pyproject.toml --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links --no-header --quiet --upgrade

.PHONY: run test lint format bench chaos pictures gallery messages lock clean tools \
	lint-code lint-format lint-types lint-templates lint-migrations lint-translations

run: $(RUN)
	@$(MANAGE) up --port="$(PORT)"

test: $(DEV) tools
	$(PY) -m pytest $(PYTEST_ARGS)

# Every check runs, also when an earlier one has failed.
lint: $(DEV) tools
	@$(MAKE) --keep-going --no-print-directory \
		lint-code lint-format lint-types lint-templates lint-migrations lint-translations

lint-code:
	$(VENV)/bin/ruff check .

lint-format:
	$(VENV)/bin/ruff format --check .

lint-types:
	$(VENV)/bin/mypy .

lint-templates:
	$(VENV)/bin/djlint templates --quiet --lint

lint-migrations:
	$(MANAGE) makemigrations --check --dry-run

lint-translations:
	$(MANAGE) check_translations

format: $(DEV)
	$(VENV)/bin/ruff check --fix --quiet . || true
	$(VENV)/bin/ruff format .

bench: $(DEV)
	$(PY) -m pytest tests/bench -s --override-ini=python_files="bench_*.py"

# 2,000 mails while everything fails; `make test` does the same with 150.
chaos: $(DEV) tools
	CHAOS_IMPORTERS=2000 CHAOS_DEEDS=60 $(PY) -m pytest tests/chaos -s

# Takes the README's pictures anew.
pictures: $(DEV) tools
	$(PY) -m tests.take_pictures

# Leaves a picture of every page in every state, both languages, narrow and wide, light and dark, in var/gallery.
gallery: $(DEV) tools
	@mkdir -p var/gallery
	$(PY) -m pytest $(PYTEST_ARGS) tests/browser/test_accessibility.py --pictures var/gallery

# Collects the texts to translate into locale/da; then translate the new ones there.
messages: $(DEV) tools
	$(MANAGE) collect_translations

lock:
	@test -x var/uv/bin/uv || { $(PYTHON) -m venv var/uv && var/uv/bin/pip install --quiet uv; }
	$(UV_COMPILE) --output-file requirements.lock
	$(UV_COMPILE) --group dev --output-file requirements-dev.lock

# Leaves var/ alone: the data is there.
clean:
	rm -rf $(VENV) staticfiles .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

tools:
	@bash bin/system-tools

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
		|| { echo "This Python cannot make environments: install its venv package (Debian: python3-venv)."; exit 1; }

$(RUN): requirements.lock | $(PY)
	$(VENV)/bin/pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(DEV): requirements-dev.lock | $(RUN)
	$(VENV)/bin/pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
