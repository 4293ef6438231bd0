/* use_profile.c - the profile decoder and `top`, and what they promise. */
#include "use_profile.h"

#include <residue/decode/profile.h>
#include <residue/model/top.h>

#include <string.h>

#include "fuzz.h"

static void use_top(const struct profile *p, const struct top_options *o)
{
	struct err err = ERR_INIT;
	struct buf text;
	struct top *top;

	FUZZ_CHECK(top_select(p, o, &top, &err) == 0);
	FUZZ_CHECK(top->n_rows <= top->n_kept && top->n_kept <= p->n_rows);
	buf_init(&text, 64 << 20);
	FUZZ_CHECK(top_text(top, &text, &err) == 0);
	for (size_t i = 0; i < text.len; i++)
		FUZZ_CHECK((unsigned char)text.data[i] >= ' ' ||
			   text.data[i] == '\n');
	buf_release(&text);
	top_free(top);
}

void use_profile(const void *body, size_t n)
{
	struct err err = ERR_INIT;
	struct profile *p;

	if (profile_decode(body, n, &p, &err) < 0) {
		FUZZ_CHECK(!p && err.code != ERR_NONE && err.msg[0]);
		return;
	}
	FUZZ_CHECK(p->n_types > 0 && p->default_type < p->n_types);
	FUZZ_CHECK(p->n_groups <= p->n_rows);
	FUZZ_CHECK(profile_error_bytes(p) >= -1);
	use_top(p, &(struct top_options){.type = p->default_type});
	use_top(p, &(struct top_options){.rows = 1 + n % 5,
					 .cum = n & 1,
					 .focus = n & 2 ? "main" : NULL,
					 .true_names = n & 4});
	profile_free(p);
}
