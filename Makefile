# Eight verbs. Each sets up what it needs; nothing but python3, pip and make has to be there.
PY := .venv/bin/python
STAMP := .venv/.installed
# ADVISOR_CLUSTERS=1: test on Dask and Spark and beside other libraries too, which takes more room and time
TESTED := .venv/.installed-test$(if $(ADVISOR_CLUSTERS),-clusters)

# what an install has to be made again for
SOURCES := pyproject.toml hatch_build.py src/advisor/native/build.py $(wildcard src/advisor/native/*.[ch])

# implicit needs the OpenMP runtime; where the system has none, the one that scikit-learn brings along is linked here.
export LD_LIBRARY_PATH := $(CURDIR)/.venv/lib$(if $(LD_LIBRARY_PATH),:$(LD_LIBRARY_PATH))

.PHONY: help demo test check bench docs services wheels clean

help:  ## what there is to do
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 10

demo: $(STAMP)  ## the main job, on real investors where ADVISOR_DATA has them, else on a sample
	@$(PY) examples/far_trans.py

test: $(TESTED)  ## every test, doctest and README block
	$(PY) -m pytest -q -n $(shell nproc) --dist worksteal

check: $(TESTED)  ## lint, types, layers, README, notebooks and docstring examples
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m basedpyright --pythonpath $(PY)
	$(PY) -m pytest -q tests/test_layers.py tests/test_same_bits_policy.py tests/test_public_api.py tests/test_readme.py tests/test_docs.py tests/test_notebooks.py src
	$(PY) docs/build.py --check
	NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build -q --strict
	$(PY) -m bandit -q -r src/advisor/adapters -ll -s B310,B608   # ruff holds both, with a reason at each use

bench: .venv/.installed-bench  ## the side-by-side tables, into benchmarks/RESULTS.md
	$(PY) benchmarks/run.py

docs: .venv/.installed-test  ## the site, into build/site, from docs/ and the docstrings
	$(PY) docs/build.py
	NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build -q --strict

services:  ## Debian's PostgreSQL, Chromium and Chinese fonts, for ADVISOR_STACK=1; says what is missing where it may not install them
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && ! { ls /usr/lib/postgresql/*/bin/initdb && test -x /usr/bin/chromium; } >/dev/null 2>&1; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql chromium fonts-noto-cjk >/dev/null; \
	fi
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { echo "PostgreSQL is missing: apt-get install postgresql"; exit 1; }
	@test -x /usr/bin/chromium || { echo "Chromium is missing: apt-get install chromium fonts-noto-cjk"; exit 1; }

wheels:  ## a wheel for each platform, into dist/: Linux x86-64 and aarch64, musl, macOS arm64, Windows
	@for target in linux-x86_64 linux-aarch64 musl-x86_64 macos-arm64 windows-x86_64; do \
	  ADVISOR_TARGET=$$target python3 -m pip wheel --quiet --no-deps --wheel-dir dist . || exit 1; \
	done

clean:  ## forget the environment and every cache
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis build dist src/advisor/native/kernels-*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# uv where it is present; else a venv without pip (a bare Debian has no ensurepip) filled by the system's pip.
define install
	@if command -v uv >/dev/null 2>&1; then \
	  test -x $(PY) || uv venv --quiet .venv; \
	  uv pip install --quiet --python $(PY) -e '.$(1)'; \
	else \
	  test -x $(PY) || python3 -m venv --without-pip .venv; \
	  python3 -m pip --python $(PY) install --quiet --disable-pip-version-check -e '.$(1)'; \
	fi
	@$(PY) -c 'import ctypes; ctypes.CDLL("libgomp.so.1")' 2>/dev/null || \
	  for found in $(CURDIR)/.venv/lib/python3*/site-packages/scikit_learn.libs/libgomp*; do \
	    test ! -e "$$found" || ln -sf "$$found" .venv/lib/libgomp.so.1; \
	  done
	@touch $@
endef

$(STAMP): $(SOURCES)
	$(call install,)

.venv/.installed-test: $(SOURCES)
	$(call install,[test])
	@touch $(STAMP)

.venv/.installed-test-clusters: $(SOURCES)
	$(call install,[test$(comma)clusters$(comma)peers])
	@touch $(STAMP) .venv/.installed-test

.venv/.installed-bench: $(SOURCES)
	$(call install,[test$(comma)bench])
	@touch $(STAMP) .venv/.installed-test

comma := ,
