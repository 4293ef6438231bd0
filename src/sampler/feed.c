/* feed.c - a script's items into the store, as the lanes would put them. */
#include "machine.h"

#include <string.h>

static void feed_target(struct sampler *s, struct script_item *item)
{
	struct target *t = store_find(&s->store, item->id);

	if (!t)
		t = store_add(&s->store, &item->target.info, NULL,
			      item->target.opened);
	else
		store_update_info(&s->store, t, &item->target.info);
	if (t)
		target_unref(t);
}

static void feed_machine(struct store *st, const struct script_item *item)
{
	pthread_mutex_lock(&st->lock);
	if (item->machine.processes >= 0)
		st->processes = (unsigned)item->machine.processes;
	if (item->machine.mem_total >= 0)
		st->mem_total = item->machine.mem_total;
	if (item->machine.mem_available >= 0)
		st->mem_available = item->machine.mem_available;
	if (item->machine.interval_ns)
		st->interval_ns = item->machine.interval_ns;
	pthread_mutex_unlock(&st->lock);
}

static void feed_one(struct sampler *s, struct target *t,
		     struct script_item *item)
{
	switch (item->kind) {
	case SCRIPT_READING:
		store_reading(&s->store, t, &item->reading);
		memset(item->reading.docs, 0, sizeof(item->reading.docs));
		break;
	case SCRIPT_EVENT:
		store_event(&s->store, t, &item->event);
		break;
	default:
		break;
	}
}

void sampler_feed(struct sampler *s, struct script_item *item)
{
	struct target *t;

	if (item->t_ns > s->store.now_ns) {
		pthread_mutex_lock(&s->store.lock);
		s->store.now_ns = item->t_ns;
		pthread_mutex_unlock(&s->store.lock);
	}
	switch (item->kind) {
	case SCRIPT_MACHINE:
		feed_machine(&s->store, item);
		return;
	case SCRIPT_TARGET:
		feed_target(s, item);
		return;
	case SCRIPT_TICK:
		store_compose(&s->store, item->t_ns);
		store_seal(&s->store);
		return;
	case SCRIPT_NOTE:
		store_note(&s->store, item->note.pid, item->note.text);
		return;
	case SCRIPT_TOAST:
		store_toast(&s->store, item->toast.error, "%s",
			    item->toast.text);
		return;
	case SCRIPT_READING:
	case SCRIPT_EVENT:
		break;
	}
	t = store_find(&s->store, item->id);
	if (!t)
		return;
	feed_one(s, t, item);
	target_unref(t);
}
