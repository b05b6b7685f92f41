package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"fpsgd/internal/npy"
	"fpsgd/internal/rundir"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// reported are results of every kind, in all coordinates that a page shows in a way of its own.
var reported = []struct{ name, args string }{
	{"line", "run quadratic-1d --set grid.axes.0.cells=64"},
	{"plane", "run quadratic-2d --set grid.axes.0.cells=32 --set output.snapshots=6"},
	{"polar", "run quadratic-polar --set grid.axes.0.cells=24 --set grid.axes.1.cells=16"},
	{"space", "run quadratic-3d --set grid.axes.0.cells=12 --set output.errors=false"},
	{"four", "run quadratic-4d --set grid.axes.0.cells=6 --set output.errors=false"},
	{"sphere", "run quadratic-spherical --set grid.axes.0.cells=12 --set grid.axes.1.cells=6 " +
		"--set grid.axes.2.cells=8 --set output.errors=false"},
	{"cylinder", "run log-singular-pair --set grid.axes.0.cells=20 --set grid.axes.1.cells=40 " +
		"--set output.errors=false --set time.end=0.5"},
	{"radial", "run log-singular-3d --set grid.axes.0.cells=80 --set output.errors=false"},
	{"open", "run cross-entropy --set grid.axes.0.cells=64 --set output.errors=false"},
	{"modes", "spectrum quadratic-2d -k 3 --set grid.axes.0.cells=24"},
	{"particles", "ensemble quadratic-2d --particles 2000 --eta 0.05 --set grid.axes.0.cells=24"},
	{"escape", "escape double-well --from 1 --to 2"},
	{"levels", "converge quadratic-1d --levels 2 --set grid.axes.0.cells=16 --set time.end=0.5"},
}

// madeReport is a page of all of these, and the folder in which they are.
func madeReport(t *testing.T) (dir, page string) {
	t.Helper()
	dir = t.TempDir()
	var folders []string
	for _, r := range reported {
		succeed(t, dir, append(strings.Fields(r.args), "-o", r.name, "--quiet")...)
		folders = append(folders, r.name)
	}
	if err := os.Mkdir(filepath.Join(dir, "family"), 0o777); err != nil {
		t.Fatal(err)
	}
	succeed(t, dir, "run", "quadratic-1d", "--set", "grid.axes.0.cells=32", "-o", "family/a",
		"--quiet")
	sweep := `{"schema": 1, "do": "run", "config": "quadratic-1d", "points": [{"name": "a"}]}`
	table := "point,status,gap,gap_error\na,done,2,0.1\n"
	for name, content := range map[string]string{"sweep.json": sweep, "table.csv": table} {
		err := os.WriteFile(filepath.Join(dir, "family", name), []byte(content), 0o666)
		if err != nil {
			t.Fatal(err)
		}
	}
	succeed(t, dir, append([]string{"report", "family", "-o", "all.html"}, folders...)...)
	return dir, filepath.Join(dir, "all.html")
}

// In a browser every control of every scene works, wide and narrow, light and dark, without an
// exception, and without a request, which the policy would not let out. It prints.
func TestReportInABrowser(t *testing.T) {
	t.Parallel()
	in := chromium(t)
	dir, page := madeReport(t)
	wide := opened(t, in, page, 1400)
	wide.until(`performance.getEntriesByName("first-picture").length > 0`)
	t.Logf("the first of %d sections was drawn after %.0f ms", len(reported)+1, js[float64](wide,
		`performance.getEntriesByName("first-picture")[0].startTime`))
	wide.everySection()
	wide.everyControl()
	wide.slider(dir)
	wide.do(media("", "dark"))
	wide.shot("dark")
	wide.do(media("", "light"))
	wide.shot("wide")
	wide.clean()

	narrow := opened(t, in, page, 400)
	narrow.everySection()
	narrow.everyControl()
	narrow.shot("narrow")
	narrow.clean()

	succeed(t, dir, "report", "plane", "particles", "-o", "two.html")
	paper := opened(t, in, filepath.Join(dir, "two.html"), 1000)
	paper.prints()
	paper.clean()

	violated := js[string](wide, `new Promise(done => {
		document.addEventListener("securitypolicyviolation", e => done(e.effectiveDirective));
		fetch("https://example.org/").then(() => done("nothing"),
			() => setTimeout(() => done("nothing"), 1000));
	})`)
	if violated != "connect-src" {
		t.Errorf("a request violates %q, want the connect-src of the policy", violated)
	}
}

// A report of 128² cells at 20 times can be mailed, and shows its map by itself. When it does so is
// told, from the start of the navigation to the frame after.
func TestReportShowsItsMap(t *testing.T) {
	t.Parallel()
	in := chromium(t)
	dir := t.TempDir()
	succeed(t, dir, "run", "quadratic-2d", "--set", "output.snapshots=20", "-o", "run", "--quiet")
	succeed(t, dir, "report", "run")
	if n := len(readFile(t, dir, "report.html")); n > 1_500_000 {
		t.Errorf("it has %d bytes", n)
	}
	for range 3 {
		b := opened(t, in, filepath.Join(dir, "report.html"), 1400)
		b.until(`performance.getEntriesByName("first-picture").length > 0`)
		b.until(`!!document.querySelector(".scene").dataset.drawn`)
		t.Logf("first picture after %.0f ms, the map after %.0f ms", js[float64](b,
			`performance.getEntriesByName("first-picture")[0].startTime`), js[float64](b,
			`performance.getEntriesByName("first-map")[0].startTime`))
		b.shot("map")
		b.clean()
	}
}

// everySection scrolls through the page until all is drawn, and requires that it is not wider than
// the window.
func (b *tab) everySection() {
	b.t.Helper()
	for k := range js[int](b, `document.querySelectorAll(".plot, .scene").length`) {
		js[bool](b, `(document.querySelectorAll(".plot, .scene")[%d].scrollIntoView(
			{behavior: "instant"}), true)`, k)
		b.until(`!!document.querySelectorAll(".plot, .scene")[%d].dataset.drawn`, k)
	}
	if n := js[int](b, `document.querySelectorAll(".scene").length`); n != len(reported)-1 {
		b.t.Errorf("%d scenes, want one of all but the convergence", n)
	}
	if over := js[int](b, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
		b.t.Errorf("the page is wider than its window, by %d pixels", over)
	}
}

// everyControl uses every control of every scene in turn: each view, and in it each choice, button
// and end of a slider.
func (b *tab) everyControl() {
	b.t.Helper()
	used := js[int](b, `(async () => {
		let used = 0;
		const settled = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
		for (const scene of document.querySelectorAll(".scene")) {
			const select = () => scene.querySelector("select");
			const views = select() ? select().options.length : 1;
			for (let k = 0; k < views; k++) {
				if (select()) {
					select().value = String(k);
					select().dispatchEvent(new Event("change"));
					while (scene.dataset.drawn !== String(k)) await settled();
				}
				for (const input of scene.querySelectorAll(".controls input, .zoom button")) {
					if (!input.isConnected) continue;
					if (input.type === "range") {
						for (const end of [input.max, input.min]) {
							input.value = end;
							input.dispatchEvent(new Event("input"));
						}
					} else {
						input.click();
					}
					used++;
					const over = document.documentElement.scrollWidth - innerWidth;
					if (over > 0) throw new Error("wider than the window by " + over);
					const cut = [...scene.querySelectorAll(".choice")].find(
						c => c.scrollWidth > c.clientWidth + 1);
					if (cut) throw new Error("cut off: " + cut.textContent);
				}
				await settled();
			}
			if (select()) {
				select().value = "0";
				select().dispatchEvent(new Event("change"));
				while (scene.dataset.drawn !== "0") await settled();
			}
		}
		return used;
	})()`)
	if used < 100 { // there are 13 scenes, some with several views
		b.t.Errorf("%d controls", used)
	}
}

// ofPlane is a script that finds an element in the section of the run in the plane.
const ofPlane = `[...document.querySelectorAll("section.folder")].find(s => ` +
	`s.querySelector("h2").textContent.includes("(plane)"))`

// slider moves the slider of the run in the plane by a key, which changes the map, and points at
// the map: what is read out is what the files of the run have there, to three digits.
func (b *tab) slider(dir string) {
	t := b.t
	t.Helper()
	js[bool](b, `(window.plane = %s, plane.querySelector("canvas").scrollIntoView(
		{behavior: "instant", block: "center"}), true)`, ofPlane)
	js[bool](b, `(plane.querySelectorAll(".choice").forEach(
		c => c.querySelector("input").click()), true)`)
	input := `plane.querySelector(".frames input")`
	js[bool](b, `(%[1]s.value = "0", %[1]s.dispatchEvent(new Event("input")), %[1]s.focus(), true)`,
		input)
	picture := `plane.querySelector("canvas").toDataURL()`
	before := js[string](b, "%s", picture)
	b.do(chromedp.KeyEvent(kb.ArrowRight))
	if text := js[string](b, `plane.querySelector(".frames output").textContent`); text !=
		"t = 1.6" {
		t.Errorf("the slider says %q, want the second of six times to 8", text)
	}
	if js[string](b, "%s", picture) == before {
		t.Error("the map does not change with the slider")
	}
	place := js[[]float64](b, `(() => {
		const r = plane.querySelector("canvas").getBoundingClientRect(), side = r.height - 50;
		return [r.left + 54 + 0.45 * side, r.top + 10 + 0.6 * side];
	})()`)
	b.do(chromedp.MouseEvent("mouseMoved", place[0], place[1]))
	read := js[string](b, `plane.querySelector(".readout").textContent`)
	x, y := readOut(t, read, "x"), readOut(t, read, "y")
	cell := nearestMidpoint(t, dir, "x", x)*32 + nearestMidpoint(t, dir, "y", y)
	rho := array(t, filepath.Join(dir, "plane"), rundir.SnapshotFile(1))[cell]
	pi := array(t, filepath.Join(dir, "plane"), rundir.InvariantFile)[cell]
	for name, want := range map[string]float64{"ρ": rho, "π": pi, "ρ/π": rho / pi} {
		// half of the last of four digits, and the coding
		if got := readOut(t, read, name); math.Abs(got/want-1) > 1e-3 {
			t.Errorf("%q: the files have %s = %g", read, name, want)
		}
	}
	js[bool](b, `(plane.querySelector("canvas").focus(), true)`)
	for range 6 { // hundredths of the side: into another cell
		b.do(chromedp.KeyEvent(kb.ArrowUp))
	}
	if text := js[string](b, `plane.querySelector(".readout").textContent`); text == read {
		t.Errorf("the keys do not move the mark from %q", text)
	}
}

// readOut is a value of "x = 0.5, y = −1 · ρ = 1.2·10⁻⁷".
func readOut(t *testing.T, text, name string) float64 {
	t.Helper()
	value := regexp.MustCompile(`(?:^|[ ,])` + name + ` = ([^,]*?)(?: ·|,|$)`)
	found := value.FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("%q has no %s", text, name)
	}
	plain := strings.NewReplacer("·10", "e", "−", "-", "⁻", "-", "⁰", "0", "¹", "1", "²", "2", "³",
		"3", "⁴", "4", "⁵", "5", "⁶", "6", "⁷", "7", "⁸", "8", "⁹", "9").Replace(found[1])
	x, err := strconv.ParseFloat(plain, 64)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return x
}

// nearestMidpoint is the cell of an axis of the run in the plane whose midpoint is nearest.
func nearestMidpoint(t *testing.T, dir, axis string, q float64) (best int) {
	faces := array(t, filepath.Join(dir, "plane"), rundir.EdgesFile(axis))
	far := math.Inf(1)
	for i := range len(faces) - 1 {
		if d := math.Abs((faces[i]+faces[i+1])/2 - q); d < far {
			best, far = i, d
		}
	}
	return best
}

// array reads an array of a run.
func array(t *testing.T, run, name string) []float64 {
	t.Helper()
	_, data, err := npy.Decode(readFile(t, run, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// prints requires that on paper there are the figures, and none of what one would have to touch.
func (b *tab) prints() {
	b.t.Helper()
	b.do(media("print", "dark"))
	for selector, want := range map[string]bool{".paper svg": true, ".scene": false, ".plot": false,
		"table": true, "details": false} {
		seen := js[bool](b, `[...document.querySelectorAll(%q)].some(e => `+
			`e.getClientRects().length > 0)`, selector)
		if seen != want {
			b.t.Errorf("on paper there are %s: %t", selector, seen)
		}
	}
	if colour := js[string](b, `getComputedStyle(document.body).backgroundColor`); colour !=
		"rgb(255, 255, 255)" {
		b.t.Errorf("paper is %s", colour)
	}
	b.do(media("", "light"))
	pdf, err := chromedp.Run(b, chromedp.PrintToPDF(chromedp.PDFPrintBackground()))
	if err != nil {
		b.t.Fatal(err)
	}
	// figures of two folders, and their tables
	pages := len(regexp.MustCompile(`/Type /Page\b[^s]`).FindAll(pdf, -1))
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) || pages < 3 {
		b.t.Errorf("it prints %.8q, %d pages", pdf, pages)
	}
	if folder := os.Getenv("FPSGD_SCREENSHOTS"); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, "print.pdf"), pdf, 0o666); err != nil {
			b.t.Fatal(err)
		}
	}
}
