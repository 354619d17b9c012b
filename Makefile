# Everything that is done to this repository. `make` alone lists the targets.

BIN      := bin/gonogo
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT   := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
LDFLAGS  := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)
PLATFORMS := linux/amd64 linux/arm64 darwin/arm64 windows/amd64
PROFILE  := loadgen/hot.pgo
FUZZTIME ?= 5s
COUNT    ?= 5

# A repository without its history still builds: the version comes from above.
GO := go
export GOFLAGS += -buildvcs=false

.DEFAULT_GOAL := help
.PHONY: help build test check fuzz bench profile proof bench-peers calibration integration demo soak-test docs pictures clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r target text; do printf '  %-12s %s\n' "$$target" "$$text"; done

build: ## build bin/gonogo, one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -pgo=$(PROFILE) -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/gonogo

test: ## run all tests, with the race detector where there is a C compiler
	@if [ "$$($(GO) env CGO_ENABLED)" = 1 ] && command -v "$$($(GO) env CC)" >/dev/null; then race=-race; \
	else echo 'NOTICE: no C compiler: the tests run without the race detector (apt-get install gcc libc6-dev)'; fi; \
	set -x; $(GO) test $$race -shuffle=on -timeout 20m ./... && \
	$(GO) test -run '^TestADay$$|Allocat|LittleMemory' ./cmd/gonogo ./measure ./target ./loadgen/... # what the race detector hides: a whole day, memory, allocations

check: build ## format, vet, staticcheck, known vulnerabilities, the layers, every platform
	@unformatted=$$($(GO) tool gofumpt -l .); [ -z "$$unformatted" ] || { echo "gofumpt would change:"; echo "$$unformatted"; exit 1; }
	$(GO) vet -tags integration ./...
	$(GO) tool staticcheck -tags integration ./...
	$(GO) test -count=1 ./internal/layers
	@for platform in $(PLATFORMS); do echo "build $$platform"; \
	CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} $(GO) build ./... || exit 1; done
	scripts/docs.sh check
	scripts/vulncheck.sh

fuzz: ## run every fuzz target for FUZZTIME (5s)
	FUZZTIME=$(FUZZTIME) scripts/fuzz.sh

bench: build ## Go benchmarks, COUNT (5) times, then CPU a request in pairs with wrk
	$(GO) test -run '^$$' -bench . -benchmem -count $(COUNT) ./... >bin/bench.txt || { cat bin/bench.txt; exit 1; }
	$(GO) tool benchstat bin/bench.txt
	BIN=$(BIN) ONLY=$${ONLY:-http-100,http-1000} TOOLS=$${TOOLS:-gonogo,wrk} scripts/proof.sh cost

profile: ## note where a request's time goes, for the compiler: loadgen/hot.pgo
	@work=$$(mktemp -d) && set -x && $(GO) test -trimpath -run '^$$' -bench '^BenchmarkEngine$$' -benchtime 15x \
	-o $$work/engine.test -cpuprofile $$work/cpu ./loadgen/httpload && mv $$work/cpu $(PROFILE) && rm -r $$work

proof: build ## what gonogo and its peers report of known worlds: docs/accuracy.md, DURATION (20) s a run
	BIN=$(BIN) scripts/proof.sh accuracy

bench-peers: build ## what gonogo and its peers cost, and how late: docs/performance.md, DURATION (5) s a run, ROUNDS (5)
	BIN=$(BIN) scripts/proof.sh performance

calibration: ## how often the judge is wrong, by simulation: docs/calibration.md, RUNS (2000) a row, ONLY one section
	$(GO) run ./internal/calibration -runs $${RUNS:-2000} -only "$$ONLY" -keep bin/calibration.json

integration: build ## the main job against real servers and readers, installed when missing
	scripts/needs.sh
	PATH="$$PATH:/usr/sbin" GONOGO_BIN=$(abspath $(BIN)) $(GO) test -count=1 -parallel 6 -tags integration ./integration/... # most of it waits

demo: build ## 1000 users against the built-in target for 15 s: a verdict and a report
	BIN=$(BIN) scripts/demo.sh

soak-test: build ## a sustained run of MINUTES (20) against the built-in target; KILL=1 kills and resumes it
	BIN=$(BIN) scripts/soak.sh

docs: build ## write docs/commands.md and README's example, which is a run of the demo
	BIN=$(BIN) scripts/docs.sh

pictures: build ## take the pictures of README.md, in a browser and a terminal: docs/pictures
	BIN=$(BIN) scripts/pictures.sh

clean: ## remove what the targets above made
	rm -rf bin demo-out soak-out
