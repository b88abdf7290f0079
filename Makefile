# tiny-torch: `make help` lists the targets. Everything sets itself up; nothing outside the repository is touched
# except system packages that are missing, and those only as root or with sudo.
#
#   DEBUG=1          debug build                       WITH_CUDA=0|1, CUDA=0|1   without or with the CUDA backend
#   USE_NINJA=0      Make instead of Ninja             VERBOSE=1                 show the commands of the build
#   JOBS=n           parallel compilations             PYTHON=python3.12         the interpreter that .venv is made with
#   DATA=dir         Fashion-MNIST in idx format       ORACLE=0                  tests without PyTorch as the oracle

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

VENV ?= .venv
BUILD ?= build
DEBUG ?= 0
USE_NINJA ?= 1
VERBOSE ?= 0
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
WITH_CUDA ?= $(if $(CUDA),$(CUDA),AUTO)
PY := $(abspath $(VENV))/bin/python
export PATH := $(abspath $(VENV))/bin:$(PATH)
unexport PYTHONHOME

build_type := $(if $(filter 1,$(DEBUG)),Debug,Release)
generator := $(if $(filter 0,$(USE_NINJA)),Unix Makefiles,Ninja)
cuda := $(if $(filter 0,$(WITH_CUDA)),OFF,$(if $(filter 1,$(WITH_CUDA)),ON,$(WITH_CUDA)))
configuration := -G "$(generator)" -DCMAKE_BUILD_TYPE=$(build_type) -DWITH_CUDA=$(cuda) \
  -DPython_EXECUTABLE="$(PY)" -DTINY_TORCH_PYTHON=ON -DTINY_TORCH_INPLACE=ON $(CMAKE_ARGS)
verbose := $(if $(filter 1,$(VERBOSE)),--verbose)

.NOTPARALLEL:
stamps := $(VENV)/stamps

##@ Everyday
.PHONY: install
install: $(stamps)/venv  ## build a package and install it into the active virtual environment, else into .venv
	WITH_CUDA=$(cuda) $${VIRTUAL_ENV:-$(abspath $(VENV))}/bin/python -m pip install $(if $(filter 1,$(VERBOSE)),-v) \
	  --config-settings=cmake.build-type=$(build_type) .

.PHONY: build
build: $(stamps)/venv configure  ## compile into build/ and tiny_torch/, ready to import from here
	@cmake --build $(BUILD) --parallel $(JOBS) $(verbose) --target tiny_torch_C

# The C++ tests and examples as well, where there is GoogleTest.
.PHONY: build-all
build-all: $(stamps)/venv configure
	@cmake --build $(BUILD) --parallel $(JOBS) $(verbose)

.PHONY: demo
demo: $(stamps)/data build  ## train a small network on Fashion-MNIST (DATA=dir, DEMO_ARGS="--epochs 1")
	$(PY) -m tiny_torch examples/mnist/main.py $(if $(DATA),--data "$(DATA)") $(DEMO_ARGS)

.PHONY: test
test: $(stamps)/tests $(stamps)/dev build-all  ## run all tests (PYTEST_ARGS="-k softmax")
	@if [ -x $(BUILD)/tiny_torch_tests ]; then $(BUILD)/tiny_torch_tests --gtest_brief=1; \
	  else echo "no C++ tests were built"; fi
	$(PY) -m pytest $(PYTEST_ARGS)

.PHONY: docs
docs: $(stamps)/dev build  ## write tutorials, API reference and the table of operators as web pages into docs/build
	$(PY) tools/make_docs.py --ops $(BUILD)/generated/ops.md

.PHONY: clean
clean:  ## remove everything that a build made, but not .venv
	rm -rf $(BUILD) build-* dist demo docs/build tiny_torch/lib tiny_torch/_C*.so *.egg-info .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

##@ Looking inside
.PHONY: diagnose
diagnose:  ## say what a build would use, and what is wrong with the last one
	@python=$$(test -x $(PY) && echo $(PY) || echo $${PYTHON:-python3}); \
	  status=0; $$python tools/check_env.py || status=$$?; $$python tools/diagnose_build.py --build $(BUILD) || status=$$?; \
	  exit $$status

.PHONY: benchmark
benchmark: $(stamps)/dev build  ## compare with PyTorch, each library in its own process (BENCH_ARGS=...)
	$(PY) -m benchmarks $(BENCH_ARGS)

##@ Developing
.PHONY: lint
lint: $(stamps)/dev  ## formatting, ruff, layers, file lengths
	ruff check .
	ruff format --check .
	$(PY) tools/format_cpp.py --check
	$(PY) tools/check_layers.py
	$(PY) tools/check_lengths.py

.PHONY: format
format: $(stamps)/dev  ## rewrite the sources in the project's format
	ruff check --fix .
	ruff format .
	$(PY) tools/format_cpp.py

.PHONY: ci-full
ci-full:  ## everything that .ci/run checks, and the slow rest: all sanitizer tests, long test sweeps
	CI_FULL=1 .ci/run

.PHONY: help
help:  ## this list
	@awk 'BEGIN {FS = ":.*##"} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-zA-Z_-]+:.*##/ {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@sed -n 's/^#   /  /p' $(firstword $(MAKEFILE_LIST)) | (echo; echo Switches; cat)

# ---- set-up, done once and again when its inputs change ----
$(stamps)/system:
	@tools/setup.sh system
	@mkdir -p $(@D) && touch $@

$(stamps)/tests:
	@tools/setup.sh system tests
	@rm -f $(BUILD)/configuration  # GoogleTest is looked for while configuring
	@mkdir -p $(@D) && touch $@

$(stamps)/data:
	@DATA="$(DATA)" tools/setup.sh system $(if $(DATA),,data)
	@mkdir -p $(@D) && touch $@

$(stamps)/venv: requirements.txt | $(stamps)/system
	@tools/setup.sh venv $(VENV)
	@mkdir -p $(@D) && touch $@

$(stamps)/dev: requirements-dev.txt $(stamps)/venv
	@tools/setup.sh dev $(VENV)
	@mkdir -p $(@D) && touch $@

# Configures when there is no build yet or a switch changed; CMake itself notices changed build files.
.PHONY: configure
configure: $(stamps)/venv
	@mkdir -p $(BUILD); printf '%s\n' '$(configuration)' >$(BUILD)/configuration.new; \
	if [ -f $(BUILD)/CMakeCache.txt ] && cmp -s $(BUILD)/configuration.new $(BUILD)/configuration; then \
	  rm $(BUILD)/configuration.new; \
	else \
	  if [ -f $(BUILD)/configuration ] && ! grep -qF -- '-G "$(generator)"' $(BUILD)/configuration; then \
	    rm -rf $(BUILD)/CMakeCache.txt $(BUILD)/CMakeFiles; fi; \
	  cmake -S . -B $(BUILD) $(configuration); \
	  mv $(BUILD)/configuration.new $(BUILD)/configuration; \
	fi
