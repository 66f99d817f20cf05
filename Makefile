# Two commands matter: `make run` and `make test`. Both work on a machine with nothing but Python 3.11, make and git.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOST := 127.0.0.1
PORT ?= 8501
# Two test processes share two cores: more threads inside each would only wait for each other.
TEST_ENV := OMP_WAIT_POLICY=PASSIVE OMP_NUM_THREADS=1 RISKMAP_LANGUAGE=en
# An import flushes each of its files to the disk; where memory has 2 GB to spare, tests wait for no disk.
TEST_TMP = $$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 2097152 { print "TMPDIR=/dev/shm" }')

.PHONY: run test check lock bench clean

run: $(VENV)/.ready
	@$(BIN)/riskmap app --demo --host $(HOST) --port $(PORT)

test: $(VENV)/.ready-test check
	@env $(TEST_ENV) $(TEST_TMP) $(BIN)/python -m pytest -n 2 --dist loadgroup

check: $(VENV)/.ready-test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: $(VENV)/.ready-bench
	@$(BIN)/python -m bench

# `pip` says what it cannot reach; the sentence after it says what to do.
define install
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $(1) \
	  || { echo "The packages in $(1) could not be installed. This step needs a package index (a network, or pip's" \
	       "own settings for a mirror) and about 2 GB of disk; 'df -h .' shows what is free. Then run make again." >&2; \
	       exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@
endef

$(VENV)/.ready: requirements.txt pyproject.toml | $(BIN)/python
	$(call install,requirements.txt)

$(VENV)/.ready-test: requirements-test.txt $(VENV)/.ready
	$(call install,requirements-test.txt)
	@sh tests/install_chromium.sh $(BIN)/python
	@sh tests/install_postgres.sh

$(VENV)/.ready-bench: requirements-bench.txt $(VENV)/.ready-test
	$(call install,requirements-bench.txt)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "riskmap needs Python 3.11 or newer as '$(PYTHON)'; name another one with 'make PYTHON=python3.12 ...'." >&2; \
	       exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	    echo "Installing python3-venv ..."; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null; \
	  fi; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { rm -rf $(VENV); \
	  echo "A virtual environment could not be made: install the package python3-venv ('sudo apt install python3-venv')" \
	       "and see that the disk has 2 GB free." >&2; exit 1; }

lock: $(VENV)/.ready
	@$(BIN)/python -m pip install --quiet "uv>=0.13"
	@for list in ".txt:" "-test.txt:--extra=test" "-bench.txt:--extra=bench"; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade --no-strip-extras \
	    --custom-compile-command "make lock" $${list#*:} pyproject.toml --output-file requirements$${list%%:*} || exit 1; \
	done

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
