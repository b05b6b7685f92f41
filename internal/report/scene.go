package report

import (
	"math"
	"strings"

	"fpsgd/internal/figures"
	"fpsgd/internal/plots"
	"fpsgd/internal/rundir"
)

// scene is what a page has of the fields of a folder.
type scene struct {
	Slider string   `json:"slider"`
	Frames []string `json:"frames"`
	Views  []view   `json:"views"`
	Note   string   `json:"note"`
}

// view is a way to look at them.
type view struct {
	Name     string     `json:"name"`
	Axes     []axis     `json:"axes"`
	Plane    string     `json:"plane"`   // which the two axes span
	Symbols  []string   `json:"symbols"` // of its coordinates
	Window   [3]float64 `json:"window"`
	Channels []channel  `json:"channels"`
	Data     string     `json:"data"` // of all channels, frame by frame
}

type axis struct {
	Name  string    `json:"name"`
	Log   bool      `json:"log"` // the faces are natural logarithms
	Faces []float64 `json:"faces"`
}

type channel struct {
	Name   string       `json:"name"`
	Kind   figures.Kind `json:"kind"`
	Frames int          `json:"frames"`
}

// planes are the names of the planes.
var planes = map[plots.Plane]string{plots.Identity: "identity", plots.Polar: "polar",
	plots.Meridian: "meridian", plots.Axial: "axial", plots.Section: "section"}

// sceneFor reads the fields of a folder.
func sceneFor(v *rundir.View, values int) (*scene, error) {
	found, err := figures.SceneOf(&v.Manifest, v, values)
	if err != nil || found == nil {
		return nil, err
	}
	s := &scene{Slider: found.Slider, Frames: found.Frames}
	var notes []string
	if found.Left > 0 {
		notes = append(notes, plural(found.Left, "snapshot is", "snapshots are")+" left out here")
	}
	for _, from := range found.Views {
		to := view{Name: from.Name, Plane: planes[from.Grid.Plane], Window: from.Window}
		for _, a := range from.Grid.Axes {
			name, isLog := strings.CutPrefix(a.Name, "log ")
			to.Axes = append(to.Axes, axis{plots.Axis{Name: name}.Symbol(), isLog, a.Faces})
		}
		if len(from.Grid.Axes) == 2 {
			x, y := from.Grid.Symbols()
			to.Symbols = []string{x, y}
		}
		var fields [][]float64
		for _, c := range from.Channels {
			to.Channels = append(to.Channels, channel{c.Name, c.Kind, len(c.Fields)})
			fields = append(fields, c.Fields...)
		}
		if from.Merged > 1 {
			notes = append(notes, joinedName(from.Name)+"shown by means over blocks of "+
				strings.TrimSuffix(strings.Repeat(number(float64(from.Merged), 6)+"×",
					len(from.Grid.Axes)), "×")+" cells")
		}
		if to.Data, err = encode(fields...); err != nil {
			return nil, err
		}
		s.Views = append(s.Views, to)
	}
	s.Note = strings.Join(notes, "; ")
	return s, nil
}

// joinedName is the name of a view before what is said of it.
func joinedName(name string) string {
	if name == "" {
		return ""
	}
	return name + ": "
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(float64(n), int(math.Log10(float64(n)))+1) + " " + many
}
