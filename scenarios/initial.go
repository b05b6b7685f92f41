package scenarios

import (
	"fmt"
	"math"

	"fpsgd/internal/formula"
	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/operators/elementary"
	"fpsgd/scenarios/config"
	"fpsgd/scenarios/exact"
)

// largestChi bounds the χ of an initial density: above it squares overflow.
const largestChi = 1e150

// initialPart names the integration of the initial density to Progress.
const initialPart = "initial density"

// Initial is an initial density, up to its mass.
type Initial interface {
	// state stores w = P/σ. What a user must know of it, it adds to the Remarks.
	state(w []float64, s *Scenario, op *operators.Operator) error
}

// Gaussian is e^{−|θ − Center|²/(2 Width²)}: Center has the components of θ, or, where symmetry
// leaves a radius, a number for each axis.
type Gaussian struct {
	Center []float64
	Width  float64
}

// Invariant is π.
type Invariant struct{}

// Exact is a solution in closed form at t = 0: π (1 + B·θ)² if B is given, else the transition
// density from Source after the time Age.
type Exact struct {
	B           []float64
	Source, Age float64
}

// DensityFunc is a density as a function of the components of θ, integrated over the cells. It may
// be called from several goroutines at once.
type DensityFunc func(theta []float64) float64

type (
	formulaDensity struct{ source string }
	fileDensity    struct {
		name  string
		noise float64 // the share of the mass that may be negative
	}
)

// newInitial states the initial density of a config, which has been checked.
func newInitial(cfg *config.Config) Initial {
	switch in := cfg.Initial; in.Kind {
	case "invariant":
		return Invariant{}
	case "file":
		return fileDensity{in.File, max(noiseOfRuns, cfg.Time.Tolerance)}
	case "exact":
		return Exact{in.B, in.Source, in.Age}
	case "formula":
		return formulaDensity{in.Formula}
	default:
		return Gaussian{in.Center, in.Width}
	}
}

// Start returns the initial state w = P/σ, of mass 1 unless KeepMass. What a user must know of it,
// it adds to Remarks.
func (s *Scenario) Start(op *operators.Operator) ([]float64, error) {
	w := make([]float64, op.Cells())
	if err := s.Initial.state(w, s, op); err != nil {
		return nil, err
	}
	return w, s.normalise(w, op)
}

func (Invariant) state(w []float64, _ *Scenario, op *operators.Operator) error {
	copy(w, op.Sigma)
	return nil
}

func (Exact) state(w []float64, s *Scenario, op *operators.Operator) error {
	if s.NoExact != nil {
		return s.NoExact
	}
	return s.exactState(w, op, 0, s.progress(initialPart))
}

func (f DensityFunc) state(w []float64, s *Scenario, op *operators.Operator) error {
	return s.integrated(w, op, func(dst []float64, p *mesh.Points) error {
		for i, theta := range pointsOf(p) {
			dst[i] = f(theta)
		}
		return nil
	}, "initial", "change the function or the grid")
}

// normalise scales w to mass 1 and refuses a density whose χ is not representable.
func (s *Scenario) normalise(w []float64, op *operators.Operator) error {
	if largest, i := largestSize(w); !(largest < largestChi) {
		return s.noChi(op, i)
	}
	mass := op.Mass(w)
	if !(mass > 0) || math.IsInf(mass, 0) {
		if _, ok := s.Initial.(formulaDensity); mass == 0 && ok {
			return s.Errorf("initial.formula", "the density is 0, mass 0, at every point of the "+
				"quadrature, of which there are a few in each cell: a bump much narrower than a "+
				"cell lies between them (widen it, refine the grid there, or use kind = "+
				"\"gaussian\", which takes any width)")
		}
		return s.noMass(mass)
	}
	norm := 0.0
	for i := range w {
		if !s.KeepMass {
			w[i] /= mass
		}
		norm = math.Hypot(norm, w[i])
	}
	if _, i := largestSize(w); !(norm < largestChi) {
		return s.noChi(op, i)
	}
	return nil
}

// largestSize returns the largest |w_i| and its index, of a NaN rather than of any number.
func largestSize(w []float64) (size float64, index int) {
	for i, v := range w {
		if !(math.Abs(v) <= size) {
			size, index = math.Abs(v), i
		}
		if math.IsNaN(v) {
			break
		}
	}
	return size, index
}

// noMass refuses a density that the grid does not hold.
func (s *Scenario) noMass(mass float64) error {
	return s.Errorf("initial", "the initial density has mass %.3g on the grid (move it onto the "+
		"grid, or widen it)", mass)
}

// noChi refuses an initial density so far from equilibrium that its χ overflows, which it does in
// cell i.
func (s *Scenario) noChi(op *operators.Operator, i int) error {
	held := fmt.Sprintf("a share e^%.0f", op.LogM[i]-op.LogZ)
	if op.Sigma[i] == 0 {
		held = "no mass that floating point holds, " + held
	}
	return s.Errorf("initial", "χ² = Σ P²/Π of the initial density is not representable: it has "+
		"mass in the cell [%s], at %s, where π has %s (move the density to where π is, take a "+
		"larger noise.epsilon, or, if that is its tail, a narrower density or a smaller grid)",
		index(s.Grid, i), midpoint(s.Grid, i), held)
}

// midpoint names the midpoint of a cell.
func midpoint(g *mesh.Grid, i int) string {
	pos, held := make([]int, len(g.Axes)), make([]float64, len(g.Axes))
	g.Index(pos, i)
	for k, n := range pos {
		held[k] = g.Axes[k].Midpoint(n)
	}
	return placed(g, held, "%s = %.6g")
}

// state stores w = P/σ, P_i = ∫_cell ρ, of a density given by its logarithm.
// The error of a cell is less than a share of the whole.
func (s *Scenario) state(w []float64, op *operators.Operator, logDensity operators.LogFunction,
	share float64, progress operators.Progress) error {
	if err := operators.LogIntegrals(w, s.Grid, logDensity, share, s.Threads,
		progress); err != nil {
		return err
	}
	divideBySigma(w, op, 0)
	return nil
}

// divideBySigma turns log P into P e^{−logScale}/σ.
func divideBySigma(w []float64, op *operators.Operator, logScale float64) {
	for i, logP := range w {
		w[i] = math.Exp(logP - logScale - (op.LogM[i]-op.LogZ)/2)
	}
}

// leastShare of its mass must a Gaussian have on the grid, and mostShare of it may lie outside
// without a remark.
const (
	leastShare = 1e-12
	mostShare  = 1e-3
)

func (n Gaussian) state(w []float64, s *Scenario, op *operators.Operator) error {
	if err := s.logGaussian(w, n, s.progress(initialPart)); err != nil {
		return err
	}
	logMass := operators.LogSum(w, s.Threads)
	share := math.Exp(logMass - s.logGaussianInAll(n))
	if !(share >= leastShare) {
		return s.noMass(share)
	}
	if s.KeepMass {
		logMass = 0
	} else if share < 1-mostShare {
		s.Remarks = append(s.Remarks, fmt.Sprintf("the grid holds %.4g of the mass of the "+
			"initial Gaussian, which was scaled to mass 1", share))
	}
	divideBySigma(w, op, logMass)
	return nil
}

func (f formulaDensity) state(w []float64, s *Scenario, op *operators.Operator) error {
	program, err := formula.Compile(f.source, s.Grid.Coordinates.Variables())
	if err != nil {
		return s.Errorf("initial.formula", "%v", err)
	}
	return s.integrated(w, op, func(dst []float64, p *mesh.Points) error {
		evaluate(dst, program, p)
		return nil
	}, "initial.formula", "change the formula or the grid")
}

// integrated stores w = P/σ of a density that is given at points, and refuses it with some advice
// where it is none.
func (s *Scenario) integrated(w []float64, op *operators.Operator, density func(dst []float64,
	p *mesh.Points) error, key, advice string) error {
	return s.state(w, op, func(dst []float64, p *mesh.Points) error {
		if err := density(dst, p); err != nil {
			return err
		}
		for i, rho := range dst {
			if !(rho >= 0) || math.IsInf(rho, 0) {
				return s.Errorf(key, "the density is %g at %s; it must be finite and not "+
					"negative: %s", rho, at(p, i), advice)
			}
		}
		elementary.Log(dst, dst)
		return nil
	}, formulaShare[len(s.Grid.Axes)], s.progress(initialPart))
}

// formulaShare, by the number of axes, and exactShare are the shares of the whole mass up to which
// that of a cell is in doubt: of a formula, which is integrated once, as little as can be had; of
// an exact solution, which is at every output, less than any grid's error.
var formulaShare = [...]float64{0, 1e-18, 1e-18, 1e-8, 1e-7}

const exactShare = 1e-6

// noiseOfRuns is the least negative mass, Σ max(−P, 0)/Σ|P|, that a file of a density may have.
// Runs leave up to 1e-7 at the default time.tolerance, and 4e-6 at 1e-4: a few percent of that
// tolerance, so where it is looser it is the bound.
const noiseOfRuns = 1e-5

// state reads cell averages of the density. Negative ones are the noise of a run that wrote them as
// long as their mass is small: the state starts from them as they are, as the run would have gone
// on.
func (f fileDensity) state(w []float64, s *Scenario, op *operators.Operator) error {
	file := f.name
	rho, err := readOnGrid(s.Config, file, s.Grid)
	if err != nil {
		return s.Errorf("initial.file", "%v", err)
	}
	s.Grid.LogVolumes(w)
	least := 0 // the cell of the least density
	for i, v := range rho {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return s.Errorf("initial.file", "%s: the density is %g in cell [%s]; it must be "+
				"finite: correct the file", file, v, index(s.Grid, i))
		}
		if v < rho[least] {
			least = i
		}
		w[i] += math.Log(math.Abs(v))
	}
	if rho[least] < 0 {
		if err := s.allowNegative(f, w, rho, least); err != nil {
			return err
		}
	}
	divideBySigma(w, op, 0)
	for i, v := range rho {
		w[i] = math.Copysign(w[i], v)
	}
	return nil
}

// allowNegative remarks on the negative mass of densities ρ of which log |P| is given, the least in
// one cell, or refuses it.
func (s *Scenario) allowNegative(f fileDensity, logP, rho []float64, least int) error {
	negative := make([]float64, 0, len(rho))
	for i, v := range rho {
		if v < 0 {
			negative = append(negative, logP[i])
		}
	}
	share := math.Exp(operators.LogSum(negative, s.Threads) - operators.LogSum(logP, s.Threads))
	held := fmt.Sprintf("negative cells hold %.3g of the mass, the least density is %.3g in "+
		"cell [%s]", share, rho[least], index(s.Grid, least))
	if share > f.noise {
		return s.Errorf("initial.file", "%s: %s; a density is not negative but for the noise of "+
			"a run, at most %g of the mass: correct the file", f.name, held, f.noise)
	}
	s.Remarks = append(s.Remarks, "initial.file: "+held+"; the run starts from them as they are")
	return nil
}

// ExactState stores w = P/σ of the exact solution at time t, not normalised on the grid.
func (s *Scenario) ExactState(w []float64, op *operators.Operator, t float64) error {
	return s.exactState(w, op, t, nil)
}

func (s *Scenario) exactState(w []float64, op *operators.Operator, t float64,
	progress operators.Progress) error {
	return s.state(w, op, func(dst []float64, p *mesh.Points) error {
		r, isRadial := s.Exact.(exact.Radial)
		if isRadial && s.centred && mesh.NormAxis(s.Grid.Coordinates) == 0 {
			for i, logR := range p.LogNorm() {
				dst[i] = r.LogDensityS(t, logR)
			}
			return nil
		}
		x := make([]float64, s.Exact.Dim())
		for i, theta := range pointsOf(p) {
			mesh.Embed(x, s.Grid.Coordinates, theta)
			dst[i] = s.Exact.LogDensity(t, x)
		}
		return nil
	}, exactShare, progress)
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
	e.L1 += max(0, 1-inside)
	e.Chi = math.Sqrt(e.Chi)
	return e, nil
}
