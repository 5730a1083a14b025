# Two commands: `make lab` starts JupyterLab with Perijove on the example, `make test` checks everything.
# Options for JupyterLab go in ARGS:  make lab ARGS="--no-browser --port 8899"

ARGS ?=
WORKSPACE ?= examples/workspace
BIN := .venv/bin
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
PYTHON ?= python3
export PATH := $(CURDIR)/$(BIN):$(PATH)
export SKIP_JUPYTER_BUILDER := 1
export UV_PYTHON_DOWNLOADS := never
export COREPACK_ENABLE_DOWNLOAD_PROMPT := 0
export YARN_ENABLE_TELEMETRY := 0

SOURCES := $(shell find labextension -type f 2>/dev/null) package.json tsconfig.json

.PHONY: lab test env check test-python test-lab test-ui format contract lock tools wheels clean

lab: env
	$(BIN)/perijove lab $(WORKSPACE) --example $(ARGS)

test: env tools check test-python test-lab test-ui

env: .venv/.installed

.uv/bin/uv:
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet uv

# What the packages need, without the packages themselves: the lab extension is built with it.
.venv/.dependencies: uv.lock pyproject.toml kernels/pyproject.toml | $(if $(filter .uv/%,$(UV)),.uv/bin/uv)
	$(UV) sync --frozen --no-install-workspace --quiet
	@touch $@

node_modules/.installed: package.json yarn.lock .yarnrc.yml .venv/.dependencies
	$(BIN)/jlpm install --immutable
	@touch $@

jupyter_ext/perijove/labextension/package.json: node_modules/.installed $(SOURCES)
	$(BIN)/jlpm build:prod
	@touch $@

.venv/.installed: .venv/.dependencies jupyter_ext/perijove/labextension/package.json
	$(UV) sync --frozen --quiet
	$(BIN)/jupyter-builder develop . --overwrite >/dev/null
	@touch $@

# Chromium and PostgreSQL for the tests, where they are missing and can be installed.
tools:
	@bash tests/tools.sh

check: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m perijove.contract openapi.json --check
	$(BIN)/jlpm schema:check
	$(BIN)/jlpm lint
	$(BIN)/jlpm prettier:check

test-python: env tools
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 0

test-lab: env
	$(BIN)/jlpm test

test-ui: env tools
	$(BIN)/jlpm test:ui

format:
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .
	$(BIN)/jlpm prettier

contract:
	$(BIN)/python -m perijove.contract openapi.json
	$(BIN)/jlpm schema

lock:
	$(UV) lock

# What a user installs; from a clean clone, since the last build of the lab extension is what gets packed.
wheels: env
	env -u SKIP_JUPYTER_BUILDER $(UV) build --wheel --out-dir dist .
	$(UV) build --wheel --out-dir dist kernels

clean:
	rm -rf .venv .uv node_modules lib dist jupyter_ext/perijove/labextension $(WORKSPACE) *.tsbuildinfo
