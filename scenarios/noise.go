package scenarios

import (
	"fmt"
	"math"

	"fpsgd/internal/formula"
	"fpsgd/mesh"
	"fpsgd/operators"
)

// Noise is the noise of SGD: how its diffusion coefficient D depends on the loss. With ε = ησ/2 it
// decides the invariant density π and the conductivity e^κ of the equation ∂t ρ = div( e^κ ∇(ρ/π)
// ).
type Noise interface {
	// Epsilon is ε.
	Epsilon() float64
	// String names the model as configs do.
	String() string
	// Text names the model for people, ε being written before.
	Text() string
	// Formulas are the equation in formulas, for people.
	Formulas() Formulas
	// Weights returns log π and κ of a loss.
	Weights(f Landscape) operators.Weights

	// logPi is log π where the loss has the value f.
	logPi(f float64) float64
	// logPiOfLog is log π where the loss has a logarithm.
	logPiOfLog(logF float64) float64
	// enclose returns log π on a box on which f is enclosed, in n variables.
	enclose(f formula.Jet, n int) formula.Jet
}

// ML is ε of noise that vanishes with the loss, as that of machine learning does: D = ε f,
// π = f^{−1−1/ε}.
type ML float64

// Epsilon implements Noise.
func (e ML) Epsilon() float64 { return float64(e) }

func (ML) String() string { return "ml" }

// Text implements Noise.
func (ML) Text() string { return "ML noise ε f" }

// Weights implements Noise.
func (e ML) Weights(f Landscape) operators.Weights { return MLWeights{f, float64(e)} }

func (e ML) logPi(f float64) float64 { return e.logPiOfLog(math.Log(f)) }

func (e ML) logPiOfLog(logF float64) float64 { return -(1 + 1/float64(e)) * logF }

func (e ML) enclose(f formula.Jet, n int) formula.Jet {
	logF := f.Log(n)
	return logF.Scaled(-(1 + 1/float64(e)), n)
}

// Homogeneous is ε of noise that does not depend on the loss: D = ε, π = e^{−f/ε}.
type Homogeneous float64

// Epsilon implements Noise.
func (e Homogeneous) Epsilon() float64 { return float64(e) }

func (Homogeneous) String() string { return "homogeneous" }

// Text implements Noise.
func (Homogeneous) Text() string { return "homogeneous noise ε" }

// Weights implements Noise.
func (e Homogeneous) Weights(f Landscape) operators.Weights {
	return HomogeneousWeights{f, float64(e)}
}

func (e Homogeneous) logPi(f float64) float64 { return -f / float64(e) }

func (e Homogeneous) logPiOfLog(logF float64) float64 { return -math.Exp(logF) / float64(e) }

func (e Homogeneous) enclose(f formula.Jet, n int) formula.Jet { return f.Scaled(-1/float64(e), n) }

// newNoise returns the noise of a model named as in configs.
func newNoise(model string, epsilon float64) Noise {
	if h := Homogeneous(epsilon); model == h.String() {
		return h
	}
	return ML(epsilon)
}

// MLWeights are log π = −(1 + 1/ε) log f, κ = log ε − (log f)/ε.
type MLWeights struct {
	Landscape Landscape
	Epsilon   float64
}

// LogWeights stores log π and κ.
func (w MLWeights) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	if err := w.Landscape.LogF(kappa, p); err != nil {
		return err
	}
	inverse, logEps := 1/w.Epsilon, math.Log(w.Epsilon)
	for i, l := range kappa {
		if math.IsInf(l, -1) {
			return fmt.Errorf("f = 0 at %s, inside a cell: choose the grid so that a face or a "+
				"corner lies there", at(p, i))
		}
		logPi[i], kappa[i] = -(1+inverse)*l, logEps-inverse*l
	}
	return nil
}

// HomogeneousWeights are log π = −f/ε, κ = log ε − f/ε.
type HomogeneousWeights struct {
	Landscape Landscape
	Epsilon   float64
}

// LogWeights stores log π and κ.
func (w HomogeneousWeights) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	if err := w.Landscape.LogF(kappa, p); err != nil {
		return err
	}
	logEps := math.Log(w.Epsilon)
	for i, l := range kappa {
		f := math.Exp(l) / w.Epsilon
		if math.IsInf(f, 0) {
			return fmt.Errorf("f/ε = exp(%.6g) at %s is not representable: make the grid smaller",
				l-logEps, at(p, i))
		}
		logPi[i], kappa[i] = -f, logEps-f
	}
	return nil
}

func isHomogeneous(n Noise) bool {
	_, ok := n.(Homogeneous)
	return ok
}

// Formulas is what a noise makes of the equation, in formulas for people.
type Formulas struct {
	SDE       string // Itô
	Step      string // how SGD gives ε; "" where it is no model of that
	PDE       string // of the law ρ
	Invariant string // π
	Flux      string // out of the domain, through a face with the normal n
}

// Formulas implements Noise.
func (e ML) Formulas() Formulas {
	eps := float64(e)
	return Formulas{
		SDE: fmt.Sprintf("dθ = −∇f dt + sqrt(2 ε f) dB (Itô), ε = %g: "+
			"noise that vanishes with the loss", eps),
		Step:      "SGD with step η and gradient noise of covariance σ f I has ε = ησ/2",
		PDE:       fmt.Sprintf("∂t ρ = %g div( f^{−%g} ∇( f^{%g} ρ ) )", eps, 1/eps, 1+1/eps),
		Invariant: fmt.Sprintf("π = f^{−%g}", 1+1/eps),
		Flux:      "ε f^{−1/ε} ∂n( f^{1+1/ε} ρ )",
	}
}

// Formulas implements Noise.
func (e Homogeneous) Formulas() Formulas {
	return Formulas{
		SDE: fmt.Sprintf("dθ = −∇f dt + sqrt(2ε) dB (Itô), ε = %g: homogeneous noise",
			float64(e)),
		PDE:       "∂t ρ = ε div( e^{−f/ε} ∇( e^{f/ε} ρ ) )",
		Invariant: fmt.Sprintf("π = e^{−f/%g}", float64(e)),
		Flux:      "ε e^{−f/ε} ∂n( e^{f/ε} ρ )",
	}
}
