package scenarios

import (
	"fmt"
	"math"

	"fpsgd/mesh"
)

// MLNoise is noise that vanishes with the loss, D = ε f: the weights log π = −(1 + 1/ε) log f, κ = log ε − (log f)/ε.
type MLNoise struct {
	Landscape Landscape
	Epsilon   float64
}

// LogWeights stores log π and κ.
func (w MLNoise) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	if err := w.Landscape.LogF(kappa, p); err != nil {
		return err
	}
	inverse, logEps := 1/w.Epsilon, math.Log(w.Epsilon)
	for i, l := range kappa {
		if math.IsInf(l, -1) {
			return fmt.Errorf("f = 0 at %s, inside a cell: choose the grid so that a face or a corner lies there", at(p, i))
		}
		logPi[i], kappa[i] = -(1+inverse)*l, logEps-inverse*l
	}
	return nil
}

// HomogeneousNoise is D = ε: the weights log π = −f/ε, κ = log ε − f/ε.
type HomogeneousNoise struct {
	Landscape Landscape
	Epsilon   float64
}

// LogWeights stores log π and κ.
func (w HomogeneousNoise) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	if err := w.Landscape.LogF(kappa, p); err != nil {
		return err
	}
	logEps := math.Log(w.Epsilon)
	for i, l := range kappa {
		f := math.Exp(l) / w.Epsilon
		if math.IsInf(f, 0) {
			return fmt.Errorf("f/ε = exp(%.6g) at %s is not representable: make the grid smaller", l-logEps, at(p, i))
		}
		logPi[i], kappa[i] = -f, logEps-f
	}
	return nil
}
