// Maps on a canvas: a field of two axes, in the physical plane or with all cells equally wide.

// cellOf returns the cell of an ascending axis that holds q, −1 if none does.
function cellOf(faces, q) {
  let lo = 0, hi = faces.length - 1;
  if (!(q >= faces[0] && q <= faces[hi])) return -1;
  while (hi - lo > 1) {
    const mid = lo + hi >> 1;
    if (faces[mid] <= q) lo = mid; else hi = mid;
  }
  return lo;
}

// toGrid returns the coordinates on the axes of a point of the physical plane.
function toGrid(plane, axes, x, y) {
  switch (plane) {
    case "polar": {
      const start = axes[1].faces[0], phi = Math.atan2(y, x);
      return [Math.hypot(x, y), phi - 2 * Math.PI * Math.floor((phi - start) / (2 * Math.PI))];
    }
    case "meridian": return [Math.hypot(x, y), Math.atan2(Math.abs(x), y)];
    case "section": return [Math.hypot(x, y), Math.atan2(x, y)];
    case "axial": return [Math.abs(x), y];
  }
  return [x, y];
}

// onAxis is a coordinate as the faces have it: the logarithm on a logarithmic axis.
function onAxis(axis, q) { return axis.log ? Math.log(q) : q; }

// coordinateText writes the coordinate at a place of an axis.
function coordinateText(axis, q, digits = 4) { return axis.log ? byLog(q / Math.LN10, digits) : written(q, digits); }

// faceText writes the coordinate of the face ξ of an axis, gradedTicks are those with a label.
function faceText(axis, xi) {
  const q = axis.faces[Math.min(axis.faces.length - 1, Math.max(0, Math.round(xi)))];
  const reach = Math.max(Math.abs(axis.faces[0]), Math.abs(axis.faces[axis.faces.length - 1]));
  return axis.log ? byLog(q / Math.LN10, 1) : written(Math.abs(q) < 1e-12 * reach ? 0 : q, 2);
}

function gradedTicks(axis, lo, hi, room) {
  const n = axis.faces.length - 1, step = Math.max(1, Math.ceil((hi - lo) / Math.max(2, room)));
  const middle = Math.round(n / 2), out = [];
  for (let k = middle - step * Math.floor((middle - lo) / step); k <= hi; k += step) out.push(k);
  return out;
}

// Colours of a map: values between lo and hi, or their logarithms, of a palette.
class ColourScale {
  constructor(palette, lo, hi, log) { Object.assign(this, { palette, lo, hi, log }); }

  // of returns the colour of a code as a pixel.
  of(code) {
    if (code === UNKNOWN) return 0;
    const v = this.log ? log10Of(code) : valueOf(code);
    return this.at((v - this.lo) / (this.hi - this.lo));
  }

  at(share) {
    const n = this.palette.length - 1;
    return this.palette[Math.round(n * Math.min(1, Math.max(0, share)))];
  }

  ticks(room) { return ticks(this.lo, this.hi, room, this.log && this.hi - this.lo > 2); }

  texts(values) { return this.log ? values.map(v => Number.isInteger(v) ? power(v) : byLog(v, 2)) : tickTexts(values); }
}

// paletteOf makes pixels of colours rrggbb.
function paletteOf(text) {
  const out = new Uint32Array(text.length / 6);
  for (let k = 0; k < out.length; k++) {
    const c = parseInt(text.slice(6 * k, 6 * k + 6), 16);
    out[k] = 0xff000000 | (c & 0xff) << 16 | c & 0xff00 | c >> 16; // as bytes R, G, B, A
  }
  return out;
}

// FieldMap draws one field in a canvas, with axes and the scale of its colours.
class FieldMap {
  constructor(box, tell) {
    this.canvas = element("canvas", { tabIndex: 0, role: "img" });
    this.tell = tell;
    this.box = box;
    box.append(this.canvas);
    this.canvas.addEventListener("pointermove", e => this.point(e.offsetX, e.offsetY));
    this.canvas.addEventListener("pointerleave", () => this.mark(null));
    this.canvas.addEventListener("keydown", e => this.step(e));
    new ResizeObserver(() => this.draw()).observe(box);
  }

  // show sets what is drawn: axes and plane, whether graded, the window, the codes of the cells, colours.
  show(what) { this.what = what; this.draw(); }

  layout() {
    const width = Math.max(220, this.box.clientWidth), left = 54, right = 70, top = 10, bottom = 40;
    const side = Math.max(120, Math.min(width - left - right, 520));
    return { width: left + side + right, height: top + side + bottom, left, top, side };
  }

  // cells are those at the pixels, row by row; kept as long as they are the same.
  cells(n) {
    const { axes, plane, graded, window: [cx, cy, half], nb } = this.what;
    const key = [n, graded, plane, cx, cy, half, axes[0].name, axes[1].name, axes[0].faces.length, nb].join();
    if (this.known === key) return this.where;
    const out = new Int32Array(n * n), na = axes[0].faces.length - 1;
    const place = k => (k + 0.5) / n;
    if (graded || plane === "identity") {
      const along = (axis, count, c) => Int32Array.from({ length: n }, (_, k) => graded ?
        Math.floor(place(k) * count) : cellOf(axis.faces, onAxis(axis, c + half * (2 * place(k) - 1))));
      const first = along(axes[0], na, cx), second = along(axes[1], nb, cy);
      for (let y = 0; y < n; y++) {
        for (let x = 0; x < n; x++) {
          const i = first[x], j = second[n - 1 - y];
          out[y * n + x] = i < 0 || j < 0 ? -1 : i * nb + j;
        }
      }
    } else {
      for (let y = 0; y < n; y++) {
        for (let x = 0; x < n; x++) out[y * n + x] = this.cellAt(place(x), 1 - place(y));
      }
    }
    this.known = key;
    return this.where = out;
  }

  // cellAt returns the cell at shares of the square's sides.
  cellAt(a, b) {
    const { axes, plane, graded, window: [cx, cy, half], nb } = this.what;
    if (graded) {
      const clip = (v, count) => Math.min(count - 1, Math.max(0, Math.floor(v * count)));
      return clip(a, axes[0].faces.length - 1) * nb + clip(b, nb);
    }
    const [p, q] = toGrid(plane, axes, cx + half * (2 * a - 1), cy + half * (2 * b - 1));
    const i = cellOf(axes[0].faces, onAxis(axes[0], p)), j = cellOf(axes[1].faces, onAxis(axes[1], q));
    return i < 0 || j < 0 ? -1 : i * nb + j;
  }

  draw() {
    if (!this.what) return;
    const at = this.at = this.layout(), ratio = devicePixelRatio || 1, canvas = this.canvas;
    canvas.width = Math.round(at.width * ratio);
    canvas.height = Math.round(at.height * ratio);
    canvas.style.width = at.width + "px";
    canvas.style.height = at.height + "px";
    canvas.setAttribute("aria-label", this.what.label);
    const c = canvas.getContext("2d"), n = Math.round(at.side * ratio);
    const { codes, colours } = this.what, cells = this.cells(n);
    const image = c.createImageData(n, n), pixels = new Uint32Array(image.data.buffer);
    const known = new Uint32Array(codes.length);
    for (let k = 0; k < pixels.length; k++) {
      const cell = cells[k];
      if (cell >= 0) pixels[k] = known[cell] || (known[cell] = colours.of(codes[cell]));
    }
    c.putImageData(image, Math.round(at.left * ratio), Math.round(at.top * ratio));
    c.scale(ratio, ratio);
    this.axes(c);
    this.bar(c);
    if (this.marked) this.cross(c);
  }

  // axes draws the frame, ticks and names.
  axes(c) {
    const { left, top, side } = this.at, { axes, graded, symbols, window: [cx, cy, half] } = this.what;
    c.strokeStyle = c.fillStyle = ink("ink");
    c.lineWidth = 1;
    c.strokeRect(left - 0.5, top - 0.5, side + 1, side + 1);
    c.font = "12px " + FONT;
    const ranges = graded ? axes.map(a => [0, a.faces.length - 1]) : [[cx - half, cx + half], [cy - half, cy + half]];
    ranges.forEach(([lo, hi], k) => {
      const room = side / (k ? 45 : 75);
      const values = graded ? gradedTicks(axes[k], lo, hi, room) : ticks(lo, hi, room);
      const texts = graded ? values.map(v => faceText(axes[k], v)) : tickTexts(values);
      values.forEach((v, i) => {
        const share = (v - lo) / (hi - lo) * side;
        c.beginPath();
        if (k === 0) {
          c.moveTo(left + share, top + side); c.lineTo(left + share, top + side + 5);
          c.textAlign = "center"; c.textBaseline = "top";
          c.fillText(texts[i], left + share, top + side + 7);
        } else {
          c.moveTo(left, top + side - share); c.lineTo(left - 5, top + side - share);
          c.textAlign = "right"; c.textBaseline = "middle";
          c.fillText(texts[i], left - 7, top + side - share);
        }
        c.stroke();
      });
    });
    const names = graded ? axes.map(a => a.name) : symbols;
    c.font = "13px " + FONT;
    c.textAlign = "center"; c.textBaseline = "bottom";
    c.fillText(names[0], left + side / 2, top + side + 39);
    c.save();
    c.translate(10, top + side / 2);
    c.rotate(-Math.PI / 2);
    c.textBaseline = "middle";
    c.fillText(names[1], 0, 0);
    c.restore();
  }

  // bar draws the scale of colours.
  bar(c) {
    const { left, top, side } = this.at, { colours } = this.what, x = left + side + 12, width = 13;
    for (let k = 0; k < side; k++) {
      const pixel = colours.at(1 - (k + 0.5) / side);
      c.fillStyle = `rgb(${pixel & 255},${pixel >> 8 & 255},${pixel >> 16 & 255})`;
      c.fillRect(x, top + k, width, 1.5);
    }
    c.strokeStyle = c.fillStyle = ink("ink");
    c.strokeRect(x - 0.5, top - 0.5, width + 1, side + 1);
    c.font = "12px " + FONT;
    c.textAlign = "left"; c.textBaseline = "middle";
    const values = colours.ticks(side / 40), texts = colours.texts(values);
    values.forEach((v, i) => {
      const y = top + side * (1 - (v - colours.lo) / (colours.hi - colours.lo));
      c.beginPath(); c.moveTo(x + width, y); c.lineTo(x + width + 4, y); c.stroke();
      c.fillText(texts[i], x + width + 6, y);
    });
  }

  // point marks the place under the pointer.
  point(x, y) {
    const { left, top, side } = this.at, a = (x - left) / side, b = 1 - (y - top) / side;
    this.mark(a >= 0 && a <= 1 && b >= 0 && b <= 1 ? [a, b] : null);
  }

  // step moves the mark by the arrow keys: by a cell in graded coordinates, else by a hundredth.
  step(event) {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!move) return;
    event.preventDefault();
    const { axes, graded } = this.what, old = this.marked || [0.5, 0.5];
    this.mark(old.map((v, k) => {
      const n = graded ? axes[k].faces.length - 1 : 100;
      return Math.min(1 - 0.5 / n, Math.max(0.5 / n, (Math.floor(v * n) + 0.5 + move[k]) / n));
    }));
  }

  mark(place) {
    this.marked = place;
    this.draw();
    this.tell(place ? this.cellAt(...place) : null, place);
  }

  cross(c) {
    const { left, top, side } = this.at, [a, b] = this.marked;
    c.strokeStyle = "#fff"; c.lineWidth = 3; c.globalAlpha = 0.6;
    for (let pass = 0; pass < 2; pass++) {
      c.beginPath();
      c.moveTo(left + a * side - 7, top + (1 - b) * side); c.lineTo(left + a * side + 7, top + (1 - b) * side);
      c.moveTo(left + a * side, top + (1 - b) * side - 7); c.lineTo(left + a * side, top + (1 - b) * side + 7);
      c.stroke();
      c.strokeStyle = "#000"; c.lineWidth = 1; c.globalAlpha = 1;
    }
  }
}
