/* child.c - starting, asking and ending a process of ours. */
#include "child.h"
#include "signals.h"

#include <residue/base/mem.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* An open file of its own in the temporary directory; *path is the caller's. */
static int open_output(const char *kind, char **path, struct err *err)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	*path = mem_printf("%s/residue-run-%s-XXXXXX",
			   dir && dir[0] == '/' ? dir : "/tmp", kind);
	fd = mkostemp(*path, O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "cannot make '%s'", *path);
	return fd;
}

/* What the sampler raised for itself is not the child's. */
static struct rlimit our_descriptors;

static void remember_limits(void)
{
	if (getrlimit(RLIMIT_NOFILE, &our_descriptors))
		our_descriptors.rlim_max = 0;
}

static void exec_child(char *const argv[], int out, int errout, int report)
{
	int null = open("/dev/null", O_RDONLY);
	int why;

	if (our_descriptors.rlim_max)
		setrlimit(RLIMIT_NOFILE, &our_descriptors);
	signals_reset_in_child();
	if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
	    dup2(out, STDOUT_FILENO) >= 0 && dup2(errout, STDERR_FILENO) >= 0)
		execvp(argv[0], argv);
	why = errno;
	if (write(report, &why, sizeof(why)) < 0)
		_exit(127);
	_exit(127);
}

/* Whether exec worked: the pipe closes without a word then. */
static int exec_result(int report)
{
	int why = 0;
	ssize_t n;

	do
		n = read(report, &why, sizeof(why));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(why) ? why : 0;
}

int child_start(struct child *c, char *const argv[], struct err *err)
{
	int out = -1, errout = -1, report[2] = {-1, -1}, why = 0;

	*c = (struct child){0};
	remember_limits();
	out = open_output("out", &c->out, err);
	if (out >= 0)
		errout = open_output("err", &c->errout, err);
	if (errout < 0 || pipe2(report, O_CLOEXEC)) {
		if (errout >= 0)
			err_sys(err, errno, "pipe");
		goto fail;
	}
	c->pid = fork();
	if (c->pid == 0)
		exec_child(argv, out, errout, report[1]);
	close(report[1]);
	if (c->pid < 0)
		why = errno;
	else
		why = exec_result(report[0]);
	close(report[0]);
	if (why) {
		err_sys(err, why, "cannot start '%s'", argv[0]);
		if (c->pid > 0)
			waitpid(c->pid, NULL, 0);
		c->pid = 0;
		goto fail;
	}
	close(out);
	close(errout);
	return 0;
fail:
	if (out >= 0)
		close(out);
	if (errout >= 0)
		close(errout);
	if (c->out)
		unlink(c->out);
	if (c->errout)
		unlink(c->errout);
	child_release(c);
	return -1;
}

static int shell_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

int child_status(struct child *c)
{
	if (!c->reaped && c->pid > 0 &&
	    waitpid(c->pid, &c->status, WNOHANG) == c->pid)
		c->reaped = true;
	return c->reaped ? shell_status(c->status) : -1;
}

int child_wait(struct child *c)
{
	struct signalfd_siginfo info;

	while (child_status(c) < 0) {
		struct pollfd fd = {.fd = signals_fd(), .events = POLLIN};

		/* Ctrl-C reaches the child from the terminal as well: it is the
		 * child's to act on. */
		if (poll(&fd, 1, 50) > 0 &&
		    read(fd.fd, &info, sizeof(info)) == sizeof(info) &&
		    info.ssi_signo != SIGINT)
			return (int)info.ssi_signo;
	}
	return 0;
}

void child_end(struct child *c)
{
	const struct timespec pause = {0, 20 * 1000 * 1000};

	/* Not reaped, so the PID is still this child's. */
	if (c->pid <= 0 || child_status(c) >= 0)
		return;
	kill(c->pid, SIGTERM);
	for (int i = 0; i < 100 && child_status(c) < 0; i++)
		nanosleep(&pause, NULL);
	if (!c->reaped) {
		kill(c->pid, SIGKILL);
		waitpid(c->pid, &c->status, 0);
		c->reaped = true;
	}
}

void child_release(struct child *c)
{
	free(c->out);
	free(c->errout);
	c->out = c->errout = NULL;
}
