# The two commands are `make drill` and `make test`. Each target sets up what it
# lacks, packages of the system included, and is quick when nothing is lacking.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash
PYTHON := .venv/bin/python
SCENARIO ?= primary-lost
SIZES ?= 100 400 1000
PATH := $(CURDIR)/.venv/bin:$(PATH)
export PATH

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- What is lacking -----------------------------------------------------------
.venv/ready: pyproject.toml constraints.txt tools/setup
	@tools/setup python
	@touch $@

.ansible/ready: requirements.yml tools/vendor_collections.py .venv/ready
	@$(PYTHON) tools/vendor_collections.py
	@touch $@

.PHONY: setup
setup: .venv/ready .ansible/ready ## Install the Python tools and collections into this folder

.PHONY: machine
machine: setup
	@tools/setup machine

# --- The lab -------------------------------------------------------------------
.PHONY: drill
drill: machine ## Play a whole disaster on this machine (SCENARIO=primary-lost)
	@$(PYTHON) -m lab drill --scenario $(SCENARIO)

.PHONY: lab
lab: machine ## Bring the lab up in peace, ready to be played with
	@$(PYTHON) -m lab up
	@ansible-playbook -i inventories/lab playbooks/provision.yml
	@$(PYTHON) -m lab status

.PHONY: down
down: setup ## Take the lab down; the machine is left as it was found
	@$(PYTHON) -m lab down

# --- Checks --------------------------------------------------------------------
.PHONY: lint
lint: setup ## Style, types, ansible-lint (production) and ansible-test sanity
	@tools/lint

.PHONY: unit
unit: setup ## The fast tests alone: unit and contract
	@pytest -q -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: molecule
molecule: machine ## Each role's states on a real host of the lab
	@tools/molecule

.PHONY: test
test: machine ## Everything that must pass before a change lands
	@tools/test

.PHONY: test-all
test-all: machine ## make test, Molecule, the long tests, each scenario, and the whole crash matrix
	@tools/test --all

# Takes one to four hours, and goes on where it was interrupted; ARGS=--result writes down what was played until then.
# The result is committed under docs/evidence/.
.PHONY: crash-matrix
crash-matrix: machine ## Kill runbooks at each change, run them again, compare (ARGS="--points 20 --seed 1")
	@$(PYTHON) -m lab crash-matrix $(ARGS)

# Two servers of the lab alone. SIZES are megabytes of SQL; SIZES=100 is the short form.
.PHONY: bench-restore
bench-restore: machine ## Time a restore beside other ways of loading a dump (SIZES="100 400 1000")
	@$(PYTHON) benchmarks/restore/run.py --sizes $(SIZES)

.PHONY: lock
lock: .venv/ready ## Write constraints.txt anew from pyproject.toml
	@uv pip compile -q --universal --no-header --no-annotate --extra lab --extra kubernetes --extra dev pyproject.toml -o constraints.txt
	@uv pip compile -q --universal --no-header --no-annotate --extra rulebook -c constraints.txt pyproject.toml -o collections/ansible_collections/goupang/dr/roles/guardian/files/constraints-rulebook.txt

.PHONY: clean
clean: ## Take the lab down and remove what was set up in this folder
	@for home in .lab .lab-crash; do if [ -x $(PYTHON) ] && [ -e $$home/lab.json ]; then LAB_HOME=$$home $(PYTHON) -m lab down; fi; done
	@rm -rf .venv .ansible .lab .lab-crash .dr .mypy_cache .ruff_cache .pytest_cache
