// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sample plugins without a task: the sensor's reading of measurements, the
 * reporter's statistics, and what a plugin does that nobody started as a task.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../tools/plugins/reporter/stats.h"
#include "../../tools/plugins/sensor/days.h"
#include "tap.h"

#define HEADER "location,date,precipitation,temp_max,temp_min,wind,weather\n"

/* In memory that ends where the text does, so that reading on is noticed. */
static int read_days(struct days *days, const char *text, size_t length)
{
	char *copy = malloc(length ? length : 1);
	int ret;

	tap_need(copy, "memory");
	memcpy(copy, text, length);
	ret = days_read(days, copy, length);
	free(copy);
	return ret;
}

static void test_good(void)
{
	static const char text[] =
		"weather,temp_min,x,\"location\",date,temp_max,precipitation,wind\r\n"
		"sun,-7.1,,\"New \"\"York\"\"\",2012-02-29,12.8,0,4\r\n"
		"rain,-0.5,y,Oslo,2013-12-31,-0.1,99.9,0.0";
	const struct weather_sample *day;
	struct days days;

	if (!tap_ok(read_days(&days, text, strlen(text)) == 0,
		    "quotes, CRLF, columns in any order"))
		return;
	tap_equal(days.count, 2, "both days are there, without a last newline");
	day = &days.samples[0];
	tap_ok(!strcmp(day->station, "New \"York\"") && !strcmp(day->kind, "sun"), "its names");
	tap_ok(day->temp_max == 128 && day->temp_min == -71 && day->wind == 40 &&
		       day->precipitation == 0,
	       "its numbers, in tenths");
	tap_ok(day->year == 2012 && day->month == 2 && day->day == 29, "its date");
	tap_ok(days.samples[1].temp_max == -1 && days.samples[1].temp_min == -5,
	       "numbers between -1 and 0 keep their sign");
	days_free(&days);
}

static void test_bad(void)
{
	static const struct {
		const char *text;
		unsigned int line;
		const char *why;
	} bad[] = {
		{ "", 0, "no text at all" },
		{ "location,date\n", 1, "missing columns" },
		{ "weather," HEADER, 1, "a column twice" },
		{ HEADER "Oslo,2012-01-01,1,2,3,4\n", 2, "too few fields" },
		{ HEADER "Oslo,2012-01-01,1,2,3,4,sun,5\n", 2, "too many fields" },
		{ HEADER "\n", 2, "an empty line" },
		{ HEADER "Oslo,2012-01-01,1,2,3,4,sun\nOslo,2012-13-01,1,2,3,4,sun\n", 3,
		  "a month 13" },
		{ HEADER "Oslo,2012-04-32,1,2,3,4,sun\n", 2, "a day 32" },
		{ HEADER "Oslo,12-4-1,1,2,3,4,sun\n", 2, "a short date" },
		{ HEADER "Oslo,2012-01-01,1.25,2,3,4,sun\n", 2, "two decimals" },
		{ HEADER "Oslo,2012-01-01,1.,2,3,4,sun\n", 2, "a point and nothing" },
		{ HEADER "Oslo,2012-01-01,,2,3,4,sun\n", 2, "no number" },
		{ HEADER "Oslo,2012-01-01,1,--2,3,4,sun\n", 2, "two signs" },
		{ HEADER "Oslo,2012-01-01,1,2,3,99999999999999999999,sun\n", 2, "a huge number" },
		{ HEADER "Oslo,2012-01-01,1,2,3,4,\n", 2, "no weather" },
		{ HEADER "Oslo,2012-01-01,1,2,3,4,abcdefghijklmnop\n", 2, "a long word" },
		{ HEADER "Os\tlo,2012-01-01,1,2,3,4,sun\n", 2, "a control character" },
		{ HEADER "\"Oslo,2012-01-01,1,2,3,4,sun\n", 2, "an open quotation mark" },
		{ HEADER "\"Oslo\"x,2012-01-01,1,2,3,4,sun\n", 2, "text behind quotation marks" },
		{ HEADER "Os\"lo,2012-01-01,1,2,3,4,sun\n", 2, "a quotation mark inside" },
	};
	struct days days;
	bool refused;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		refused = read_days(&days, bad[i].text, strlen(bad[i].text)) < 0;
		if (!tap_ok(refused && days.line == bad[i].line && days.error[0] && !days.samples,
			    "refused: %s", bad[i].why))
			printf("# line %u: %s\n", days.line, refused ? days.error : "taken");
		if (!refused)
			days_free(&days);
	}
	refused = read_days(&days, HEADER "\0", strlen(HEADER) + 1) < 0;
	tap_ok(refused && strstr(days.error, "NUL"), "refused: a NUL byte");
}

static char *load(const char *path, size_t *length)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	char *text;

	tap_need(fd >= 0 && fstat(fd, &st) == 0, path);
	text = malloc(st.st_size + 1);
	tap_need(text && read(fd, text, st.st_size) == st.st_size, path);
	close(fd);
	text[st.st_size] = '\0';
	*length = st.st_size;
	return text;
}

/* What the sample's file says; scripts/demo has awk say the same. */
static void test_sample(const char *text, size_t length)
{
	static const char report[] =
		"New York: 1461 days, mean 13.04 C, lowest -16.0, highest 37.8, precipitation 4178.6 mm\n"
		"New York: drizzle 58, fog 38, rain 446, snow 93, sun 826\n"
		"Seattle: 1461 days, mean 12.34 C, lowest -7.1, highest 35.6, precipitation 4426.0 mm\n"
		"Seattle: drizzle 53, fog 101, rain 641, snow 26, sun 640\n";
	static struct stats stats;
	char out[1024];
	struct days days;
	unsigned int i;
	int ret = 0;

	tap_need(read_days(&days, text, length) == 0, "the sample's measurements");
	tap_equal(days.count, 2922, "the sample has 2,922 days");
	stats_reset(&stats);
	for (i = 0; i < days.count; i++)
		ret |= stats_add(&stats, &days.samples[i]);
	tap_equal(ret, 0, "they can be added up");
	tap_equal(stats_print(&stats, out, sizeof(out)), strlen(report), "the report's length");
	tap_ok(!strcmp(out, report), "the report");
	tap_equal(stats_print(&stats, out, strlen(report)), -1, "a report that does not fit");
	days_free(&days);
}

static void test_full(void)
{
	struct weather_sample day = { .what = WEATHER_DAY };
	static struct stats stats;
	unsigned int i;
	int ret = 0;

	stats_reset(&stats);
	for (i = 0; i < STATS_STATIONS; i++) {
		snprintf(day.station, sizeof(day.station), "station %u", i);
		ret |= stats_add(&stats, &day);
	}
	tap_equal(ret, 0, "as many stations as fit");
	strcpy(day.station, "one more");
	tap_equal(stats_add(&stats, &day), -1, "one more is refused");
	tap_equal(stats.days, STATS_STATIONS, "and not counted");
}

/* Nothing but the sanitizers says whether these went well. */
static void test_damaged(const char *text)
{
	static const char bytes[] = ",\"\n\r-.0a";
	unsigned int i, taken = 0;
	char damaged[2000];
	struct days days;
	size_t length;
	int flips;

	srand(1);
	for (i = 0; i < 5000; i++) {
		length = 1 + rand() % sizeof(damaged);
		memcpy(damaged, text, length);
		for (flips = rand() % 4; flips; flips--)
			damaged[rand() % length] = rand() % 2 ? rand() : bytes[rand() % 8];
		if (read_days(&days, damaged, length) == 0) {
			taken++;
			days_free(&days);
		}
	}
	tap_ok(taken > 0 && taken < i, "%u damaged texts, %u of them taken", i, taken);
}

/* Starts a plugin as anybody could, and tells what it says and how it ends. */
static int start(const char *plugin, const char *variable, char *said, size_t room)
{
	int out[2], status = -1;
	ssize_t length;
	pid_t pid;

	tap_need(pipe(out) == 0, "a pipe");
	pid = fork();
	tap_need(pid >= 0, "a process");
	if (pid == 0) {
		char *envp[] = { (char *)variable, NULL };
		char *argv[] = { "plugin", NULL };

		dup2(out[1], STDERR_FILENO);
		execve(plugin, argv, envp);
		_exit(1);
	}
	close(out[1]);
	length = read(out[0], said, room - 1);
	said[length > 0 ? length : 0] = '\0';
	close(out[0]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_no_task(void)
{
	static const struct {
		const char *variable;
		const char *says;
	} cases[] = {
		{ NULL, "is a task of an rvf package" },
		{ "RVF_TASK_FD=", "is not a number" },
		{ "RVF_TASK_FD=1x", "is not a number" },
		{ "RVF_TASK_FD=-1", "is not a number" },
		{ "RVF_TASK_FD=99999999999999999999", "is not a number" },
		{ "RVF_TASK_FD=2", "does not name the fd of a task" },
		{ "RVF_TASK_FD=77", "does not name the fd of a task" },
	};
	char said[512];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tap_equal(start(PLUGINS "/nothing", cases[i].variable, said, sizeof(said)), 125,
			  "no task: the exit status");
		if (!tap_ok(strstr(said, cases[i].says) && !strncmp(said, "plugin: ", 8),
			    "no task: %s", cases[i].variable ? cases[i].variable : "no variable"))
			printf("# it says: %s\n", said);
	}
}

int main(void)
{
	size_t length;
	char *text;

	tap_begin();
	text = load(TOP "/samples/weather/data/weather.csv", &length);
	test_good();
	test_bad();
	test_sample(text, length);
	test_full();
	test_damaged(text);
	test_no_task();
	free(text);
	return tap_end();
}
