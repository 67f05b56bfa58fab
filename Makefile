# Two commands do all set-up on a fresh machine: `make example` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: example test check lint clean

# One real table from file to report.
example: $(VENV)/.installed
	$(BIN)/advisor profile examples/texas_housing.csv --target median

# Everything CI runs: style, types, rules, units, packaging, browser, end to end.
test: $(VENV)/.tested lint
	$(BIN)/python -m pytest

# The quick part, for work in progress.
check: $(VENV)/.tested lint
	$(BIN)/python -m pytest -m "not slow"

lint: $(VENV)/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/advisor rules check

# torch comes first and pinned: any looser request downloads gigabytes of CUDA packages.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch==2.13.0
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group dev
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps ISLP
	command -v chromium >/dev/null && command -v chromedriver >/dev/null || sh tests/browser/install-chromium
	touch $@

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
