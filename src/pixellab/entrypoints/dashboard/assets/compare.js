// Wipes between two pictures of one thing, or shows them side by side, both zoomed and moved in step.
const STEP = 60;
// Heights of the stage in pixels, and its share of the window's height.
const [LOWEST, HIGHEST, SHARE] = [220, 680, 0.66];
// Shapes that differ by less are one shape; sizes are whole pixels.
const SAME_SHAPE = 0.02;

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".compare");
  const stage = root.querySelector(".stage");
  const [before, after] = root.querySelectorAll(".pane img");
  const range = root.querySelector("input");
  const hint = root.querySelector(".hint");
  // The view is null until the visitor has chosen one.
  const isNew = !root.state;
  const state = (root.state ??= { view: null, zoom: "fit", at: 50, x: 0, y: 0 });
  const [left, right] = data.labels;
  let broken = "";

  stage.setAttribute("aria-label", `${data.name}: ${left} and ${right}`);
  range.setAttribute("aria-label", `Share of the left picture that shows, in percent: ${left}`);
  root.querySelectorAll(".tag, .range span").forEach((label, index) => {
    label.textContent = data.labels[index % 2];
  });
  show(before, data.before, `${data.name}, ${left}`);
  show(after, data.after, `${data.name}, ${right}`);

  function show(picture, url, alt) {
    picture.alt = alt;
    if (picture.dataset.url === url) return;
    picture.dataset.url = url;
    picture.onload = draw;
    picture.onerror = () => {
      broken = `The browser cannot draw this picture (${alt}); the link opens the file.`;
      draw();
    };
    broken = "";
    picture.src = url;
  }

  function sameShape() {
    const [first, second] = [before, after].map((each) => each.naturalWidth / each.naturalHeight);
    return !(Math.abs(first / second - 1) > SAME_SHAPE);
  }

  function draw() {
    const view = state.view ?? (sameShape() ? "wipe" : "side");
    const wide = after.naturalWidth || before.naturalWidth || 4;
    const high = after.naturalHeight || before.naturalHeight || 3;
    const room = stage.clientWidth / (view === "side" ? 2 : 1);
    const most = Math.min(HIGHEST, window.innerHeight * SHARE);
    const height = Math.round(Math.max(LOWEST, Math.min(most, (room * high) / wide)));
    stage.style.height = `${height}px`;
    const fit = Math.min(room / wide, height / high);
    const scale = state.zoom === "fit" ? fit : Number(state.zoom);
    const [w, h] = [wide * scale, high * scale];
    const [across, down] = [Math.max(0, (w - room) / 2), Math.max(0, (h - height) / 2)];
    state.x = Math.min(across, Math.max(-across, state.x));
    state.y = Math.min(down, Math.max(-down, state.y));
    for (const picture of [before, after]) {
      picture.style.width = `${w}px`;
      picture.style.height = `${h}px`;
    }
    root.style.setProperty("--x", `${state.x}px`);
    root.style.setProperty("--y", `${state.y}px`);
    root.style.setProperty("--at", `${state.at}%`);
    root.classList.toggle("wipe", view === "wipe");
    root.classList.toggle("side", view === "side");
    root.classList.toggle("zoomed", state.zoom !== "fit");
    range.value = state.at;
    for (const button of root.querySelectorAll(".choice button")) {
      const now = { view, zoom: state.zoom };
      const chosen = now[button.parentElement.dataset.name] === button.value;
      button.setAttribute("aria-pressed", String(chosen));
    }
    hint.textContent = advice(view);
  }

  function advice(view) {
    if (broken) return broken;
    if (state.zoom !== "fit") return "Drag the picture, or use the arrow keys on it, to see another part.";
    if (view === "wipe") return "Drag the line, or use the arrow keys on the slider.";
    return sameShape() ? "" : "The two differ in shape, so they are shown side by side.";
  }

  function move(x, y) {
    state.x += x;
    state.y += y;
    draw();
  }

  for (const button of root.querySelectorAll(".choice button")) {
    button.onclick = () => {
      state[button.parentElement.dataset.name] = button.value;
      if (state.zoom === "fit") state.x = state.y = 0;
      draw();
    };
  }

  range.oninput = () => {
    state.at = Number(range.value);
    draw();
  };

  stage.onkeydown = (event) => {
    const moves = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const way = moves[event.key];
    if (!way) return;
    event.preventDefault();
    if (state.zoom === "fit" && root.classList.contains("wipe")) {
      state.at = Math.min(100, Math.max(0, state.at - way[0] * 2));
      draw();
    } else {
      move(way[0] * STEP, way[1] * STEP);
    }
  };

  stage.onpointerdown = (event) => {
    const wiping = root.classList.contains("wipe") && (state.zoom === "fit" || event.target.closest(".knob"));
    if (!wiping && state.zoom === "fit") return;
    stage.setPointerCapture(event.pointerId);
    stage.classList.add("dragging");
    let [x, y] = [event.clientX, event.clientY];
    stage.onpointermove = (moved) => {
      if (wiping) {
        const box = stage.getBoundingClientRect();
        state.at = Math.min(100, Math.max(0, ((moved.clientX - box.left) / box.width) * 100));
        draw();
      } else {
        move(moved.clientX - x, moved.clientY - y);
        [x, y] = [moved.clientX, moved.clientY];
      }
    };
    if (wiping) stage.onpointermove(event);
  };

  stage.onpointerup = stage.onpointercancel = () => {
    stage.classList.remove("dragging");
    stage.onpointermove = null;
  };

  const watched = new ResizeObserver(draw);
  watched.observe(stage);
  draw();
  if (isNew && data.reveal) root.scrollIntoView({ block: "start" });
  return () => watched.disconnect();
}
