/* test_layout.c - the committed rows stay within the reader's buffers. */
#include "gomem/figures.h"
#include "gomem/layout.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define GENERATIONS 3

/* Offsets that were measured by other means (docs/agentless.md). */
static void test_known_offsets(void **state)
{
	const struct layout *row[LAYOUTS];
	bool exact;

	(void)state;
	assert_int_equal(layout_choose("go1.19.8", EM_X86_64, row, &exact), 1);
	assert_int_equal(row[0]->gc_heap_live, 136);
	assert_int_equal(row[0]->mstats_numgc, 7704);
	assert_int_equal(layout_choose("go1.26.8", EM_X86_64, row, &exact), 1);
	assert_int_equal(row[0]->gc_heap_live, 104);
	assert_int_equal(row[0]->mstats_numgc, 7680);
	assert_int_equal(row[0]->mheap_scav_released_bg, 65808);
	assert_int_equal(row[0]->delta_in_ptrscalar, -1);
}

static void test_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < layouts_count; i++) {
		const struct layout *l = &layouts[i];
		const int32_t mstats[] = {l->mstats_heap_stats +
						  GENERATIONS * l->delta_size,
					  l->mstats_pause_ns + 2048,
					  l->mstats_pause_end + 2048,
					  l->mstats_numforcedgc + 4,
					  l->mstats_other_sys + 8,
					  l->mstats_gc_cpu_fraction + 8};
		const int32_t gc[] = {l->gc_heap_marked + 8,
				      l->gc_total_free + 8, l->gc_runway + 8,
				      l->gc_last_heap_goal + 8};

		assert_true(figures_mstats_len(l) <= LAYOUT_MSTATS_MAX);
		assert_true(figures_gc_len(l) <= LAYOUT_GC_MAX);
		for (size_t k = 0; k < sizeof(mstats) / sizeof(mstats[0]); k++)
			assert_true((size_t)mstats[k] <= figures_mstats_len(l));
		for (size_t k = 0; k < sizeof(gc) / sizeof(gc[0]); k++)
			assert_true((size_t)gc[k] <= figures_gc_len(l));
		assert_true(l->delta_small_free_count + 8 * GOMEM_CLASSES <=
			    l->delta_size);
		assert_true(l->mspan_size <= 512);
		assert_true(l->mspan_alloc_before + 2 <= l->mspan_size);
		assert_true(l->mspan_elemsize + 8 <= l->mspan_size);
		assert_true(l->mspan_sweepgen + 4 <= l->mspan_size);
		assert_true(l->palloc_scavenged + 64 <= l->palloc_size);
		assert_true(l->module_gofunc + 8 <= l->module_size);
		assert_true(l->record_future + 3 * l->cycle_size <=
			    l->record_size);
		assert_int_equal(l->module_pcheader, 0);
		assert_true(l->mheap_scav_released >= 0 ||
			    l->mheap_scav_released_bg >= 0);
	}
}

static void test_choose(void **state)
{
	const struct layout *row[LAYOUTS];
	bool exact;
	size_t n;

	(void)state;
	/* Older than the oldest, and a machine that is not known. */
	assert_int_equal(layout_choose("go1.18.1", EM_X86_64, row, &exact), 0);
	assert_int_equal(layout_choose("go1.26.1", EM_386, row, &exact), 0);
	assert_int_equal(layout_choose("go1.22", EM_AARCH64, row, &exact), 1);
	assert_true(exact);
	assert_int_equal(row[0]->machine, EM_AARCH64);
	assert_int_equal(row[0]->minor, 22);
	/* An experiment may move fields: more must hold. */
	assert_int_equal(layout_choose("go1.26.8-X:staticlockranking",
				       EM_X86_64, row, &exact),
			 1);
	assert_false(exact);
	/* A newer one, or a hidden version: every row, newest first. */
	n = layout_choose("go1.99", EM_X86_64, row, &exact);
	assert_true(n >= 9);
	assert_false(exact);
	for (size_t i = 1; i < n; i++)
		assert_true(row[i]->minor < row[i - 1]->minor);
	assert_int_equal(layout_choose("", EM_X86_64, row, &exact), n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_offsets),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_choose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
