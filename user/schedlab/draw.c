/*
 * The results of schedlab as text and as a picture that needs nothing but an SVG viewer: for each
 * task a bar for its share of a CPU, and for sleepers one for the wake-up latency, mean and worst.
 */
#include "lab.h"

#define TEXT_WIDTH 40

static double worst_latency(const struct lab *lab)
{
	double worst = 0.001;

	for (int i = 0; i < lab->n; i++)
		if ((double)lab->subjects[i].latency_max / 1e6 > worst)
			worst = (double)lab->subjects[i].latency_max / 1e6;
	return worst;
}

static double largest_share(const struct lab *lab)
{
	double largest = 0.01;

	for (int i = 0; i < lab->n; i++)
		if (share(lab, &lab->subjects[i]) > largest)
			largest = share(lab, &lab->subjects[i]);
	return largest;
}

void draw_text(const struct lab *lab)
{
	double scale = largest_share(lab), worst = worst_latency(lab);

	printf("%d tasks, %d CPU%s, %.1f s\n", lab->n, lab->cpus, lab->cpus > 1 ? "s" : "",
	       lab->seconds);
	for (int i = 0; i < lab->n; i++) {
		const struct subject *s = &lab->subjects[i];
		int bar = (int)(share(lab, s) / scale * TEXT_WIDTH + 0.5);

		printf("%-16s %7.2f %%  ", s->name, share(lab, s) * 100);
		for (int k = 0; k < bar; k++)
			putchar('#');
		putchar('\n');
	}
	for (int i = 0; i < lab->n; i++) {
		const struct subject *s = &lab->subjects[i];
		int mean = (int)(latency_ms(s) / worst * TEXT_WIDTH + 0.5);
		int bar = (int)((double)s->latency_max / 1e6 / worst * TEXT_WIDTH + 0.5);

		if (!s->wakeups)
			continue;
		printf("%-16s %4ld wake-ups, latency %.3f ms, worst %.3f ms  ", s->name, s->wakeups,
		       latency_ms(s), (double)s->latency_max / 1e6);
		for (int k = 0; k < bar; k++)
			putchar(k < mean ? '#' : '-');
		putchar('\n');
	}
}

/* --- SVG --- */

enum { ROW = 22, NAME_X = 12, BAR_X = 190, BAR_WIDTH = 420, RIGHT = 760, TOP = 56 };

static void bar(FILE *f, int y, double part, const char *colour)
{
	fprintf(f, "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n", BAR_X, y,
		part * BAR_WIDTH, ROW - 6, colour);
}

static void label(FILE *f, double x, int y, const char *text)
{
	fprintf(f, "<text x=\"%.1f\" y=\"%d\">%s</text>\n", x, y + ROW - 10, text);
}

static int draw_shares(FILE *f, const struct lab *lab, int y)
{
	double scale = largest_share(lab);
	char text[64];

	label(f, NAME_X, y, "share of a CPU");
	for (int i = 0; i < lab->n; i++) {
		const struct subject *s = &lab->subjects[i];
		double part = share(lab, s) / scale;

		y += ROW;
		label(f, NAME_X, y, s->name);
		bar(f, y, part, s->kind == HOG ? "#4878a8" : "#58a868");
		snprintf(text, sizeof(text), "%.2f %%", share(lab, s) * 100);
		label(f, BAR_X + part * BAR_WIDTH + 6, y, text);
	}
	return y + ROW;
}

static int draw_latencies(FILE *f, const struct lab *lab, int y)
{
	double scale = worst_latency(lab);
	char text[64];

	label(f, NAME_X, y, "wake-up latency, mean and worst");
	for (int i = 0; i < lab->n; i++) {
		const struct subject *s = &lab->subjects[i];
		double worst = (double)s->latency_max / 1e6 / scale;

		if (!s->wakeups)
			continue;
		y += ROW;
		label(f, NAME_X, y, s->name);
		bar(f, y, worst, "#f0c8a0");
		bar(f, y, latency_ms(s) / scale, "#c86828");
		snprintf(text, sizeof(text), "%.3f ms, %.3f ms", latency_ms(s),
			 (double)s->latency_max / 1e6);
		label(f, BAR_X + worst * BAR_WIDTH + 6, y, text);
	}
	return y + ROW;
}

int draw_svg(const struct lab *lab, const char *path)
{
	FILE *f = fopen(path, "w");
	int rows = lab->n + 2, y;

	if (!f)
		return -1;
	for (int i = 0; i < lab->n; i++)
		rows += lab->subjects[i].wakeups != 0;
	fprintf(f,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"font-family=\"sans-serif\" font-size=\"13\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
		"<text x=\"%d\" y=\"30\" font-size=\"17\">%d tasks, %d CPU%s, %.1f s</text>\n",
		RIGHT, TOP + (rows + 1) * ROW, NAME_X, lab->n, lab->cpus, lab->cpus > 1 ? "s" : "",
		lab->seconds);
	y = draw_shares(f, lab, TOP);
	draw_latencies(f, lab, y + ROW / 2);
	fprintf(f, "</svg>\n");
	return fclose(f) ? -1 : 0;
}
