// Package plots draws the figures of a run: the decay of the norm, the density at several times,
// the final density against the invariant one, and errors against the resolution. They are PNG and
// have their own size; a Paper may ask for another, and for SVG.
//
// The functions take plain data and write a picture. Densities are shown in two coordinates:
//
//   - physical: the region that holds 99 % of the mass at every time shown, on linear scales;
//   - graded: ξ, in which every cell of the grid is equally wide (ξ = i on face i), on logarithmic
//     scales. Tails that are a hundred widths away are as visible there as the core.
//
// What cannot be drawn is left out and said so in the figure: a norm that is not representable, a
// density that is not positive. Inputs that contradict each other (lengths, faces that do not
// ascend) are errors.
package plots
