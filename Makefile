# What one does with this repository. `make` alone lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:
.PHONY: help up setup test test-long vet lint race ci bench fmt

LINTER := go tool -modfile=.ci/lint.mod golangci-lint
REPORT := go build -o .build/report ./e2e/report && .build/report
# Packages with goroutines of their own. e2e/ starts the product as processes, where the race detector sees nothing.
INPROCESS := $$(go list ./... | grep -v '/e2e\>')
BENCH ?= .

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 18

up: ## run the product on this machine, with demo traffic
	go run ./cmd/streamgauge up --demo

setup: ## install what the tests need: npm packages, Chromium, curl
	@e2e/setup

test: setup ## set up and run all tests (10 minutes at most)
	@$(REPORT) -count=1 -timeout 9m ./...

test-long: setup ## the same with soaks, many kills and many seeds (hours)
	@export STREAMGAUGE_LONG=1; $(REPORT) -count=1 -timeout 3h ./...

vet: ## go vet
	go vet ./...

lint: ## linter (.golangci.yml), and whether go.mod and go.sum are tidy
	$(LINTER) run
	go mod tidy -diff

race: ## tests of all packages but e2e/ under the race detector
	@$(REPORT) -race -count=1 -timeout 20m $(INPROCESS)

ci: test vet lint race ## all that a change must pass (30 minutes at most)

bench: ## benchmarks; BENCH=REGEXP chooses
	go test -run '^$$' -bench '$(BENCH)' -benchmem $(INPROCESS)
	go run ./e2e/bench
	go run ./e2e/kinesisbench
	go run ./e2e/kinesisbench -memory 1000000

fmt: ## gofmt, and tidy go.mod and go.sum
	go fmt ./...
	go mod tidy
