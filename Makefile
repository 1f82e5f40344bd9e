# Two environments: .venv-book renders the site (light), .venv is the full course.
# Each target calls one script; the scripts say what they do.
PYTHON ?= python3
ARGS ?=
BOOK := .venv-book/bin/python
FULL := .venv/bin/python

# A folder such as “Übungen” and the texts of the book need UTF-8, whatever the locale says.
export PYTHONUTF8 := 1
# Before 3.13, Python reads the path of an editable install by the locale, whatever PYTHONUTF8 says.
ifneq ($(filter C POSIX,$(LC_ALL)),)
export LC_ALL := C.UTF-8
endif

.PHONY: install book serve check execute test bench

install: .venv/.done ## the full environment, and the system packages of the display tests
	$(FULL) ci/system.py

book: .venv-book/.done ## build _build/html from the stored outputs
	$(BOOK) ci/build.py $(ARGS)

serve: ## look at the built site
	$(PYTHON) -m http.server --bind 127.0.0.1 --directory _build/html 8000

check: .venv-book/.done ## do the stored outputs belong to the tree?
	$(BOOK) ci/build.py --check

execute: .venv/.done ## run the chapters whose outputs are stale
	$(FULL) ci/execute.py $(ARGS)

test: ## every test
	@$(MAKE) --no-print-directory --jobs=2 install .venv-book/.done
	$(FULL) ci/test.py $(ARGS)

bench: .venv/.done ## the side-by-side measurements
	$(FULL) -m benchmarks $(ARGS)

.venv-book/.done: pyproject.toml requirements.txt
	$(PYTHON) ci/new_environment.py .venv-book
	$(BOOK) -m pip install --quiet --upgrade "pip>=25.1"
	$(BOOK) -m pip install --quiet --constraint requirements.txt --group book
	$(BOOK) -m pip install --quiet --no-deps --editable .
	touch $@

.venv/.done: pyproject.toml requirements.txt requirements-no-deps.txt
	$(PYTHON) ci/new_environment.py .venv
	$(FULL) -m pip install --quiet --upgrade "pip>=25.1"
	$(FULL) -m pip install --quiet --requirement requirements.txt
	$(FULL) -m pip install --quiet --no-deps --requirement requirements-no-deps.txt
	$(FULL) -m pip install --quiet --no-deps --editable .
	touch $@
