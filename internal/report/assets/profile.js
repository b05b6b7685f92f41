// Profiles: fields of one axis as curves.

// profileOf is the chart of some fields on an axis, in coordinates: physical, log or graded.
function profileOf(axis, window, coordinates, logarithmic, fields) {
  const n = axis.faces.length - 1, x = [], inside = [];
  let [lo, hi] = coordinates === "physical" ? window : [axis.faces[0], axis.faces[n]];
  for (let i = 0; i < n; i++) {
    const mid = axis.faces[i] + (axis.faces[i + 1] - axis.faces[i]) / 2;
    if (mid < lo || mid > hi) continue;
    inside.push(i);
    if (coordinates === "graded") x.push(i + 0.5);
    else if (coordinates === "log") x.push(axis.log ? mid / Math.LN10 : Math.log10(mid));
    else x.push(axis.log ? Math.exp(mid) : mid);
  }
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

// rangeOf are the ends of an ordinate that shows all fields, of logarithms 12 decades at most.
function rangeOf(all, logarithmic) {
  let lo = Infinity, hi = -Infinity;
  for (const codes of all) {
    for (const code of codes) {
      const v = logarithmic ? log10Of(code) : valueOf(code);
      if (Number.isFinite(v)) { lo = Math.min(lo, v); hi = Math.max(hi, v); }
    }
  }
  if (!(hi > -Infinity)) return [0, 1];
  if (logarithmic) return [Math.max(Math.floor(lo), Math.ceil(hi) - 12), Math.ceil(hi + 0.05)];
  const margin = 0.05 * (hi - lo) || 1;
  return [lo < 0 ? lo - margin : 0, hi + margin];
}
