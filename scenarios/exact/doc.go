// Package exact holds what is known in closed form about
//
//	∂t ρ = ε div( f^{−1/ε} ∇( f^{1+1/ε} ρ ) ),    π = f^{−1−1/ε},  Z = ∫π,  u = ρ/π,
//
// and about the same equation with homogeneous noise (D = ε, π = e^{−f/ε}): invariant densities and
// their normalisations, Poincaré–Hardy constants Λ, and solutions on the whole space.
//
// The solutions are
//
//	Polynomial       f = f₀ + s|x−c|², any dimension     ρ₀ ∝ π(1 + b·(x−c))², dε < 2
//	Student1D        f = f₀ + s(x−c)²                     transition density, ε = 2/(2N−1), N ≥ 1
//	StudentRadial3D  f = f₀ + s|x−c|² in R³               from a shell, ε = 2/(2N−1), N ≥ 2
//	GBM              f = s|x−c|², any dimension           from a shell (geometric Brownian motion)
//	LogSingular      f = r²(1 + log² r) in R^m, m odd ≥ 3 from a shell, ε = 2/(m−2)
//	OrnsteinUhlenbeck f = f₀ + s|x−c|², homogeneous noise transition density
//
// Every density is a logarithm, per unit volume of R^m, that neither underflows nor overflows. The
// error of log ρ (the relative error of ρ) is a few units of 1e-16 (1 + |log ρ|). The terms of a
// kernel with N bound states cancel in part, by a factor below 2^N: within 30 decades of the
// maximum its error is below 1e-13 for N ≤ 6 and 3e-12 for N = 8 = MaxBoundStates. A deviation norm
// is good to 1e-12.
//
// The solutions that start from a point or a shell are singular at age 0; they take an age > 0, and
// the solution at time t has age age + t.
//
// Sources: Blanchet, Bonforte, Dolbeault, Grillo, Vázquez (ARMA 2009) and Denzler, McCann (ARMA
// 2005) for the constants; Forman, Sørensen (2008) for the Student diffusion; the reflectionless
// Pöschl–Teller kernel is classical.
package exact
