// Package hostile gives readers of what users have what no user means to give them, and watches
// what becomes of it: no input may make a reader panic, compute for longer than a second, or
// allocate a gibibyte.
//
// Fuzz serves both kinds of fuzzing. By
//
//	FPSGD_FUZZ=100000 go test -run '^Fuzz' ./...        (make fuzz)
//
// every target is given so many inputs of its own generator and of mutated seeds: the same ones
// every time, whatever the machine; FPSGD_FUZZ_TABLE names a file that a row is added to for each
// kind. By go test -fuzz (make explore) the inputs follow the coverage, and are others every time.
// Without either the seeds and the corpus in testdata/fuzz are tested alone.
package hostile

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

// What an input may take. Time is that by the clock or, if that is less as others compute too, that
// of the processor, of all threads: no more than either is what a user waits on an idle machine. An
// input that takes longer is tried again, as garbage of those before it may have been collected
// meanwhile. Memory is what is allocated in all, which bounds what is held at once.
const (
	mostTime   = time.Second
	mostMemory = 1 << 30
	patience   = time.Minute // by the clock, before a hang is made a panic that shows where
)

// Kind is a kind of input of a reader.
type Kind struct {
	Name  string
	Seeds [][]byte
	// Draw makes an input that gets past the first checks; nil: seeds are mutated alone.
	Draw func(r *rand.Rand) []byte
	// Wrap makes a whole of a mutated input, such as by adding its checksum; nil: it is one.
	Wrap func(content []byte) []byte
}

// Fuzz gives the inputs of a kind to check, which fails or panics at what must not be.
func Fuzz(f *testing.F, k Kind, check func(t testing.TB, input []byte)) {
	for _, seed := range k.Seeds {
		f.Add(k.whole(seed))
	}
	if n, _ := strconv.Atoi(os.Getenv("FPSGD_FUZZ")); n > 0 {
		k.flood(f, n, check)
	}
	f.Fuzz(func(t *testing.T, input []byte) { check(t, input) })
}

// Two cuts an input of two texts at its first zero byte.
func Two(input []byte) (first []byte, second string) {
	first, rest, _ := bytes.Cut(input, []byte{0})
	return first, string(rest)
}

// Sorted puts seeds that were in a map in an order.
func Sorted(seeds [][]byte) [][]byte {
	slices.SortFunc(seeds, bytes.Compare)
	return seeds
}

func (k *Kind) whole(content []byte) []byte {
	if k.Wrap == nil {
		return content
	}
	return k.Wrap(content)
}

// input is the i-th of a kind: by turns drawn, drawn and mutated, and a mutated seed.
func (k *Kind) input(i int) []byte {
	r := rand.New(rand.NewPCG(uint64(i), 1))
	var content []byte
	switch turn := i % 3; {
	case k.Draw != nil && turn < 2:
		if content = k.Draw(r); turn == 0 {
			return k.whole(content)
		}
	default:
		content = k.Seeds[r.IntN(len(k.Seeds))]
	}
	return k.whole(mutate(r, content, k.Seeds))
}

// flood gives n inputs to check, in order. One that is refused is written beside the corpus.
func (k *Kind) flood(f *testing.F, n int, check func(t testing.TB, input []byte)) {
	w := watch(f.Name())
	defer w.end()
	var slowest, most cost
	var slow []byte
	failures := 0
	for i := range n {
		input := k.input(i)
		c := w.costOf(f, input, check)
		if c.time > mostTime {
			for range 2 {
				runtime.GC()
				c.time = min(c.time, w.costOf(f, input, check).time)
			}
		}
		if c.time > slowest.time {
			slowest = c
			slow = input
		}
		if c.memory > most.memory {
			most = c
		}
		wrong := c.wrong
		switch {
		case wrong != "":
		case c.time > mostTime:
			wrong = fmt.Sprintf("it takes %v", c.time)
		case c.memory > mostMemory:
			wrong = fmt.Sprintf("it allocates %d bytes", c.memory)
		default:
			continue
		}
		f.Errorf("input %d of %s, kept as %s: %s", i, k.Name, keep(f, input), wrong)
		if failures++; failures == 20 {
			f.Fatal("and so on")
		}
	}
	f.Logf("slowest: %.300q", slow)
	report(f, fmt.Sprintf("%-22s%9d%12v%12.1f\n", k.Name, n, slowest.time.Round(time.Millisecond),
		float64(most.memory)/(1<<20)))
}

// report adds a row to the table: kind, inputs, slowest, most memory in MiB.
func report(f *testing.F, row string) {
	f.Log(row)
	name := os.Getenv("FPSGD_FUZZ_TABLE")
	if name == "" {
		return
	}
	to, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		f.Fatal(err)
	}
	defer to.Close()
	if _, err := to.WriteString(row); err != nil {
		f.Fatal(err)
	}
}

// keep writes an input as go test -fuzz does, so that it is a test from then on.
func keep(f *testing.F, input []byte) string {
	folder := filepath.Join("testdata", "fuzz", f.Name())
	name := filepath.Join(folder, fmt.Sprintf("%x", sha256.Sum256(input))[:16])
	text := fmt.Appendf(nil, "go test fuzz v1\n[]byte(%q)\n", input)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		f.Fatal(err)
	}
	if err := os.WriteFile(name, text, 0o666); err != nil {
		f.Fatal(err)
	}
	return name
}

// cost is what an input took, and what was wrong with it.
type cost struct {
	time   time.Duration
	memory uint64
	wrong  string
}

// watcher looks at the input in progress from outside.
type watcher struct {
	last  *os.File // the input, for what ends the process: no panic, but stack or memory
	begun atomic.Int64
	base  atomic.Uint64 // what was allocated before it
	done  chan struct{}
}

func watch(name string) *watcher {
	last, err := os.Create(filepath.Join(os.TempDir(), "fpsgd-"+name+"-last-input"))
	if err != nil {
		panic(err)
	}
	w := &watcher{last: last, done: make(chan struct{})}
	go w.look()
	return w
}

// look ends the process, with the stacks of all goroutines, where an input does not come to an end,
// or takes so much memory that the machine would suffer.
func (w *watcher) look() {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-w.done:
			return
		case <-tick.C:
		}
		begun := w.begun.Load()
		if begun == 0 {
			continue
		}
		why := ""
		if time.Since(time.Unix(0, begun)) > patience {
			why = "does not end"
		} else if allocated() > w.base.Load()+4*mostMemory {
			why = "takes all memory"
		}
		if why != "" {
			debug.SetTraceback("all")
			panic("the input in " + w.last.Name() + " " + why)
		}
	}
}

func (w *watcher) end() {
	close(w.done)
	w.last.Close()
	os.Remove(w.last.Name())
}

// costOf gives an input to check.
func (w *watcher) costOf(f testing.TB, input []byte, check func(t testing.TB, input []byte)) cost {
	w.last.Truncate(0)
	w.last.WriteAt(input, 0)
	before, began, at := allocated(), processorTime(), time.Now()
	w.base.Store(before)
	w.begun.Store(time.Now().UnixNano())
	c := cost{wrong: tried(f, bytes.Clone(input), check)}
	w.begun.Store(0)
	c.time, c.memory = min(processorTime()-began, time.Since(at)), allocated()-before
	return c
}

// tried returns what check found to be wrong with an input, or where it panicked.
func tried(f testing.TB, input []byte, check func(t testing.TB, input []byte)) (wrong string) {
	t := &trial{TB: f}
	defer func() {
		wrong = t.wrong
		if p := recover(); p != nil && p != errStopped {
			wrong = fmt.Sprintf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	check(t, input)
	return t.wrong
}

// allocated is how many bytes the process has allocated so far.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
