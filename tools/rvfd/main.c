// SPDX-License-Identifier: GPL-2.0-only
/*
 * rvfd supervises every mount that has a name.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rvfd.h"

#define RUN_DIR	  "/run/rvf"
#define LOCK_FILE RUN_DIR "/rvfd.lock"
#define LOG_DIR	  RUN_DIR "/logs"

static const char usage[] =
	"Usage: rvfd [OPTION]...\n"
	"\n"
	"Supervises every mount of rvf that has a name.\n"
	"\n"
	"      --background       detach when ready, and write to syslog\n"
	"      --foreground       stay, and write to stderr (the default)\n"
	"      --no-cgroup        go on where there is no cgroup version 2\n"
	"      --socket PATH      listen there (" RVFD_SOCKET ")\n"
	"      --uid-range B+N    N user ids from B on for tasks (1879048192+65536)\n"
	"  -h, --help             this\n"
	"  -V, --version          its version\n"
	"\n"
	"RVF_DEVICE and RVF_SOCKET name other paths than the usual ones.\n";

/**
 * struct options - The command line
 * @background: --background
 * @supervisor: What goes to the supervisor.
 * @socket: --socket
 */
struct options {
	bool background;
	struct rvf_supervisor_config supervisor;
	const char *socket;
};

static bool parse_range(const char *text, struct rvf_supervisor_config *config)
{
	char *end;

	errno = 0;
	unsigned long base = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '+' || errno)
		return false;
	const char *second = end + 1;
	unsigned long count = strtoul(second, &end, 10);
	if (second[0] < '0' || second[0] > '9' || *end || errno)
		return false;
	/* (uid_t)-1 is no id. */
	if (!base || !count || base >= UINT_MAX || count > UINT_MAX - 1 - base)
		return false;
	config->uid_base = base;
	config->uid_count = count;
	return true;
}

/* Returns -1 to go on, else an exit status. */
static int parse_options(int argc, char **argv, struct options *o)
{
	enum {
		BACKGROUND = 256,
		FOREGROUND,
		NO_CGROUP,
		SOCKET,
		UID_RANGE
	};
	static const struct option options[] = {
		{ "background", no_argument, NULL, BACKGROUND },
		{ "foreground", no_argument, NULL, FOREGROUND },
		{ "no-cgroup", no_argument, NULL, NO_CGROUP },
		{ "socket", required_argument, NULL, SOCKET },
		{ "uid-range", required_argument, NULL, UID_RANGE },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "hV", options, NULL)) != -1) {
		switch (option) {
		case BACKGROUND:
			o->background = true;
			break;
		case FOREGROUND:
			o->background = false;
			break;
		case NO_CGROUP:
			o->supervisor.no_cgroup = true;
			break;
		case SOCKET:
			o->socket = optarg;
			break;
		case UID_RANGE:
			if (parse_range(optarg, &o->supervisor))
				break;
			fprintf(stderr, "rvfd: '%s' is not a range such as 1879048192+65536\n",
				optarg);
			return 2;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			printf("rvfd %s\n", RVF_VERSION);
			return 0;
		default:
			fputs("Try 'rvfd --help'.\n", stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "rvfd: unexpected argument '%s'\nTry 'rvfd --help'.\n",
			argv[optind]);
		return 2;
	}
	return -1;
}

/* Held as long as the process lives. */
static int take_lock(struct rvf_error *e)
{
	if (mkdir(RUN_DIR, 0755) && errno != EEXIST)
		return rvf_error_system(e, errno, "cannot make " RUN_DIR);
	int fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return rvf_error_system(e, errno, "cannot open " LOCK_FILE);
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return 0;

	int err = errno;
	close(fd);
	if (err != EWOULDBLOCK)
		return rvf_error_system(e, err, "cannot lock " LOCK_FILE);
	return rvf_error_set(e, EBUSY, "running", "rvfd runs already");
}

/*
 * The parent waits until the child is ready, or has failed and said so. A
 * process that its tasks are tied to must not fork later.
 */
static int detach(void)
{
	int ends[2];
	char byte;

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	pid_t pid = fork();
	if (pid < 0)
		return -1;
	if (pid == 0) {
		close(ends[0]);
		setsid();
		return ends[1];
	}
	close(ends[1]);
	_exit(read(ends[0], &byte, 1) == 1 ? 0 : 1);
}

static void detached(int ready)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
	if (chdir("/"))
		log_say(LOG_LEVEL_WARNING, "cannot change to /");
	(void)!write(ready, "", 1);
	close(ready);
}

static void on_signal(int fd, __u32 events, void *context)
{
	struct daemon *d = context;
	struct signalfd_siginfo info;

	(void)events;
	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return;
	log_say(LOG_LEVEL_INFO, "ends, asked by signal %u", info.ssi_signo);
	rvf_loop_stop(d->loop);
}

static int watch_signals(struct daemon *d, struct rvf_error *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);

	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return rvf_error_system(e, errno, "cannot wait for signals");
	int err = rvf_loop_watch(d->loop, fd, EPOLLIN, on_signal, d);
	return err ? rvf_error_system(e, -err, "cannot wait for signals") : 0;
}

/* Some fds for each task and mount: many more than the usual soft limit. */
static void raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* What the service manager has kept since an earlier rvfd gave it. */
static void adopt(struct daemon *d)
{
	size_t count;
	struct rvf_kept *kept = notify_kept(&count);

	rvf_supervisor_adopt(d->supervisor, kept, count);
	free(kept);
	for (struct rvf_supervised *m = rvf_supervisor_next(d->supervisor, NULL); m;
	     m = rvf_supervisor_next(d->supervisor, m))
		log_say(LOG_LEVEL_INFO, "%s: supervised again, %u tasks", rvf_supervised_name(m),
			rvf_supervised_tasks(m));
}

static int start(struct daemon *d, struct options *o, struct rvf_error *e)
{
	if (geteuid() != 0)
		return rvf_error_set(e, EPERM, "not-root", "rvfd must run as root");
	int err = take_lock(e);
	if (err)
		return err;
	raise_limits();
	d->loop = rvf_loop_new();
	if (!d->loop)
		return rvf_error_system(e, errno, "cannot start");
	d->ctl = rvf_open(e);
	if (d->ctl < 0)
		return d->ctl;

	d->socket_path = o->socket;
	d->log_dir = LOG_DIR;
	d->ops = answer_ops;
	if (notify_open()) {
		d->ops.keep = notify_keep;
		d->ops.forget = notify_forget;
	}
	o->supervisor.ops = &d->ops;
	o->supervisor.context = d;
	o->supervisor.log_dir = d->log_dir;
	err = rvf_supervisor_new(&d->supervisor, d->loop, &o->supervisor, e);
	if (!err && rvf_supervisor_cgroup(d->supervisor) < 0)
		log_say(LOG_LEVEL_WARNING, "no cgroups here: the tasks' limits are not enforced");
	if (!err)
		err = watch_signals(d, e);
	if (!err)
		err = claims_open(d, e);
	if (err)
		return err;
	adopt(d);
	err = server_open(d, e);
	return err ? err : claims_round(d, e);
}

static void stop(struct daemon *d)
{
	server_close(d);
	if (d->claim_timer)
		claims_close(d);
	/* With its claims closed, the kernel kills what still runs, unless they are kept. */
	rvf_supervisor_free(d->supervisor);
	rvf_loop_free(d->loop);
	if (d->ctl >= 0)
		close(d->ctl);
}

int main(int argc, char **argv)
{
	struct daemon d = { .ctl = -1, .listener = -1 };
	struct options o = { 0 };
	struct rvf_error e = { 0 };
	int ready = -1;

	o.socket = secure_getenv("RVF_SOCKET");
	if (!o.socket || !*o.socket)
		o.socket = RVFD_SOCKET;
	int status = parse_options(argc, argv, &o);
	if (status >= 0)
		return status;

	log_open(false);
	if (o.background) {
		ready = detach();
		if (ready < 0) {
			log_say(LOG_LEVEL_ERROR, "cannot detach: %m");
			return 1;
		}
	}
	int err = start(&d, &o, &e);
	if (err) {
		log_error("", &e);
		stop(&d);
		return 1;
	}
	if (ready >= 0) {
		log_open(true);
		detached(ready);
	}
	log_say(LOG_LEVEL_INFO, "ready, version %s", RVF_VERSION);
	notify_say("READY=1");
	err = rvf_loop_run(d.loop);
	if (err)
		log_say(LOG_LEVEL_ERROR, "cannot go on: %s", strerror(-err));
	notify_say("STOPPING=1");
	stop(&d);
	return err ? 1 : 0;
}
