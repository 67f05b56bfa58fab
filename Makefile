# Two commands do all set-up on a fresh machine: `make example` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

# Tests run in as many processes as this, each with one thread: torch would start as many threads as there are cores in
# each of them. Tests that share something expensive (a wheel, a browser) stay in one process (`xdist_group`).
WORKERS  ?= 2
PYTEST   := OMP_NUM_THREADS=1 $(BIN)/python -m pytest
PARALLEL := -n $(WORKERS) --dist loadgroup

# One room: a folder or module of advisor/, or benchmarks, and the tests of that name.
ROOM_CODE  := $(wildcard advisor/$(ROOM) advisor/$(ROOM).py $(filter benchmarks,$(ROOM)))
ROOM_TESTS := $(wildcard tests/$(ROOM) tests/test_$(ROOM).py)

.PHONY: setup example test frameworks lowest check lint site translations clean

# Everything for working on it: pinned packages, the tool itself, Chromium for the report's tests.
setup: $(VENV)/.tested

# One real table from file to report.
example: $(VENV)/.installed
	$(BIN)/advisor profile examples/texas_housing.csv --target median

# Everything but the frameworks: style, types, rules, documentation, units, packaging, browser, end to end.
test: $(VENV)/.tested lint site
	$(PYTEST) $(PARALLEL)

# Each framework against the real package, in an environment of its own; torch comes first there as well. Frameworks
# bring versions of their own, some of them older than ours, so only torch is held there. `SELECT='not slow'` leaves out
# the programs of most tables.
FRAMEWORKS := .venv-frameworks
frameworks: $(FRAMEWORKS)/.installed
	OMP_NUM_THREADS=1 KERAS_BACKEND=torch $(FRAMEWORKS)/bin/python -m pytest -o filterwarnings=default \
		-n $(WORKERS) --dist loadfile $(if $(SELECT),-m "$(SELECT)") integrations

$(FRAMEWORKS)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(FRAMEWORKS)
	$(FRAMEWORKS)/bin/python -m pip install --quiet --upgrade pip
	$(FRAMEWORKS)/bin/python -m pip install --quiet --constraint constraints.txt torch==2.13.0
	$(FRAMEWORKS)/bin/python -m pip install --quiet --constraint constraints.txt --editable .
	$(FRAMEWORKS)/bin/python -m pip install --quiet torch==2.13.0 --group frameworks
	touch $@

# The rooms that need no torch with the oldest versions that pyproject.toml allows, in an environment of their own.
LOWEST := .venv-lowest
lowest: $(LOWEST)/.installed
	PYTHONPATH=. OMP_NUM_THREADS=1 $(LOWEST)/bin/python -m pytest -q $(PARALLEL) -m "not slow" tests/facts tests/inference tests/knowledge

$(LOWEST)/.installed: pyproject.toml tests/packaging/lowest.py Makefile
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet packaging
	$(LOWEST)/bin/python tests/packaging/lowest.py > $(LOWEST)/requirements.txt
	$(LOWEST)/bin/python -m pip install --quiet --only-binary :all: --requirement $(LOWEST)/requirements.txt hypothesis jsonschema pytest pytest-timeout pytest-xdist
	touch $@

# The quick part, for work in progress; `make check ROOM=verification` is one room, in seconds.
ifdef ROOM
check: $(VENV)/.tested
	$(if $(ROOM_TESTS),,$(error ROOM=$(ROOM): no tests/$(ROOM); a room is one of $(filter-out __pycache__,$(patsubst tests/%/,%,$(wildcard tests/*/)))))
	$(BIN)/ruff check $(ROOM_CODE) $(ROOM_TESTS)
	$(BIN)/ruff format --check $(ROOM_CODE) $(ROOM_TESTS)
	$(if $(ROOM_CODE),$(BIN)/mypy $(ROOM_CODE))
	$(if $(filter rules knowledge,$(ROOM)),$(BIN)/advisor rules check)
	$(PYTEST) -m "not slow" $(ROOM_TESTS)
else
check: $(VENV)/.tested lint
	$(PYTEST) $(PARALLEL) -m "not slow"
endif

lint: $(VENV)/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/advisor rules check

# The documentation as a site, with warnings as errors.
site: $(VENV)/.tested
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# The catalogues of other languages: messages of now, translations kept, compiled; prints what is left to translate.
translations: $(VENV)/.tested
	$(BIN)/python translations/catalogue.py

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
	command -v java >/dev/null || sh tests/profiling/install-java
	command -v chromium >/dev/null && command -v chromedriver >/dev/null || sh tests/browser/install-chromium
	touch $@

clean:
	rm -rf $(VENV) $(FRAMEWORKS) $(LOWEST) dist build site .pytest_cache .mypy_cache .ruff_cache .hypothesis
