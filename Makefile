# make run and make test need nothing but Go; the tests that open files in NumPy and other tools are skipped where these are missing.
GO ?= go
BIN := bin/fpsgd

.PHONY: build run man release test test-long race bench bench-go lint fuzz fmt clean

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

FUZZTIME ?= 30s
# what is interesting is not made smaller for longer than a second: it takes a minute each otherwise
FUZZFLAGS = -fuzztime $(FUZZTIME) -fuzzminimizetime 1s
fuzz:
	$(GO) test -run '^$$' -fuzz FuzzCompile $(FUZZFLAGS) ./internal/formula
	$(GO) test -run '^$$' -fuzz FuzzRead $(FUZZFLAGS) ./internal/npy
	$(GO) test -run '^$$' -fuzz FuzzParse $(FUZZFLAGS) ./scenarios/config
	$(GO) test -run '^$$' -fuzz FuzzContinues $(FUZZFLAGS) ./scenarios/config
	$(GO) test -run '^$$' -fuzz FuzzState $(FUZZFLAGS) .
	$(GO) test -run '^$$' -fuzz FuzzTable $(FUZZFLAGS) ./internal/machine
	$(GO) test -run '^$$' -fuzz FuzzManifest $(FUZZFLAGS) ./internal/rundir
	$(GO) test -run '^$$' -fuzz FuzzCheckpoint $(FUZZFLAGS) ./internal/rundir
	$(GO) test -run '^$$' -fuzz FuzzOwner $(FUZZFLAGS) ./internal/rundir

fmt:
	gofmt -w .

clean:
	rm -rf bin dist man
