# What one does with this repository. `make` alone lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:
.PHONY: help up setup test test-long vet lint race ci bench fmt generate package deploy info order remove lint-template

LINTER := go tool -modfile=.ci/lint.mod golangci-lint
REPORT := go build -o .build/report ./e2e/report && .build/report
# Packages with goroutines of their own. e2e/ starts the product as processes, where the race detector sees nothing.
INPROCESS := $$(go list ./... | grep -v '/e2e\>')
BENCH ?= .

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 18

up: ## run the product on this machine, with demo traffic
	go run ./cmd/streamgauge up --demo

setup: ## install what the tests need: npm packages, Chromium, curl, Prometheus
	@e2e/setup

# Those with the browser take longest and mostly wait: they begin first, and the others fill the processors beside them.
test: setup ## set up and run all tests (10 minutes at most)
	@$(REPORT) -count=1 -timeout 15m ./e2e ./...

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

bench: setup ## benchmarks; BENCH=REGEXP chooses
	go test -run '^$$' -bench '$(BENCH)' -benchmem $(INPROCESS)
	go run ./e2e/bench
	go run ./e2e/bench -page
	go run ./e2e/kinesisbench
	go run ./e2e/kinesisbench -memory 1000000

# The Serverless Framework, from npm; STAGE and REGION choose, and PARAMS="--param shards=2" what docs/AWS.md lists.
OSLS := e2e/node_modules/.bin/osls
STAGE ?= dev
REGION ?= us-east-1
ON := --stage $(STAGE) --region $(REGION) $(PARAMS)

.build/lambda.zip: FORCE
	@mkdir -p .build
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -trimpath -tags lambda.norpc -ldflags '-s -w' -o .build/bootstrap ./cmd/lambda
	go run ./cmd/lambda/zip .build/bootstrap $@
FORCE:

# What is done on AWS needs Node and npm packages, and none of the programs of the tests.
npm:
	@e2e/setup packages
.PHONY: npm

package: npm .build/lambda.zip ## the Lambda package and the CloudFormation template, without credentials, in .build/template
	$(OSLS) package $(ON) --package .build/template

deploy: npm .build/lambda.zip ## deploy STAGE to AWS, with your credentials; prints the addresses, and the access token the first time
	$(OSLS) deploy $(ON)
	$(OSLS) info --verbose $(ON)
	$(OSLS) invoke $(ON) --function command --data '{"command":"init"}'

info: npm ## the addresses and names of what is deployed as STAGE
	$(OSLS) info --verbose $(ON)

order: npm ## an order to the function command of STAGE: ORDER='{"command":"key","site":"shop"}'
	$(OSLS) invoke $(ON) --function command --data '$(ORDER)'

remove: npm .build/lambda.zip ## remove STAGE from AWS; says what it keeps
	$(OSLS) info --verbose $(ON) | grep -E 'TableName|FailuresBucket' || true
	$(OSLS) remove $(ON)
	@echo 'Kept, with what is in them: the table and the bucket named above, and the parameter /streamgauge/$(STAGE)/access. Delete them by hand.'

lint-template: package ## cfn-lint over the template, where it is installed
	@command -v cfn-lint >/dev/null || { echo 'cfn-lint is not installed: pip install cfn-lint' >&2; exit 1; }
	cfn-lint .build/template/cloudformation-template-update-stack.json

generate: ## the dashboards, the alarms and the list of metrics, from their table
	go run ./dashboards/generate

fmt: ## gofmt, and tidy go.mod and go.sum
	go fmt ./...
	go mod tidy
