// Wipes between two pictures of one thing, or shows them side by side, both zoomed and moved in step.
const STEP = 60;

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".compare");
  const stage = root.querySelector(".stage");
  const [before, after] = root.querySelectorAll(".pane img");
  const range = root.querySelector("input");
  const hint = root.querySelector(".hint");
  const state = (root.state ??= { view: "wipe", zoom: "fit", at: 50, x: 0, y: 0 });

  stage.setAttribute("aria-label", `${data.name}: original and enhanced`);
  show(before, data.before, `${data.name}, original`);
  show(after, data.after, `${data.name}, enhanced`);

  function show(picture, url, alt) {
    picture.alt = alt;
    if (picture.dataset.url === url) return;
    picture.dataset.url = url;
    picture.onload = draw;
    picture.onerror = () => {
      hint.textContent = `${alt} cannot be shown here; the link below opens the file.`;
    };
    picture.src = url;
  }

  function draw() {
    const wide = after.naturalWidth || before.naturalWidth || 1;
    const high = after.naturalHeight || before.naturalHeight || 1;
    const room = stage.clientWidth / (state.view === "side" ? 2 : 1);
    const fit = Math.min(room / wide, stage.clientHeight / high, 1);
    const scale = state.zoom === "fit" ? fit : Number(state.zoom);
    const [w, h] = [wide * scale, high * scale];
    const [left, top] = [Math.max(0, (w - room) / 2), Math.max(0, (h - stage.clientHeight) / 2)];
    state.x = Math.min(left, Math.max(-left, state.x));
    state.y = Math.min(top, Math.max(-top, state.y));
    for (const picture of [before, after]) {
      picture.style.width = `${w}px`;
      picture.style.height = `${h}px`;
    }
    root.style.setProperty("--x", `${state.x}px`);
    root.style.setProperty("--y", `${state.y}px`);
    root.style.setProperty("--at", `${state.at}%`);
    root.classList.toggle("wipe", state.view === "wipe");
    root.classList.toggle("side", state.view === "side");
    root.classList.toggle("zoomed", state.zoom !== "fit");
    range.value = state.at;
    for (const button of root.querySelectorAll(".choice button")) {
      const chosen = state[button.parentElement.dataset.name] === button.value;
      button.setAttribute("aria-pressed", String(chosen));
    }
    hint.textContent =
      state.zoom === "fit"
        ? "Drag the line, or use the arrow keys on the slider."
        : "Drag the picture, or use the arrow keys on it, to see another part.";
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
    if (state.zoom === "fit") {
      state.at = Math.min(100, Math.max(0, state.at - way[0] * 2));
      draw();
    } else {
      move(way[0] * STEP, way[1] * STEP);
    }
  };

  stage.onpointerdown = (event) => {
    const wiping = state.view === "wipe" && (state.zoom === "fit" || event.target.closest(".knob"));
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
  return () => watched.disconnect();
}
