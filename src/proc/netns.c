/* netns.c - sockets opened in another network namespace. */
#include <residue/proc/netns.h>

#include "denied.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is asked of the thread or the helper. */
struct job {
	int net, user; /* descriptors of the namespaces; user may be -1 */
	int family, type, protocol;
	int fd;	   /* the socket, or -1 */
	int sysno; /* why not */
};

static void *in_thread(void *arg)
{
	struct job *j = arg;

	if (setns(j->net, CLONE_NEWNET))
		j->sysno = errno;
	else if ((j->fd = socket(j->family, j->type, j->protocol)) < 0)
		j->sysno = errno;
	return NULL;
}

static void by_thread(struct job *j)
{
	sigset_t all, was;
	pthread_t t;
	int rc;

	/* Signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	rc = pthread_create(&t, NULL, in_thread, j);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	if (rc)
		j->sysno = rc;
	else
		pthread_join(t, NULL);
}

/* The control message that carries one descriptor. */
union passed {
	char room[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

/* In the helper: only async-signal-safe calls, its memory is a copy of a
 * process with threads. */
static void help(const struct job *j, int to)
{
	union passed control = {{0}};
	int sysno = 0, fd = -1;
	struct iovec v = {&sysno, sizeof(sysno)};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};

	if (setns(j->user, CLONE_NEWUSER) || setns(j->net, CLONE_NEWNET))
		sysno = errno;
	else if ((fd = socket(j->family, j->type, j->protocol)) < 0)
		sysno = errno;
	if (fd >= 0) {
		struct cmsghdr *h;

		m.msg_control = control.room;
		m.msg_controllen = sizeof(control.room);
		h = CMSG_FIRSTHDR(&m);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	}
	sendmsg(to, &m, MSG_NOSIGNAL);
	_exit(0);
}

static void receive(struct job *j, int from)
{
	union passed control = {{0}};
	int sysno = EIO;
	struct iovec v = {&sysno, sizeof(sysno)};
	struct msghdr m = {.msg_iov = &v,
			   .msg_iovlen = 1,
			   .msg_control = control.room,
			   .msg_controllen = sizeof(control.room)};
	struct cmsghdr *h;
	ssize_t n;

	do
		n = recvmsg(from, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	h = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS) {
		memcpy(&j->fd, CMSG_DATA(h), sizeof(j->fd));
		sysno = 0;
	}
	j->sysno = n > 0 && (sysno || j->fd >= 0) ? sysno : EIO;
}

static void by_helper(struct job *j)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		j->sysno = errno;
		return;
	}
	pid = fork();
	if (pid == 0)
		help(j, pair[1]);
	close(pair[1]);
	if (pid < 0) {
		j->sysno = errno;
	} else {
		receive(j, pair[0]);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(pair[0]);
}

static bool is_ours(int dir)
{
	struct stat theirs, own;

	return fstatat(dir, "ns/net", &theirs, 0) == 0 &&
	       stat("/proc/self/ns/net", &own) == 0 &&
	       theirs.st_ino == own.st_ino && theirs.st_dev == own.st_dev;
}

static int failed(struct err *err, int sysno)
{
	if (sysno == EPERM || sysno == EACCES) {
		err_set(err, ERR_DENIED,
			"may not enter the target's network namespace: run "
			"as the user who made it, or as root");
		if (err)
			err->sys = sysno;
		return -1;
	}
	return err_sys(err, sysno,
		       "no socket in the target's network namespace");
}

int netns_socket(int dir, int family, int type, int protocol, struct err *err)
{
	struct job j = {.net = -1,
			.user = -1,
			.family = family,
			.type = type | SOCK_CLOEXEC,
			.protocol = protocol,
			.fd = -1};

	if (is_ours(dir)) {
		j.fd = socket(family, j.type, protocol);
		return j.fd >= 0 ? j.fd : err_sys(err, errno, "no socket");
	}
	j.net = openat(dir, "ns/net", O_RDONLY | O_CLOEXEC);
	if (j.net < 0 && (errno == EACCES || errno == EPERM))
		return proc_denied(err, errno, "ns/net");
	if (j.net < 0)
		return err_sys(err, errno, "cannot open ns/net");
	by_thread(&j);
	if (j.fd < 0 && j.sysno == EPERM) {
		j.user = openat(dir, "ns/user", O_RDONLY | O_CLOEXEC);
		if (j.user >= 0) {
			by_helper(&j);
			close(j.user);
		}
	}
	close(j.net);
	return j.fd >= 0 ? j.fd : failed(err, j.sysno);
}

/* Whether a path may lead elsewhere for it than for us: another root, or other
 * mounts below the same one. */
static bool sees_other_files(const struct procfs *fs, pid_t pid,
			     const char *root)
{
	char name[32];
	struct stat theirs, own;

	if (stat(root, &theirs) || stat("/", &own))
		return false;
	if (theirs.st_ino != own.st_ino || theirs.st_dev != own.st_dev)
		return true;
	snprintf(name, sizeof(name), "%d/ns/mnt", (int)pid);
	return fstatat(fs->fd, name, &theirs, 0) == 0 &&
	       stat("/proc/self/ns/mnt", &own) == 0 &&
	       (theirs.st_ino != own.st_ino || theirs.st_dev != own.st_dev);
}

int netns_path(const struct procfs *fs, pid_t pid, const char *path, char *out,
	       size_t size, struct err *err)
{
	char root[4096];
	int n;

	n = snprintf(root, sizeof(root), "%s/%d/root", fs->root, (int)pid);
	if (n < (int)sizeof(root) && sees_other_files(fs, pid, root))
		n = snprintf(out, size, "%s%s", root, path);
	else
		n = snprintf(out, size, "%s", path);
	if (n < 0 || (size_t)n >= size)
		return err_set(err, ERR_LIMIT,
			       "the path of the socket, %d bytes with "
			       "%s/%d/root, does not fit",
			       n, fs->root, (int)pid);
	return 0;
}
