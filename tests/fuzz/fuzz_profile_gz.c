/*
 * fuzz_profile_gz.c - a gzipped heap profile.
 *
 * A checksum stops nearly every change. So the input is read twice: as it is,
 * and with the last eight bytes, the trailer, made right for what inflates.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "fuzz.h"
#include "use_profile.h"

#define HEADER	10
#define TRAILER 8
#define OUT_MAX ((size_t)64 << 10)

static void put_le32(uint8_t *to, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(v >> 8 * i);
}

/* Checksum and size of what the deflate stream holds, if it is complete. */
static int measure(const uint8_t *data, size_t size, uint8_t trailer[TRAILER])
{
	static uint8_t out[OUT_MAX];
	z_stream z = {.next_in = (Bytef *)(uintptr_t)(data + HEADER),
		      .avail_in = (uInt)(size - HEADER - TRAILER),
		      .next_out = out,
		      .avail_out = OUT_MAX};
	int rc;

	if (inflateInit2(&z, -15) != Z_OK)
		return -1;
	rc = inflate(&z, Z_FINISH);
	put_le32(trailer, (uint32_t)crc32(0, out, (uInt)z.total_out));
	put_le32(trailer + 4, (uint32_t)z.total_out);
	rc = rc == Z_STREAM_END && z.avail_in == 0 ? 0 : -1;
	inflateEnd(&z);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t trailer[TRAILER], *copy;

	use_profile(data, size);
	if (size < HEADER + TRAILER || measure(data, size, trailer) < 0)
		return 0;
	copy = malloc(size);
	FUZZ_CHECK(copy);
	memcpy(copy, data, size - TRAILER);
	memcpy(copy + size - TRAILER, trailer, TRAILER);
	use_profile(copy, size);
	free(copy);
	return 0;
}
