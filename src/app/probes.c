/* probes.c - asking the sockets of all processes. */
#include "probes.h"

#include <residue/base/mem.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The log of what was sent to whom. */
static void say(const struct list_row *r, const struct probed *p)
{
	char words[200];

	if (p->count < 0)
		fprintf(stderr, "residue: %d (%s): not probed: %s\n",
			(int)r->info.pid, r->info.comm, p->err.msg);
	for (int i = 0; i < p->count; i++) {
		probe_words(&p->tries[i], words, sizeof(words));
		fprintf(stderr, "residue: probed %s of %d (%s): %s\n",
			p->tries[i].url, (int)r->info.pid, r->info.comm, words);
	}
}

void probes_run(struct probes *p, struct sampler *s, struct frame *f)
{
	const struct frame_want want = {.list = true};

	sampler_frame(s, &want, f);
	p->list = mem_zalloc(f->row_count + 1, sizeof(*p->list));
	for (unsigned i = 0; i < f->row_count; i++) {
		struct probed *d = &p->list[p->count++];

		memcpy(d->id, f->rows[i].info.id, sizeof(d->id));
		d->tries = mem_zalloc(PROBE_MOST, sizeof(*d->tries));
		d->count = sampler_probe(s, d->id, d->tries, &d->err);
		say(&f->rows[i], d);
	}
}

const struct probed *probes_of(const struct probes *p, const char *id)
{
	for (unsigned i = 0; i < p->count; i++)
		if (!strcmp(p->list[i].id, id))
			return &p->list[i];
	return NULL;
}

void probes_release(struct probes *p)
{
	while (p->count)
		free(p->list[--p->count].tries);
	free(p->list);
	p->list = NULL;
}
