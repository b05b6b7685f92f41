// Package analysis holds what is concluded from numbers that were computed: limits with error bars,
// edges of essential spectra, which rate is the right one, and the evidence that a run is held to.
// It solves nothing.
package analysis
