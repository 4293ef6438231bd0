/*
 * snapshot.c - a directory that appears whole or not at all.
 *
 * Written as PARENT/.NAME.tmp-XXXXXX, synced, renamed to PARENT/NAME, and the
 * parent synced, so that neither a full disk nor a crash leaves a half one
 * under its name. Whatever fails, and whatever signal comes that a program may
 * catch, the temporary one is removed.
 */
#include <residue/record/snapshot.h>

#include "snapshot_files.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NAME_ROOM 128
#define TRIES	  1000 /* snapshots of one target in one second */

/* Letters of a file name that every file system and shell takes. */
static void plain_name(char *out, size_t size, const char *text)
{
	size_t n = 0;

	for (; *text && n + 1 < size; text++) {
		char c = *text;
		int plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || c == '_' || c == '-' ||
			    (c == '.' && n > 0);

		out[n++] = plain ? c : '_';
	}
	out[n] = '\0';
}

static void make_name(char out[NAME_ROOM], const struct snapshot_input *in)
{
	time_t t = (time_t)(in->wall_ns / NS_PER_SEC);
	const struct target_info *info = in->info;
	char who[64], pid[16] = "", when[32];
	const char *text = info->comm;
	struct tm tm;

	if (info->kind == TARGET_URL) {
		text = strstr(info->endpoint, "://");
		text = text ? text + 3 : info->endpoint;
	}
	plain_name(who, sizeof(who), text);
	if (info->kind == TARGET_PROCESS)
		snprintf(pid, sizeof(pid), "-%d", (int)info->pid);
	localtime_r(&t, &tm);
	strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &tm);
	snprintf(out, NAME_ROOM, "%s%s-%s", who[0] ? who : "target", pid, when);
}

/* mkdir -p, 0700. */
static int make_parents(const char *path, struct err *err)
{
	char part[PATH_MAX];
	size_t n = strlen(path);

	if (n == 0 || n >= sizeof(part))
		return err_set(err, ERR_USAGE, "the directory's name is %s",
			       n ? "too long" : "empty");
	memcpy(part, path, n + 1);
	for (size_t i = 1; i <= n; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		part[i] = '\0';
		if (mkdir(part, 0700) && errno != EEXIST)
			return err_sys(err, errno, "cannot make %s", part);
		part[i] = path[i];
	}
	return 0;
}

static int default_parent(char out[PATH_MAX])
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	int n;

	/* The XDG base directory specification: not absolute is ignored. */
	if (data && data[0] == '/')
		n = snprintf(out, PATH_MAX, "%s/residue", data);
	else if (home && home[0] == '/')
		n = snprintf(out, PATH_MAX, "%s/.local/share/residue", home);
	else
		n = PATH_MAX;
	return n < PATH_MAX ? 0 : -1;
}

/* The directory snapshots go to, made and opened. */
static int open_parent(const char *wanted, char path[PATH_MAX], struct err *err)
{
	int fd;

	if (wanted && strlen(wanted) >= PATH_MAX)
		return err_set(err, ERR_USAGE,
			       "the directory's name is too long");
	if (wanted)
		strcpy(path, wanted);
	else if (default_parent(path) || make_parents(path, NULL))
		strcpy(path, ".");
	if (make_parents(path, err))
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(err, errno, "cannot open %s", path) : fd;
}

/* A file under stdio that remembers why its first write failed: errno at the
 * end is that of whatever came last. */
struct sink {
	int fd;
	int failed; /* errno, or 0 */
};

static ssize_t sink_write(void *cookie, const char *bytes, size_t n)
{
	struct sink *s = cookie;
	size_t done = 0;

	while (done < n && !s->failed) {
		ssize_t w = write(s->fd, bytes + done, n - done);

		if (w > 0)
			done += (size_t)w;
		else if (w == 0 || errno != EINTR)
			s->failed = w < 0 && errno ? errno : EIO;
	}
	return (ssize_t)(s->failed ? 0 : n);
}

static int write_file(int dir, const struct snapshot_content *c,
		      const struct snapshot_input *in, struct err *err)
{
	int fd = openat(dir, c->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			0600);
	struct sink sink = {.fd = fd};
	FILE *to = fd < 0 ? NULL
			  : fopencookie(&sink, "w",
					(cookie_io_functions_t){
						.write = sink_write});

	if (!to) {
		err_sys(err, errno, "cannot make %s", c->name);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	c->fill(to, in);
	if (fclose(to) && !sink.failed)
		sink.failed = EIO;
	if (!sink.failed && fsync(fd))
		sink.failed = errno;
	if (close(fd) && !sink.failed)
		sink.failed = errno;
	return sink.failed
		       ? err_sys(err, sink.failed, "cannot write %s", c->name)
		       : 0;
}

/* What ends a program that asks for nothing else. While a directory is being
 * filled it waits, so that none stays behind half done. */
static void block_ends(sigset_t *ends, sigset_t *was)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

	sigemptyset(ends);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sigaddset(ends, numbers[i]);
	pthread_sigmask(SIG_BLOCK, ends, was);
}

/* One of them has come that nobody but us held up. */
static bool is_ending(const sigset_t *ends, const sigset_t *was)
{
	sigset_t pending;
	bool ending = false;

	sigpending(&pending);
	for (int n = 1; n < NSIG; n++)
		ending |= sigismember(ends, n) == 1 &&
			  sigismember(was, n) == 0 &&
			  sigismember(&pending, n) == 1;
	return ending;
}

static int write_files(int dir, const struct snapshot_input *in,
		       const sigset_t *ends, const sigset_t *was,
		       struct err *err)
{
	for (unsigned i = 0; i < SNAPSHOT_CONTENTS; i++) {
		const struct snapshot_content *c = &snapshot_contents[i];

		if (c->present(in) && write_file(dir, c, in, err))
			return -1;
		if (is_ending(ends, was))
			return err_set(err, ERR_SYS, "interrupted");
	}
	if (fsync(dir))
		return err_sys(err, errno, "cannot sync the snapshot");
	return 0;
}

/* Of the directory `name`, whatever is in it by our table. */
static void remove_dir(int parent, int dir, const char *name)
{
	if (dir >= 0)
		for (unsigned i = 0; i < SNAPSHOT_CONTENTS; i++)
			unlinkat(dir, snapshot_contents[i].name, 0);
	unlinkat(parent, name, AT_REMOVEDIR);
}

/* Rename to `name`, or to name-2, ...; `name` gets what it became. */
static int publish(int parent, const char *temporary, char *name, size_t size,
		   struct err *err)
{
	size_t base = strlen(name);

	for (int i = 1; i <= TRIES; i++) {
		if (i > 1)
			snprintf(name + base, size - base, "-%d", i);
		if (renameat2(parent, temporary, parent, name,
			      RENAME_NOREPLACE) == 0)
			return 0;
		/* Some file systems know no RENAME_NOREPLACE; there a plain
		 * rename fails as well when the name is a snapshot's. */
		if (errno == EINVAL &&
		    renameat(parent, temporary, parent, name) == 0)
			return 0;
		if (errno != EEXIST && errno != ENOTEMPTY)
			break;
	}
	return err_sys(err, errno, "cannot rename the snapshot to %s", name);
}

/* A new directory `temporary`, opened; -1 with nothing left. */
static int make_temporary(int parent, char *temporary, const char *name,
			  size_t size, struct err *err)
{
	int dir, failed = -1;

	for (unsigned i = 0; i < TRIES && failed; i++) {
		snprintf(temporary, size, ".%s.tmp-%06lx", name,
			 ((unsigned long)getpid() * TRIES + i) & 0xffffff);
		failed = mkdirat(parent, temporary, 0700);
		if (failed && errno != EEXIST)
			break;
	}
	if (failed)
		return err_sys(err, errno, "cannot make %s", temporary);
	dir = openat(parent, temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) {
		err_sys(err, errno, "cannot open %s", temporary);
		unlinkat(parent, temporary, AT_REMOVEDIR);
	}
	return dir;
}

/* The temporary directory that is being filled, for the end of the program. */
static struct {
	int parent, dir;
	const char *name;
} unfinished;

static void remove_unfinished(void)
{
	remove_dir(unfinished.parent, unfinished.dir, unfinished.name);
}

static int fill_and_publish(int parent, const struct snapshot_input *in,
			    char name[NAME_ROOM], const sigset_t *ends,
			    const sigset_t *was, struct err *err)
{
	char temporary[NAME_ROOM + 16];
	const char *now_called = temporary;
	int dir, failed;

	dir = make_temporary(parent, temporary, name, sizeof(temporary), err);
	if (dir < 0)
		return -1;
	unfinished.parent = parent;
	unfinished.dir = dir;
	unfinished.name = temporary;
	mem_undo_on_exhausted(remove_unfinished);
	failed = write_files(dir, in, ends, was, err);
	mem_undo_on_exhausted(NULL);
	if (!failed)
		failed = publish(parent, temporary, name, NAME_ROOM, err);
	if (!failed) {
		now_called = name;
		if (fsync(parent))
			failed = err_sys(err, errno,
					 "cannot sync the directory");
	}
	if (failed)
		remove_dir(parent, dir, now_called);
	close(dir);
	return failed;
}

static int write_under(int parent, const struct snapshot_input *in,
		       char name[NAME_ROOM], struct err *err)
{
	sigset_t ends, was;
	int failed;

	make_name(name, in);
	block_ends(&ends, &was);
	failed = fill_and_publish(parent, in, name, &ends, &was, err);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	return failed;
}

int snapshot_write(const struct snapshot_input *in, const char *parent,
		   char *path_out, size_t path_size, struct err *err)
{
	char path[PATH_MAX], name[NAME_ROOM];
	int fd = open_parent(parent, path, err), failed;

	if (fd < 0)
		return err_of_file(err);
	failed = write_under(fd, in, name, err);
	close(fd);
	if (failed) {
		err_prefix(err, "snapshot in %s", path);
		return err_of_file(err);
	}
	snprintf(path_out, path_size, "%s%s%s", path,
		 path[strlen(path) - 1] == '/' ? "" : "/", name);
	return 0;
}
