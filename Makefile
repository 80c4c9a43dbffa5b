# What a person types. Every target but clean sets up .venv first; nothing here is needed by the product itself.
# Debian's interpreter where there is one: it is built with profile-guided optimisation, a fifth faster than one without
PYTHON ?= $(if $(shell /usr/bin/python3.11 -m ensurepip --version 2>/dev/null),/usr/bin/python3.11,python3.11)
VENV := .venv
BIN := $(VENV)/bin
# what is imported is compiled then; the newest pip installs in half the time, and the one that is there does as well
PIP := PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check
LIST_YEAR ?= 2026
AS_OF ?=
# the demo of each list year is a country of its own: two in one folder would mix their people
SNAPSHOTS ?= data/snapshots$(if $(filter-out 2026,$(LIST_YEAR)),-$(LIST_YEAR))
STATE ?= data/home
# modules are compiled once and kept, whatever the shell says
export PYTHONDONTWRITEBYTECODE :=

.PHONY: install run test audit reliability bench lint ui clean

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV)
	-$(PIP) --upgrade 'pip>=25.3'
	$(PIP) --no-compile --constraint constraints.txt --editable '.[dev]'
	touch $@

run: install
	test -d $(SNAPSHOTS)/bef || $(BIN)/boligomraader demo --snapshots $(SNAPSHOTS) --list-year $(LIST_YEAR)
	$(BIN)/boligomraader run --list-year $(LIST_YEAR) --snapshots $(SNAPSHOTS) --home $(STATE) $(if $(AS_OF),--as-of $(AS_OF))

ui: install
	$(BIN)/boligomraader ui --home $(STATE) --snapshots $(SNAPSHOTS)

lint: install
	$(BIN)/ruff check .
	$(BIN)/mypy

test: lint
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

# Known vulnerabilities of the pinned packages, and how many could be looked up; at most 20 seconds
audit: install
	$(BIN)/python -m tests.audit

# Faults injected on purpose, many times; writes docs/reliability.md
reliability: install
	$(BIN)/python -m tests.reliability.measure $(RELIABILITY)

# The product beside a bare query and plain pandas, on the same files: BENCH='--population 200000'
bench: install
	$(BIN)/python -m tests.performance.bench $(BENCH)

clean:
	rm -rf data $(VENV)
