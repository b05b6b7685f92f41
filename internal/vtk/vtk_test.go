package vtk

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// described is what the text of a file says of an array.
type described struct {
	Type       string `xml:"type,attr"`
	Name       string `xml:"Name,attr"`
	Components int    `xml:"NumberOfComponents,attr"`
	Tuples     int    `xml:"NumberOfTuples,attr"`
	Format     string `xml:"format,attr"`
	Offset     int    `xml:"offset,attr"`
	bits       []uint64
}

// parsed is a file as a reader takes it apart.
type parsed struct {
	root   map[string]string // attributes of VTKFile
	tags   []string          // with their attributes
	arrays []described
}

// parse takes a file apart: the text up to the underscore, and then arrays that follow each other
// without gaps, from offset 0 to the end of the section.
func parse(t *testing.T, content []byte) parsed {
	t.Helper()
	text, rest, found := bytes.Cut(content, []byte("<AppendedData encoding=\"raw\">\n_"))
	if !found {
		t.Fatal("there is no appended section")
	}
	data, found := bytes.CutSuffix(rest, []byte("\n</AppendedData>\n</VTKFile>\n"))
	if !found {
		t.Fatal("the appended section does not end the file")
	}
	p, decoder := parsed{root: map[string]string{}}, xml.NewDecoder(bytes.NewReader(text))
	next := 0
	for {
		token, err := decoder.Token()
		if token == nil {
			if !errors.As(err, new(*xml.SyntaxError)) { // VTKFile is not closed yet
				t.Fatal(err)
			}
			break
		}
		tag, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		line := tag.Name.Local
		for _, a := range tag.Attr {
			line += " " + a.Name.Local + "=" + a.Value
			if tag.Name.Local == "VTKFile" {
				p.root[a.Name.Local] = a.Value
			}
		}
		p.tags = append(p.tags, line)
		if tag.Name.Local != "DataArray" {
			continue
		}
		var a described
		if err := decoder.DecodeElement(&a, &tag); err != nil {
			t.Fatal(err)
		}
		if a.Offset != next || a.Format != "appended" {
			t.Fatalf("%s, %s, is at %d, and the last one ends at %d", a.Name, a.Format, a.Offset,
				next)
		}
		size := int(binary.LittleEndian.Uint64(data[a.Offset:]))
		if size != 8*a.Components*a.Tuples {
			t.Fatalf("%s has %d bytes for %d tuples of %d", a.Name, size, a.Tuples, a.Components)
		}
		next += 8 + size
		a.bits = make([]uint64, size/8)
		if err := binary.Read(bytes.NewReader(data[a.Offset+8:next]), binary.LittleEndian,
			a.bits); err != nil {
			t.Fatal(err)
		}
		p.arrays = append(p.arrays, a)
	}
	if next != len(data) {
		t.Fatalf("the arrays have %d bytes, and the section %d", next, len(data))
	}
	return p
}

// holds fails the test unless the file has arrays of these names and numbers, in order.
func (p *parsed) holds(t *testing.T, want ...Array) {
	t.Helper()
	if len(p.arrays) != len(want) {
		t.Fatalf("%d arrays, want %d", len(p.arrays), len(want))
	}
	for k, a := range p.arrays {
		var values []float64
		for _, b := range a.bits {
			if a.Type == "Int64" {
				values = append(values, float64(b))
			} else {
				values = append(values, math.Float64frombits(b))
			}
		}
		if a.Name != want[k].Name || a.Components != want[k].Components ||
			!slices.Equal(values, want[k].Values) {
			t.Errorf("array %d is %s of %d components: %v, want %v", k, a.Name, a.Components,
				values, want[k])
		}
	}
	if p.root["byte_order"] != "LittleEndian" || p.root["header_type"] != "UInt64" {
		t.Errorf("the file is %v", p.root)
	}
}

// A plane of 2×3 cells: the offsets, sizes and bits of all arrays, more than a piece of one too.
func TestRectilinear(t *testing.T) {
	var b bytes.Buffer
	time := Array{"TimeValue", 1, []float64{0.1}}
	rho := Array{"rho", 1, []float64{1, 2, 3, 4, 5, math.SmallestNonzeroFloat64}}
	flow := Array{"current", 3, make([]float64, 18)}
	flow.Values[17] = -1
	x, y := []float64{-1, 0, 1e6}, []float64{0, 1, 2, 3}
	err := Rectilinear(&b, [3][]float64{x, y, {0}}, Data{[]Array{rho, flow}, []Array{time}})
	if err != nil {
		t.Fatal(err)
	}
	p := parse(t, b.Bytes())
	p.holds(t, time, Array{"x", 1, x}, Array{"y", 1, y}, Array{"z", 1, []float64{0}}, rho, flow)
	for _, tag := range []string{"RectilinearGrid WholeExtent=0 2 0 3 0 0",
		"Piece Extent=0 2 0 3 0 0", "CellData", "Coordinates"} {
		if !slices.Contains(p.tags, tag) {
			t.Errorf("no %s among %q", tag, p.tags)
		}
	}
	long := make([]float64, 20000)
	for i := range long {
		long[i] = float64(i)
	}
	b.Reset()
	if err := Rectilinear(&b, [3][]float64{long, {0}, {0}}, Data{}); err != nil {
		t.Fatal(err)
	}
	p = parse(t, b.Bytes())
	p.holds(t, Array{"x", 1, long}, Array{"y", 1, []float64{0}}, Array{"z", 1, []float64{0}})
}

func TestStructuredAndPoints(t *testing.T) {
	var b bytes.Buffer
	points := Array{"Points", 3, []float64{0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0}}
	u := Array{"u", 1, []float64{7}}
	err := Structured(&b, [3]int{2, 2, 1}, points.Values, Data{Cells: []Array{u}})
	if err != nil {
		t.Fatal(err)
	}
	p := parse(t, b.Bytes())
	p.holds(t, points, u)
	if !slices.Contains(p.tags, "StructuredGrid WholeExtent=0 1 0 1 0 0") {
		t.Errorf("%q", p.tags)
	}
	b.Reset()
	if err := Points(&b, points.Values, Data{}); err != nil {
		t.Fatal(err)
	}
	p = parse(t, b.Bytes())
	p.holds(t, points, Array{"connectivity", 1, []float64{0, 1, 2, 3}},
		Array{"offsets", 1, []float64{4}})
	if !slices.Contains(p.tags, "Piece NumberOfPoints=4 NumberOfVerts=1") {
		t.Errorf("%q", p.tags)
	}
}

// What does not fit is an error, before a byte is written.
func TestMisfits(t *testing.T) {
	var b bytes.Buffer
	few := Data{Cells: []Array{{"rho", 1, []float64{1, 2}}}}
	for what, err := range map[string]error{
		"do not fill 1 cells": Rectilinear(&b, [3][]float64{{0, 1}, {0}, {0}}, few),
		"are not [2 2 2]":     Structured(&b, [3]int{2, 2, 2}, []float64{0, 0, 0}, Data{}),
	} {
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v, want %q", err, what)
		}
	}
	if b.Len() > 0 {
		t.Errorf("%d bytes were written", b.Len())
	}
}

func TestSeries(t *testing.T) {
	var b bytes.Buffer
	if err := Series(&b, []float64{0, 0.5, 1}, []string{"run/0.vtr", "run/1.vtr"}); err != nil {
		t.Fatal(err)
	}
	var file struct {
		Type string `xml:"type,attr"`
		Sets []struct {
			Time float64 `xml:"timestep,attr"`
			File string  `xml:"file,attr"`
		} `xml:"Collection>DataSet"`
	}
	if err := xml.Unmarshal(b.Bytes(), &file); err != nil {
		t.Fatal(err)
	}
	if file.Type != "Collection" || len(file.Sets) != 2 || file.Sets[1].Time != 0.5 ||
		file.Sets[1].File != "run/1.vtr" {
		t.Errorf("%+v", file)
	}
}
