package plots

import (
	"bytes"
	"encoding/xml"
	"image/png"
	"io"
	"strings"
	"testing"
)

// A picture has the size that is asked for, and its own, to the byte, if none is.
func TestPaperSizes(t *testing.T) {
	d := decaying(10, 1)
	var own, asked bytes.Buffer
	if err := Decay(&own, d); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]Size{
		"": {1200, 735}, "1200x735": {1200, 735}, "500x400": {500, 400}, "800": {800, 490},
		"x147": {240, 147},
	} {
		size, err := ParseSize(text)
		if err != nil {
			t.Fatal(err)
		}
		asked.Reset()
		if err := Decay(Paper{Writer: &asked, Size: size, Format: PNG}, d); err != nil {
			t.Fatal(err)
		}
		if same := bytes.Equal(own.Bytes(), asked.Bytes()); same != (want == Size{1200, 735}) {
			t.Errorf("%q: equal to the figure of its own size: %t", text, same)
		}
		got, err := png.DecodeConfig(&asked)
		if err != nil || got.Width != want.Width || got.Height != want.Height {
			t.Errorf("%q: %d × %d, %v, want %v", text, got.Width, got.Height, err, want)
		}
	}
	for _, text := range []string{"x", "1x", "a", "1e3", "300 x 200", "99", "10001", "-300x200"} {
		size, err := ParseSize(text)
		if err == nil && (Paper{Size: size, Format: PNG}).Check() == nil {
			t.Errorf("the size %q is taken", text)
		}
	}
}

// SVG is well-formed, of that size in half points, and has the letters that the figures need.
func TestSVG(t *testing.T) {
	var b bytes.Buffer
	if err := Maps(Paper{Writer: &b, Size: Size{Width: 600}, Format: SVG}, plane()); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{`<svg width="300pt" height="`, ">ρ</text>", ">π</text>",
		"data:image/png;base64,"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	for decoder := xml.NewDecoder(&b); ; {
		if _, err := decoder.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
