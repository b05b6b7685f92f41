package plots

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"io"
	"iter"
	"maps"
	"slices"
)

// A picture has a palette of mostColours at most, if no pixel then differs from what was drawn by
// more than farthest in a channel, of 255: a sixteenth, at the edges of type and lines.
const (
	mostColours = 256
	farthest    = 16
)

// encodePNG writes a picture, with a palette if there is one: that is a quarter of the bytes, which
// need no filters and little compression.
func encodePNG(w io.Writer, img *image.RGBA) error {
	if small := indexed(img); small != nil {
		encoder := png.Encoder{CompressionLevel: png.BestSpeed}
		return encoder.Encode(w, small)
	}
	return png.Encode(w, img)
}

// indexed returns the picture with a palette, or nil if there is none.
func indexed(img *image.RGBA) *image.Paletted {
	palette, index, worst := reduced(frequencies(img))
	if worst > farthest {
		return nil
	}
	out := image.NewPaletted(img.Bounds(), nil)
	for _, v := range palette {
		out.Palette = append(out.Palette, v.rgba())
	}
	for y := range img.Rect.Dy() {
		line := out.Pix[y*out.Stride:]
		if y > 0 && bytes.Equal(pixelRow(img, y), pixelRow(img, y-1)) {
			copy(line, out.Pix[(y-1)*out.Stride:][:out.Stride])
			continue
		}
		for r := range pixelRuns(pixelRow(img, y)) {
			at := index[r.value]
			for x := r.from; x < r.to; x++ {
				line[x] = at
			}
		}
	}
	return out
}

// reduced returns a palette for colours of which there are so many pixels each, the place that
// every colour has in it, and the largest distance d of a colour from that in its place. Of the
// colours one after another is chosen, the one for which n d³ is largest, n pixels being d away
// from what has been chosen: areas get their own colour, edges nearly so. If they are few all are
// chosen. No order but that of numbers and colours plays a part.
func reduced(counts map[pixelValue]int) (palette []pixelValue, index map[pixelValue]uint8,
	worst int) {
	colours := slices.SortedFunc(maps.Keys(counts), func(a, b pixelValue) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	type state struct{ count, distance, place int }
	states := make([]state, len(colours))
	for i, v := range colours {
		states[i] = state{count: counts[v], distance: 256}
	}
	for next, most := 0, 1; most > 0 && len(palette) < mostColours; {
		chosen := colours[next]
		most = 0
		for i := range states {
			s := &states[i]
			if d := distance(colours[i], chosen); d < s.distance {
				s.distance, s.place = d, len(palette)
			}
			if cost := s.count * s.distance * s.distance * s.distance; cost > most {
				next, most = i, cost
			}
		}
		palette = append(palette, chosen)
	}
	index = map[pixelValue]uint8{}
	for i, v := range colours {
		index[v] = uint8(states[i].place)
		worst = max(worst, states[i].distance)
	}
	return palette, index, worst
}

// pixelValue is a colour as the bytes R, G, B, A of a pixel, R the lowest.
type pixelValue uint32

// channels returns the components.
func (v pixelValue) channels() [4]uint8 {
	return [4]uint8{uint8(v), uint8(v >> 8), uint8(v >> 16), uint8(v >> 24)}
}

// rgba returns the colour.
func (v pixelValue) rgba() color.RGBA {
	c := v.channels()
	return color.RGBA{c[0], c[1], c[2], c[3]}
}

// distance is the largest difference of two colours in a channel.
func distance(a, b pixelValue) (d int) {
	p, q := a.channels(), b.channels()
	for k := range p {
		d = max(d, int(p[k])-int(q[k]), int(q[k])-int(p[k]))
	}
	return d
}

// frequencies counts the pixels of every colour.
func frequencies(img *image.RGBA) map[pixelValue]int {
	counts := map[pixelValue]int{}
	for y := range img.Rect.Dy() {
		for r := range pixelRuns(pixelRow(img, y)) {
			counts[r.value] += r.to - r.from
		}
	}
	return counts
}

// pixelRow returns the bytes of row y.
func pixelRow(img *image.RGBA, y int) []byte {
	return img.Pix[y*img.Stride:][:4*img.Rect.Dx()]
}

// pixelRun is the pixels from … to − 1 of a row, of one colour.
type pixelRun struct {
	value    pixelValue
	from, to int
}

// pixelRuns parts a row into runs as long as can be. Most pixels are in long ones, which are gone
// through in pairs.
func pixelRuns(row []byte) iter.Seq[pixelRun] {
	return func(yield func(pixelRun) bool) {
		for at := 0; at < len(row); {
			v, from := binary.LittleEndian.Uint32(row[at:]), at
			pair := uint64(v)<<32 | uint64(v)
			at += 4
			for at+8 <= len(row) && binary.LittleEndian.Uint64(row[at:]) == pair {
				at += 8
			}
			if at < len(row) && binary.LittleEndian.Uint32(row[at:]) == v {
				at += 4
			}
			if !yield(pixelRun{pixelValue(v), from / 4, at / 4}) {
				return
			}
		}
	}
}
