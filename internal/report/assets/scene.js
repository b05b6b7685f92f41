// A scene: the fields of a folder, frame by frame, with what they may be looked at by.

class Scene {
  constructor(box, scene, palettes) {
    Object.assign(this, { box, scene, palettes, frame: 0, graded: false, view: 0, at: [] });
    this.fields = new Map();
    this.controls = element("div", { className: "controls" });
    this.stage = element("div", { className: "stage" });
    this.readout = element("output", { className: "readout" });
    this.readout.setAttribute("aria-live", "polite");
    box.append(this.controls, this.stage, this.readout);
    if (scene.note) box.append(element("p", { className: "note" }, scene.note));
    this.open(0);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  get current() { return this.scene.views[this.view]; }

  // open shows a view, decoded when it is first seen.
  async open(k) {
    this.view = k;
    if (!this.fields.has(k)) this.fields.set(k, await decode(this.scene.views[k].data));
    if (this.view !== k) return;
    const axes = this.current.axes;
    this.lines = axes.length === 1;
    this.pair = [0, 1];
    this.at = axes.map(a => Math.floor((a.faces.length - 1) / 2));
    this.quantity = this.quantity && this.quantities().some(([q]) => q === this.quantity) ? this.quantity : 0;
    if (this.lines) {
      const { faces, log } = axes[0], n = faces.length - 1;
      this.canLog = log || faces[0] >= 0;
      // where the first cells are far narrower than the last there are many decades to see
      const decades = log || this.canLog && faces[n] - faces[n - 1] > 1e4 * (faces[1] - faces[0]);
      this.coordinates = decades ? "log" : "physical";
    }
    if (this.logarithmic === undefined) this.logarithmic = this.kind() === "density" && this.frames() > 1;
    this.build();
    this.draw();
    this.box.dataset.drawn = String(k);
  }

  frames() { return this.scene.frames.length; }

  // quantities are the channels and, of densities, their ratio to π.
  quantities() {
    const channels = this.current.channels, out = channels.map((c, k) => [k, c.name]);
    const last = channels.length - 1;
    if (channels[last].name === "π" && channels[0].name === "ρ") out.push(["ratio", "ρ/π"]);
    return out;
  }

  kind() { return this.quantity === "ratio" ? "ratio" : this.current.channels[this.quantity].kind; }

  cells() { return this.current.axes.reduce((n, a) => n * (a.faces.length - 1), 1); }

  // codes are those of a channel in a frame.
  codes(channel, frame = this.frame) {
    const n = this.cells(), channels = this.current.channels;
    let first = 0;
    for (let k = 0; k < channel; k++) first += channels[k].frames;
    first += Math.min(frame, channels[channel].frames - 1);
    return this.fields.get(this.view).subarray(first * n, first * n + n);
  }

  // field is a quantity in a frame: that which is looked at.
  field(frame = this.frame, quantity = this.quantity) {
    if (quantity !== "ratio") return this.codes(quantity, frame);
    const rho = this.codes(0, frame), pi = this.codes(this.current.channels.length - 1);
    return Int32Array.from(rho, (c, i) => {
      if (c === UNKNOWN || pi[i] === UNKNOWN || pi[i] === ZERO) return UNKNOWN;
      return c === ZERO ? ZERO : 2 * ((c >> 1) - (pi[i] >> 1));
    });
  }

  // slice is the part of a field on two of more axes.
  slice(codes) {
    const axes = this.current.axes, strides = axes.map((_, k) =>
      axes.slice(k + 1).reduce((n, a) => n * (a.faces.length - 1), 1));
    if (axes.length <= 2) return codes;
    const [a, b] = this.pair, na = axes[a].faces.length - 1, nb = axes[b].faces.length - 1;
    let base = 0;
    axes.forEach((_, k) => { if (k !== a && k !== b) base += this.at[k] * strides[k]; });
    const out = new Int32Array(na * nb);
    for (let i = 0; i < na; i++) {
      for (let j = 0; j < nb; j++) out[i * nb + j] = codes[base + i * strides[a] + j * strides[b]];
    }
    return out;
  }

  // build makes the controls and the stage of a view.
  build() {
    const { scene, current } = this, again = () => this.draw(), axes = current.axes;
    const controls = [];
    if (scene.views.length > 1) {
      const select = element("select", { ariaLabel: "view" },
        ...scene.views.map((v, k) => element("option", { value: String(k), selected: k === this.view }, v.name)));
      select.addEventListener("change", () => this.open(Number(select.value)));
      controls.push(select);
    }
    if (this.quantities().length > 1 && !this.lines) {
      controls.push(choice("quantity", this.quantities(), this.quantity, q => { this.quantity = q; again(); }));
    } else if (this.lines && !current.channels.some(c => c.name === "ρ") && current.channels.length > 1) {
      controls.push(choice("quantity", this.quantities(), this.quantity, q => { this.quantity = q; again(); }));
    } else if (this.lines && this.quantities().length > 1) {
      controls.push(choice("quantity", [[0, "ρ, π"], ["ratio", "ρ/π"]], this.quantity,
        q => { this.quantity = q; again(); }));
    }
    if (this.lines) {
      const options = [["physical", "physical"], ["graded", "graded"]];
      if (this.canLog) options.splice(1, 0, ["log", "logarithmic axis"]);
      controls.push(choice("coordinates", options, this.coordinates, c => { this.coordinates = c; again(); }));
    } else {
      controls.push(choice("coordinates", [[false, "physical"], [true, "graded"]], this.graded,
        g => { this.graded = g; again(); }));
    }
    if (this.kind() !== "signed") {
      controls.push(choice("values", [[true, "log values"], [false, "linear"]], this.logarithmic,
        l => { this.logarithmic = l; again(); }));
    }
    if (axes.length > 2) controls.push(...this.slicing());
    this.controls.replaceChildren(...controls, ...this.sliding());
    this.stage.replaceChildren();
    this.map = this.plot = null;
    if (!this.lines) {
      this.map = new FieldMap(this.stage, (cell, place) => this.read(cell, place));
      this.controls.append(this.zooming());
    }
    this.zoom = 1;
    this.readout.textContent = this.lines ? "" : HINT;
  }

  // zooming are buttons that change the part of the plane that is seen.
  zooming() {
    const button = (text, name, by) => {
      const b = element("button", { type: "button", ariaLabel: name, title: name }, text);
      b.addEventListener("click", () => {
        this.zoom = by ? Math.min(1e6, Math.max(1e-3, this.zoom * by)) : 1;
        this.draw();
      });
      return b;
    };
    return element("span", { className: "zoom" }, button("−", "see more of the plane", 2),
      button("+", "look closer", 0.5), button("1:1", "where the mass is", 0));
  }

  // slider is a range with a name and the value that it stands at.
  slider(name, count, value, text, change) {
    const input = element("input", { type: "range", min: "0", max: String(count - 1), step: "1",
      value: String(value), ariaLabel: name });
    const shown = element("output", {});
    const say = () => { shown.textContent = text(Number(input.value)); input.setAttribute("aria-valuetext", shown.textContent); };
    input.addEventListener("input", () => { say(); change(Number(input.value)); });
    say();
    return element("label", { className: "slider" }, element("span", {}, name), input, shown);
  }

  sliding() {
    const { scene } = this;
    if (this.frames() < 2) return [];
    const slider = this.slider(scene.slider === "t" ? "time" : scene.slider, this.frames(), this.frame,
      k => scene.slider === "t" ? "t = " + scene.frames[k] : scene.frames[k], k => { this.frame = k; this.draw(); });
    slider.classList.add("frames");
    const input = slider.querySelector("input");
    const play = element("button", { type: "button", className: "play", ariaLabel: "play" }, "▶");
    let timer = 0;
    const stop = () => { clearInterval(timer); timer = 0; play.textContent = "▶"; play.ariaLabel = "play"; };
    play.addEventListener("click", () => {
      if (timer) return stop();
      play.textContent = "❚❚";
      play.ariaLabel = "pause";
      if (Number(input.value) === this.frames() - 1) input.value = "-1";
      timer = setInterval(() => {
        if (!play.isConnected || Number(input.value) >= this.frames() - 1) return stop();
        input.value = String(Number(input.value) + 1);
        input.dispatchEvent(new Event("input"));
      }, 400);
    });
    return [element("div", { className: "timeline" }, play, slider)];
  }

  // slicing are the axes of a slice, and where it lies along the others.
  slicing() {
    const axes = this.current.axes, pairs = [];
    for (let b = 0; b < axes.length; b++) for (let a = 0; a < b; a++) pairs.push([a, b]);
    const others = element("div", { className: "others" });
    const fill = () => others.replaceChildren(...axes.map((a, k) => this.pair.includes(k) ? "" :
      this.slider(a.name, a.faces.length - 1, this.at[k],
        i => coordinateText(a, (a.faces[i] + a.faces[i + 1]) / 2, 3), i => { this.at[k] = i; this.draw(); })));
    fill();
    const options = pairs.map((p, k) => [k, axes[p[0]].name + ", " + axes[p[1]].name]);
    const index = pairs.findIndex(p => p.join() === this.pair.join());
    return [choice("axes of the slice", options, index, k => { this.pair = pairs[k]; fill(); this.draw(); }), others];
  }

  draw() {
    if (!this.fields.has(this.view)) return;
    if (this.lines) this.drawLines(); else this.drawMap();
    picture();
    picture("first-map");
  }

  // range are the ends of the values of all frames, or of one on a linear scale: of those that are
  // seen. In the physical plane logarithms reach three decades below the lowest of the peaks.
  range() {
    const plane = this.map ? this.planeOf() : null, near = plane && !plane.graded;
    const key = [this.view, this.quantity, this.logarithmic, this.pair, this.at, this.coordinates, plane && plane.graded,
      plane && plane.window, this.logarithmic ? "" : this.frame].join();
    if (this.rangeKey === key) return this.ends;
    const seen = near ? [...new Set(this.map.cells(200))].filter(c => c >= 0) :
      this.lines ? cellsInside(this.current.axes[0], this.current.window, this.coordinates) : null;
    const pick = k => {
      const codes = this.slice(this.field(k));
      return seen ? seen.map(c => codes[c]) : codes;
    };
    const all = this.logarithmic ? this.scene.frames.map((_, k) => pick(k)) : [pick(this.frame)];
    this.ends = rangeOf(all, this.logarithmic, this.lines && this.coordinates === "log" ? 400 : 12);
    if (this.logarithmic && near) {
      const peaks = all.map(codes => rangeOf([codes], true)[1]);
      this.ends[0] = Math.max(this.ends[0], Math.min(...peaks) - 4);
    }
    this.rangeKey = key;
    return this.ends;
  }

  colours() {
    const kind = this.kind();
    if (kind === "ratio" && this.logarithmic) return new ColourScale(this.palettes.diverging, -3, 3, true);
    if (kind === "ratio") return new ColourScale(this.palettes.diverging, 0, 2, false);
    if (kind === "signed") {
      const top = this.typical();
      return new ColourScale(this.palettes.diverging, -top, top, false);
    }
    if (kind === "fraction" && !this.logarithmic) return new ColourScale(this.palettes.sequential, 0, 1, false);
    const [lo, hi] = this.range();
    return new ColourScale(this.palettes.sequential, lo, hi, this.logarithmic);
  }

  // typical is the size beyond which few of the values in sight are.
  typical() {
    const seen = [...this.map.cells(60)].filter(c => c >= 0), codes = this.slice(this.field());
    const sizes = Float64Array.from(seen, c => Math.abs(valueOf(codes[c]))).filter(v => v > 0).sort();
    return sizes.length ? sizes[Math.floor(0.99 * (sizes.length - 1))] : 1;
  }

  // planeOf is what a map is drawn of.
  planeOf() {
    const view = this.current;
    if (view.axes.length === 2) {
      const [x, y, half] = view.window;
      return { axes: view.axes, plane: view.plane, symbols: view.symbols, graded: this.graded,
        window: [x, y, half * this.zoom] };
    }
    // a slice shows the part of the plane that the marginal does
    const axes = this.pair.map(k => view.axes[k]), names = axes.map(a => a.name);
    const marginal = this.scene.views.find(v => v.axes.length === 2 && v.axes.every((a, k) => a.name === names[k]));
    const [x, y, half] = marginal.window;
    return { axes, plane: "identity", symbols: names, graded: this.graded, window: [x, y, half * this.zoom] };
  }

  drawMap() {
    const plane = this.planeOf(), nb = plane.axes[1].faces.length - 1;
    this.map.what = { ...plane, nb };
    const name = this.quantityName();
    this.map.show({ ...plane, nb, codes: this.slice(this.field()), colours: this.colours(),
      label: "map of " + name + (this.scene.slider ? ", " + this.frameText() : "") +
        "; arrow keys move a mark whose values are read out" });
  }

  quantityName() { return this.quantities().find(([q]) => q === this.quantity)[1]; }

  frameText() { return this.scene.slider === "t" ? "t = " + this.scene.frames[this.frame] : this.scene.slider + " " + this.scene.frames[this.frame]; }

  // read tells the values of a cell.
  read(cell, place) {
    if (!place) { this.readout.textContent = HINT; return; }
    if (cell < 0) { this.readout.textContent = "outside of the grid"; return; }
    const { axes } = this.map.what, nb = this.map.what.nb, indices = [Math.floor(cell / nb), cell % nb];
    const where = axes.map((a, k) => a.name + " = " +
      coordinateText(a, (a.faces[indices[k]] + a.faces[indices[k] + 1]) / 2));
    if (this.current.axes.length > 2) {
      this.current.axes.forEach((a, k) => { if (!this.pair.includes(k)) where.push(a.name + " = " +
        coordinateText(a, (a.faces[this.at[k]] + a.faces[this.at[k] + 1]) / 2)); });
    }
    const values = this.quantities().map(([q, name]) => {
      const code = this.slice(this.field(this.frame, q))[cell];
      return name + " = " + (code !== ZERO && code !== UNKNOWN && code & 1 ? "−" : "") + byLog(log10Of(code));
    });
    this.readout.textContent = where.join(", ") + " · " + values.join(", ");
  }

  drawLines() {
    const view = this.current, fields = [], last = view.channels.length - 1;
    const densities = view.channels[0].name === "ρ";
    const add = (label, codes, style, color) => fields.push({ label, codes, style, color });
    if (this.quantity === "ratio") {
      add("ρ/π at " + this.frameText(), this.field(), "line", 0);
      if (this.frames() > 1) add("at first", this.field(0), "dots", 5);
    } else if (densities) {
      add("ρ", this.codes(0), "line", 0);
      if (this.frames() > 1) add("ρ at first", this.codes(0, 0), "dots", 5);
      view.channels.slice(1, last).forEach((c, k) => add(c.name, this.codes(k + 1), "points", 1));
      add("π", this.codes(last), "dash", 4);
    } else {
      add(this.quantityName(), this.field(), "line", 0);
    }
    const chart = profileOf(view.axes[0], view.window, this.coordinates, this.logarithmic, fields);
    if (this.logarithmic) {
      const ends = this.range();
      chart.yRange = () => ends;
    }
    if (this.plot) this.plot.show(chart); else this.plot = new Curves(this.stage, chart);
  }
}

const HINT = "Point at the map, or use the arrow keys on it, to read values.";
