/*
 * machine.h - the parts of a running sampler, shared by the files of this
 * folder.
 */
#ifndef RESIDUE_SAMPLER_MACHINE_H
#define RESIDUE_SAMPLER_MACHINE_H

#include "guard.h"
#include "lane.h"
#include "net.h"
#include "store.h"
#include "watchdog.h"

#include <residue/source/facts.h>
#include <residue/source/listeners.h>

#define JOBS_MOST 16

enum job_kind { JOB_SNAPSHOT, JOB_PROBE };

struct job {
	enum job_kind kind;
	char target[TARGET_ID_MAX];
};

/* What was asked for and takes a while, waiting for its thread. */
struct jobs {
	struct sampler *sampler;
	pthread_t thread;
	bool started;
	atomic_bool stop;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct job list[JOBS_MOST];
	unsigned count;
};

struct sampler {
	struct sampler_options opt;
	struct store store;
	struct procfs fs;
	bool scripted; /* no fs, no threads */
	struct lane_run fast, finder;
	struct lane_run *memory; /* NULL: none */
	struct lane_run *slow;
	/* NULL until there is an endpoint to ask: started with the lanes, or
	 * by the jobs' thread when a probe finds the first. */
	_Atomic(struct net *) net;
	struct guard guard;    /* of all searches */
	struct search *search; /* discover.c: the finder's, or before it runs
				 * sampler_discover's; NULL: none yet */
	int64_t next_scan_ns, next_sockets_ns, next_unknown_ns;
	bool sized; /* the fast lane has had its first tick */
	atomic_llong list_ns; /* when the list was last looked at */
	struct jobs jobs;
	struct history_cut *cuts[2 * FRAME_PANELS];
};

/* sampler.c: the net lane, if it does not run yet. */
int start_net(struct sampler *s, struct err *err) RESIDUE_CHECK;

/* discover.c: the finder's turn. New Go processes go into the store, where the
 * list is kept and looked at; the facts of targets that have called exec are
 * read anew, and once a minute what targets listen on. */
void discover_turn(struct sampler *s, int64_t now_ns);
/* The facts of one process, as far as they can be had without being held. */
int find_facts_of(struct sampler *s, pid_t pid, struct target_info *out,
		  struct err *err) RESIDUE_CHECK;
void search_free(struct search *q); /* NULL is nothing */

/* sampler.c: the slow lane looks what is due. */
void wake_slow(struct sampler *s);

/* sampler.c: have the endpoint asked for a heap profile, or where there is none
 * the memory read. ERR_UNSUPPORTED: neither can be had. */
int ask_profile(struct sampler *s, struct target *t,
		struct err *err) RESIDUE_CHECK;

/* jobs.c */
void jobs_init(struct sampler *s);
int jobs_start(struct jobs *j, struct err *err) RESIDUE_CHECK;
void jobs_stop(struct jobs *j);
/* ERR_LIMIT when too many wait already. */
int jobs_add(struct jobs *j, enum job_kind kind, const char *target,
	     struct err *err) RESIDUE_CHECK;

#endif
