// Package analysis holds what is concluded from numbers that were computed: limits with error bars, edges of essential spectra. It
// solves nothing.
package analysis
