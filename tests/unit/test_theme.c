/* test_theme.c - theme files: fall-backs, roles left out, bad lines named. */
#include <residue/ui/theme.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void parse(struct theme *t, const char *text)
{
	struct err err = ERR_INIT;

	assert_int_equal(theme_parse(t, "test", text, &err), 0);
}

static int32_t fg(const struct theme *t, enum role role,
		  enum colour_depth depth)
{
	bool indexed;

	return colour_at(&t->style[role].fg, depth, &indexed);
}

static void one_colour_serves_all_depths(void **state)
{
	struct theme t;

	(void)state;
	parse(&t, "[theme]\nres = #ff0000\n");
	assert_int_equal(fg(&t, ROLE_RES, DEPTH_RGB), 0xff0000);
	assert_int_equal(fg(&t, ROLE_RES, DEPTH_256), 196);
	assert_int_equal(fg(&t, ROLE_RES, DEPTH_16), 9);
	assert_int_equal(fg(&t, ROLE_RES, DEPTH_MONO), COLOUR_DEFAULT);
	parse(&t, "[theme]\nres = 196\n");
	assert_int_equal(fg(&t, ROLE_RES, DEPTH_RGB), 0xff0000);
	assert_int_equal(fg(&t, ROLE_RES, DEPTH_16), 9);
}

static void alternatives_are_kept(void **state)
{
	struct theme t;

	(void)state;
	parse(&t, "[theme]\nres = #e0af68/179/yellow\n");
	assert_int_equal(fg(&t, ROLE_RES, DEPTH_RGB), 0xe0af68);
	assert_int_equal(fg(&t, ROLE_RES, DEPTH_256), 179);
	assert_int_equal(fg(&t, ROLE_RES, DEPTH_16), 3);
}

static void the_terminals_own_sixteen_stay_its_own(void **state)
{
	struct theme t;
	bool indexed = false;

	(void)state;
	parse(&t, "[theme]\nres = bright-blue\nheap = default\n");
	assert_int_equal(colour_at(&t.style[ROLE_RES].fg, DEPTH_RGB, &indexed),
			 12);
	assert_true(indexed);
	assert_int_equal(fg(&t, ROLE_RES, DEPTH_256), 12);
	assert_int_equal(fg(&t, ROLE_HEAP, DEPTH_RGB), COLOUR_DEFAULT);
	assert_int_equal(fg(&t, ROLE_HEAP, DEPTH_256), COLOUR_DEFAULT);
}

static void roles_left_out_look_like_their_kin(void **state)
{
	struct theme t;

	(void)state;
	parse(&t, "[theme]\n"
		  "text = white on #102030\n"
		  "event = red bold\n"
		  "key = black on cyan underline\n");
	assert_int_equal(fg(&t, ROLE_EVENT_GC, DEPTH_16), 1);
	assert_int_equal(t.style[ROLE_EVENT_GC].attrs, STYLE_BOLD);
	assert_int_equal(t.style[ROLE_KEY].attrs, STYLE_UNDERLINE);
	/* Everything stands on the screen's background but what has its own. */
	assert_int_equal(t.style[ROLE_RES].bg.rgb, 0x102030);
	assert_int_equal(t.style[ROLE_EVENT].bg.rgb, 0x102030);
	assert_int_equal(t.style[ROLE_KEY].bg.c16, 6);
}

static void bad_lines_are_named(void **state)
{
	static const struct {
		const char *text, *message;
	} bad[] = {
		{"[theme]\nres = red\nfoo = red\n",
		 "test:3: unknown role \"foo\""},
		{"[theme]\n\nres = rde\n", "test:3: \"rde\" is no colour"},
		{"[theme]\nres = #12345\n", "test:2: \"#12345\" is no colour"},
		{"[theme]\nres = #1234567\n",
		 "test:2: \"#1234567\" is no colour"},
		{"[theme]\nres = 256\n", "test:2: \"256\" is no colour"},
		{"[theme]\nres = red blue\n", "test:2: \"blue\" is no colour"},
		{"[colors]\nres = red\n", "test:2: unknown section \"colors\""},
		{"[theme]\nres\n",
		 "test:2: neither [section] nor role = colour"},
	};
	struct theme t;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct err err = ERR_INIT;

		memset(&t, 0x5a, sizeof(t));
		assert_int_equal(theme_parse(&t, "test", bad[i].text, &err),
				 -1);
		assert_int_equal(err.code, ERR_FORMAT);
		assert_string_equal(err.msg, bad[i].message);
		assert_int_equal(t.style[0].attrs, 0x5a); /* untouched */
	}
}

static void shipped_themes_are_whole(void **state)
{
	struct err err = ERR_INIT;
	struct theme t;

	(void)state;
	assert_true(theme_file_count >= 4);
	for (unsigned i = 0; i < theme_file_count; i++)
		assert_int_equal(
			theme_load(&t, theme_files[i].name, NULL, &err), 0);
	assert_int_equal(theme_load(&t, "mono", NULL, &err), 0);
	for (unsigned r = 0; r < ROLE_COUNT; r++) {
		assert_int_equal(t.style[r].fg.c16, COLOUR_DEFAULT);
		assert_int_equal(t.style[r].bg.c16, COLOUR_DEFAULT);
	}
	assert_int_equal(theme_load(&t, "default", NULL, &err), 0);
	assert_int_equal(t.style[ROLE_TEXT].bg.c16, COLOUR_DEFAULT);
}

static void unknown_themes_name_those_there_are(void **state)
{
	struct err err = ERR_INIT;
	struct theme t;

	(void)state;
	assert_int_equal(theme_load(&t, "nope", "/nonexistent", &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_non_null(strstr(err.msg, "default"));
	assert_int_equal(theme_load(&t, "/nonexistent/x", NULL, &err), -1);
	assert_int_equal(err.code, ERR_GONE);
}

static void the_users_theme_wins(void **state)
{
	char dir[] = "/tmp/residue-theme-XXXXXX", path[96], folder[64];
	struct err err = ERR_INIT;
	struct theme t;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(folder, sizeof(folder), "%s/themes", dir);
	snprintf(path, sizeof(path), "%s/default.theme", folder);
	assert_int_equal(mkdir(folder, 0700), 0);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("[theme]\nres = red\n", f);
	fclose(f);
	assert_int_equal(theme_load(&t, "default", dir, &err), 0);
	assert_int_equal(t.style[ROLE_RES].fg.c16, 1);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("[theme]\nres = blurple\n", f);
	fclose(f);
	/* A bad file is an error, not a reason to look elsewhere. */
	assert_int_equal(theme_load(&t, "default", dir, &err), -1);
	assert_int_equal(err.code, ERR_FORMAT);
	unlink(path);
	rmdir(folder);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_colour_serves_all_depths),
		cmocka_unit_test(alternatives_are_kept),
		cmocka_unit_test(the_terminals_own_sixteen_stay_its_own),
		cmocka_unit_test(roles_left_out_look_like_their_kin),
		cmocka_unit_test(bad_lines_are_named),
		cmocka_unit_test(shipped_themes_are_whole),
		cmocka_unit_test(unknown_themes_name_those_there_are),
		cmocka_unit_test(the_users_theme_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
