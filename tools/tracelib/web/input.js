// Mouse, keys, buttons, search, and what the pointer is over.
const chart = document.getElementById("chart"), tip = document.getElementById("tip");
const SHORTEST = 100;		// ns; nothing happens faster
let pending = false;

function redraw() {
	if (!pending)
		requestAnimationFrame(() => { pending = false; draw(false); });
	pending = true;
}

function show(start, end) {
	const length = Math.min(Math.max(end - start, SHORTEST), data.length);
	view.start = Math.min(Math.max(start, 0), data.length - length);
	view.end = view.start + length;
	redraw();
}

// By a factor, keeping the moment under the pointer where it is.
function zoom(factor, time = (view.start + view.end) / 2) {
	show(time - (time - view.start) * factor, time + (view.end - time) * factor);
}

function pan(part) {
	const by = (view.end - view.start) * part;
	show(view.start + by, view.end + by);
}

function choose(task) {
	view.chosen = task === view.chosen ? -1 : task;
	redraw();
}

// ---- What is under the pointer ----

// {row, time} at a place of the window, or null outside the rows.
function under(event) {
	const at = svg.rows.getBoundingClientRect(), y = event.clientY - at.top, x = event.clientX - at.left;
	const row = rows.find(r => r.kind !== "head" && y >= r.y && y < r.y + r.h);
	return row && x < LABELS + plotWidth() ? {row, time: toTime(x), label: x < LABELS} : null;
}

const line = (name, value) => value === "" || value === undefined ? "" : `<tr><td>${name}</td><td>${escapeText(value)}</td></tr>`;
const times = (start, end) => line("from, to", `${showMoment(start)} … ${showMoment(end)}`) + line("duration", showTime(end - start));

function tellTask(task, time) {
	const n = spanAt(task, time), title = `<b><i style="background:${task.colour}"></i>${escapeText(task.comm)} ${task.pid}</b>` +
		(task.tgid !== task.pid ? ` <span>thread of process ${task.tgid}</span>` : "");
	if (n < 0)
		return `${title}<br>${time < task.born ? "not born yet" : "no more"}`;
	const state = data.states[task.s[n]], call = callAt(task, time), by = task.b[n], text = [];
	text.push(line("cause", data.strings[task.d[n]]), line("CPU", awake(task.s[n]) && task.c[n] >= 0 ? task.c[n] : ""));
	text.push(times(task.t[n], spanEnd(task, n)));
	if (state.key === "run")
		text.push(line("before", n ? `${data.states[task.s[n - 1]].label} for ${showTime(task.t[n] - task.t[n - 1])}` : ""));
	if (by !== -1)
		text.push(line(state.key === "ready" && data.strings[task.d[n]] === "preempted" ? "by" : "woken by", taskName(by)));
	if (call >= 0)
		text.push(line("in the call", data.strings[task.calls.n[call]] + (task.calls.r[call] >= 0 ? ` = ${data.strings[task.calls.r[call]]}` : "")));
	const near = 5 / plotWidth() * (view.end - view.start);
	for (const [moment, kind, words] of task.points.filter(point => Math.abs(point[0] - time) <= near).slice(0, 5))
		text.push(line(data.kinds[kind], `${data.strings[words]} at ${showMoment(moment)}`));
	for (const [start, length, name] of task.slices)
		if (time >= start && time < start + length)
			text.push(line("marked", `${data.strings[name]}, ${showTime(length)}`));
	return `${title}<br><i style="background:${state.colour}"></i>${escapeText(state.label)}<table>${text.join("")}</table>`;
}

function tellCpu(cpu, time) {
	const n = spanAt(cpu, time), irq = lastBefore(cpu.irq.t, time), text = [], near = 3 / plotWidth() * (view.end - view.start);
	const who = n < 0 || cpu.w[n] < 0 ? "idle" : taskName(cpu.w[n]);
	if (irq >= 0 && time < cpu.irq.t[irq] + Math.max(cpu.irq.d[irq], near))
		text.push(line("interrupt", `${data.strings[cpu.irq.n[irq]]}, ${showTime(cpu.irq.d[irq])}`));
	return `<b>CPU ${cpu.n}: ${escapeText(who)}</b><table>${n < 0 ? "" : times(cpu.t[n], spanEnd(cpu, n))}${text.join("")}</table>`;
}

function hover(event) {
	const at = under(event);
	view.hover = at;
	tip.hidden = !at || at.label;
	const cross = document.getElementById("cross");
	if (tip.hidden) {
		cross.innerHTML = "";
		return;
	}
	const x = toX(at.time);
	cross.innerHTML = `<path d="M${x} 0V${height}" stroke="#52606d" stroke-dasharray="2 3"/>`;
	tip.innerHTML = at.row.kind === "cpu" ? tellCpu(data.cpus[at.row.cpu], at.time) : tellTask(data.tasks[at.row.task], at.time);
	const w = tip.offsetWidth, h = tip.offsetHeight;
	tip.style.left = `${event.clientX + 16 + w > window.innerWidth ? Math.max(event.clientX - w - 12, 0) : event.clientX + 16}px`;
	tip.style.top = `${event.clientY + 16 + h > window.innerHeight ? Math.max(event.clientY - h - 12, 0) : event.clientY + 16}px`;
}

// ---- The mouse ----

let drag = null;
const plotLeft = () => svg.rows.getBoundingClientRect().left;
const inPlot = event => event.clientX - plotLeft() >= LABELS;

chart.addEventListener("wheel", event => {
	if (!inPlot(event))
		return;				// over the names the page scrolls
	event.preventDefault();
	const along = event.shiftKey ? event.deltaY || event.deltaX : Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : 0;
	if (along)
		pan(along / 1000);
	else
		zoom(1.0015 ** event.deltaY, toTime(event.clientX - plotLeft()));
}, {passive: false});

svg.rows.addEventListener("pointerdown", event => {
	if (event.button === 0 && inPlot(event)) {
		drag = {x: event.clientX, start: view.start, end: view.end, moved: false, mark: event.shiftKey};
		svg.rows.setPointerCapture(event.pointerId);
	}
});
svg.rows.addEventListener("pointermove", event => {
	if (!drag)
		return hover(event);
	drag.moved = drag.moved || Math.abs(event.clientX - drag.x) > 3;
	if (drag.mark) {
		const [left, right] = [drag.x - plotLeft(), event.clientX - plotLeft()].sort((a, b) => a - b);
		document.getElementById("cross").innerHTML = box(left, 0, right - left, height, "#7ea8e0", 'opacity=".3"');
	} else if (drag.moved) {
		tip.hidden = true;
		const by = (drag.x - event.clientX) / plotWidth() * (drag.end - drag.start);
		show(drag.start + by, drag.end + by);
	}
});
svg.rows.addEventListener("pointerup", event => {
	const ended = drag;
	drag = null;
	if (ended && ended.mark && ended.moved) {
		const [one, two] = [toTime(ended.x - plotLeft()), toTime(event.clientX - plotLeft())].sort((a, b) => a - b);
		return show(one, two);
	}
	if (ended && ended.moved)
		return;
	const at = under(event);
	if (at && at.row.kind === "task")
		choose(at.row.task);
	else if (at && !at.label) {
		const cpu = data.cpus[at.row.cpu], n = spanAt(cpu, at.time);
		choose(n >= 0 ? cpu.w[n] : -1);
	}
});
svg.rows.addEventListener("pointerleave", () => { tip.hidden = true; });
svg.rows.addEventListener("dblclick", event => {
	const at = under(event);
	if (!at || at.label)
		return;
	const row = at.row.kind === "cpu" ? data.cpus[at.row.cpu] : data.tasks[at.row.task], n = spanAt(row, at.time);
	if (n >= 0)
		fit(row.t[n], spanEnd(row, n));
});

function fit(start, end) {
	const margin = Math.max((end - start) * 0.25, SHORTEST);
	show(start - margin, end + margin);
}

// The overview: a press shows that place, a drag goes along.
function overviewTo(event) {
	const x = event.clientX - svg.top.getBoundingClientRect().left;
	const time = (x - LABELS) / plotWidth() * data.length, half = (view.end - view.start) / 2;
	show(time - half, time + half);
}
svg.top.addEventListener("pointerdown", event => { svg.top.setPointerCapture(event.pointerId); overviewTo(event); });
svg.top.addEventListener("pointermove", event => { if (event.buttons & 1) overviewTo(event); });

// ---- Keys, buttons, search ----

// The chosen task's span before or after the one in the middle.
function step(direction) {
	const task = data.tasks[view.chosen];
	if (!task)
		return;
	const n = lastBefore(task.t, (view.start + view.end) / 2) + direction;
	if (n >= 0 && n < task.t.length)
		fit(task.t[n], spanEnd(task, n));
}

function find(text) {
	const words = text.trim().toLowerCase(), hits = data.tasks.map((task, n) => n).filter(n => taskName(n).toLowerCase().includes(words));
	view.found = words ? new Set(hits) : null;
	document.getElementById("found").textContent = view.found ? `${view.found.size} task${view.found.size === 1 ? "" : "s"}` : "";
	redraw();
	const first = view.found && rows.find(row => row.kind === "task" && view.found.has(row.task));
	if (first) {
		const y = svg.rows.getBoundingClientRect().top + first.y;
		if (y < 90 || y > window.innerHeight - 40)
			window.scrollBy(0, y - window.innerHeight / 3);
	}
}

const button = id => document.getElementById(id);
const KEYS = {
	"+": () => zoom(0.5),
	"-": () => zoom(2),
	"ArrowLeft": () => pan(-0.25),
	"ArrowRight": () => pan(0.25),
	"0": () => show(0, data.length),
	"[": () => step(-1),
	"]": () => step(1),
	"/": () => button("search").focus(),
	"?": () => { button("how").hidden = !button("how").hidden; redraw(); },
	"Escape": () => { view.chosen = -1; button("search").value = ""; find(""); },
};
KEYS["="] = KEYS["+"];		// the same key on many keyboards
KEYS.Home = KEYS["0"];

// Keys that are meant for the search or the list.
function elsewhere(event) {
	return ["INPUT", "SELECT"].includes(event.target.tagName) && event.target.type !== "checkbox" || event.ctrlKey || event.metaKey || event.altKey;
}

document.addEventListener("keydown", event => {
	if (event.key === "Escape" && event.target === button("search"))
		button("search").blur();
	else if (elsewhere(event))
		return;
	if (KEYS[event.key]) {
		event.preventDefault();
		KEYS[event.key]();
	}
});
for (const [id, key] of [["in", "+"], ["out", "-"], ["left", "ArrowLeft"], ["right", "ArrowRight"], ["all", "0"], ["help", "?"]])
	button(id).addEventListener("click", () => KEYS[key]());
button("search").addEventListener("input", event => find(event.target.value));
for (const id of ["order", "quiet", "kernel", "arrows"])
	button(id).addEventListener("change", newRows);

button("save").addEventListener("click", () => {
	draw(true);
	const top = OVERVIEW + AXIS, size = `width="${width}" height="${top + height}" viewBox="0 0 ${width} ${top + height}"`;
	const text = `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="DejaVu Sans, Helvetica, sans-serif">` +
		`<rect width="100%" height="100%" fill="#fff"/>${svg.top.innerHTML}<g transform="translate(0 ${top})">${svg.rows.innerHTML}</g></svg>`;
	const link = document.createElement("a");
	link.href = URL.createObjectURL(new Blob([text], {type: "image/svg+xml"}));
	link.download = "timeline.svg";
	link.click();
	redraw();
});

function newRows() {
	layOut();
	button("legend").innerHTML = legend();
	redraw();
}

// ---- Legend and beginning ----

function legendItem(w, picture, words) {
	return `<span><svg width="${w}" height="14">${picture}</svg>${escapeText(words)}</span>`;
}

// Of what the rows show, no more.
function legend() {
	const tasks = rows.filter(row => row.kind === "task").map(row => data.tasks[row.task]);
	const used = new Set(tasks.flatMap(task => [...new Set(task.s)]));
	const kinds = new Set(tasks.flatMap(task => task.points.map(point => data.kinds[point[1]])));
	const states = data.states.map((state, n) => ({...state, n})).filter(state => used.has(state.n)).map(state =>
		legendItem(22, awake(state.n) ? box(0, 1, 22, 12, state.colour) : box(0, 4, 22, 5, state.colour), state.label));
	const arrow = legendItem(12, `<path d="M6 0V9" stroke="${ARROW}"/><path d="M6 13l-3-6h6z" fill="${ARROW}"/>`, "wakes");
	const glyphs = Object.entries(GLYPHS).filter(([kind]) => kinds.has(kind)).map(([kind, [fill, shape]]) =>
		legendItem(12, `<path transform="translate(6 7)" fill="${fill}" d="${shape}"/>`, data.glyphs[kind]));
	const marked = tasks.some(task => task.slices.length), stretch = box(0, 1, 22, 11, "#efd3f5") + box(0, 1, 1, 11, "#a23cb8");
	const slice = marked ? legendItem(22, stretch, "marked by the program") : "";
	return [...states, slice, arrow, ...glyphs].join("");
}

const plural = (number, word) => `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;

function summary() {
	const counts = [plural(data.tasks.length, "task"), plural(data.events, "event"), plural(data.wakes.t.length, "wake-up")];
	const lost = data.lost ? ` ${plural(data.lost, "event")} were lost: there are gaps.` : "";
	const dropped = data.dropped ? " The ring was full: what came before is not here." : "";
	return `${showTime(data.length)} on ${plural(data.cpus.length, "CPU")}, ${counts.join(", ")}.${lost}${dropped} Press ? for how to read and use this page.`;
}

function begin() {
	button("summary").textContent = summary();
	newRows();
	draw(false);
	chart.focus({preventScroll: true});
}
window.addEventListener("resize", redraw);
window.addEventListener("scroll", redraw);
window.addEventListener("beforeprint", () => draw(true));
begin();
