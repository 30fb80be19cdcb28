# All commands of this project. Each target installs or builds what it needs; `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

BOX      := tests/cluster/box
# The box that `cluster`, `demo` and `install` share; tests use their own.
BOX_NAME ?= dev
# `make test` runs only the whole-path tests whose name or suite contains this text. Empty: every test.
FILTER   ?=
override FILTER := $(value FILTER)
export FILTER
# Sections of the figures to measure: cost, commit, live-diff, memory, outage, changes, overhead, stall. Empty: all sections.
FIGURES ?=

.PHONY: help demo demo-down test test-fast campaign check check-rust check-go bench cluster cluster-down install deps images programs

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: deps ## show the whole path: file, git, cluster, faults; takes a minute after the build; the cluster stays up
	@examples/demo.sh

demo-down: ## stop the demo's cluster and remove its scratch repository
	@examples/demo.sh down

test: deps ## run every test, with a daily share of long enumerations; FILTER=text: only matching whole-path tests, and the box stays up
	@$(if $(FILTER),WAX_KEEP_BOX=1 tests/leftovers.sh tests/run.sh some "$$FILTER",tests/leftovers.sh tests/run.sh all)

test-fast: deps ## run the tests that need no cluster
	@tests/leftovers.sh tests/run.sh fast

campaign: deps ## run every case of the long enumerations, of which `test` takes a share; for a release
	@tests/leftovers.sh tests/run.sh campaign

check: check-rust check-go ## check formatting, uses between modules, wording, lints, documentation and dependency policy

check-rust: deps
	cargo fmt --all --check
	cargo run --quiet -p rooms
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
	@if cargo deny --version >/dev/null 2>&1; then cargo deny --log-level warn check bans licenses sources; \
	  else echo "cargo-deny is not installed: dependency policy not checked"; fi

# Compiles packages of Kubernetes, unless the box is built.
check-go: deps
	tests/cluster/check.sh vet

bench: deps ## measure every figure that is a time, a size or memory; stops its box at the end
	@$(BOX) build
	@tests/images.sh > /dev/null
	cargo build --release --workspace --bins
	@tests/leftovers.sh cargo test --workspace --bench figures -- $(FIGURES)

cluster: deps ## start a real Kubernetes on this machine; prints export lines for your shell
	@$(BOX) up $(BOX_NAME)

cluster-down: ## stop that Kubernetes and remove everything that belongs to it
	@$(BOX) down $(BOX_NAME)

install: deps ## install the CRD and the operator into the cluster that KUBECONFIG names
	@tests/install.sh

deps: ## install missing packages (as root), or print the command that installs them
	@.ci/deps

programs: ## build our own programs; prints their folder
	@tests/programs.sh

images: deps ## build the images of the agent and the operator; prints their names and archives
	@tests/images.sh
