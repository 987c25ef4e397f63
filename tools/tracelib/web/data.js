"use strict";
// The trace as page.py packed it, and questions to it. Times are ns after the beginning; a row's spans have no gaps between them.
const data = JSON.parse(document.getElementById("data").textContent);
const INTERRUPT = -2;

// From differences to times.
function sums(differences) {
	let sum = 0;
	return differences.map(difference => sum += difference);
}

for (const cpu of data.cpus) {
	cpu.t = sums(cpu.t);
	cpu.end = data.length;
	cpu.irq.t = sums(cpu.irq.t);
}
for (const task of data.tasks) {
	task.t = sums(task.t);
	task.calls.t = sums(task.calls.t);
}
data.wakes.t = sums(data.wakes.t);
const STATE = Object.fromEntries(data.states.map((state, n) => [state.key, n]));

// The number of the last element of sorted that is not above time; -1 if all are.
function lastBefore(sorted, time) {
	let low = 0, high = sorted.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (sorted[middle] <= time)
			low = middle + 1;
		else
			high = middle;
	}
	return low - 1;
}

function spanEnd(row, n) {
	return n + 1 < row.t.length ? row.t[n + 1] : row.end;
}

// The number of the span of a row at a time, or -1.
function spanAt(row, time) {
	const n = lastBefore(row.t, time);
	return n >= 0 && time < spanEnd(row, n) ? n : -1;
}

// The call a task is in at a time, or -1.
function callAt(task, time) {
	const n = lastBefore(task.calls.t, time);
	return n >= 0 && time < task.calls.t[n] + task.calls.d[n] ? n : -1;
}

// A duration with three digits that count.
function showTime(ns) {
	for (const [unit, size] of [["s", 1e9], ["ms", 1e6], ["µs", 1e3]])
		if (Math.abs(ns) >= size)
			return `${(ns / size).toPrecision(ns / size >= 1000 ? 4 : 3)} ${unit}`;
	return `${Math.round(ns)} ns`;
}

// A point in time, to the microsecond.
function showMoment(ns) {
	return data.length >= 1e9 ? `${(ns / 1e9).toFixed(6)} s` : `${(ns / 1e6).toFixed(3)} ms`;
}

function taskName(n) {
	return n === INTERRUPT ? "an interrupt" : n < 0 ? "?" : `${data.tasks[n].comm} ${data.tasks[n].pid}`;
}

// ---- SVG as text ----

function label(x, y, text, size, fill, anchor = "start") {
	return `<text x="${x.toFixed(1)}" y="${y}" font-size="${size}" fill="${fill}" text-anchor="${anchor}">${escapeText(text)}</text>`;
}

function box(x, y, w, h, fill, more = "") {
	return `<rect x="${x.toFixed(1)}" y="${y}" width="${w.toFixed(1)}" height="${h}" fill="${fill}" ${more}/>`;
}

const INK = "#1f2933", PALE = "#52606d", FAINT = "#7b8794", ARROW = "#334e68", GROUND = "#f4f6f8";

function escapeText(text) {
	return String(text).replace(/[&<>"]/g, c => ({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})[c]);
}

// One colour for each task: the busiest get those that are easiest to tell apart.
[...data.tasks].sort((a, b) => b.ran - a.ran).forEach((task, n) => {
	task.colour = data.palette[n] || `hsl(${(n * 137.5) % 360} 50% ${74 + n % 3 * 8}%)`;
});

// What tells a task from the others in a narrow place: its name, or its pid where others have the same name.
for (const task of data.tasks)
	task.short = data.tasks.some(other => other !== task && other.comm === task.comm) ? String(task.pid) : task.comm;
