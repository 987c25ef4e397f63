"use strict";
// The flame graph's script. frames: [name, start, count, depth] in the order of the <g>; start and count are samples.
const groups = [...document.querySelectorAll("#frames > g")];
const byId = id => document.getElementById(id);
let inside = 0;			// the frame that fills the width

// A frame, those below it at full width, those above it to scale; all others go.
function zoom(to) {
	inside = to;
	const [, from, count, level] = frames[to], scale = width / count;
	frames.forEach(([name, start, size, depth], n) => {
		const above = depth >= level && start >= from && start + size <= from + count;
		const below = depth < level && start <= from && start + size >= from + count;
		groups[n].classList.toggle("away", !above && !below);
		groups[n].classList.toggle("parent", below);
		if (above || below)
			place(n, name, below ? margin : margin + (start - from) * scale, below ? width : size * scale);
	});
	byId("back").setAttribute("visibility", to ? "visible" : "hidden");
}

function place(n, name, x, size) {
	const rect = groups[n].querySelector("rect"), text = groups[n].querySelector("text"), room = Math.floor((size - 6) / 7.3);
	rect.setAttribute("x", x);
	rect.setAttribute("width", Math.max(size - 0.5, 0.2));
	text.setAttribute("x", x + 4);
	text.textContent = name.length <= room ? name : room >= 3 ? name.slice(0, room - 1) + "…" : "";
}

function share(count, of) {
	return `${(100 * count / of).toFixed(1)} %`;
}

// Frames whose names contain the words; what they take together, without counting a stack twice.
function search(words) {
	let taken = 0;
	const ends = [];
	frames.map((frame, n) => n).sort((a, b) => frames[a][1] - frames[b][1] || frames[a][3] - frames[b][3]).forEach(n => {
		const [name, start, count] = frames[n], hit = words && name.toLowerCase().includes(words.toLowerCase());
		groups[n].classList.toggle("found", Boolean(hit));
		if (hit && start >= (ends.length ? ends[ends.length - 1] : 0)) {
			taken += count;
			ends.push(start + count);
		}
	});
	byId("found").textContent = words ? `“${words}”: ${share(taken, total)} of all samples` : "";
}

groups.forEach((group, n) => {
	const [name, , count] = frames[n];
	group.addEventListener("click", () => zoom(n === inside ? 0 : n));
	group.addEventListener("mouseenter", () => {
		const part = inside ? `, ${share(Math.min(count, frames[inside][2]), frames[inside][2])} of ${frames[inside][0]}` : "";
		byId("told").textContent = `${name}: ${count} samples, ${share(count, total)}${part}`;
	});
	group.addEventListener("mouseleave", () => { byId("told").textContent = ""; });
});

const ask = () => search(prompt("Which function?") || "");
byId("search").addEventListener("click", ask);
byId("back").addEventListener("click", () => zoom(0));
document.addEventListener("keydown", event => {
	if (event.key === "Escape") {
		zoom(0);
		search("");
	} else if (event.key === "/") {
		event.preventDefault();
		ask();
	}
});
