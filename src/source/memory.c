/* memory.c - the runtime of one process, and of no other that has its PID. */
#include "memory.h"

#include <unistd.h>

struct gomem *memory_open(const struct source_subject *s, struct err *err)
{
	struct gomem *g =
		gomem_open(s->id.pid, s->fs->live ? NULL : s->fs->root, err);
	int dir;

	if (!g)
		return NULL;
	/* After it was opened: what lived before may have had this PID. */
	dir = procfs_pid_open(s->fs, &s->id, err);
	if (dir < 0) {
		gomem_close(g);
		return NULL;
	}
	close(dir);
	return g;
}
