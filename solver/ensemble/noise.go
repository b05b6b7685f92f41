package ensemble

import (
	"fmt"
	"math"
	"strings"

	"fpsgd/operators/elementary"
)

// Law is the distribution of the noise Y of a step, of mean 0 and covariance I.
type Law int

// Laws of the noise.
const (
	Gaussian   Law = iota
	Sphere         // uniform on |Y| = √m
	Rademacher     // signs, independent in every component
)

var lawNames = []string{"gaussian", "sphere", "rademacher"}

// String is the name of a law.
func (l Law) String() string { return lawNames[l] }

// ParseLaw returns the law of a name.
func ParseLaw(name string) (Law, error) {
	for k, n := range lawNames {
		if n == name {
			return Law(k), nil
		}
	}
	return 0, fmt.Errorf("unknown noise %q (use one of %s)", name, strings.Join(lawNames, ", "))
}

// What the third word of a counter says that a block is for.
const (
	forIncrements = iota
	forAreas
	forStart
	forWalls
)

// wordsOfBlock is the number of words that philox makes at a time.
const wordsOfBlock = 4

// source makes the noise of a range of particles, of at most width. The key of a particle's stream
// is (seed, particle), a counter (group of steps, block, purpose, substep). Steps that need less
// than a block of words share one: in one and two dimensions four and two steps do.
type source struct {
	seed      uint64
	dimension int
	law       Law
	purpose   uint64
	group     int // steps to a block, or 1
	blocks    int // to a step, or 1

	made      int64       // the group whose numbers are there, or −1,
	substep   uint64      // of this substep,
	particle  int         // the first of those that it is of
	numbers   [][]float64 // group·dimension components, or a few more
	component [][]float64 // the views that increments returns
	u, t      []float64   // scratch
	words     [][4]uint64 // scratch
}

// numbersOfBlock is how many numbers a block of words gives: by Box and Muller one a word, or
// signs.
func (l Law) numbersOfBlock() int {
	const bits = 64
	if l == Rademacher {
		return bits * wordsOfBlock
	}
	return wordsOfBlock
}

func newSource(seed uint64, dimension int, law Law, purpose uint64, width int) *source {
	const longest = 16 // groups of signs for which the cache has room
	s := &source{seed: seed, dimension: dimension, law: law, purpose: purpose, made: -1}
	each := law.numbersOfBlock()
	s.group = min(max(each/dimension, 1), longest)
	s.blocks = (dimension + each - 1) / each
	count := s.group * dimension
	if law != Rademacher {
		count = max(count, s.blocks*each) // they come in pairs
	}
	for range count {
		s.numbers = append(s.numbers, make([]float64, width))
	}
	s.u, s.t = make([]float64, width), make([]float64, width)
	s.words, s.component = make([][4]uint64, width), make([][]float64, dimension)
	return s
}

// increments returns Y of a step for the n particles from the first on, component by component,
// valid until the next call.
func (s *source) increments(step int64, substep uint64, first, n int) [][]float64 {
	group, within := step/int64(s.group), int(step%int64(s.group))
	if group != s.made || first != s.particle || substep != s.substep {
		s.fill(uint64(group), substep, first, n)
		s.made, s.particle, s.substep = group, first, substep
	}
	for k := range s.component {
		s.component[k] = s.numbers[within*s.dimension+k][:n]
	}
	return s.component
}

// fill makes the numbers of a group of steps.
func (s *source) fill(group, substep uint64, first, n int) {
	for b := range s.blocks {
		s.draw([4]uint64{group, uint64(b), s.purpose, substep}, first, n)
		if s.law == Rademacher {
			s.signs(b, n)
			continue
		}
		for pair := 0; pair < wordsOfBlock; pair += 2 {
			at := b*wordsOfBlock + pair
			s.gaussians(s.numbers[at][:n], s.numbers[at+1][:n], pair)
		}
	}
	if s.law == Sphere {
		s.normalise(n)
	}
}

// draw makes block `counter` of the n streams from the first on.
func (s *source) draw(counter [4]uint64, first, n int) {
	i := 0
	for ; i+2 <= n; i += 2 {
		philoxTwice(&s.words[i], &s.words[i+1], s.seed, uint64(first+i), &counter)
	}
	if i < n {
		s.words[i] = philox([2]uint64{s.seed, uint64(first + i)}, counter)
	}
}

// uniform is the middle of one of 2^53 intervals of (0, 1), the one that the word's first bits
// name.
func uniform(word uint64) float64 { return (float64(word>>11) + 0.5) * 0x1p-53 }

// gaussians turns words 2j and 2j+1 of every block into two independent normal numbers,
//
//	√(−2 log u) (cos 2πt, sin 2πt)
//
// (Box and Muller).
func (s *source) gaussians(x, y []float64, pair int) {
	u, t := s.u[:len(x)], s.t[:len(x)]
	for i := range x {
		w := &s.words[i]
		u[i], t[i] = uniform(w[pair]), uniform(w[pair+1])
	}
	elementary.Log(u, u)
	elementary.Turn(x, y, t)
	for i, l := range u {
		r := math.Sqrt(-2 * l)
		x[i] *= r
		y[i] *= r
	}
}

// signs turns the bits of block b into ±1.
func (s *source) signs(b, n int) {
	const bits = 64
	first := b * bits * wordsOfBlock
	for k, numbers := range s.numbers[first:min(first+bits*wordsOfBlock, len(s.numbers))] {
		word, bit := k/bits, k%bits
		for i := range n {
			numbers[i] = 1 - 2*float64(s.words[i][word]>>bit&1)
		}
	}
}

// normalise scales the vectors of each step to the length √m.
func (s *source) normalise(n int) {
	for step := range s.group {
		y := s.numbers[step*s.dimension:][:s.dimension]
		for i := range n {
			square := 0.0
			for _, component := range y {
				square += component[i] * component[i]
			}
			scale := math.Sqrt(float64(s.dimension) / square)
			for _, component := range y {
				component[i] *= scale
			}
		}
	}
}
