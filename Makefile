# Every command of this project. Each target does its own set-up; `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

BOX      := tests/cluster/box
# The box that `cluster`, `demo` and `install` share; tests use their own.
BOX_NAME ?= dev
# One whole-path test mostly waits for pods, so more of them run at once than there are cores.
CLUSTER_TEST_THREADS ?= 6
# Sections of the figures to measure: cost, commit, memory, outage, changes, overhead, stall. All of them when empty.
FIGURES ?=
GO_CHECK := CGO_ENABLED=0 GOFLAGS=-trimpath

.PHONY: help demo demo-down test test-fast check bench cluster cluster-down install deps images programs

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: deps ## the whole path: file, git, cluster, faults; a minute after the build; the cluster stays up
	@examples/demo.sh

demo-down: ## stop the demo's cluster and remove its scratch repository
	@examples/demo.sh down

test: test-fast ## everything: test-fast, then whole-path tests on real clusters
	@$(BOX) build
	@tests/cluster/box_test.sh
	@tests/images.sh > /dev/null
	cargo test -p wax-tests --no-run
	@rc=0; cargo test -p wax-tests --no-fail-fast -- --test-threads $(CLUSTER_TEST_THREADS) || rc=$$?; \
	  if [ -z "$${WAX_KEEP_BOX:-}" ]; then $(BOX) down test; $(BOX) down disruptive; fi; exit $$rc

test-fast: deps programs ## what needs no cluster
	cargo test --workspace --exclude wax-tests
	cd tests/cluster && $(GO_CHECK) go test ./orchestrator/... ./volumes/...

check: deps ## formatting, lints, documentation, dependency policy
	cargo fmt --all --check
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
	@tests/leftovers.sh cargo test -p wax-tests --bench figures -- $(FIGURES)

cluster: deps ## a real Kubernetes on this machine; prints the exports for your shell
	@$(BOX) up $(BOX_NAME)

cluster-down: ## stop it; nothing is left behind
	@$(BOX) down $(BOX_NAME)

install: deps ## the CRD and the operator into the cluster that KUBECONFIG names
	@tests/install.sh

deps: ## install what this machine lacks (as root), or say exactly what to install
	@.ci/deps

programs:
	cargo build --workspace --bins

images: deps ## the agent's and the operator's images; prints their names and archives
	@tests/images.sh
