/*
 * script_profile.c - a heap profile written by hand.
 *
 * It goes the way of every profile: it is encoded as a program would have
 * served it, and that is decoded.
 */
#include "script_profile.h"

#include <residue/base/mem.h>
#include <residue/decode/encode.h>
#include <residue/decode/profile_reading.h>

#include <stdlib.h>
#include <string.h>

#define ENCODED_MAX (1u << 20)

/* What is being put together; all of it is less than the script's line. */
struct drawing {
	struct buf text;
	struct encode_frame *frame;
	uint32_t *stack;
	size_t frames; /* used of both */
	struct encode_site *site;
	size_t sites;
};

/* "main.fill /srv/fill.go:88"; file and line may be left out. */
static int read_frame(struct drawing *d, const char *words, struct err *err)
{
	const char *blank = strrchr(words, ' ');
	const char *colon = strrchr(words, ':');
	struct encode_frame *f = &d->frame[d->frames];
	bool placed = blank && colon && colon > blank;

	f->outer = 0;
	f->address = 16 * (d->frames + 1);
	f->function = (uint32_t)d->text.len;
	if (buf_append(&d->text, words,
		       placed ? (size_t)(blank - words) : strlen(words), err) ||
	    buf_append(&d->text, "", 1, err))
		return -1;
	f->file = (uint32_t)d->text.len;
	if ((placed && buf_append(&d->text, blank + 1,
				  (size_t)(colon - blank - 1), err)) ||
	    buf_append(&d->text, "", 1, err))
		return -1;
	f->line = placed ? (uint32_t)strtoul(colon + 1, NULL, 10) : 0;
	d->stack[d->frames] = (uint32_t)d->frames;
	d->frames++;
	return 0;
}

static int read_site(struct drawing *d, json_t *o, struct err *err)
{
	struct encode_site *s = &d->site[d->sites];
	json_int_t n[4];
	json_t *stack, *frame;
	size_t i, first = d->frames;

	if (json_unpack(o, "[o, I, I, I, I!]", &stack, &n[0], &n[1], &n[2],
			&n[3]) ||
	    !json_is_array(stack) || json_array_size(stack) == 0)
		return err_set(err, ERR_FORMAT,
			       "a site is [[frames], 4 numbers]");
	d->frame = mem_realloc(d->frame, first + json_array_size(stack),
			       sizeof(*d->frame));
	d->stack = mem_realloc(d->stack, first + json_array_size(stack),
			       sizeof(*d->stack));
	json_array_foreach(stack, i, frame)
	{
		if (!json_is_string(frame))
			return err_set(err, ERR_FORMAT, "a frame is no string");
		if (read_frame(d, json_string_value(frame), err))
			return -1;
	}
	*s = (struct encode_site){.inuse_objects = n[0],
				  .inuse_space = n[1],
				  .alloc_objects = n[2],
				  .alloc_space = n[3],
				  .stack = (uint32_t)first,
				  .depth = (uint32_t)(d->frames - first)};
	d->sites++;
	return 0;
}

static int read_sites(struct drawing *d, json_t *sites, struct err *err)
{
	json_t *one;
	size_t i;

	d->site = mem_zalloc(json_array_size(sites) + 1, sizeof(*d->site));
	json_array_foreach(sites, i, one)
	{
		if (read_site(d, one, err))
			return -1;
	}
	return 0;
}

static int encode(const struct drawing *d, json_int_t rate, struct reading *r,
		  struct err *err)
{
	const struct encode_input in = {
		.time_ns = r->end_ns + r->wall_offset_ns,
		.period = rate,
		.binary = "",
		.text = d->text.data ? d->text.data : "",
		.frames = d->frame,
		.n_frames = d->frames,
		.stacks = d->stack,
		.sites = d->site,
		.n_sites = d->sites,
	};
	struct buf bytes;
	int rc;

	buf_init(&bytes, ENCODED_MAX);
	rc = profile_encode(&in, &bytes, err) || profile_reading(&bytes, r, err)
		     ? -1
		     : 0;
	buf_release(&bytes);
	return rc;
}

int script_profile(json_t *o, struct reading *r, struct err *err)
{
	struct drawing d = {.frames = 0};
	json_error_t why;
	json_t *sites;
	json_int_t rate = 512 * 1024;
	int rc;

	if (json_unpack_ex(o, &why, JSON_STRICT, "{s?I, s:o}", "rate", &rate,
			   "sites", &sites) ||
	    !json_is_array(sites))
		return err_set(err, ERR_FORMAT,
			       "a profile is {\"rate\", \"sites\": [...]}");
	buf_init(&d.text, ENCODED_MAX);
	rc = read_sites(&d, sites, err);
	if (rc == 0)
		rc = encode(&d, rate, r, err);
	buf_release(&d.text);
	free(d.frame);
	free(d.stack);
	free(d.site);
	return rc;
}
