// Drawing: rows of CPUs and tasks for the time from view.start to view.end. Of each row one path a colour, so that the number
// of elements depends on what can be seen and not on the length of the trace.
const LABELS = 232, RIGHT = 18, MIN = 2;	// px; spans narrower than MIN are added up
const AXIS = 26, OVERVIEW = 40;
const view = {start: 0, end: data.length, chosen: -1, hover: null, found: null};
const svg = {rows: document.getElementById("rows"), top: document.getElementById("top")};
let rows = [], width = 1000, height = 0;

const plotWidth = () => Math.max(width - LABELS - RIGHT, 50);
const toX = time => LABELS + (time - view.start) / (view.end - view.start) * plotWidth();
const toTime = x => view.start + (x - LABELS) / plotWidth() * (view.end - view.start);

const ORDERS = {
	process: (a, b) => a.tgid - b.tgid || a.pid - b.pid,
	ran: (a, b) => b.ran - a.ran,
	born: (a, b) => a.born - b.born || a.pid - b.pid,
};

// What stands where: {kind, y, h, cpu or task: its number}.
function layOut() {
	const option = id => document.getElementById(id);
	const order = option("order").value;
	let y = 0;
	rows = [];
	function add(kind, h, extra) {
		rows.push({kind, y, h, ...extra});
		y += h;
	}
	add("head", 22, {text: "CPUs", columns: [[LABELS - 10, "busy"]]});
	data.cpus.forEach((cpu, n) => add("cpu", 26, {cpu: n}));
	add("head", 26, {text: "Tasks", columns: [[LABELS - 62, "pid"], [LABELS - 10, "ran"]]});
	const wanted = task => (option("quiet").checked || task.ran > 0) && (option("kernel").checked || !task.kernel);
	const shown = data.tasks.map((task, n) => n).filter(n => wanted(data.tasks[n]));
	shown.sort((a, b) => ORDERS[order](data.tasks[a], data.tasks[b]));
	const leaders = new Set(shown.map(n => data.tasks[n].pid));
	for (const n of shown) {
		const task = data.tasks[n];
		const inner = order === "process" && task.tgid !== task.pid && leaders.has(task.tgid);
		add("task", task.slices.length ? 34 : 22, {task: n, inner});
	}
	height = y + 6;
}

const rowOf = (kind, n) => rows.find(row => row.kind === kind && row[kind] === n);

// ---- Shapes, collected as one path a colour ----

class Paths {
	constructor() { this.byColour = new Map(); }
	rect(colour, x, y, w, h) {
		const list = this.byColour.get(colour) || [];
		list.push(`M${x.toFixed(1)} ${y.toFixed(1)}h${Math.max(w, 0.5).toFixed(1)}v${h.toFixed(1)}h-${Math.max(w, 0.5).toFixed(1)}z`);
		this.byColour.set(colour, list);
	}
	toString() {
		return [...this.byColour].map(([colour, list]) => `<path fill="${colour}" d="${list.join("")}"/>`).join("");
	}
}

// Goes through a row's spans in view: wide(n, x, w) for those one can see, narrow(x, w, [[n, px]...]) for those only together.
function walk(row, wide, narrow) {
	let x = null, parts = [];
	function flush(to) {
		if (x !== null)
			narrow(x, to - x, parts);
		x = null;
		parts = [];
	}
	for (let n = Math.max(lastBefore(row.t, view.start), 0); n < row.t.length && row.t[n] < view.end; n++) {
		const left = Math.max(toX(row.t[n]), LABELS), right = Math.min(toX(spanEnd(row, n)), LABELS + plotWidth());
		if (right < left)
			continue;
		if (right - left >= MIN) {
			flush(left);
			wide(n, left, right - left);
			continue;
		}
		if (x === null)
			x = left;
		parts.push([n, right - left]);
		if (right - x >= MIN)
			flush(right);
	}
	if (x !== null)
		flush(Math.max(x + 0.5, Math.min(toX(row.end), LABELS + plotWidth())));
}

// The first of the names that has room, or the beginning of the last.
function fitted(room, ...names) {
	return names.find(name => name.length <= room) || (room >= 4 ? names[names.length - 1].slice(0, room - 1) + "…" : "");
}

function drawCpu(row) {
	const cpu = data.cpus[row.cpu], paths = new Paths(), labels = [], top = row.y + 4, h = row.h - 8;
	const colour = n => view.chosen >= 0 && cpu.w[n] !== view.chosen ? "#d9dfe5" : data.tasks[cpu.w[n]].colour;
	walk(cpu, (n, x, w) => {
		if (cpu.w[n] < 0)
			return;
		paths.rect(colour(n), x, top, w > 4 ? w - 0.8 : w, h);
		const text = fitted(Math.floor((w - 6) / 7), taskName(cpu.w[n]), data.tasks[cpu.w[n]].short);
		if (text)
			labels.push(label(x + w / 2, top + h / 2 + 4, text, 11, INK, "middle"));
	}, (x, w, parts) => {
		let base = top + h;
		for (const [n, px] of parts)
			if (cpu.w[n] >= 0) {
				const share = h * px / Math.max(w, 0.01);
				paths.rect(colour(n), x, base -= share, w, share);
			}
	});
	drawInterrupts(cpu.irq, paths, top + h - 3);
	return box(LABELS, top, plotWidth(), h, GROUND) + paths + labels.join("");
}

function drawInterrupts(irq, paths, y) {
	const first = Math.max(lastBefore(irq.t, view.start), 0);
	if (lastBefore(irq.t, view.end) - first > plotWidth() / 4)
		return;				// they would be one black line
	for (let n = first; n < irq.t.length && irq.t[n] < view.end; n++) {
		const x = toX(irq.t[n]), end = Math.min(toX(irq.t[n] + irq.d[n]), LABELS + plotWidth());
		if (x >= LABELS)
			paths.rect("#39424e", x, y, Math.max(end - x, 0.8), 4);
	}
}

const colourOf = state => data.states[state].colour;
const awake = state => state <= STATE.ready;

function drawTask(row) {
	const task = data.tasks[row.task], paths = new Paths(), bands = new Paths(), top = row.y + row.h - 18, h = 14, band = 5;
	walk(task, (n, x, w) => {
		const state = task.s[n];
		if (awake(state))
			paths.rect(colourOf(state), x, top, w, h);
		else
			bands.rect(colourOf(state), x, top + (h - band) / 2, w, band);
	}, (x, w, parts) => {
		const share = new Map();
		for (const [n, px] of parts)
			share.set(task.s[n], (share.get(task.s[n]) || 0) + px);
		const asleep = [...share].filter(([state]) => !awake(state)).sort((a, b) => b[1] - a[1])[0];
		if (asleep)
			bands.rect(colourOf(asleep[0]), x, top + (h - band) / 2, w, band);
		let base = top + h;
		for (const state of [STATE.run, STATE.ready])
			if (share.has(state)) {
				const size = Math.max(h * share.get(state) / Math.max(w, 0.01), 1);
				paths.rect(colourOf(state), x, base -= Math.min(size, base - top), w, Math.min(size, h));
			}
	});
	return `${bands}${paths}${drawCalls(task, top + h - 3)}${drawSlices(task, row.y + 2)}${drawPoints(task, top)}`;
}

// A dark foot where the task ran inside a system call; only where one can see it.
function drawCalls(task, y) {
	const paths = new Paths(), calls = task.calls;
	for (let n = Math.max(lastBefore(calls.t, view.start), 0); n < calls.t.length && calls.t[n] < view.end; n++) {
		const end = calls.t[n] + calls.d[n];
		if ((end - calls.t[n]) / (view.end - view.start) * plotWidth() < MIN)
			continue;
		for (let k = Math.max(lastBefore(task.t, calls.t[n]), 0); k < task.t.length && task.t[k] < end; k++)
			if (task.s[k] === STATE.run) {
				const left = Math.max(toX(Math.max(task.t[k], calls.t[n])), LABELS);
				const right = Math.min(toX(Math.min(spanEnd(task, k), end)), LABELS + plotWidth());
				if (right - left > 0.5)
					paths.rect("#14572b", left, y, right - left, 3);
			}
	}
	return String(paths);
}

function drawSlices(task, y) {
	const paths = new Paths(), labels = [];
	let last = -9;
	for (const [start, length, name] of task.slices) {
		const left = Math.max(toX(start), LABELS), right = Math.min(toX(start + length), LABELS + plotWidth());
		if (right < LABELS || left > LABELS + plotWidth() || right < last + 1)
			continue;
		paths.rect("#efd3f5", left, y, Math.max(right - left, 1), 11);
		paths.rect("#a23cb8", left, y, 1, 11);
		last = right;
		const text = data.strings[name];
		if (text.length * 6.2 + 6 < right - left)
			labels.push(label(left + 4, y + 9, text, 10, INK));
	}
	return paths + labels.join("");
}

const GLYPHS = {		// around 0,0
	mark: ["#a23cb8", "M0-4L4 0L0 4L-4 0z"],
	signal: ["#c2185b", "M-4-4H4L0 4z"],
	fork: ["#334e68", "M0-3.5a3.5 3.5 0 1 0 .01 0z"],
	exec: ["#334e68", "M-3.5-3.5h7v7h-7z"],
	exit: ["#334e68", "M-4-3L-3-4L0-1L3-4L4-3L1 0L4 3L3 4L0 1L-3 4L-4 3L-1 0z"],
	fault: ["#8a6d3b", "M-.7-4h1.4v8h-1.4z"],
	migrate: ["#5c7080", "M-4-2H1V-4L4 0L1 4V2H-4z"],
};

// Where marks of a kind would stand closer than this many px on average they are left out, and the note below says so.
const CROWDED = 25;

function drawPoints(task, y) {
	const shown = task.points.filter(([time, kind]) => time >= view.start && time <= view.end && GLYPHS[data.kinds[kind]]);
	const counts = {}, last = {}, out = [];
	for (const [, kind] of shown)
		counts[kind] = (counts[kind] || 0) + 1;
	for (const [time, kind] of shown) {
		const x = toX(time), [fill, shape] = GLYPHS[data.kinds[kind]];
		if (counts[kind] > Math.max(plotWidth() / CROWDED, 3))
			view.crowded = true;
		else if (x >= (last[kind] ?? -99) + 5) {
			last[kind] = x;
			out.push(`<path transform="translate(${x.toFixed(1)} ${y})" fill="${fill}" stroke="#fff" stroke-width=".6" d="${shape}"/>`);
		}
	}
	return out.join("");
}

// ---- Labels, wake-ups, axis, overview ----

const dimmed = row => view.found && row.kind === "task" && !view.found.has(row.task);

const percent = part => `${(100 * part / data.length).toFixed(1)} %`;

function drawLabel(row) {
	const y = row.y + row.h - {head: 7, cpu: 9, task: 7}[row.kind], right = LABELS - 10;
	if (row.kind === "head")
		return `<g font-weight="bold">${label(16, y, row.text, 12, INK)}</g>` + row.columns.map(([x, text]) => label(x, y, text, 10, FAINT, "end")).join("");
	if (row.kind === "cpu")
		return label(22, y, `CPU ${data.cpus[row.cpu].n}`, 12, INK) + label(right, y, percent(data.cpus[row.cpu].busy), 11, PALE, "end");
	const task = data.tasks[row.task], x = row.inner ? 34 : 22;
	const bold = row.task === view.chosen || view.found && view.found.has(row.task);
	return box(x, y - 9, 10, 10, task.colour, 'rx="2"') + `<g${bold ? ' font-weight="bold"' : ""}>${label(x + 15, y, task.comm, 12, INK)}</g>` +
		label(LABELS - 62, y, task.pid, 11, FAINT, "end") + label(right, y, percent(task.ran), 11, PALE, "end");
}

const MOST_ARROWS = 150;

function drawWakes() {
	const wakes = data.wakes, first = lastBefore(wakes.t, view.start) + 1, last = lastBefore(wakes.t, view.end);
	const shown = [];
	for (let n = first; n <= last && document.getElementById("arrows").checked; n++)
		if (view.chosen < 0 || wakes.to[n] === view.chosen || wakes.from[n] === view.chosen)
			shown.push(n);
	view.wakes = shown.length;
	if (shown.length > MOST_ARROWS)
		return "";
	const at = {cpu: new Map(), task: new Map()};
	for (const row of rows)
		if (row.kind !== "head")
			at[row.kind].set(row[row.kind], row);
	return shown.map(n => {
		const from = wakes.from[n] >= 0 ? at.task.get(wakes.from[n]) : at.cpu.get(wakes.cpu[n]), to = at.task.get(wakes.to[n]);
		if (!from || !to || from === to)
			return "";
		const x = toX(wakes.t[n]), down = to.y > from.y;
		const y1 = from.kind === "cpu" ? from.y + from.h - 3 : from.y + from.h - (down ? 4 : 18), y2 = to.y + to.h - (down ? 18 : 4);
		return `<path class="wake" d="M${x.toFixed(1)} ${y1}V${y2}" stroke-dasharray="${wakes.from[n] >= 0 ? "" : "3 2"}"/>` +
			`<path class="head" d="M${x.toFixed(1)} ${y2}l-3 ${down ? -6 : 6}h6z"/>`;
	}).join("");
}

// Ticks at 1, 2 or 5 times a power of ten ns, at least 90 px apart.
function tickStep() {
	const want = 90 / plotWidth() * (view.end - view.start), power = 10 ** Math.floor(Math.log10(Math.max(want, 1)));
	return [1, 2, 5, 10].map(digit => digit * power).find(step => step >= want) || 10 * power;
}

// [unit, its ns] in which steps of this size read well.
function unitFor(step) {
	return step >= 1e9 ? ["s", 1e9] : step >= 1e3 && data.length >= 1e6 ? ["ms", 1e6] : step >= 1 ? ["µs", 1e3] : ["ns", 1];
}

function drawAxis() {
	const step = tickStep(), [unit, size] = unitFor(step), base = OVERVIEW + AXIS, marks = [], lines = [];
	const digits = Math.max(0, Math.round(Math.log10(size)) - Math.floor(Math.log10(step)));
	for (let time = Math.ceil(view.start / step) * step; time <= view.end; time += step) {
		const x = toX(time);
		lines.push(`<path d="M${x.toFixed(1)} 0V${height}" stroke="#e9edf1"/>`);
		marks.push(`<path d="M${x.toFixed(1)} ${base - 6}v6" stroke="${FAINT}"/>`);
		if (x < width - 30)
			marks.push(label(x, base - 10, time ? `${(time / size).toFixed(digits)} ${unit}` : "0", 11, INK, "middle"));
	}
	return [marks.join(""), lines.join("")];
}

// How many CPUs were busy and how many tasks waited for one, over the whole trace.
let overviewDrawn = null;
function overview() {
	if (overviewDrawn && overviewDrawn.width === plotWidth())
		return overviewDrawn;
	const bins = Math.ceil(plotWidth() / 2), size = data.length / bins, busy = new Float64Array(bins), ready = new Float64Array(bins);
	function add(into, start, end) {
		for (let bin = Math.floor(start / size); bin < bins && bin * size < end; bin++)
			into[bin] += (Math.min(end, (bin + 1) * size) - Math.max(start, bin * size)) / size;
	}
	for (const cpu of data.cpus)
		cpu.t.forEach((start, n) => cpu.w[n] >= 0 && add(busy, start, spanEnd(cpu, n)));
	for (const task of data.tasks)
		task.t.forEach((start, n) => task.s[n] === STATE.ready && add(ready, start, spanEnd(task, n)));
	const most = Math.max(1, ...ready), half = (OVERVIEW - 10) / 2;
	function area(state, values, full, y) {
		const line = [...values].map((v, n) => `L${LABELS + n * 2} ${(y - v / full * half).toFixed(1)}`).join("");
		return `<path fill="${colourOf(state)}" d="M${LABELS} ${y}${line}V${y}z"/>`;
	}
	const text = area(STATE.run, busy, data.cpus.length, 4 + half) + area(STATE.ready, ready, most, OVERVIEW - 4);
	return overviewDrawn = {width: plotWidth(), most, text};
}

function drawTop(marks) {
	const left = LABELS + view.start / data.length * plotWidth(), right = LABELS + view.end / data.length * plotWidth();
	const end = LABELS + plotWidth(), low = OVERVIEW - 4, whole = overview();
	return box(LABELS, 4, plotWidth(), OVERVIEW - 8, GROUND) + whole.text + `<path d="M${LABELS} ${OVERVIEW / 2}h${plotWidth()}" stroke="#fff"/>` +
		label(16, 17, "whole trace: CPUs busy", 11, PALE) + label(16, 33, `tasks runnable, up to ${Math.round(whole.most)}`, 11, PALE) +
		`<path d="M${LABELS} 4H${left}V${low}H${LABELS}zM${right} 4H${end}V${low}H${right}z" fill="#fff" opacity=".72"/>` +
		box(left, 3, Math.max(right - left, 2), OVERVIEW - 6, "none", `id="window" stroke="${ARROW}"`) +
		label(16, OVERVIEW + AXIS - 10, "time after the first event", 11, PALE) + marks;
}

function drawRow(row) {
	const chosen = row.kind === "task" && row.task === view.chosen ? box(0, row.y, width, row.h, "#eaf2fd") : "";
	const content = {head: () => "", cpu: drawCpu, task: drawTask}[row.kind](row);
	return `<g class="row" data-kind="${row.kind}" data-n="${row.cpu ?? row.task ?? ""}"${dimmed(row) ? ' opacity=".2"' : ""}>` +
		`${chosen}${drawLabel(row)}${content}</g>`;
}

// Only the rows that are in the window, or all of them.
function draw(everything) {
	width = document.getElementById("chart").clientWidth;
	const from = -svg.rows.getBoundingClientRect().top - 60, to = from + window.innerHeight + 120;
	const shown = rows.filter(row => everything || row.y + row.h > from && row.y < to), [marks, lines] = drawAxis();
	for (const [element, size] of [[svg.rows, height], [svg.top, OVERVIEW + AXIS]]) {
		element.setAttribute("width", width);
		element.setAttribute("height", size);
		element.setAttribute("viewBox", `0 0 ${width} ${size}`);
	}
	view.crowded = false;
	svg.top.innerHTML = drawTop(marks);
	svg.rows.innerHTML = `<style>.wake{fill:none;stroke:${ARROW};opacity:.75}.head{fill:${ARROW}}</style>` +
		`<g>${lines}</g>${shown.map(drawRow).join("")}<g id="wakes">${drawWakes()}</g><g id="cross"></g>`;
	tellView();
}

function tellView() {
	const note = [`Shown: ${showTime(view.end - view.start)} of ${showTime(data.length)}, from ${showMoment(view.start)}.`];
	if (view.wakes > MOST_ARROWS)
		note.push(`${view.wakes} wake-ups are too many for arrows: zoom in, or click a task to see only its own.`);
	if (view.crowded)
		note.push("Marks that would crowd a row are left out: zoom in.");
	document.getElementById("note").textContent = note.join(" ");
}
