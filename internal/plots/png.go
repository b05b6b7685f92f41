package plots

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"io"
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
	colours, counts, rows := pixelRuns(img)
	palette, places, worst := reduced(colours, counts)
	if worst > farthest {
		return nil
	}
	out := image.NewPaletted(img.Bounds(), nil)
	for _, v := range palette {
		out.Palette = append(out.Palette, v.rgba())
	}
	for y, runs := range rows {
		line := out.Pix[y*out.Stride:]
		if y > 0 && &runs[0] == &rows[y-1][0] { // shared: the row is that above
			copy(line, out.Pix[(y-1)*out.Stride:][:out.Stride])
			continue
		}
		for _, r := range runs {
			at := places[r.colour]
			for x := range line[:r.length] {
				line[x] = at
			}
			line = line[r.length:]
		}
	}
	return out
}

// reduced returns a palette for colours of which there are so many pixels each, the place that
// every colour has in it, and the largest distance d of a colour from that in its place. Of the
// colours one after another is chosen, the one for which n d³ is largest, n pixels being d away
// from what has been chosen: areas get their own colour, edges nearly so. If they are few all are
// chosen.
func reduced(colours []pixelValue, counts []int) (palette []pixelValue, places []uint8, worst int) {
	places = make([]uint8, len(colours))
	distances := slices.Repeat([]int{256}, len(colours))
	for next, most := 0, 1; most > 0 && len(palette) < mostColours; {
		chosen := colours[next]
		most = 0
		for i, v := range colours {
			if distances[i] == 0 {
				continue
			}
			if d := distance(v, chosen); d < distances[i] {
				distances[i], places[i] = d, uint8(len(palette))
			}
			if cost := counts[i] * distances[i] * distances[i] * distances[i]; cost > most {
				next, most = i, cost
			}
		}
		palette = append(palette, chosen)
	}
	return palette, places, slices.Max(distances)
}

// pixelValue is a colour as the bytes R, G, B, A of a pixel, R the lowest.
type pixelValue uint32

// rgba returns the colour.
func (v pixelValue) rgba() color.RGBA {
	return color.RGBA{uint8(v), uint8(v >> 8), uint8(v >> 16), uint8(v >> 24)}
}

// distance is the largest difference of two colours in a channel.
func distance(a, b pixelValue) (d int) {
	for shift := 0; shift < 32; shift += 8 {
		p, q := int(a>>shift&0xff), int(b>>shift&0xff)
		d = max(d, p-q, q-p)
	}
	return d
}

// pixelRun is a number of pixels side by side of one colour, given by its place among colours.
type pixelRun struct{ colour, length int32 }

// pixelRuns returns the colours of a picture in the order of their appearance, the numbers of their
// pixels, and the rows as runs. Equal rows next to each other share theirs.
func pixelRuns(img *image.RGBA) (colours []pixelValue, counts []int, rows [][]pixelRun) {
	places := map[pixelValue]int32{}
	var row, above []byte
	var runs []pixelRun
	for y := range img.Rect.Dy() {
		above, row = row, img.Pix[y*img.Stride:][:4*img.Rect.Dx()]
		if !bytes.Equal(row, above) {
			runs = make([]pixelRun, 0, len(runs))
			for rest := row; len(rest) > 0; {
				v, length := leadingRun(rest)
				place, seen := places[v]
				if !seen {
					place = int32(len(colours))
					places[v], colours, counts = place, append(colours, v), append(counts, 0)
				}
				runs, rest = append(runs, pixelRun{place, int32(length)}), rest[4*length:]
			}
		}
		rows = append(rows, runs)
		for _, r := range runs {
			counts[r.colour] += int(r.length)
		}
	}
	return colours, counts, rows
}

// leadingRun returns the colour of the first pixel of a row, and how many next to it have the same,
// itself included. Most runs are long and are gone through in pairs.
func leadingRun(row []byte) (v pixelValue, length int) {
	first := binary.LittleEndian.Uint32(row)
	pair, at := uint64(first)<<32|uint64(first), 4
	for at+8 <= len(row) && binary.LittleEndian.Uint64(row[at:]) == pair {
		at += 8
	}
	if at < len(row) && binary.LittleEndian.Uint32(row[at:]) == first {
		at += 4
	}
	return pixelValue(first), at / 4
}
