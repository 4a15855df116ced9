// SPDX-License-Identifier: GPL-2.0-only
/* "14:02:11.204 reporter | text": | stdout, ! stderr, * the supervisor. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lines.h"
#include "rvfctl.h"
#include "text.h"

static char mark(__u32 stream)
{
	return stream == RVF_LOG_STDOUT ? '|' : stream == RVF_LOG_STDERR ? '!' : '*';
}

static void put_time(FILE *out, __u64 ns)
{
	time_t seconds = ns / 1000000000;
	char text[16];
	struct tm tm;

	if (!localtime_r(&seconds, &tm) || !strftime(text, sizeof(text), "%H:%M:%S", &tm))
		return;
	fprintf(out, "%s.%03u ", text, (unsigned int)(ns / 1000000 % 1000));
}

/* @task is a name of the manifest: words have no characters to escape. */
void put_line(FILE *out, const char *task, size_t task_width, const struct rvf_log_line *line,
	      unsigned int how)
{
	const char *code = line->stream == RVF_LOG_STDERR ? RED : YELLOW;
	bool marked = line->stream != RVF_LOG_STDOUT;

	if (how & LINE_RAW) {
		fwrite(line->data, 1, line->length, out);
		if (!line->cut)
			putc('\n', out);
		return;
	}
	if (how & LINE_TIME)
		put_time(out, line->time_ns);
	if (how & LINE_TASK)
		fprintf(out, "%-*s ", (int)task_width, task);
	fprintf(out, "%s%c%s ", marked ? colour(out, code) : "", mark(line->stream),
		marked ? plain(out) : "");
	put_text(out, line->data, line->length);
	putc('\n', out);
}
