/* facts.c - the facts of one process, and the scan for Go processes. */
#include <residue/source/facts.h>

#include <residue/base/clock.h>
#include <residue/base/mem.h>
#include <residue/base/text.h>
#include <residue/goelf/exe.h>
#include <residue/proc/facts.h>
#include <residue/proc/mapped.h>
#include <residue/proc/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Closes `fd`, which may be -1. */
static bool identify(int fd, struct goexe *exe)
{
	bool known;

	if (fd < 0)
		return false;
	known = goexe_identify(fd, exe, NULL) == 0 && exe->is_go;
	close(fd);
	return known;
}

static bool identify_exe(int dir, struct goexe *exe)
{
	return identify(openat(dir, "exe", O_RDONLY | O_CLOEXEC), exe);
}

static void take_exe(struct target_info *out, const struct goexe *exe)
{
	snprintf(out->go_version, sizeof(out->go_version), "%.31s",
		 exe->version);
	snprintf(out->module, sizeof(out->module), "%.127s", exe->module);
}

/* All but what the executable tells, from the process's directory. */
static int read_dir(int dir, const struct proc_id *id, bool brief,
		    struct target_info *out, struct err *err)
{
	struct proc_owner owner;
	struct proc_stat st;

	if (proc_stat_read(dir, &st, err))
		return -1;
	*out = (struct target_info){.kind = TARGET_PROCESS,
				    .pid = id->pid,
				    .starttime = st.starttime,
				    .since_ns = clock_boot_ns()};
	snprintf(out->comm, sizeof(out->comm), "%s", st.comm);
	if (brief ||
	    proc_cmdline(dir, out->cmdline, sizeof(out->cmdline), NULL))
		out->cmdline[0] = '\0';
	if (proc_owner_read(dir, &owner, NULL) == 0) {
		out->uid = owner.uid;
		snprintf(out->user, sizeof(out->user), "%s", owner.name);
	}
	return 0;
}

int facts_read(struct procfs *fs, const struct proc_id *id, bool brief,
	       struct target_info *out, struct err *err)
{
	struct goexe exe;
	int dir = procfs_pid_open(fs, id, err), rc;

	if (dir < 0)
		return -1;
	rc = read_dir(dir, id, brief, out, err);
	if (rc == 0 && !brief && identify_exe(dir, &exe))
		take_exe(out, &exe);
	close(dir);
	return rc;
}

int facts_of_entry(struct procfs *fs, const struct proc_entry *entry,
		   bool brief, struct target_info *out, struct err *err)
{
	int dir = procfs_pid_open(fs, &entry->id, err), rc;

	if (dir < 0)
		return -1;
	rc = read_dir(dir, &entry->id, brief, out, err);
	close(dir);
	/* Of several libraries one's facts would pass for all. */
	if (rc == 0 && entry->libraries <= 1)
		take_exe(out, entry->facts);
	return rc;
}

struct go_libraries {
	int dir;
	ino_t first;
	unsigned n;
	struct goexe exe; /* of the first */
};

static bool take_library(void *ctx, const struct mapped *m)
{
	struct go_libraries *l = ctx;
	struct goexe exe;
	struct stat st;

	if (l->n && m->ino == l->first)
		return true;
	if (!mapped_stat(l->dir, m, &st) ||
	    !identify(procfs_open_regular(l->dir, m->name, &st), &exe))
		return true;
	if (!l->n++) {
		l->first = m->ino;
		l->exe = exe;
	}
	return l->n < 2;
}

bool facts_of_library(struct procfs *fs, const struct proc_id *id,
		      struct target_info *out)
{
	struct go_libraries l = {.dir = procfs_pid_open(fs, id, NULL)};
	struct goexe exe;

	if (l.dir < 0)
		return false;
	if (identify_exe(l.dir, &exe) ||
	    mapped_each(l.dir, take_library, &l, NULL))
		l.n = 0;
	close(l.dir);
	if (l.n == 1)
		take_exe(out, &l.exe);
	return l.n > 0;
}

/* ---- the scan ----------------------------------------------------------- */

/* mpagealloc.go: summaryLevelBits and heapAddrBits 48 make the lowest level of
 * summaries 2^26 words, reserved at the start (amd64 and arm64, Go 1.14 and
 * later). */
#define RUNTIME_BYTES (INT64_C(8) << 26)

struct go_list {
	struct proc_list *processes;
};

static void *classify(void *ctx, int fd, const char *path)
{
	struct goexe exe, *kept;

	(void)ctx;
	(void)path;
	if (goexe_identify(fd, &exe, NULL) || !exe.is_go)
		return NULL;
	kept = mem_alloc(sizeof(*kept));
	*kept = exe;
	return kept;
}

static void drop(void *ctx, void *facts)
{
	(void)ctx;
	free(facts);
}

struct go_list *
go_list_new(const struct procfs *fs,
	    bool (*enter)(void *ctx, pid_t pid, enum proc_look what), void *ctx)
{
	const struct proc_list_hooks hooks = {.classify = classify,
					      .drop = drop,
					      .enter = enter,
					      .ctx = ctx,
					      .library_bytes = RUNTIME_BYTES};
	struct go_list *l = mem_zalloc(1, sizeof(*l));

	l->processes = proc_list_new(fs, &hooks);
	return l;
}

void go_list_free(struct go_list *l)
{
	if (!l)
		return;
	proc_list_free(l->processes);
	free(l);
}

int go_list_scan(struct go_list *l, struct err *err)
{
	return proc_list_scan(l->processes, err);
}

const struct proc_list *go_list_processes(const struct go_list *l)
{
	return l->processes;
}

static int64_t meminfo_field(const char *text, const char *name)
{
	const char *at = strstr(text, name);
	long long kib;

	/* proc(5): "MemTotal:       24578996 kB" */
	if (!at || sscanf(at + strlen(name), " %lld kB", &kib) != 1 ||
	    kib < 0 || kib > INT64_MAX / 1024)
		return -1;
	return (int64_t)kib * 1024;
}

void machine_memory(const struct procfs *fs, int64_t *total, int64_t *available)
{
	char text[4096];

	*total = *available = -1;
	if (procfs_read(fs->fd, "meminfo", text, sizeof(text), NULL) < 0)
		return;
	*total = meminfo_field(text, "MemTotal:");
	*available = meminfo_field(text, "MemAvailable:");
}
