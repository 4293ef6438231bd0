/* facts.c - command line, executable, user, environment, namespaces. */
#include <residue/proc/facts.h>

#include <residue/base/clock.h>
#include <residue/base/text.h>

#include "denied.h"
#include "scan.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENVIRON_MAX (8 << 20)

int proc_cmdline(int dir, char *out, size_t size, struct err *err)
{
	char raw[4096];
	ssize_t n = procfs_read(dir, "cmdline", raw, sizeof(raw), err);

	if (n < 0)
		return -1;
	while (n > 0 && raw[n - 1] == '\0')
		n--;
	for (ssize_t i = 0; i < n; i++)
		if (raw[i] == '\0')
			raw[i] = ' ';
	text_visible(out, size, raw, (size_t)n);
	return 0;
}

static int refused(struct err *err, int sysno, const char *what)
{
	if (sysno == EACCES || sysno == EPERM)
		return proc_denied(err, sysno, what);
	if (sysno == ENOENT)
		return err_set(err, ERR_GONE,
			       "no %s: the process has exited or is the "
			       "kernel's",
			       what);
	return err_sys(err, sysno, "cannot read %s", what);
}

int proc_exe_read(int dir, struct proc_exe *out, struct err *err)
{
	static const char gone[] = " (deleted)";
	char raw[4096];
	struct stat st;
	ssize_t n = readlinkat(dir, "exe", raw, sizeof(raw));

	memset(out, 0, sizeof(*out));
	/* Only a made-up tree has a file there instead of a link. */
	if (n < 0 && errno != EINVAL)
		return refused(err, errno, "exe");
	if (fstatat(dir, "exe", &st, 0))
		return refused(err, errno, "exe");
	if (n < 0)
		n = 0;
	if ((size_t)n > sizeof(gone) &&
	    memcmp(raw + n - (sizeof(gone) - 1), gone, sizeof(gone) - 1) == 0) {
		out->deleted = true;
		n -= (ssize_t)sizeof(gone) - 1;
	}
	text_visible(out->path, sizeof(out->path), raw, (size_t)n);
	out->dev = st.st_dev;
	out->ino = st.st_ino;
	out->size = st.st_size;
	out->mtime_ns = st.st_mtim.tv_sec * NS_PER_SEC + st.st_mtim.tv_nsec;
	return 0;
}

/* Names by user ID: each look-up reads the user database anew, and a machine
 * has few users. Kept while the thread lives. */
#define NAMES 16
static _Thread_local struct proc_owner names[NAMES];

/* A user of /etc/passwd: 0 and NULL where it is not there, or errno's value. */
static int local_user(uid_t uid, struct passwd *pw, char *room, size_t size,
		      struct passwd **out)
{
	FILE *f = fopen("/etc/passwd", "re");
	int rc;

	*out = NULL;
	if (!f)
		return errno;
	do {
		rc = fgetpwent_r(f, pw, room, size, out);
	} while (rc == 0 && pw->pw_uid != uid);
	fclose(f);
	return rc == ENOENT ? 0 : rc;
}

/* Name services come second: they load libraries, and without memory to set
 * them up glibc 2.36 crashes. */
static void look_up(struct proc_owner *out)
{
	char room[4096];
	struct passwd pw, *found;
	int rc = local_user(out->uid, &pw, room, sizeof(room), &found);

	if (!found && rc != ENOMEM &&
	    getpwuid_r(out->uid, &pw, room, sizeof(room), &found))
		found = NULL;
	if (found && *found->pw_name)
		text_visible(out->name, sizeof(out->name), found->pw_name,
			     strlen(found->pw_name));
	else
		snprintf(out->name, sizeof(out->name), "%u", out->uid);
}

static void name_of(struct proc_owner *out)
{
	struct proc_owner *known = &names[out->uid % NAMES];

	if (!known->name[0] || known->uid != out->uid) {
		known->uid = out->uid;
		look_up(known);
	}
	memcpy(out->name, known->name, sizeof(out->name));
}

int proc_owner_read(int dir, struct proc_owner *out, struct err *err)
{
	char text[4096];
	ssize_t n = procfs_read(dir, "status", text, sizeof(text), err);
	const char *p, *stop;
	int64_t real, effective;

	if (n < 0)
		return -1;
	p = scan_line(text, text + n, "Uid", &stop);
	if (!p || !scan_number(&p, stop, &real) ||
	    !scan_number(&p, stop, &effective))
		return err_set(err, ERR_FORMAT, "status has no Uid line");
	out->uid = (uid_t)effective;
	name_of(out);
	return 0;
}

/* Is this entry the variable? Then its value, visible. */
static void take_variable(const char *entry, size_t len, const char *name,
			  bool *has, char *out, size_t size)
{
	size_t n = strlen(name);

	if (*has || len <= n || entry[n] != '=' || memcmp(entry, name, n) != 0)
		return; /* the runtime takes the first, too */
	*has = true;
	text_visible(out, size, entry + n + 1, len - n - 1);
}

int proc_goenv_read(int dir, struct proc_goenv *out, struct err *err)
{
	struct buf env;
	struct err why = ERR_INIT;

	memset(out, 0, sizeof(*out));
	buf_init(&env, ENVIRON_MAX);
	if (procfs_read_all(dir, "environ", &env, &why)) {
		buf_release(&env);
		if (why.code == ERR_DENIED)
			return proc_denied(err, why.sys, "environ");
		if (err)
			*err = why;
		return -1;
	}
	for (size_t i = 0; i < env.len;) {
		const char *entry = env.data + i;
		size_t len = strnlen(entry, env.len - i);

		take_variable(entry, len, "GOGC", &out->has_gogc, out->gogc,
			      sizeof(out->gogc));
		take_variable(entry, len, "GOMEMLIMIT", &out->has_gomemlimit,
			      out->gomemlimit, sizeof(out->gomemlimit));
		take_variable(entry, len, "GODEBUG", &out->has_godebug,
			      out->godebug, sizeof(out->godebug));
		i += len + 1;
	}
	buf_release(&env);
	return 0;
}

/* In another namespace than we are? False when either cannot be seen. */
static bool is_other(int dir, const char *ns)
{
	char ours[32];
	struct stat theirs, own;

	snprintf(ours, sizeof(ours), "/proc/self/%s", ns);
	return fstatat(dir, ns, &theirs, 0) == 0 && stat(ours, &own) == 0 &&
	       (theirs.st_ino != own.st_ino || theirs.st_dev != own.st_dev);
}

int proc_namespaces_read(int dir, struct proc_namespaces *out, struct err *err)
{
	char text[8192];
	ssize_t n = procfs_read(dir, "status", text, sizeof(text), err);
	const char *p, *stop;
	int64_t pid;

	memset(out, 0, sizeof(*out));
	if (n < 0)
		return -1;
	p = scan_line(text, text + n, "NSpid", &stop);
	if (!p)
		p = scan_line(text, text + n, "Pid", &stop);
	if (!p || !scan_number(&p, stop, &pid))
		return err_set(err, ERR_FORMAT, "status has no Pid line");
	for (out->inner_pid = (pid_t)pid; scan_number(&p, stop, &pid);
	     out->depth++)
		out->inner_pid = (pid_t)pid;
	out->other_net = is_other(dir, "ns/net");
	out->other_mnt = is_other(dir, "ns/mnt");
	out->other_user = is_other(dir, "ns/user");
	return 0;
}
