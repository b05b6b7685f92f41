package validation

// factors are by how much an error may exceed its estimate, per claim. None exceeds 5: an estimate by Richardson
// extrapolation, by a residual or by the truncation is of the right size, not a bound.
var factors = map[string]float64{}

// usual is the factor of a claim that is not listed.
const usual = 5

func factor(claim string) float64 {
	if f, ok := factors[claim]; ok {
		return f
	}
	return usual
}
