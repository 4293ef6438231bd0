/*
 * net.h - the net lane: endpoints, what is asked of them and when.
 *
 * An endpoint is asked for two things. MemStats: the net sources of
 * ORIGIN_RUNTIME are a ladder (expvar, metrics, debug=1), climbed down while
 * answers say "not here"; the first that works is kept. The heap profile: once
 * at the start, then when a GC has finished since the last one (it cannot have
 * changed otherwise) and a budget allows it (budget.h); and whenever it is asked
 * for by a key. Where the profile can be read from memory (source/sites.c) only
 * the first and those asked for are fetched. A GC is forced (heap?gc=1) only by
 * a request, and the profile that comes back is one like any other.
 *
 * A process's own addresses are reached where it lives: sockets are opened in
 * its network namespace, unix paths go through its root.
 *
 * Everything here runs on the fetcher's thread; failures back off.
 */
#ifndef RESIDUE_SAMPLER_NET_H
#define RESIDUE_SAMPLER_NET_H

#include "store.h"

#include <residue/source/source.h>

struct net;

struct net *net_start(struct store *store, struct procfs *fs,
		      const struct sampler_options *opt,
		      struct err *err) RESIDUE_CHECK;
/* What is under way ends as if refused; no reading arrives afterwards. */
void net_stop(struct net *n);
/* A tick, a new target or a request: look what is due. */
void net_wake(struct net *n);

#endif
