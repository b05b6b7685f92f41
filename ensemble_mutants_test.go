package fpsgd

import (
	"fmt"
	"os"
	"testing"

	"fpsgd/solver/ensemble"
)

// moved replaces what moves particles; nil leaves it.
type moved = func(ensemble.Method) ensemble.Method

// How many of ensemble.Mutants a test is run with. The first, ε + 5 %, is that which it takes most
// particles to see.
const (
	byFirst = 1
	byAll   = 4
)

// judge claims that a test of particles finds no fault with those of the right equation, and one at
// least with those of the mutants: of all in the long form, of so many in the short one.
func judge(t *testing.T, name string, short int, faults func(of moved) []string) {
	t.Helper()
	for _, fault := range faults(nil) {
		t.Errorf("%s: %s", name, fault)
	}
	for k, m := range ensemble.Mutants() {
		if k >= short && os.Getenv("FPSGD_LONG") != "1" {
			continue
		}
		found := faults(m.Of)
		if len(found) == 0 {
			t.Errorf("%s: finds no fault with the mutant %q", name, m.Name)
			continue
		}
		t.Logf("%s, %s: %s", name, m.Name, found[0])
	}
}

// unlike says how particles differ from the density by more than sampling does, at the times after
// the first, the start.
func (e *Ensemble) unlike() (faults []string) {
	for _, row := range e.Rows {
		if c := row.Comparison; !c.Within {
			faults = append(faults, fmt.Sprintf("at t = %g χ² is %.3f in each of %d bins, KS %.4f "+
				"where draws are off by %.4f, L¹ %.4f where they are by %.4f", row.Time,
				c.Chi2PerBin, c.Bins, c.KS, c.KSSampling, c.L1, c.L1Sampling))
		}
	}
	return faults
}
