package exact

import (
	"cmp"
	"fmt"
	"math"
)

// student is what the Student kernels share.
type student struct {
	release
	kernel reflectionless
	source point
}

// clock returns T = ε s (age + t).
func (s *student) clock(t float64) float64 { return s.eps * s.f.Scale * (s.age + t) }

// Student1D is the transition density for f = f₀ + s(x−c)² on the line, ε = 2/(2N−1), N ≥ 1. In the
// unit variables of Quadratic, y = sinh θ, T = ε s (age + t),
//
//	ρ(y) = K_N(θ,θ₀;T) cosh^N θ₀ / cosh^{N+1} θ.
type Student1D struct{ student }

// NewStudent1D returns the density of the diffusion that was at source a time age ago. ε must be
// 2/(2N−1) with N = 1, …, MaxBoundStates.
func NewStudent1D(eps float64, f Quadratic, source, age float64) (*Student1D, error) {
	const family = "Student kernel"
	if err := cmp.Or(checkRelease(family, eps, age), f.check(family, 1)); err != nil {
		return nil, err
	}
	if math.IsNaN(source) || math.IsInf(source, 0) {
		return nil, fmt.Errorf("%s: source = %g; give a finite number", family, source)
	}
	n, err := boundStates(family, eps, 1)
	if err != nil {
		return nil, err
	}
	s := &Student1D{student{release: release{f, eps, age, 1}, kernel: newReflectionless(n)}}
	s.source = s.point(source)
	return s, nil
}

// LogDensity returns log ρ(x[0],t).
func (s *Student1D) LogDensity(t float64, x []float64) float64 { return s.logDensityAt(t, x[0]) }

func (s *Student1D) logDensityAt(t, x float64) float64 {
	p, n := s.point(x), float64(s.kernel.n)
	return s.kernel.logKernel(p, s.source, s.clock(t)) + n*s.source.logCosh - (n+1)*p.logCosh -
		math.Log(s.f.width())
}

// DeviationNorm returns ‖u−⟨u⟩‖(t); in unit variables its square is [K_N(θ₀,θ₀;2T) − ψ_N(θ₀)²]
// cosh^{2N} θ₀.
func (s *Student1D) DeviationNorm(t float64) float64 {
	logK := s.kernel.sum(s.source, s.source, 2*s.clock(t), 0, true)
	return math.Exp(0.5*logK + float64(s.kernel.n)*s.source.logCosh - s.f.logUnitZ(s.eps, 1)/2)
}

func (s *Student1D) point(x float64) point {
	if s.f.Center != nil {
		x -= s.f.Center[0]
	}
	return pointAtSinh(x / s.f.width())
}

// StudentRadial3D is the radial solution for f = f₀ + s|x−c|² in R³ that starts from a shell,
// ε = 2/(2N−1), N ≥ 2. In the unit variables of Quadratic, |y| = sinh θ, T = ε s (age + t),
//
//	ρ = e^{(2N−1)T} [K_N(θ,θ₀;T) − K_N(θ,−θ₀;T)] cosh^N θ₀ / (4π sinh θ sinh θ₀ cosh^{N+1} θ).
type StudentRadial3D struct {
	student
	logSource float64 // log sinh θ₀
}

// NewStudentRadial3D returns the density of the diffusion that was uniform on the shell
// |x−c| = source a time age ago. ε must be 2/(2N−1) with N = 2, …, MaxBoundStates: for ε = 2
// nothing is stationary in R³.
func NewStudentRadial3D(eps float64, f Quadratic, source, age float64) (*StudentRadial3D, error) {
	const family = "radial Student kernel in R³"
	err := cmp.Or(checkRelease(family, eps, age), checkRadius(family, source), f.check(family, 3))
	if err != nil {
		return nil, err
	}
	n, err := boundStates(family, eps, 2)
	if err != nil {
		return nil, err
	}
	logSource := math.Log(source / f.width())
	start := student{release{f, eps, age, 3}, newReflectionless(n), pointAtLogSinh(logSource)}
	return &StudentRadial3D{start, logSource}, nil
}

// LogDensity returns log ρ(x,t).
func (s *StudentRadial3D) LogDensity(t float64, x []float64) float64 {
	return s.LogDensityS(t, math.Log(distance(x, s.f.Center)))
}

// LogDensityS returns log ρ at r = e^s.
func (s *StudentRadial3D) LogDensityS(t, logR float64) float64 {
	return s.logDensity(s.clock(t), logR-math.Log(s.f.width()), false) - 3*math.Log(s.f.width())
}

// DeviationNorm returns ‖u−⟨u⟩‖(t); its square is ρ/π at the source at twice the age, less the
// constant mode.
func (s *StudentRadial3D) DeviationNorm(t float64) float64 {
	logPi := -float64(2*s.kernel.n+1) * s.source.logCosh
	logU := s.logDensity(2*s.clock(t), s.logSource, true) - logPi
	return math.Exp(0.5*logU - s.f.logUnitZ(s.eps, 3)/2)
}

// logDensity returns log ρ in unit variables at |y| = e^q, optionally without the constant mode. ρ
// is even and smooth in |y|, so that below e^{−20} it is constant to rounding.
func (s *StudentRadial3D) logDensity(T, q float64, deviation bool) float64 {
	q = max(q, -20)
	p, n := pointAtLogSinh(q), float64(s.kernel.n)
	return s.kernel.logOddKernel(p, s.source, T, deviation) +
		n*s.source.logCosh - (n+1)*p.logCosh - q - s.logSource - math.Log(4*math.Pi)
}
