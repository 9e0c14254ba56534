# `make help` lists the targets. Each can be run at any time, alone and again: what is already done
# is skipped. Needs GNU make and bash; the rest is installed by `make setup`.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# What to test: `make test PKG=./core/... ARGS='-run Gate -v'`.
PKG ?= ./...
ARGS ?=
# Where to install: `make install PREFIX=~/.local`. Packagers set DESTDIR, too.
PREFIX ?= /usr/local
DESTDIR ?=
# Which benchmarks to run: `make bench BENCH=Append`.
BENCH ?= .

# A package may take this long under the race detector on two busy cores.
TEST_TIMEOUT := 20m
# 200 rounds of each kill of docs/faults.md take the longest: 12 s a round when others want the cores.
FAULTS_TIMEOUT := 330m

BIN := bin/layercake
# Directories are prerequisites as well: their time changes when a file is removed. The reflog's
# changes with every commit and checkout, on which the version depends.
SOURCES = $(shell find cmd core db jobs markdown mcp tui completions ! -name '*_test.go' ! -path '*/testdata/*' 2>/dev/null) \
	go.mod go.sum $(wildcard $(shell git rev-parse --git-path logs/HEAD 2>/dev/null))

##@ Use

.PHONY: demo
demo: setup ## Show LayerCake at work on a clone of this checkout, or on REPO=path
	@deploy/demo/run $(if $(REPO),"$(REPO)")

.PHONY: build
build: $(BIN) ## Build bin/layercake

$(BIN): $(SOURCES)
	@version=$$(git describe --tags --always --dirty 2>/dev/null || echo devel); \
	commit=$$(git rev-parse HEAD 2>/dev/null || true); \
	date=$$(TZ=UTC git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ 2>/dev/null || true); \
	go build -trimpath -ldflags "-X main.version=$$version -X main.commit=$$commit -X main.date=$$date" -o $@ ./cmd/layercake

.PHONY: install
install: $(BIN) ## Install the program, its manual pages and completions below PREFIX
	@install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/man/man1" \
	  "$(DESTDIR)$(PREFIX)/share/bash-completion/completions" "$(DESTDIR)$(PREFIX)/share/zsh/site-functions" \
	  "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d"
	@install -m 755 $(BIN) "$(DESTDIR)$(PREFIX)/bin/layercake"
	@install -m 644 docs/man/*.1 "$(DESTDIR)$(PREFIX)/share/man/man1/"
	@install -m 644 completions/layercake.bash "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/layercake"
	@install -m 644 completions/_layercake "$(DESTDIR)$(PREFIX)/share/zsh/site-functions/"
	@install -m 644 completions/layercake.fish "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/"
	@echo "layercake is in $(DESTDIR)$(PREFIX)/bin"

.PHONY: setup
setup: ## Install what this machine lacks: compiler, git, tmux, Postgres, pgvector
	+@.ci/prepare

##@ Test

.PHONY: test
test: setup ## Run every test, with the race detector
	go test -race -timeout $(TEST_TIMEOUT) $(ARGS) $(PKG)

.PHONY: test-faults
test-faults: setup ## Run every test with the full number of fault rounds (hours)
	LAYERCAKE_FAULTS=full go test -race -count=1 -timeout $(FAULTS_TIMEOUT) $(ARGS) $(PKG)

.PHONY: bench
bench: setup ## Run the benchmarks
	go test -run '^$$' -bench '$(BENCH)' -benchmem $(ARGS) $(PKG)

.PHONY: bench-report
bench-report: setup ## Measure every promise about speed and write docs/performance.md (ten minutes; QUICK=1: two)
	go run ./bench/report $(if $(QUICK),-quick) -out docs/performance.md

.PHONY: cover
cover: setup ## Measure the coverage of the tests; details in cover.out
	go test -timeout $(TEST_TIMEOUT) -coverpkg=./... -coverprofile=cover.out $(ARGS) $(PKG)
	@go tool cover -func=cover.out | tail -n 1

##@ Check

.PHONY: check
check: check-static test ## Run every check and every test: what has to pass before a change is merged

.PHONY: check-static
check-static: check-fmt check-vet check-lint check-tidy check-generated check-release ## Run every check but the tests

.PHONY: check-fmt
check-fmt: ## Are all Go files formatted?
	@lint=$$(.ci/tools golangci-lint); \
	$$lint fmt --diff || { echo 'Not formatted. Run: make fmt' >&2; exit 1; }

.PHONY: check-vet
check-vet: ## Does go vet find anything?
	go vet $(PKG)

.PHONY: check-lint
check-lint: ## Does golangci-lint find anything?
	@lint=$$(.ci/tools golangci-lint); $$lint run $(PKG)

.PHONY: check-tidy
check-tidy: ## Do go.mod and go.sum name what is imported, and nothing else?
	go mod tidy -diff

.PHONY: check-generated
check-generated: ## Are the generated files what the generators write now?
	@.ci/check-generated

.PHONY: check-release
check-release: ## Is the release configuration valid?
	@release=$$(.ci/tools goreleaser); $$release check

.PHONY: check-vulnerabilities
check-vulnerabilities: ## Is a known vulnerability reachable? (asks the Go vulnerability database)
	@vulncheck=$$(.ci/tools govulncheck); $$vulncheck ./...

##@ Change

.PHONY: fmt
fmt: ## Format all Go files
	@lint=$$(.ci/tools golangci-lint); $$lint fmt

.PHONY: generate
generate: ## Write the generated files: queries, completions, references
	@sqlc=$$(.ci/tools sqlc); $$sqlc generate -f db/sqlc.yaml
	go generate ./...

.PHONY: tools
tools: ## Install the development tools, at the versions in .ci/tools
	@.ci/tools

.PHONY: release-check
release-check: check-release ## Build this machine's release binary, without publishing anything
	@release=$$(.ci/tools goreleaser); $$release build --snapshot --clean --single-target

.PHONY: clean
clean: ## Remove what was built here
	rm -rf bin dist .tools cover.out

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  %-22s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
