# make run and make test need nothing but Go; the tests that open files in NumPy and other tools are skipped where these are missing.
GO ?= go
BIN := bin/fpsgd

.PHONY: build run man release test test-long race bench bench-go lint fuzz explore fmt clean

build:
	$(GO) build -buildvcs=auto -o $(BIN) ./cmd/fpsgd

run: build
	$(BIN) run quadratic-2d

man: build
	$(BIN) man man/man1

# static programs for four systems, archives with manual pages and licences, SHA256SUMS (docs/install.md)
release:
	$(GO) run ./internal/release -o dist

# a core for every package, and one more for the time that they wait for programs that they start: their threads would only wait for each other. Tests of threads take what there is. What takes longest begins first.
test:
	GOMAXPROCS=1 $(GO) test -p $$(($$(getconf _NPROCESSORS_ONLN) + 1)) -parallel 2 -timeout 20m ./cmd/... ./validation ./solver ./...

# needs a C compiler, builds releases, and runs what is released for Windows where wine64 and gcc-mingw-w64-x86-64 are installed (docs/rundir.md)
test-long: race
	FPSGD_LONG=1 $(GO) test -timeout 60m ./...

# the tests of threads, under the race detector, which needs a C compiler
race:
	FPSGD_LONG=1 $(GO) test -race -run Threads ./internal/parallel ./operators ./solver ./solver/linear

# one table: the solvers' times and rates, beside the bandwidth of the memory measured in the same process
bench: build
	$(BIN) bench --table

bench-go:
	$(GO) test -run '^$$' -bench . -benchtime 1x ./operators ./solver/... ./internal/formula

lint:
	$(GO) vet ./...
	GOOS=windows $(GO) vet ./...
	GOOS=darwin $(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) mod tidy -diff
	@test -z "$$($(GO) tool deadcode -test ./...)" || { $(GO) tool deadcode -test ./...; exit 1; }
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run make fmt"; exit 1; }

# Readers of what users have, given INPUTS of each kind that nobody means to give them, the same ones every time; what fails is kept in testdata/fuzz, and is a test from then on. Ends with a table.
INPUTS ?= 100000
FUZZED := ./internal/formula ./internal/npy ./internal/rundir ./internal/sweep ./internal/machine ./internal/figures ./scenarios/config . ./cmd/fpsgd
FUZZTABLE := $(abspath bin/fuzz.txt)
fuzz:
	@mkdir -p bin && rm -f $(FUZZTABLE)
	FPSGD_FUZZ=$(INPUTS) FPSGD_FUZZ_TABLE=$(FUZZTABLE) $(GO) test -count 1 -p 1 -run '^Fuzz' -timeout 3h $(FUZZED)
	@printf '%-22s%9s%12s%12s\n' kind inputs slowest 'most MiB' && cat $(FUZZTABLE)

# the same, by inputs that follow the coverage, for some time each; what is interesting is not made smaller for longer than a second: it takes a minute each otherwise
FUZZTIME ?= 30s
explore:
	for package in $(FUZZED); do for target in $$($(GO) test -list '^Fuzz' $$package | grep ^Fuzz); do \
		$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s $$package || exit 1; \
	done; done

fmt:
	gofmt -w .

clean:
	rm -rf bin dist man
