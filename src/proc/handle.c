/* handle.c - one process in the fast lane. */
#include <residue/proc/handle.h>

#include <residue/base/clock.h>
#include <residue/base/mem.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Look for an exec this often without a suspicion. */
#define CHECK_PERIOD_NS (5 * NS_PER_SEC)
/* What is at rest by its statm is read whole this often, if it has run since:
 * an exec would show there, swap and threads need not. */
#define WHOLE_PERIOD_NS (15 * NS_PER_SEC)
#define STATUS_MAX	8192
#define STATM_MAX	128
/* The part of kept_max up to which status is kept open too: statm is what
 * tells whether anything has changed. */
#define STATUS_PART 8

struct proc_handle {
	struct procfs *fs;
	struct proc_id id;
	int statm, status; /* kept open; -1: open for each read */
	char comm[PROC_COMM_MAX];
	uint64_t start_stack; /* 0: not to be seen */
	char last[STATM_MAX]; /* statm as last read whole */
	ssize_t last_len;     /* 0: none */
	int64_t whole_ns;     /* by then it is read whole, CLOCK_BOOTTIME, */
	int64_t cpu_ns; /* ... if its CPU time is another; -1: in any case */
	int64_t hwm;
	int64_t check_ns; /* CLOCK_BOOTTIME of the next look for an exec */
	unsigned generation;
	bool ended;
	enum proc_life end; /* EXITED or REUSED, once ended */
};

static void give_back_one(struct proc_handle *h, int *fd)
{
	if (*fd < 0)
		return;
	close(*fd);
	*fd = -1;
	atomic_fetch_sub(&h->fs->kept, 1);
}

static void give_back(struct proc_handle *h)
{
	give_back_one(h, &h->statm);
	give_back_one(h, &h->status);
}

static void keep_one(struct proc_handle *h, int dir, const char *name, int most,
		     int *fd)
{
	if (*fd >= 0)
		return;
	if (atomic_fetch_add(&h->fs->kept, 1) < most)
		*fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		atomic_fetch_sub(&h->fs->kept, 1);
}

/* Keep the files of the process open, as far as there are descriptors. */
static void keep_open(struct proc_handle *h, int dir)
{
	keep_one(h, dir, "statm", h->fs->kept_max, &h->statm);
	keep_one(h, dir, "status", h->fs->kept_max / STATUS_PART, &h->status);
}

/* One file, by the kept descriptor or else below `dir`. */
static ssize_t read_one(int kept, int dir, const char *name, char *out,
			size_t size, struct err *err)
{
	ssize_t n;

	if (kept < 0)
		return procfs_read(dir, name, out, size, err);
	do
		n = pread(kept, out, size - 1, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(err, errno, "cannot read %s", name);
	return n;
}

/* Both files into *out and comm; `dir` is -1 when both are kept open. */
static int read_files(struct proc_handle *h, int dir, struct proc_fast *out,
		      char comm[PROC_COMM_MAX], struct err *err)
{
	char text[STATUS_MAX];
	ssize_t n;

	out->known = 0;
	n = read_one(h->statm, dir, "statm", text, sizeof(text), err);
	if (n < 0 ||
	    proc_statm_parse(out, text, (size_t)n, h->fs->page_size, err))
		return -1;
	h->last_len = n < STATM_MAX ? n : 0;
	memcpy(h->last, text, (size_t)h->last_len);
	n = read_one(h->status, dir, "status", text, sizeof(text), err);
	if (n < 0 || proc_status_parse(out, comm, text, (size_t)n, err))
		return -1;
	return 0;
}

/* Open the directory where needed, read, close. */
static int read_once(struct proc_handle *h, struct proc_fast *out,
		     char comm[PROC_COMM_MAX], struct err *err)
{
	int dir = -1, failed;

	if (h->statm < 0 || h->status < 0) {
		dir = procfs_pid_open(h->fs, &h->id, err);
		if (dir < 0)
			return -1;
	}
	failed = read_files(h, dir, out, comm, err);
	if (dir >= 0)
		close(dir);
	return failed;
}

/* The same; where descriptors are missing, it may be those that are kept. */
static int read_round(struct proc_handle *h, struct proc_fast *out,
		      char comm[PROC_COMM_MAX], struct err *err)
{
	if (read_once(h, out, comm, err) == 0)
		return 0;
	if (err->sys != EMFILE || h->statm < 0)
		return -1;
	give_back(h);
	*err = (struct err)ERR_INIT;
	return read_once(h, out, comm, err);
}

/* It is gone; is its PID another's by now? */
static void end(struct proc_handle *h)
{
	struct proc_id any = {.pid = h->id.pid};
	struct proc_stat st;
	int dir = procfs_pid_open(h->fs, &any, NULL);

	h->ended = true;
	h->end = PROC_EXITED;
	if (dir < 0)
		return;
	if (proc_stat_read(dir, &st, NULL) == 0 &&
	    st.starttime != h->id.starttime)
		h->end = PROC_REUSED;
	close(dir);
}

/* Is what we read now another program than before? */
static bool has_execed(struct proc_handle *h, const struct proc_fast *now,
		       const char *comm, uint64_t start_stack)
{
	bool fell = now->known & PROC_FAST_HWM && now->hwm < h->hwm;

	if (h->start_stack && start_stack)
		return h->start_stack != start_stack;
	return fell && (strcmp(comm, h->comm) != 0 || now->hwm < h->hwm / 2);
}

static bool is_due(const struct proc_handle *h, const struct proc_fast *now,
		   const char *comm)
{
	return now->begin_ns >= h->check_ns || strcmp(comm, h->comm) != 0 ||
	       (now->known & PROC_FAST_HWM && now->hwm < h->hwm);
}

/* After a read: look for an exec when that is due. Returns whether there was
 * one, and then reads both files again, for it may have come between them;
 * *ended when the process is gone meanwhile. */
static bool check_exec(struct proc_handle *h, struct proc_fast *now,
		       char comm[PROC_COMM_MAX], bool *ended)
{
	struct proc_stat st;
	bool execed = false;
	struct err err = ERR_INIT;
	int dir;

	*ended = false;
	if (!is_due(h, now, comm))
		return false;
	dir = procfs_pid_open(h->fs, &h->id, &err);
	if (dir < 0) {
		*ended = err.code == ERR_GONE;
		return false;
	}
	if (proc_stat_read(dir, &st, NULL) == 0) {
		execed = has_execed(h, now, comm, st.start_stack);
		h->start_stack = st.start_stack;
		h->check_ns = now->begin_ns + CHECK_PERIOD_NS;
	}
	keep_open(h, dir);
	if (execed) {
		*ended = read_files(h, dir, now, comm, NULL) != 0;
		now->end_ns = clock_boot_ns();
	}
	close(dir);
	return execed;
}

static int ended_as(struct proc_handle *h, struct proc_fast *out)
{
	out->end_ns = clock_boot_ns();
	out->known = 0;
	out->state = 0;
	out->life = h->end;
	give_back(h);
	return 0;
}

static void remember(struct proc_handle *h, const struct proc_fast *now,
		     const char *comm)
{
	memcpy(h->comm, comm, PROC_COMM_MAX);
	/* Not all in the same tick. */
	h->whole_ns = now->end_ns + WHOLE_PERIOD_NS -
		      h->id.pid % 16 * (NS_PER_SEC / 4);
	h->hwm = now->known & PROC_FAST_HWM ? now->hwm : 0;
}

int proc_read_fast(struct proc_handle *h, struct proc_fast *out,
		   struct err *err)
{
	char comm[PROC_COMM_MAX] = "";
	struct err why = ERR_INIT;
	bool ended = h->ended, execed;

	memset(out, 0, sizeof(*out));
	out->begin_ns = clock_boot_ns();
	if (ended)
		return ended_as(h, out);
	/* Before the read: what runs during it is seen to have run. */
	h->cpu_ns = procfs_cpu_ns(h->fs, h->id.pid);
	if (read_round(h, out, comm, &why)) {
		if (why.code != ERR_GONE) {
			if (err)
				*err = why;
			return -1;
		}
		end(h);
		return ended_as(h, out);
	}
	out->end_ns = clock_boot_ns();
	if (out->state == 'Z' || out->state == 'X') {
		/* With threads left, only the first one has ended; what the
		 * others use is then not to be seen in these files. */
		out->life = out->threads > 1 ? PROC_ALIVE : PROC_ZOMBIE;
		out->known = 0;
		return 0;
	}
	execed = check_exec(h, out, comm, &ended);
	if (ended) {
		end(h);
		return ended_as(h, out);
	}
	if (execed) {
		h->generation++;
		out->life = PROC_EXECED;
	}
	remember(h, out, comm);
	return 0;
}

int64_t proc_read_rss(const struct proc_handle *h)
{
	struct proc_fast now = {0};
	char text[STATM_MAX];
	ssize_t n;

	if (h->ended || h->statm < 0)
		return -1;
	n = read_one(h->statm, -1, "statm", text, sizeof(text), NULL);
	if (n < 0 ||
	    proc_statm_parse(&now, text, (size_t)n, h->fs->page_size, NULL) ||
	    now.size == 0) /* a zombie's reads zeros */
		return -1;
	return now.rss;
}

bool proc_handle_changed(struct proc_handle *h)
{
	char text[STATM_MAX];
	ssize_t n;

	if (h->ended || h->statm < 0 || h->last_len == 0)
		return true;
	if (clock_boot_ns() >= h->whole_ns &&
	    (h->cpu_ns < 0 || procfs_cpu_ns(h->fs, h->id.pid) != h->cpu_ns))
		return true;
	n = read_one(h->statm, -1, "statm", text, sizeof(text), NULL);
	return n != h->last_len || memcmp(text, h->last, (size_t)n) != 0;
}

struct proc_handle *proc_handle_open(struct procfs *fs,
				     const struct proc_id *id, struct err *err)
{
	struct proc_handle *h;
	struct proc_fast now = {0};
	struct proc_stat st;
	int dir = procfs_pid_open(fs, id, err);

	if (dir < 0)
		return NULL;
	h = mem_zalloc(1, sizeof(*h));
	h->fs = fs;
	h->id.pid = id->pid;
	h->statm = h->status = -1;
	if (proc_stat_read(dir, &st, err) ||
	    read_files(h, dir, &now, h->comm, err)) {
		close(dir);
		free(h);
		return NULL;
	}
	h->id.starttime = st.starttime;
	h->start_stack = st.start_stack;
	h->hwm = now.known & PROC_FAST_HWM ? now.hwm : 0;
	/* Not all in the same tick, when many are opened at once. */
	h->check_ns =
		clock_boot_ns() + CHECK_PERIOD_NS * (1 + id->pid % 16) / 16;
	keep_open(h, dir);
	close(dir);
	return h;
}

void proc_handle_free(struct proc_handle *h)
{
	if (!h)
		return;
	give_back(h);
	free(h);
}

const struct proc_id *proc_handle_id(const struct proc_handle *h)
{
	return &h->id;
}

const char *proc_handle_comm(const struct proc_handle *h)
{
	return h->comm;
}

unsigned proc_handle_generation(const struct proc_handle *h)
{
	return h->generation;
}

void proc_handle_suspect_exec(struct proc_handle *h)
{
	h->check_ns = 0;
}
