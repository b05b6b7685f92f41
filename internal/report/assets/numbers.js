// Numbers: how fields are sent, how values are written, where ticks stand.

const PER_DECADE = 4096, ZERO = -0x80000000 + 1, UNKNOWN = -0x80000000;

// decode returns the codes of a field: of x ≠ 0 2·round(4096 log₁₀|x|) + [x < 0].
async function decode(text) {
  const deflated = Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const planes = new Uint8Array(await new Response(stream).arrayBuffer());
  const n = planes.length / 4, codes = new Int32Array(n);
  for (let i = 0, before = 0; i < n; i++) {
    const zigzag = planes[i] | planes[n + i] << 8 | planes[2 * n + i] << 16 | planes[3 * n + i] << 24;
    before = before + ((zigzag >>> 1) ^ -(zigzag & 1)) | 0;
    codes[i] = before;
  }
  return codes;
}

// log10Of is log₁₀|x| of a code, −∞ of 0; valueOf is x.
function log10Of(code) {
  if (code === UNKNOWN) return NaN;
  return code === ZERO ? -Infinity : (code >> 1) / PER_DECADE;
}

function valueOf(code) {
  const size = 10 ** log10Of(code);
  return code !== ZERO && code & 1 ? -size : size;
}

const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

// power writes 10^k.
function power(k) {
  if (k === 0) return "1";
  return k === 1 ? "10" : "10" + [...String(k)].map(c => RAISED[c]).join("");
}

// written writes x with at most that many digits: 0.25, −3, 1.5·10⁻⁷.
function written(x, digits = 3) {
  if (x === null || Number.isNaN(x)) return "unknown";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  if (x === 0) return "0";
  const size = Math.abs(x), sign = x < 0 ? "−" : "";
  if (size >= 1e-4 && size < 1e6) return sign + String(Number(size.toPrecision(digits)));
  return sign + byLog(Math.log10(size), digits);
}

// byLog writes 10^y, however large or small.
function byLog(y, digits = 3) {
  if (Number.isNaN(y)) return "unknown";
  if (y === -Infinity) return "0";
  if (y >= -4 && y < 6) return String(Number((10 ** y).toPrecision(digits)));
  let k = Math.floor(y), mantissa = Number((10 ** (y - k)).toPrecision(digits));
  if (mantissa >= 10) { mantissa /= 10; k++; }
  return mantissa === 1 ? power(k) : mantissa + "·" + power(k);
}

// ticks are n or so round numbers between two; whole are whole numbers.
function ticks(lo, hi, n, whole = false) {
  if (!(hi > lo)) return [lo];
  let step = 10 ** Math.floor(Math.log10((hi - lo) / n));
  for (const factor of [1, 2, 5, 10]) {
    if ((hi - lo) / (step * factor) <= n) { step *= factor; break; }
  }
  if (whole) step = Math.max(1, Math.round(step));
  const out = [];
  for (let k = Math.ceil(lo / step - 1e-9); k * step <= hi + 1e-9 * step; k++) out.push(k * step);
  return out;
}

// tickTexts writes ticks with the digits that they need.
function tickTexts(values) {
  const step = values.length > 1 ? Math.abs(values[1] - values[0]) : Math.abs(values[0]) || 1;
  const most = Math.max(...values.map(Math.abs), step);
  const digits = Math.max(1, Math.ceil(Math.log10(most / step) - 1e-9) + 1);
  return values.map(v => written(Math.abs(v) < step * 1e-9 ? 0 : v, digits));
}

// element makes an element with properties and children.
function element(name, properties = {}, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in e && key !== "list") e[key] = value; else e.setAttribute(key, value);
  }
  e.append(...children);
  return e;
}

// ink is a colour of the style sheet as it is now.
function ink(name) { return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim(); }

// choice is a row of buttons of which one is pressed.
function choice(label, options, chosen, change) {
  const box = element("div", { className: "choice", role: "radiogroup", ariaLabel: label });
  const name = "c" + choice.count++;
  for (const [value, text] of options) {
    const radio = element("input", { type: "radio", name, value: String(value), checked: value === chosen });
    radio.addEventListener("change", () => change(value));
    box.append(element("label", {}, radio, element("span", {}, text)));
  }
  return box;
}
choice.count = 0;
