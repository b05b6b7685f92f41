package scenarios

import (
	"math"
	"slices"

	"fpsgd/internal/formula"
	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/operators/elementary"
	"fpsgd/scenarios/exact"
)

// largestChi bounds the χ of an initial density: above it squares overflow.
const largestChi = 1e150

// initialPart names the integration of the initial density to Progress.
const initialPart = "initial density"

// Initial returns the initial state w = P/σ, of mass 1 unless the config says otherwise.
func (s *Scenario) Initial(op *operators.Operator) ([]float64, error) {
	cfg := s.Config
	w := make([]float64, op.Cells())
	var err error
	switch cfg.Initial.Kind {
	case "invariant":
		copy(w, op.Sigma)
	case "file":
		err = s.initialFile(w, op)
	case "exact":
		if err = s.NoExact; err == nil {
			err = s.exactState(w, op, 0, s.progress(initialPart))
		}
	case "formula":
		err = s.initialFormula(w, op)
	default:
		err = s.state(w, op, s.gaussian, s.progress(initialPart))
	}
	if err != nil {
		return nil, err
	}
	return w, s.normalise(w, op)
}

// normalise scales w to mass 1 and refuses a density whose χ is not representable.
func (s *Scenario) normalise(w []float64, op *operators.Operator) error {
	cfg := s.Config
	for _, v := range w {
		if math.IsInf(v, 0) { // and then the mass may be 0·∞
			return s.noChi()
		}
	}
	mass := op.Mass(w)
	if !(mass > 0) || math.IsInf(mass, 0) {
		return cfg.Errorf("initial", "the initial density has mass %g on the grid (move it onto the grid, or widen it)", mass)
	}
	norm := 0.0
	for i := range w {
		if cfg.Initial.Normalize {
			w[i] /= mass
		}
		norm = math.Hypot(norm, w[i])
	}
	if !(norm < largestChi) {
		return s.noChi()
	}
	return nil
}

// noChi refuses an initial density so far from equilibrium that its χ overflows.
func (s *Scenario) noChi() error {
	return s.Config.Errorf("initial", "χ² = Σ P²/Π of the initial density is not representable: it has mass where π has next to none "+
		"(choose a narrower density, a smaller grid or a larger noise.epsilon)")
}

// state stores w = P/σ, P_i = ∫_cell ρ, of a density given by its logarithm.
func (s *Scenario) state(w []float64, op *operators.Operator, logDensity operators.LogFunction, progress func(done, total int)) error {
	if err := operators.LogIntegrals(w, s.Grid, logDensity, s.Config.Solver.Threads, progress); err != nil {
		return err
	}
	for i, logP := range w {
		w[i] = math.Exp(logP - (op.LogM[i]-op.LogZ)/2)
	}
	return nil
}

// gaussian is log ρ = −|θ − c|²/(2 width²).
func (s *Scenario) gaussian(dst []float64, p *mesh.Points) error {
	distance2(dst, p, s.Config.Initial.Center)
	for i, r2 := range dst {
		dst[i] = -r2 / (2 * s.Config.Initial.Width * s.Config.Initial.Width)
	}
	return nil
}

func (s *Scenario) initialFormula(w []float64, op *operators.Operator) error {
	vars := s.Grid.Coordinates.Variables()
	program, err := formula.Compile(s.Config.Initial.Formula, vars)
	if err != nil {
		return s.Config.Errorf("initial.formula", "%v", err)
	}
	return s.state(w, op, func(dst []float64, p *mesh.Points) error {
		evaluate(dst, program, vars, p)
		for i, rho := range dst {
			if !(rho >= 0) || math.IsInf(rho, 0) {
				return s.Config.Errorf("initial.formula", "the density is %g at %s; it must be finite and not negative: change the formula or the grid", rho, at(p, i))
			}
		}
		elementary.Log(dst, dst)
		return nil
	}, s.progress(initialPart))
}

// initialFile reads cell averages of the density.
func (s *Scenario) initialFile(w []float64, op *operators.Operator) error {
	file := s.Config.Initial.File
	shape, rho, err := readArray(file)
	if err != nil {
		return s.Config.Errorf("initial.file", "%v", err)
	}
	if err := sameShape(shape, s.Grid.Shape()); err != nil {
		return s.Config.Errorf("initial.file", "%s: %v", file, err)
	}
	logVolume := make([]float64, len(w))
	s.Grid.LogVolumes(logVolume)
	for i, v := range rho {
		if !(v >= 0) || math.IsInf(v, 0) {
			return s.Config.Errorf("initial.file", "%s: the density is %g in cell [%s]; it must be finite and not negative: correct the file",
				file, v, index(s.Grid, i))
		}
		w[i] = math.Exp(math.Log(v) + logVolume[i] - (op.LogM[i]-op.LogZ)/2)
	}
	return nil
}

// ExactState stores w = P/σ of the exact solution at time t, not normalised on the grid.
func (s *Scenario) ExactState(w []float64, op *operators.Operator, t float64) error {
	return s.exactState(w, op, t, nil)
}

func (s *Scenario) exactState(w []float64, op *operators.Operator, t float64, progress func(done, total int)) error {
	return s.state(w, op, func(dst []float64, p *mesh.Points) error {
		if r, ok := s.Exact.(exact.Radial); ok && s.centred && s.Grid.Coordinates.NormAxis() == 0 {
			for i, logR := range p.LogNorm() {
				dst[i] = r.LogDensityS(t, logR)
			}
			return nil
		}
		x := make([]float64, s.Exact.Dim())
		components := s.Grid.Coordinates.Components()
		values := make([][]float64, len(components))
		for k, name := range components {
			values[k] = p.Var(name)
		}
		for i := range dst {
			s.place(x, values, i)
			dst[i] = s.Exact.LogDensity(t, x)
		}
		return nil
	}, progress)
}

// place stores a point of R^m that has the components of point i; in coordinates with a symmetry the other components of x
// are zero.
func (s *Scenario) place(x []float64, components [][]float64, i int) {
	clear(x)
	for k, v := range components {
		x[k] = v[i]
	}
	if s.Grid.Coordinates.Name() == "cylindrical" {
		x[1], x[2] = 0, x[1]
	}
}

// Errors are the distances of a state from the exact solution.
type Errors struct {
	L1  float64 // ∫|ρ − ρ_exact|, with the exact mass outside the grid counted
	Chi float64 // (Σ (P − P_exact)²/Π)^{1/2}
}

// Errors compares w with the exact solution at time t; scratch has the length of w.
func (s *Scenario) Errors(w, scratch []float64, op *operators.Operator, t float64) (Errors, error) {
	if err := s.ExactState(scratch, op, t); err != nil {
		return Errors{}, err
	}
	var e Errors
	inside := op.Mass(scratch)
	for i, v := range scratch {
		d := math.Abs(w[i] - v)
		e.L1 += op.Sigma[i] * d
		e.Chi += d * d
	}
	e.L1 += math.Max(0, 1-inside)
	e.Chi = math.Sqrt(e.Chi)
	return e, nil
}

// Means returns functions that give the mean of every component of θ, and their names. The value of a component in a cell
// is its average over the cell with weight π, for which the mean of a quadratic landscape decays at the exact rate. Where the
// components are the axes these are the π-centroids of the cells, and need no integration if the operator has kept them.
func (s *Scenario) Means(op *operators.Operator) (names []string, mean []func(w []float64) float64, err error) {
	average := op.Centroids
	if average == nil {
		if average, err = s.averages(op); err != nil {
			return nil, nil, err
		}
	}
	for k, name := range s.Grid.Coordinates.Components() {
		names = append(names, "mean_"+name)
		mean = append(mean, func(w []float64) float64 {
			sum := op.Sum(w, average[k])
			if math.IsInf(sum, 0) {
				return math.NaN()
			}
			return sum / op.Mass(w)
		})
	}
	return names, mean, nil
}

// averages returns the averages of the components of θ over every cell with weight π.
func (s *Scenario) averages(op *operators.Operator) ([][]float64, error) {
	components := s.Grid.Coordinates.Components()
	average := make([][]float64, len(components))
	for k := range average {
		average[k] = make([]float64, op.Cells())
	}
	values := func(p *mesh.Points) [][]float64 {
		out := make([][]float64, len(components))
		for k, name := range components {
			out[k] = p.Var(name)
		}
		return out
	}
	return average, operators.JointAverages(average, s.Grid, s.logPi, values, s.Config.Solver.Threads, s.progress("means"))
}

// cartesianAxes reports whether the components of θ are the held coordinates, in order.
func (s *Scenario) cartesianAxes() bool {
	isLog := func(a mesh.Axis) bool { return a.Log }
	return slices.Equal(s.Grid.Coordinates.Components(), s.Grid.Coordinates.Axes()) && !slices.ContainsFunc(s.Grid.Axes, isLog)
}

func (s *Scenario) logPi(dst []float64, p *mesh.Points) error {
	return s.Weights.LogWeights(dst, make([]float64, len(dst)), p)
}
