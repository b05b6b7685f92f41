// What a page does when it is opened.

const page = JSON.parse(document.getElementById("data").textContent);
const palettes = { sequential: paletteOf(page.sequential), diverging: paletteOf(page.diverging) };
document.documentElement.classList.add("scripted");

// opened calls do when an element comes near to what is seen.
function opened(e, act) {
  const observer = new IntersectionObserver(entries => {
    if (!entries.some(entry => entry.isIntersecting)) return;
    observer.disconnect();
    act();
  }, { rootMargin: "600px" });
  observer.observe(e);
}

// fill makes the interactive parts of a section.
function fill(root, charts, scene) {
  root.querySelectorAll(":scope > .look > .charts > .chart > .plot, :scope > .chart > .plot").forEach((box, k) =>
    opened(box, () => { new Curves(box, charts[k]); picture(); }));
  const box = root.querySelector(":scope > .look > .scene");
  if (box && scene) opened(box, () => { new Scene(box, scene, palettes); });
}

// picture notes when something was first drawn, once the frame is on the screen.
function picture(name = "first-picture") {
  if (!performance.getEntriesByName(name).length) {
    requestAnimationFrame(() => requestAnimationFrame(() => performance.mark(name)));
  }
}

if (!document.querySelector(".plot, .scene")) picture();
const overview = document.querySelector(".overview");
if (overview) fill(overview, page.charts || [], null);
for (const s of page.sections) fill(document.getElementById(s.id), s.charts || [], s.scene);
