// Curves by uPlot. Logarithmic ordinates come as log₁₀, and are labelled as what they are of.

const CURVE_COLOURS = ["blue", "vermilion", "green", "purple", "ink", "sky", "ochre"];

function curveColour(k) { return ink(CURVE_COLOURS[k % CURVE_COLOURS.length]); }

// valueText writes what stands at a place of a scale.
function valueText(scale, v, digits = 4) {
  if (v === null || v === undefined) return "–";
  return scale.log ? byLog(v, digits) : written(v, digits);
}

// axisOf is an axis of uPlot for a scale.
function axisOf(scale, side) {
  return {
    label: scale.label || undefined, labelSize: scale.label ? 24 : 0, size: side === 3 ? 58 : 34, side,
    stroke: () => ink("ink"), font: "12px " + FONT, labelFont: "13px " + FONT,
    grid: { stroke: () => ink("line"), width: 1 }, ticks: { stroke: () => ink("line"), width: 1, size: 5 },
    splits: (u, i, lo, hi) => {
      const room = side === 3 ? u.bbox.height / devicePixelRatio / 34 : u.bbox.width / devicePixelRatio / 78;
      if (scale.graded) return gradedTicks(scale.graded, lo, hi, room);
      return ticks(lo, hi, Math.max(2, room), scale.log && hi - lo > 2);
    },
    values: (u, splits) => {
      if (scale.graded) return splits.map(v => faceText(scale.graded, v));
      if (!scale.log) return tickTexts(splits);
      return splits.map(v => Number.isInteger(v) ? power(v) : byLog(v, 2));
    },
  };
}

const FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

// seriesOf is a series of uPlot for a curve.
function seriesOf(c, y) {
  const s = {
    label: c.label || " ", spanGaps: true, pxAlign: 0, points: { show: false }, width: 2,
    stroke: () => curveColour(c.color), value: (u, v) => valueText(y, v),
  };
  switch (c.style) {
    case "thick": s.width = 5; break;
    case "dash": s.dash = [10, 6]; break;
    case "dots": s.width = 3; s.dash = [0.5, 9]; s.cap = "round"; break;
    case "points": s.width = 0; s.points = { show: true, size: 5 }; break;
    case "high": case "low": s.width = 0; s.value = () => ""; break;
  }
  return s;
}

// markerOf is the colour of a curve's sample in the legend.
function markerOf(c) { return c.style === "high" ? curveColour(c.color) + "40" : curveColour(c.color); }

// Curves is a figure of curves in an element.
class Curves {
  constructor(box, chart) {
    this.box = box;
    this.chart = chart;
    this.build();
    new ResizeObserver(() => this.fit()).observe(box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { this.plot.destroy(); this.build(); });
  }

  // data are the columns, joined where curves have abscissae of their own.
  data() {
    return this.chart.tables.length === 1 ? this.chart.tables[0] : uPlot.join(this.chart.tables);
  }

  build() {
    const { x, y, curves } = this.chart;
    const bands = [];
    curves.forEach((c, k) => {
      if (c.style === "high") bands.push({ series: [k + 1, k + 2], fill: () => curveColour(c.color) + "30" });
    });
    this.plot = new uPlot({
      ...this.size(), bands, pxAlign: 0,
      scales: { x: { time: false, range: this.chart.xRange }, y: { range: this.chart.yRange || undefined } },
      axes: [axisOf(x, 2), axisOf(y, 3)],
      legend: { live: true, markers: { width: 0, fill: (u, k) => markerOf(curves[k - 1]) } },
      cursor: { drag: { x: true, y: true, uni: 20 } },
      series: [{ label: x.label, value: (u, v) => valueText(x, v) }, ...curves.map(c => seriesOf(c, y))],
    }, this.data(), this.box);
    this.box.dataset.drawn = "1";
    this.plot.root.querySelectorAll(".u-series").forEach((row, k) => {
      const c = curves[k - 1];
      if (c && !c.label) row.classList.add("silent");
    });
  }

  size() {
    const width = Math.max(240, this.box.clientWidth);
    return { width, height: Math.round(Math.min(420, Math.max(240, width * 0.62))) };
  }

  fit() {
    const size = this.size();
    if (size.width !== this.plot.width) this.plot.setSize(size);
  }

  // show replaces the chart.
  show(chart) {
    const same = chart.curves.length === this.chart.curves.length && chart.key === this.chart.key;
    this.chart = chart;
    if (same) {
      this.plot.setData(this.data());
      return;
    }
    this.plot.destroy();
    this.build();
  }
}
