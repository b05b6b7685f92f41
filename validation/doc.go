// Package validation holds the claims of the talk as experiments: whole runs, from a problem to
// figures that closed forms give. Problems are Go values, solved by the default propagator of
// package fpsgd but where steps are the point.
//
// Its tests are the acceptance tests of the program. With h the mesh width, dt the time step, q = λ
// dt and λ the discrete gap,
//
//	‖ρ_h − ρ‖ = O(h²),    ‖w_dt − e^{−tS}w‖ = O(dt^p),    |rate/λ − 1| ≤ 0.05 q² + 1e-6,
//
// with stated constants, λ is the continuous gap, the mean decays at its exact rate, and an
// operator either is sound in every entry or is refused with a grid that would do. Each is a
// function that returns an error, and fails for operators that are conservative, positive and
// symmetric but not those of the equation.
package validation
