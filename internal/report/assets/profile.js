// Profiles: fields of one axis as curves.

function midpoint(axis, i) { return axis.faces[i] + (axis.faces[i + 1] - axis.faces[i]) / 2; }

// cellsInside are the cells of an axis that are seen: in physical coordinates those of the window.
function cellsInside(axis, window, coordinates) {
  const out = [];
  for (let i = 0; i < axis.faces.length - 1; i++) {
    const mid = midpoint(axis, i);
    if (coordinates !== "physical" || mid >= window[0] && mid <= window[1]) out.push(i);
  }
  return out;
}

// profileOf is the chart of some fields on an axis, in coordinates: physical, log or graded.
function profileOf(axis, window, coordinates, logarithmic, fields) {
  const inside = cellsInside(axis, window, coordinates);
  const x = inside.map(i => {
    const mid = midpoint(axis, i);
    if (coordinates === "graded") return i + 0.5;
    if (coordinates === "log") return axis.log ? mid / Math.LN10 : Math.log10(mid);
    return axis.log ? Math.exp(mid) : mid;
  });
  const scale = { label: axis.name, log: coordinates === "log", graded: coordinates === "graded" ? axis : undefined };
  const y = codes => inside.map(i => {
    const v = logarithmic ? log10Of(codes[i]) : valueOf(codes[i]);
    return Number.isFinite(v) ? v : null;
  });
  return {
    key: [coordinates, logarithmic, fields.length].join(), x: scale, y: { label: "", log: logarithmic },
    tables: [[x, ...fields.map(f => y(f.codes))]],
    curves: fields.map(f => ({ label: f.label, style: f.style, color: f.color })),
  };
}

// rangeOf are the ends of an ordinate that shows all fields, of logarithms so many decades at most.
function rangeOf(all, logarithmic, decades = 12) {
  let lo = Infinity, hi = -Infinity;
  for (const codes of all) {
    for (const code of codes) {
      const v = logarithmic ? log10Of(code) : valueOf(code);
      if (Number.isFinite(v)) { lo = Math.min(lo, v); hi = Math.max(hi, v); }
    }
  }
  if (!(hi > -Infinity)) return [0, 1];
  if (logarithmic) return [Math.max(Math.floor(lo), Math.ceil(hi) - decades), Math.ceil(hi + 0.05)];
  const margin = 0.05 * (hi - lo) || 1;
  return [lo < 0 ? lo - margin : 0, hi + margin];
}
