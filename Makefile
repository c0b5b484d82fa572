# make demo | test | lint | bench | bench-decisions | shots | chaos
#
# PORT            where the demo answers (default 8000)
# YINGSHANG_HOME  the data folder (default ./var)
# DATABASE_URL    a PostgreSQL of your own instead of the embedded one
# PYTHON          a Python 3.11 or newer
# ARGS            for the command; naming tests (ARGS=tests/cases) runs those alone, in one process

PYTHON ?= $(firstword $(foreach p,python3.11 python3.12 python3.13 python3.14 python3,$(shell $(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $(p))))
PYTHON := $(or $(PYTHON),python3)
BIN := .venv/bin
export PORT ?= 8000
export YINGSHANG_HOME ?= $(CURDIR)/var

.PHONY: demo test lint format bench bench-decisions shots chaos clean

demo:
	@$(PYTHON) tools/setup.py demo
	@exec $(BIN)/yingshang demo

test:
	@$(PYTHON) tools/setup.py test
	@exec $(BIN)/pytest $(if $(findstring tests,$(ARGS)),,-n 2 --dist loadscope --no-loadscope-reorder) $(ARGS)

lint:
	@$(PYTHON) tools/setup.py lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --check --lint --quiet src/yingshang

format:
	@$(PYTHON) tools/setup.py lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djlint --reformat --quiet src/yingshang

bench:
	@$(PYTHON) tools/setup.py bench
	@exec $(BIN)/python bench/run.py $(ARGS)

bench-decisions:
	@$(PYTHON) tools/setup.py bench
	@exec $(BIN)/python bench/decisions.py $(ARGS)

shots:
	@$(PYTHON) tools/setup.py test
	@exec $(BIN)/python tools/shots.py

chaos:
	@$(PYTHON) tools/setup.py test
	@exec $(BIN)/python tools/chaos $(ARGS)

# The data folder var/ is left alone.
clean:
	rm -rf .venv node_modules src/yingshang/web/static_build
