# Every command of this project. Each target does its own set-up; `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

BOX      := tests/cluster/box
# The box that `cluster`, `demo` and `install` share; tests use their own.
BOX_NAME ?= dev
# What `make test` runs of the whole-path tests: those whose name or suite contains it. Everything when empty.
FILTER   ?=
override FILTER := $(value FILTER)
export FILTER
# Sections of the figures to measure: cost, commit, memory, outage, changes, overhead, stall. All of them when empty.
FIGURES ?=
GO_CHECK := CGO_ENABLED=0 GOFLAGS=-trimpath

.PHONY: help demo demo-down test test-fast campaign check bench cluster cluster-down install deps images programs

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: deps ## the whole path: file, git, cluster, faults; a minute after the build; the cluster stays up
	@examples/demo.sh

demo-down: ## stop the demo's cluster and remove its scratch repository
	@examples/demo.sh down

test: deps ## every test, of long enumerations a share each day; FILTER=text: the whole-path tests that match, and the box stays up
	@$(if $(FILTER),WAX_KEEP_BOX=1 tests/leftovers.sh tests/run.sh some "$$FILTER",tests/leftovers.sh tests/run.sh all)

test-fast: deps ## what needs no cluster
	@tests/leftovers.sh tests/run.sh fast

campaign: deps ## every case of the long enumerations, of which `test` takes a share; before a release
	@tests/leftovers.sh tests/run.sh campaign

check: deps ## formatting, uses between modules, lints, documentation, dependency policy
	cargo fmt --all --check
	cargo run --quiet -p rooms
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
	@if cargo deny --version >/dev/null 2>&1; then cargo deny --log-level warn check bans licenses sources; \
	  else echo "cargo-deny is not installed: dependency policy not checked"; fi
	@cd tests/cluster && unformatted=$$(gofmt -l .) && [ -z "$$unformatted" ] || { echo "gofmt: $$unformatted"; exit 1; }
	cd tests/cluster && $(GO_CHECK) go vet ./orchestrator/... ./volumes/...

bench: deps ## every figure that is a time, a size or memory; takes its box down
	@$(BOX) build
	@tests/images.sh > /dev/null
	cargo build --release --workspace --bins
	@tests/leftovers.sh cargo test --workspace --bench figures -- $(FIGURES)

cluster: deps ## a real Kubernetes on this machine; prints the exports for your shell
	@$(BOX) up $(BOX_NAME)

cluster-down: ## stop it; nothing is left behind
	@$(BOX) down $(BOX_NAME)

install: deps ## the CRD and the operator into the cluster that KUBECONFIG names
	@tests/install.sh

deps: ## install what this machine lacks (as root), or say exactly what to install
	@.ci/deps

programs: ## our own programs; prints the folder they lie in
	@tests/programs.sh

images: deps ## the agent's and the operator's images; prints their names and archives
	@tests/images.sh
