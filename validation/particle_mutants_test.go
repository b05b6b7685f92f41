package validation

import (
	"testing"

	"fpsgd/solver/ensemble"
)

func TestMeasure(t *testing.T) {
	for name, part := range map[string]func(e *Experiment){
		"lemmaAttained": lemmaAttained, "lemmaBounds": lemmaBounds, "lemmaBeyond": lemmaBeyond,
		"lemmaDistances": lemmaDistances, "almostSurePaths": almostSurePaths,
		"limitsOnALine": limitsOnALine, "limitsInWells": limitsInWells,
		"continuumOrders": continuumOrders,
		"sde": func(e *Experiment) { sdeAgainst(e, sdeProblems()) },
		"momentsOfPaths": momentsOfPaths, "momentsOfSGD": momentsOfSGD,
		"sharesInTime": sharesInTime, "hillOfPaths": hillOfPaths, "hillInTime": hillInTime,
		"tailOfSteps": tailOfSteps,
	} {
		t.Run(name, func(t *testing.T) {
			rows := map[string][]float64{}
			var order []string
			var secs []float64
			for k, m := range append([]ensemble.Mutant{{}}, ensemble.Mutants()...) {
				e := &Experiment{Context: t.Context(), Method: m.Of}
				if err := e.Run(Claim{Name: "x", Run: inTurn(part)}); err != nil {
					t.Log(m.Name, err)
				}
				for _, r := range e.Rows {
					if k == 0 {
						order = append(order, r.Case)
						secs = append(secs, r.Seconds)
					}
					rows[r.Case] = append(rows[r.Case], (r.Measured-r.Expected)/r.Tolerance)
				}
			}
			for i, o := range order {
				t.Logf("%5.2fs %8.2f %s", secs[i], rows[o], o)
			}
		})
	}
}
