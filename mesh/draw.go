package mesh

import (
	"math"
	"slices"
)

// Draw stores a point θ of R^m that is uniformly distributed, by volume, in cell i; uniform returns
// independent numbers of (0, 1). Where symmetry leaves a radius, its direction is drawn too. A
// coordinate q of the cell [a, b] has the distribution ∫_a^q J dq / ∫_a^b J dq, as J is a product.
func (g *Grid) Draw(theta []float64, i int, uniform func() float64) {
	n := len(g.Axes)
	index, q := make([]int, n), make([][]float64, n)
	g.Index(index, i)
	for k := range q {
		a := &g.Axes[k]
		q[k] = []float64{a.Physical(g.within(k, a.Faces[index[k]], a.Faces[index[k]+1], uniform()))}
	}
	var component [1]float64
	at := 0
	for k, name := range g.Coordinates.Components() {
		g.Coordinates.Variable(component[:], name, q)
		if of := NormOf(g.Coordinates, k); of > 0 {
			direct(theta[at:at+of], component[0], uniform)
			at += of
			continue
		}
		theta[at] = component[0]
		at++
	}
}

// within returns the held coordinate in [a, b] below which a share of the measure of axis k lies:
// by a closed form where J is 1, r^{n−1} or sin θ.
func (g *Grid) within(k int, a, b, share float64) float64 {
	axis, d := &g.Axes[k], DomainOf(g.Coordinates, k)
	switch g.Coordinates.(type) {
	case *system, *angular:
		switch n := float64(d.NormOf); {
		case n > 0: // q^n = b^n (1 − (1 − share)(1 − (a/b)^n))
			logA, logB := axis.Logarithm(a), axis.Logarithm(b)
			logQ := logB + math.Log1p((1-share)*math.Expm1(n*(logA-logB)))/n
			if axis.Log {
				return logQ
			}
			return math.Exp(logQ)
		case d == polarAngle: // sin²(θ/2)
			below := func(theta float64) float64 { return math.Pow(math.Sin(theta/2), 2) }
			return 2 * math.Asin(math.Sqrt(below(a)+share*(below(b)-below(a))))
		}
		return a + share*(b-a)
	}
	measure := func(held float64) float64 {
		return g.Coordinates.LogCell(k, axis.Physical(a), axis.Physical(held), axis.Logarithm(a),
			axis.Logarithm(held))
	}
	whole := measure(b)
	below := func(held float64) float64 {
		if !(held > a) {
			return 0
		}
		return math.Exp(measure(held) - whole)
	}
	return bisect(below, share, a, b)
}

// direct stores a vector of a length in a random direction: that of independent normal numbers, or
// either sign.
func direct(x []float64, length float64, uniform func() float64) {
	square := 0.0
	for k := range x {
		x[k] = math.Sqrt(-2*math.Log(uniform())) * math.Cos(tau*uniform())
		square += x[k] * x[k]
	}
	for k := range x {
		x[k] *= length / math.Sqrt(square)
	}
}

// CellOf returns the held coordinates of a point of R^m and the cell that it lies in, −1 if it is
// outside of the grid: on a face, that above.
func (g *Grid) CellOf(theta []float64) (held []float64, cell int) {
	components := make([]float64, len(g.Coordinates.Components()))
	at := 0
	for k := range components {
		of := max(1, NormOf(g.Coordinates, k))
		components[k] = theta[at]
		for _, x := range theta[at+1 : at+of] {
			components[k] = math.Hypot(components[k], x)
		}
		at += of
	}
	held, on := g.Locate(components)
	if !on {
		return held, -1
	}
	return held, g.CellAt(held)
}

// CellAt returns the cell that holds held coordinates within the grid's range: on a face, that
// above.
func (g *Grid) CellAt(held []float64) (cell int) {
	for k, q := range held {
		faces := g.Axes[k].Faces
		i, found := slices.BinarySearch(faces, q)
		if !found || i == len(faces)-1 {
			i--
		}
		cell = cell*g.Axes[k].Cells() + min(max(i, 0), len(faces)-2)
	}
	return cell
}
