/* test_keymap.c - the table of keys is sound, and the footer read off it. */
#include <residue/base/text.h>
#include <residue/ui/keymap.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static const enum place places[] = {IN_LIST, IN_WATCH, IN_COMPARE,
				    IN_HELP, IN_SITES, IN_LOG};
#define PLACES (sizeof(places) / sizeof(*places))

static void no_key_means_two_things(void **state)
{
	(void)state;
	for (size_t p = 0; p < PLACES; p++)
		for (unsigned a = 0; a < ACTION_COUNT; a++)
			for (unsigned i = 0; i < ACTION_KEYS; i++) {
				const struct action_info *info =
					&action_info[a];

				if (!info->keys[i] ||
				    !(info->places & places[p]))
					continue;
				assert_int_equal(
					keymap_find(info->keys[i], places[p]),
					a);
			}
}

static void every_function_key_has_a_letter_twin(void **state)
{
	(void)state;
	for (unsigned a = 0; a < ACTION_COUNT; a++)
		if (action_info[a].keys[0] > PRESS_F0)
			assert_in_range(action_info[a].keys[1], '!', '~');
}

static void keys_work_where_they_are_listed(void **state)
{
	(void)state;
	assert_int_equal(keymap_find(PRESS_SPACE, IN_LIST), ACTION_TAG);
	assert_int_equal(keymap_find(PRESS_SPACE, IN_WATCH), ACTION_PAUSE);
	assert_int_equal(keymap_find('/', IN_WATCH), ACTION_NONE);
	assert_int_equal(keymap_find(PRESS_NONE, IN_LIST), ACTION_NONE);
	/* What acts on a process: only where one is at hand. */
	for (size_t p = 0; p < PLACES; p++)
		assert_int_equal(keymap_find('g', places[p]),
				 places[p] & IN_ACTING ? ACTION_FORCE_GC
						       : ACTION_NONE);
}

static const char *plain(void *ctx, enum action action)
{
	(void)ctx;
	return action_info[action].label;
}

static bool has(const struct footer_item *item, unsigned n, enum action action)
{
	for (unsigned i = 0; i < n; i++)
		if (item[i].action == action)
			return true;
	return false;
}

static void footers_fit_and_keep_what_matters(void **state)
{
	struct footer_item item[FOOTER_MAX];

	(void)state;
	for (size_t p = 0; p < PLACES; p++)
		for (int w = 0; w < 220; w++) {
			unsigned n = keymap_footer(places[p], w, w % 2, plain,
						   NULL, item);
			int end = 0;

			for (unsigned i = 0; i < n; i++) {
				assert_int_equal(item[i].x, end ? end + 1 : 0);
				end = item[i].x + item[i].w;
			}
			assert_in_range(end, 0, w);
			if (w < 40)
				continue;
			assert_true(has(item, n, ACTION_HELP));
			assert_true(has(item, n, ACTION_QUIT));
		}
}

static void pairs_share_an_item(void **state)
{
	struct footer_item item[FOOTER_MAX];
	unsigned n = keymap_footer(IN_WATCH, 200, false, plain, NULL, item);

	(void)state;
	for (unsigned i = 0; i < n; i++)
		if (item[i].action == ACTION_ZOOM_IN)
			assert_string_equal(item[i].key, "+-");
	assert_true(has(item, n, ACTION_ZOOM_IN));
	assert_false(has(item, n, ACTION_ZOOM_OUT));
	n = keymap_footer(IN_WATCH, 200, true, plain, NULL, item);
	for (unsigned i = 0; i < n; i++)
		if (item[i].action == ACTION_LEFT)
			assert_string_equal(item[i].key, "Left/Right");
}

static void keys_have_names(void **state)
{
	char out[8];

	(void)state;
	assert_string_equal(press_name(PRESS_F(10), true, out), "F10");
	assert_string_equal(press_name(PRESS_CTRL('c'), true, out), "C-c");
	assert_string_equal(press_name(PRESS_LEFT, true, out), "Left");
	assert_string_equal(press_name(PRESS_LEFT, false, out), "\u2190");
	assert_string_equal(press_name('s', true, out), "s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_key_means_two_things),
		cmocka_unit_test(every_function_key_has_a_letter_twin),
		cmocka_unit_test(keys_work_where_they_are_listed),
		cmocka_unit_test(footers_fit_and_keep_what_matters),
		cmocka_unit_test(pairs_share_an_item),
		cmocka_unit_test(keys_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
