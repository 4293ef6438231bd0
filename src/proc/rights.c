/* rights.c - why the memory of a process may not be read, in words. */
#include <residue/proc/rights.h>

#include <residue/base/text.h>
#include <residue/proc/procfs.h>

#include "scan.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define GRANT "sudo setcap cap_sys_ptrace+ep $(command -v residue)"

/* Of /proc/PID/status: who it is, and what it may do. */
struct credentials {
	int64_t uid[3];		       /* real, effective, saved */
	uint64_t permitted, effective; /* capabilities */
	int64_t seccomp;	       /* 2: a filter */
};

/* linux/capability.h: CAP_SYS_PTRACE. */
#define SYS_PTRACE (UINT64_C(1) << 19)

static uint64_t hex_line(const char *text, const char *end, const char *name)
{
	const char *stop, *p = scan_line(text, end, name, &stop);

	return p ? strtoull(p, NULL, 16) : 0;
}

static bool read_credentials(int fs, const char *name, struct credentials *out)
{
	char text[8192];
	ssize_t n =
		fs < 0 ? -1 : procfs_read(fs, name, text, sizeof(text), NULL);
	const char *end = text + n, *stop, *p;

	*out = (struct credentials){.seccomp = 0};
	p = n < 0 ? NULL : scan_line(text, end, "Uid", &stop);
	for (int i = 0; i < 3; i++)
		if (!p || !scan_number(&p, stop, &out->uid[i]))
			return false;
	out->permitted = hex_line(text, end, "CapPrm");
	out->effective = hex_line(text, end, "CapEff");
	p = scan_line(text, end, "Seccomp", &stop);
	if (p && !scan_number(&p, stop, &out->seccomp))
		out->seccomp = 0;
	return true;
}

/* 0 to 3; 0 where there is no Yama. */
static int yama_scope(int fs)
{
	char text[32];
	ssize_t n = fs < 0 ? -1
			   : procfs_read(fs, "sys/kernel/yama/ptrace_scope",
					 text, sizeof(text), NULL);

	return n > 0 ? atoi(text) : 0;
}

/* Does a system call filter refuse process_vm_readv to us altogether? */
static bool filtered(void)
{
	char a = 1, b = 0;
	struct iovec from = {&a, 1}, to = {&b, 1};

	return process_vm_readv(getpid(), &to, 1, &from, 1, 0) != 1;
}

static int by_yama(int scope, int pid, struct err *err)
{
	if (scope == 1)
		return err_set(err, ERR_DENIED,
			       "kernel.yama.ptrace_scope is 1, so only its "
			       "ancestors may read process %d: start it with "
			       "residue run, or once: " GRANT,
			       pid);
	return err_set(err, ERR_DENIED,
		       "kernel.yama.ptrace_scope is 2, so only a tracer with "
		       "the right to may read process %d; once: " GRANT,
		       pid);
}

static int by_filter(struct err *err)
{
	return err_set(err, ERR_DENIED,
		       "a seccomp filter forbids process_vm_readv here; in a "
		       "container: docker run --cap-add SYS_PTRACE (podman the "
		       "same), or run residue on the host");
}

static int by_user(int64_t uid, int pid, struct err *err)
{
	return err_set(err, ERR_DENIED,
		       "process %d belongs to another user (uid %lld): run "
		       "residue with sudo or as that user, or once: " GRANT,
		       pid, (long long)uid);
}

/* Options of the proc mount, from mountinfo. */
struct hiding {
	char mode[16];	/* of hidepid: "invisible", "2", ...; "" not said */
	char group[33]; /* that is exempt; "" none */
	unsigned gid;
};

/* `line` up to `end`: "24 30 0:22 / /proc rw - proc proc rw,gid=27,hidepid=2" */
static bool is_proc_mount(const char *line, const char *end)
{
	const char *type = memmem(line, (size_t)(end - line), " - proc ", 8);
	const char *point = memmem(line, (size_t)(end - line), " /proc ", 7);

	return type && point && point < type;
}

/* "video:x:44:root,alice" */
static bool is_group(const char *line, unsigned gid)
{
	const char *p = strchr(line, ':');
	char *end;

	p = p ? strchr(p + 1, ':') : NULL;
	return p && strtoul(p + 1, &end, 10) == gid && *end == ':' &&
	       end > p + 1;
}

/* Of the local file only: a name service may be far away, and usermod changes
 * no other group. The number where it has no name there. */
static void name_group(struct hiding *out)
{
	FILE *f = fopen("/etc/group", "re");
	char line[512]; /* what a longer one goes on with has no colon */
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = is_group(line, out->gid);
	if (found && *line != ':')
		text_visible(out->group, sizeof(out->group), line,
			     strcspn(line, ":"));
	else
		snprintf(out->group, sizeof(out->group), "%u", out->gid);
	if (f)
		fclose(f);
}

static void take_option(const char *option, size_t n, struct hiding *out)
{
	if (n > 8 && memcmp(option, "hidepid=", 8) == 0)
		text_visible(out->mode, sizeof(out->mode), option + 8, n - 8);
	if (n > 4 && memcmp(option, "gid=", 4) == 0)
		out->gid = (unsigned)strtoul(option + 4, NULL, 10);
}

static struct hiding hiding_of(int fs)
{
	struct hiding out = {.mode = ""};
	char text[65536];
	ssize_t n = fs < 0 ? -1
			   : procfs_read(fs, "self/mountinfo", text,
					 sizeof(text), NULL);
	const char *line = text, *end = text + (n > 0 ? n : 0), *next, *o;

	for (; line < end; line = next + 1) {
		next = memchr(line, '\n', (size_t)(end - line));
		next = next ? next : end;
		if (!is_proc_mount(line, next))
			continue;
		out = (struct hiding){.mode = ""}; /* the last one is on top */
		for (o = next; o > line && o[-1] != ' ';)
			o--;
		while (o < next) {
			size_t len = strcspn(o, ",\n");

			take_option(o, len, &out);
			o += len + 1;
		}
	}
	/* gid 0, the default, is root's group. Of "ptraceable" nobody is
	 * exempt (fs/proc/base.c, has_pid_permissions). */
	if (out.gid && strcmp(out.mode, "ptraceable") != 0 &&
	    strcmp(out.mode, "4") != 0)
		name_group(&out);
	return out;
}

/* "/proc is mounted with hidepid=2": what hides, and who sees it all the same. */
static void hiding_text(int fs, char *mount, size_t mount_size, char *group,
			size_t group_size)
{
	struct hiding h = hiding_of(fs);

	snprintf(mount, mount_size, "/proc is mounted with hidepid%s%s",
		 h.mode[0] ? "=" : "", h.mode);
	group[0] = '\0';
	if (h.group[0])
		snprintf(group, group_size,
			 ", or to see their RES: sudo usermod -aG %s $USER",
			 h.group);
}

int rights_hidden(int fs, pid_t pid, struct err *err)
{
	char mount[64], group[96];

	if (!err)
		return -1;
	hiding_text(fs, mount, sizeof(mount), group, sizeof(group));
	return err_set(err, ERR_DENIED,
		       "process %d is hidden from us (%s): run residue with "
		       "sudo, or once: " GRANT "%s",
		       (int)pid, mount, group);
}

bool rights_hides(const struct procfs *fs, char *out, size_t size)
{
	char mount[64], group[96];

	/* Another /proc's PID 1, or a made-up one's, is none of ours. */
	if (!fs->live || faccessat(fs->fd, "1", F_OK, 0) == 0 ||
	    errno != ENOENT || kill(1, 0) == 0 || errno != EPERM)
		return false;
	hiding_text(fs->fd, mount, sizeof(mount), group, sizeof(group));
	snprintf(out, size,
		 "other users' processes are hidden from us (%s): run residue "
		 "with sudo, or once: " GRANT "%s",
		 mount, group);
	return true;
}

int rights_explain(const char *root, pid_t pid, bool live, struct err *err)
{
	struct credentials its, ours;
	int fs = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int scope = yama_scope(fs);
	int64_t uid = (int64_t)geteuid();
	struct err hidden = ERR_INIT;
	char name[32];
	bool known;

	snprintf(name, sizeof(name), "%d/status", (int)pid);
	known = read_credentials(fs, name, &its);
	if (!read_credentials(fs, "self/status", &ours))
		ours.uid[0] = ours.uid[1] = ours.uid[2] = uid;
	if (!known)
		rights_hidden(fs, pid, &hidden);
	if (fs >= 0)
		close(fs);
	if (live && filtered())
		return by_filter(err);
	if (scope >= 3)
		return err_set(err, ERR_DENIED,
			       "kernel.yama.ptrace_scope is 3: nobody may read "
			       "process %d until the next boot, root neither; "
			       "set it to 2 or less in /etc/sysctl.d and "
			       "reboot, or give an endpoint: %d@URL",
			       (int)pid, (int)pid);
	if (!known)
		return err_set(err, ERR_DENIED, "%s", hidden.msg);
	if (ours.effective & SYS_PTRACE)
		return err_set(err, ERR_DENIED,
			       "the kernel refuses the memory of process %d to "
			       "us, a security module or its user namespace "
			       "does: run residue with sudo, outside of "
			       "containers",
			       (int)pid);
	for (int i = 0; i < 3; i++)
		if (its.uid[i] != uid)
			return by_user(its.uid[i], (int)pid, err);
	if (its.permitted & ~ours.permitted)
		return err_set(err, ERR_DENIED,
			       "the program of process %d has capabilities of "
			       "its own (CapPrm %llx): run residue with sudo, "
			       "or once: " GRANT,
			       (int)pid, (unsigned long long)its.permitted);
	if (scope > 0)
		return by_yama(scope, (int)pid, err);
	if (!live && ours.seccomp == 2)
		return by_filter(err);
	return err_set(err, ERR_DENIED,
		       "process %d does not let itself be read (it is not "
		       "dumpable: prctl(2)), or a security module forbids it; "
		       "once: " GRANT,
		       (int)pid);
}
