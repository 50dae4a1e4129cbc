# The commands. Each does its own set-up; see README.md and docs/operations.md.

PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,\
	$(shell $(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))) python3)

.PHONY: run test check fix bench setup messages clean setup-check setup-test

run: setup  ## start the platform; PORT=8000 unless the environment says otherwise
	@exec .venv/bin/python -m conference.supervisor --die-with-parent

test: setup-test  ## everything: lint, types, contracts, unit, socket, JavaScript and browser tests
	@.venv/bin/python -m tools.verify

check: setup-check  ## the fast part, without a browser
	@.venv/bin/python -m tools.verify --fast

fix: setup-check  ## format, and mend what can be mended
	@.venv/bin/ruff check --fix --quiet .; .venv/bin/ruff format .

bench: setup-test  ## run the benchmarks and print what they measure
	@.venv/bin/python -m tools.bench

setup:
	@$(PYTHON) tools/setup.py

setup-check:
	@$(PYTHON) tools/setup.py --check

setup-test:
	@$(PYTHON) tools/setup.py --test

messages: setup  ## collect the texts to translate into locale/
	@.venv/bin/python manage.py translations extract

clean:  ## remove what set-up and tests made; the data in var/ stays
	@rm -rf .venv node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
