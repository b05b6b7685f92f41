package hostile

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
)

// mostBytes bounds inputs: what small files may do is asked for.
const mostBytes = 64 << 10

// number matches what may be one in a text.
var number = regexp.MustCompile(`[-+]?[0-9][0-9_.]*([eE][-+]?[0-9]+)?`)

// mutate changes a content in one to eight ways, mostly few.
func mutate(r *rand.Rand, content []byte, others [][]byte) []byte {
	content = bytes.Clone(content)
	for again := true; again; again = r.IntN(3) > 0 {
		content = mutations[r.IntN(len(mutations))](r, content, others)
	}
	return content[:min(len(content), mostBytes)]
}

// span is a part of a content, mostly a short one.
func span(r *rand.Rand, content []byte) (from, to int) {
	from = r.IntN(len(content) + 1)
	most := len(content) - from
	if r.IntN(4) > 0 {
		most = min(most, 16)
	}
	return from, from + r.IntN(most+1)
}

// insert replaces a part by others.
func insert(content []byte, from, to int, parts ...[]byte) []byte {
	rest := bytes.Clone(content[to:])
	for _, p := range parts {
		content = append(content[:from], p...)
		from = len(content)
	}
	return append(content[:from], rest...)
}

var mutations = []func(r *rand.Rand, content []byte, others [][]byte) []byte{
	func(r *rand.Rand, content []byte, _ [][]byte) []byte { // a bit
		if len(content) > 0 {
			content[r.IntN(len(content))] ^= 1 << r.IntN(8)
		}
		return content
	},
	func(r *rand.Rand, content []byte, _ [][]byte) []byte { // a byte
		if len(content) > 0 {
			content[r.IntN(len(content))] = Pick(r, []byte("\x00\xff\x7f\x80\x01\n\r\t \"'`\\/#=,;"+
				"[](){}<>.-+*^_0919aeEx"))
		}
		return content
	},
	func(r *rand.Rand, content []byte, _ [][]byte) []byte { // less
		from, to := span(r, content)
		return insert(content, from, to, nil)
	},
	func(r *rand.Rand, content []byte, _ [][]byte) []byte { // the beginning alone
		return content[:r.IntN(len(content)+1)]
	},
	func(r *rand.Rand, content []byte, others [][]byte) []byte { // a part of another
		other := others[r.IntN(len(others))]
		from, to := span(r, other)
		a, b := span(r, content)
		return insert(content, a, b, other[from:to])
	},
	func(r *rand.Rand, content []byte, _ [][]byte) []byte { // a part again and again
		from, to := span(r, content)
		n := 1 + r.IntN(8)
		if r.IntN(8) == 0 {
			n = 1 + r.IntN(1+mostBytes/(to-from+1))
		}
		return insert(content, to, to, bytes.Repeat(content[from:to], n))
	},
	func(r *rand.Rand, content []byte, _ [][]byte) []byte { // another number
		all := number.FindAllIndex(content, 1000)
		if len(all) == 0 {
			return content
		}
		at := all[r.IntN(len(all))]
		return insert(content, at[0], at[1], []byte(Number(r)))
	},
	func(r *rand.Rand, content []byte, _ [][]byte) []byte { // another binary number
		b := Binary(r)
		if len(content) < len(b) {
			return content
		}
		copy(content[r.IntN(len(content)-len(b)+1):], b)
		return content
	},
	func(r *rand.Rand, content []byte, _ [][]byte) []byte { // a token
		from, to := span(r, content)
		if r.IntN(2) > 0 {
			to = from
		}
		return insert(content, from, to, []byte(Pick(r, tokens)))
	},
}

var tokens = strings.Fields(
	`null true false NaN nan inf -inf Infinity {} [] [[ ]] {{ "" '' """ ` +
		"''' " +
		"\x00 \ufeff \u2028 \x1b[2J \xff\xfe \xc3\x28 ../ /dev/zero CON .npy # // /* */ " +
		"<!-- <script>" +
		` %s %n $( ${ == = : , ; \u0000 \n \ x y pi e exp( log( min( ( ) ^ ** 1e999 0x1F 1_000 ` +
		`[x] [[x]]`)

// Pick is one of a list.
func Pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// Number is the text of a number that is seldom meant.
func Number(r *rand.Rand) string {
	return Pick(r, []string{"0", "-0", "-1", "1", "2", "3", "0.5", "-0.25", "1e-3", "7", "100",
		"4096",
		"1e3", "1e6", "65536", "2147483647", "2147483648", "-2147483649", "4294967296",
		"1000000000",
		"9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
		"18446744073709551616", "1e18", "1e19", "1e100", "1e154", "1e155", "1e300", "1e308",
		"1.7976931348623157e308", "1e309", "-1e308", "1e-154", "1e-300", "2.2250738585072014e-308",
		"5e-324", "1e-324", "1e-400", "nan", "inf", "-inf", "NaN", "Infinity", "1_000", "0x10",
		"0o7",
		"00", "1e", ".5", "5.", "1.0000000000000002", "0.9999999999999999", "3.141592653589793",
		"6.283185307179586", "2.718281828459045", strings.Repeat("9", 1+r.IntN(400)),
		"0." + strings.Repeat("0", r.IntN(400)) + "1"})
}

// Binary is one of the same, as an integer of 2, 4 or 8 bytes or a float64, in either order.
func Binary(r *rand.Rand) []byte {
	bits := Pick(r, []uint64{0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000,
		math.MaxInt32,
		1 << 31, math.MaxUint32, 1 << 32, math.MaxInt64, 1 << 63, math.MaxUint64, 1 << 40, 1 << 53,
		math.Float64bits(math.NaN()), math.Float64bits(math.Inf(1)), math.Float64bits(math.Inf(-1)),
		math.Float64bits(math.MaxFloat64), math.Float64bits(-math.MaxFloat64), math.Float64bits(-1),
		math.Float64bits(math.SmallestNonzeroFloat64), math.Float64bits(1),
		math.Float64bits(1e300)})
	b := binary.LittleEndian.AppendUint64(nil, bits)
	if r.IntN(2) > 0 {
		b = binary.BigEndian.AppendUint64(nil, bits)
	}
	return b[:2<<r.IntN(3)]
}
