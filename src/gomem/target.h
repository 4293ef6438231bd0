/*
 * target.h - one Go process being read: what the parts of gomem share.
 *
 *   attach.c     the executable or library with the runtime, its load bias
 *   locate.c     where the globals are: known.c, symbol.c, code.c, scan.c
 *                propose places, identities decide
 *   read.c       a reading            ps.c, objects.c  the Ps, their caches
 *   predict.c    the page bitmaps     sites.c      the profiler's buckets
 *   chunks.c     the scavenger's index
 *   debugvar.c   variables of GODEBUG   globals.c  the program's own
 */
#ifndef GOMEM_TARGET_H
#define GOMEM_TARGET_H

#include <residue/goelf/exe.h>
#include <residue/goelf/pclntab.h>
#include <residue/gomem/gomem.h>

#include "figures.h"
#include "layout.h"
#include "remote.h"

/* Global variables of package runtime. Addresses are the target's (load bias
 * included); 0: not found. */
struct places {
	uint64_t memstats, gc; /* always found */
	uint64_t mheap;
	uint64_t allgs; /* slice; its length is the goroutines ever made */
	uint64_t allp;	/* slice of *p */
	uint64_t sched;
	uint64_t mbuckets;
	uint64_t profile_rate; /* MemProfileRate */
	uint64_t scavtrace;    /* debug.scavtrace, an int32 */
};

/* runtime.moduledata, checked: link-time addresses. text 0: not found. */
struct module {
	uint64_t text, etext, gofunc;
};

#define HINTS_MAX 64
#define PS_MAX	  8192 /* most Ps (GOMAXPROCS) that are walked */

/* Which file, unchanged, in a process of which user; no padding. */
struct known_key {
	uint64_t dev, ino, size;
	int64_t mtime_ns, ctime_ns;
	uint64_t owner;
};

struct chunks;
struct known;

struct gomem {
	struct gomem_info info;
	struct remote remote;
	/* Its sections, and the file behind it, only while exe_fd is open. */
	struct elf_image elf;
	int exe_fd;	      /* owned; -1 while it is not needed */
	char *exe_path;	      /* owned; with the key, to open it again */
	struct known_key key; /* of that file */
	struct known *known;  /* owned; while it is being located; or NULL */
	uid_t owner;	      /* of the process */
	int pidfd; /* -1: --proc, an old kernel, or too many are open */
	uint64_t starttime; /* where there is no pidfd; 0: not known */
	uint64_t bias;	    /* run-time minus link-time address */
	struct goexe exe;
	const struct layout *layout;
	struct places at;
	struct module module;
	struct pclntab *pclntab; /* NULL: none that can be read, or closed */

	/* The Ps: their addresses change with GOMAXPROCS only. */
	uint64_t ps_header[3]; /* runtime.allp as it was when ps was read */
	unsigned nps, ps_room;
	uint64_t *ps;	 /* owned; room for ps_room */
	int32_t *p_free; /* owned; read.c: gFree of each, as many */

	/* Link-time addresses, one of which is runtime.mbuckets: it is empty,
	 * and cannot be told from others, until the first sample. */
	unsigned nhints;
	uint64_t hints[HINTS_MAX];

	/* While it is located: CPU time of this thread at which the search ends
	 * (0: no end), whether it has, and bytes of variables looked through. */
	int64_t search_ends_ns;
	bool spent;
	uint64_t searched;

	struct chunks *chunks; /* chunks.c; NULL: never looked */
	bool settled;	       /* raw is of the last reading, which was exact */
	bool ring_read;	       /* pause_end was copied once */
	uint32_t ring_numgc;   /* at that time */
	struct figures_raw raw;
};

/* Fill exe, elf, bias, remote. */
int attach(struct gomem *g, pid_t pid, const char *proc_dir,
	   struct err *err) RESIDUE_CHECK;
/* A handle keeps one descriptor, its pidfd, so that many targets fit the usual
 * limit: the executable is closed when it is not read, and opened again. It is
 * not even opened where a process of the same file was read before. */
void attach_close_file(struct gomem *g);
int attach_open_file(struct gomem *g, struct err *err) RESIDUE_CHECK;
void attach_close_pidfd(struct gomem *g);
/* ERR_GONE when the process has ended; asked after a read, it also says that
 * the pid was still the same process's. */
int attach_alive(const struct gomem *g, struct err *err) RESIDUE_CHECK;

/* The first `most` bytes of a segment, as the target's addresses [*lo, *hi).
 * False where it has no variables: it is not writable, or makes no sense. */
bool globals_range(const struct gomem *g, const struct elf_segment *s,
		   uint64_t most, uint64_t *lo, uint64_t *hi);

/* Fill layout, at, module, pclntab and info. */
int locate(struct gomem *g, struct err *err) RESIDUE_CHECK;

/* Has the search cost what it may? Then nothing more is found. */
bool locate_spent(struct gomem *g);

/* Read and decode memstats and gcController at given places; the identities
 * that hold, or -1 when the memory cannot be read (errno in *sysno). */
int locate_try(struct gomem *g, const struct layout *l, uint64_t memstats,
	       uint64_t gc, struct figures *out, int *sysno);

void chunks_free(struct chunks *c);

/* Read allp into ps and nps. False: it does not look like allp. */
bool ps_load(struct gomem *g);
/* A field of `size` bytes of each P, to `to` and every `stride` bytes on; as
 * many calls as it takes. 0, or an errno. */
int ps_field(struct gomem *g, int32_t off, void *to, size_t size,
	     size_t stride);
/* Check what is at `addr` as runtime.allp, P by P. */
bool ps_check(struct gomem *g, uint64_t addr);

#endif
