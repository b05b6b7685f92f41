package ensemble

import "math/bits"

// philox returns block `counter` of the stream `key` of random words by Philox4x64-10: ten rounds
// of
//
//	(hi0, lo0) = M0·c0,  (hi1, lo1) = M1·c2,  c ← (hi1 ⊕ c1 ⊕ k0, lo1, hi0 ⊕ c3 ⊕ k1, lo0),
//
// and k ← k + (W0, W1) after each. A block is a function of its key and counter alone, so that any
// particle's noise at any step is had without those before.
//
// J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, Parallel random numbers: as easy as 1, 2, 3,
// SC '11.
func philox(key [2]uint64, counter [4]uint64) [4]uint64 {
	const (
		rounds = 10
		m0, m1 = 0xD2E7470EE14C6C93, 0xCA5A826395121157
		w0, w1 = 0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B // the golden ratio and √3 − 1
	)
	c0, c1, c2, c3 := counter[0], counter[1], counter[2], counter[3]
	k0, k1 := key[0], key[1]
	for range rounds {
		hi0, lo0 := bits.Mul64(m0, c0)
		hi1, lo1 := bits.Mul64(m1, c2)
		c0, c1, c2, c3 = hi1^c1^k0, lo1, hi0^c3^k1, lo0
		k0, k1 = k0+w0, k1+w1
	}
	return [4]uint64{c0, c1, c2, c3}
}

// philoxTwice stores the blocks of two keys (k0, k1) and (k0, k1 + 1) at a time, which overlaps
// their chains of products.
func philoxTwice(x, y *[4]uint64, k0, k1 uint64, counter *[4]uint64) {
	const (
		rounds = 10
		m0, m1 = 0xD2E7470EE14C6C93, 0xCA5A826395121157
		w0, w1 = 0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B
	)
	c0, c1, c2, c3 := counter[0], counter[1], counter[2], counter[3]
	d0, d1, d2, d3 := c0, c1, c2, c3
	for range rounds {
		hi0, lo0 := bits.Mul64(m0, c0)
		hi1, lo1 := bits.Mul64(m1, c2)
		hi2, lo2 := bits.Mul64(m0, d0)
		hi3, lo3 := bits.Mul64(m1, d2)
		c0, c1, c2, c3 = hi1^c1^k0, lo1, hi0^c3^k1, lo0
		d0, d1, d2, d3 = hi3^d1^k0, lo3, hi2^d3^(k1+1), lo2
		k0, k1 = k0+w0, k1+w1
	}
	*x, *y = [4]uint64{c0, c1, c2, c3}, [4]uint64{d0, d1, d2, d3}
}
