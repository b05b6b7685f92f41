package rundir

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fpsgd/internal/npy/numpytest"
)

// xarray has dimensions, midpoints, faces and attributes as the run does, of some snapshots too.
func TestLoaderMakesDatasets(t *testing.T) {
	numpytest.Require(t, "xarray", "python3-xarray")
	d := writeRun(t)
	got := numpytest.Run(t, d.Path(), "-c", `
from load import load
data = load(".").to_xarray()
print(*sorted(data.sizes.items()))
print(data.x.values, data.y_edges.values, data.time.values)
print((data.rho * data.volume).sum(["x", "y"]).values)
print(float(data.rho.sel(time=0.1, x=0.5, y=2.5)), list(data))
print(data.attrs["landscape"], data.attrs["epsilon"], *sorted(data.attrs))
print(data.rho.attrs, data.x.attrs, data.time.attrs["units"])
last = load(".").to_xarray(slice(-1, None))
print(last.rho.shape, last.time.values)`)
	want := `('time', 2) ('x', 2) ('x_edges', 3) ('y', 3) ('y_edges', 4)
[-0.5  0.5] [0. 1. 2. 3.] [0.  0.1]
[1. 2.]
3.0 ['volume', 'rho']
1 + x^2 + (y < 1) 0.25 coordinates epsilon equation landscape status title version
{'units': '1', 'long_name': 'density per unit of volume'} {'units': '1', 'long_name': 'x'} 1
(1, 2, 3) [0.1]`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What a notebook shows is XML in which a text of the user is text, with the picture in it.
func TestLoaderShowsItself(t *testing.T) {
	d := writeRun(t)
	d.Manifest.Title, d.Manifest.Equation = "<script>", "f = 1 + (y < 1) & more"
	d.Manifest.Command = "run"
	check(t, d.WriteJSON(SummaryFile, map[string]any{"rate": map[string]any{"gap": 2.0,
		"fitted": nil, "exact": 1.9999999}}))
	check(t, d.WriteBytes("plots/density.png", []byte("\x89PNG")))
	check(t, d.SaveManifest(Done))
	got := numpytest.Run(t, d.Path(), "-c", `
import base64, xml.etree.ElementTree as ET
from load import load
text = load(".")._repr_html_()
shown = ET.fromstring("<div>" + text.replace("iVBORw==\">", "iVBORw==\"/>") + "</div>")
print(shown.find("b").text)
for row in shown.iter("tr"):
    print(*(cell.text for cell in row), sep=" | ")
print(base64.b64decode(shown.find("img").get("src").split(",")[1]))
print(repr(load(".")))`)
	want := `fpsgd run <script>, done
equation | f = 1 + (y < 1) & more
cells | x: 2, y: 3 (cartesian)
status | done
snapshots | 2, from t = 0 to 0.1
decay rate: gap | 2
decay rate: fitted | unknown
decay rate: exact | 2
b'\x89PNG'
fpsgd run <script>, done`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A sweep is its table, a row a point, and its runs, by number or name; before it is collected it
// has no table. load.py in its folder prints the one or the other.
func TestLoaderOpensSweeps(t *testing.T) {
	folder := t.TempDir()
	run := writeRun(t)
	check(t, os.CopyFS(filepath.Join(folder, "epsilon=0.25"), os.DirFS(run.Path())))
	check(t, os.WriteFile(filepath.Join(folder, LoaderFile), loader, 0o666))
	check(t, os.WriteFile(filepath.Join(folder, "sweep.json"), []byte(`{"schema": 1, "do": "run",
"config": "quadratic-1d", "points": [{"name": "epsilon=0.1"}, {"name": "epsilon=0.25"}]}`),
		0o666))
	if got, want := numpytest.Run(t, folder, LoaderFile),
		"point\nepsilon=0.1\nepsilon=0.25"; got != want {
		t.Errorf("before it is collected: %s", got)
	}
	got := numpytest.Run(t, folder, "-c", `
import numpy as np
from load import load, load_sweep
np.savez("table.npz", **{"point": np.array(["epsilon=0.1", "epsilon=0.25"]),
    "status": np.array(["missing", "done"]), "noise.epsilon": np.array([0.1, 0.25]),
    "gap": np.array([np.nan, 2.0])})
sweep = load_sweep(".")
table = sweep.table
print(len(sweep), table.dtype.names, table["noise.epsilon"])
print(table[table["status"] == "done"]["gap"])
print(sweep[1].rho[1].sum(), sweep["epsilon=0.25"].manifest["epsilon"], load(".")[-1].times)
print(sweep._repr_html_())
try:
    sweep[0]
except FileNotFoundError as error:
    print(error)`)
	want := `2 ('point', 'status', 'noise.epsilon', 'gap') [0.1  0.25]
[2.]
4.0 0.25 [0.  0.1]
<b>fpsgd sweep quadratic-1d, 2 points</b><table><tr><td>point</td><td>status</td>` +
		`<td>noise.epsilon</td><td>gap</td></tr><tr><td>epsilon=0.1</td><td>missing</td>` +
		`<td>0.1</td><td>unknown</td></tr><tr><td>epsilon=0.25</td><td>done</td><td>0.25</td>` +
		`<td>2</td></tr></table>
./epsilon=0.1 is not a run directory: it has no manifest.json`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := numpytest.Run(t, folder, LoaderFile); !strings.HasPrefix(got,
		"point  status  noise.epsilon  gap\nepsilon=0.1  missing  0.1  unknown\n") {
		t.Errorf("load.py prints %s", got)
	}
}
