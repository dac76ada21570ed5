# Set-up, the demonstration, checks and measurements. `make help` lists the targets.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test test-unit lint format engine bench bench-rate bench-vary fuzz requirements clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: $(READY) engine ## set everything up and check six 1.17.0
	$(BIN)/wheelproof check six==1.17.0

test: $(READY) ## set everything up and run every test
	@containers/ensure-engine docker-registry chromium podman git zip libmagic1 libarchive13
	$(BIN)/pytest

test-unit: $(READY) ## the tests that need neither an engine nor an index
	$(BIN)/pytest tests/unit

lint: $(READY) ## formatting, style, types, import contracts, words that must not be here
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tests/scan_words.py

format: $(READY) ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

engine: ## make sure that a container engine answers
	@containers/ensure-engine

bench: $(READY) engine ## time a warm check beside pip, and a comparison beside diffoscope
	$(BIN)/python tests/bench_speed.py
	$(BIN)/python tests/bench_compare.py

bench-rate: $(READY) engine ## rebuild the lists of targets named in LISTS and write docs/benchmark.md
	$(BIN)/python tests/bench_rate.py $(LISTS)

bench-vary: $(READY) engine ## vary the builds of real projects and write the table in docs/vary.md
	$(BIN)/python tests/bench_vary.py

fuzz: $(READY) ## fuzz every target for an hour in all, and keep what leads somewhere new
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-fuzz.txt
	$(BIN)/python tests/fuzz_run.py 3600

requirements: $(READY) ## lock our own dependencies again, by hash and without addresses
	$(BIN)/uv pip compile --no-config --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --group dev --custom-compile-command "make requirements" pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --no-config --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --group fuzz --custom-compile-command "make requirements" -o requirements-fuzz.txt

$(READY): requirements.txt pyproject.toml
	@containers/ensure-python $(PYTHON) $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

clean: ## remove what the other targets made in this folder
	rm -rf $(VENV) dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
