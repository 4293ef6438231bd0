/*
 * listeners.h - what listeners.c and probe.c share.
 */
#ifndef RESIDUE_SOURCE_LISTENERS_PRIVATE_H
#define RESIDUE_SOURCE_LISTENERS_PRIVATE_H

#include <residue/source/listeners.h>

/* The URL under which that socket is asked, from its own network namespace;
 * raw bytes of the path of a unix socket. */
void listener_url(const struct listener *l, char out[LISTENER_URL_MAX]);

#endif
