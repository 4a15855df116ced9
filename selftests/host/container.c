// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packages as files: what is written, byte by byte, and what is found again in
 * files that other tools, accidents or enemies have changed.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include <rvf/package.h>
#include "container.h"
#include "entries.h"
#include "files.h"
#include "fixture.h"
#include "tap.h"

#define HEAD sizeof(struct container_header)

/**
 * struct bytes - A file in memory
 * @data: Its bytes.
 * @length: How many.
 */
struct bytes {
	unsigned char *data;
	size_t length;
};

static struct memory_file file;
static struct bytes fixture;
static size_t headers[8]; /* where the fixture's segments begin */
static size_t n_headers;

static struct bytes copy_of(const struct bytes *from)
{
	struct bytes to = { malloc(from->length), from->length };

	memcpy(to.data, from->data, from->length);
	return to;
}

static void append(struct bytes *to, const void *data, size_t length)
{
	to->data = realloc(to->data, to->length + length);
	memcpy(to->data + to->length, data, length);
	to->length += length;
}

static void append_zeros(struct bytes *to, size_t length)
{
	to->data = realloc(to->data, to->length + length);
	memset(to->data + to->length, 0, length);
	to->length += length;
}

static void append_segment(struct bytes *to, __u64 id, __u8 type, const void *data, size_t length)
{
	struct container_header h = {
		.magic = htole32(RVF_CONTAINER_MAGIC),
		.version = 1,
		.type = type,
		.id = htole64(id),
		.length = htole64(length),
	};

	append_zeros(to, -to->length % RVF_CONTAINER_ALIGN);
	append(to, &h, sizeof(h));
	append(to, data, length);
}

static const struct container_header *header_at(const struct bytes *b, size_t at)
{
	return (const struct container_header *)(b->data + at);
}

/* CRC-32 once more, bit by bit. */
static __u32 slow_crc(const unsigned char *data, size_t length)
{
	__u32 crc = ~0u;

	for (size_t bit = 0; bit < 8 * length; bit++)
		crc = (crc >> 1) ^ ((crc ^ data[bit / 8] >> bit % 8) & 1 ? 0xedb88320u : 0);
	return ~crc;
}

static int load(const struct bytes *b, struct rvf_package **package, struct rvf_error *e)
{
	memset(e, 0, sizeof(*e));
	memory_file_set(&file, b->data, b->length);
	return rvf_package_load(package, file.path, e);
}

/* 0 if it is loaded and every segment has its digest. */
static int load_and_check(const struct bytes *b, struct rvf_error *e)
{
	struct rvf_package *package;
	int err = load(b, &package, e);

	if (err)
		return err;
	err = -package->manifest_error.err;
	if (err)
		*e = package->manifest_error;
	else
		err = rvf_package_check_segments(package, e);
	rvf_package_free(package);
	return err;
}

static void expect(const struct bytes *b, int wanted, const char *slug, const char *name)
{
	struct rvf_error e;
	int err = load_and_check(b, &e);

	if (!tap_ok(err == wanted && e.err == -wanted && (!slug || !strcmp(e.slug, slug)) &&
			    (!wanted || *e.what),
		    "%s: %s", wanted ? "refused" : "taken", name))
		printf("# errno %d, %s: %s; %s\n", -err, e.slug, e.what, e.why);
}

static void test_written(void)
{
	static const __u8 types[] = { RVF_SEG_META,	RVF_SEG_IMAGE,	RVF_SEG_WASM,
				      RVF_SEG_IMAGE,	RVF_SEG_KERNEL, RVF_SEG_REGION,
				      RVF_SEG_DIRECTORY };
	unsigned int wrong = 0, gaps = 0, checksums = 0;
	size_t at = 0;

	while (at < fixture.length && n_headers < 8) {
		const struct container_header *h = header_at(&fixture, at);
		size_t length = le64toh(h->length);
		__u32 crc = slow_crc(fixture.data + at + HEAD, length);

		headers[n_headers++] = at;
		wrong += le32toh(h->magic) != 0x52564653 || h->version != 1 || h->flags ||
			 h->timestamp || h->checksum_kind || h->compression || h->reserved ||
			 h->reserved2 || h->uncompressed || h->pad ||
			 h->type != types[n_headers - 1] || le64toh(h->id) != n_headers;
		for (unsigned int i = 0; i < 4; i++)
			checksums += le32toh(h->checksum[i]) !=
				     (i ? crc << 8 * i | crc >> (32 - 8 * i) : crc);
		at += HEAD + length;
		while (at < fixture.length && at % 64)
			gaps += fixture.data[at++];
	}
	tap_equal(n_headers, sizeof(types), "a segment for each of the manifest's, and two more");
	tap_equal(wrong, 0, "each header as RVF wants it, the ids ascending");
	tap_equal(checksums, 0, "each checksum, rotated three times");
	tap_equal(gaps, 0, "zeros up to the next multiple of 64");
	tap_equal(at, fixture.length, "nothing behind the directory");
	tap_ok(!memcmp(fixture.data, "SFVR", 4), "the magic, backwards");
}

static void test_directory(void)
{
	size_t at = headers[n_headers - 1];
	const unsigned char *d = fixture.data + at + HEAD;
	size_t length = le64toh(header_at(&fixture, at)->length);
	unsigned int wrong = 0;

	tap_equal(length, 22 + 25 * (n_headers - 1) + 4, "the directory's length");
	tap_ok(d[0] == 1 && !d[1] && !d[4] && !d[6] && d[14] == n_headers - 1 && !d[18],
	       "its head: first epoch, no vectors, the count");
	for (size_t i = 0; i < n_headers - 1; i++) {
		const unsigned char *entry = d + 22 + 25 * i;
		__u64 number[3];

		memcpy(number, entry, sizeof(number));
		wrong += le64toh(number[0]) != i + 1 || le64toh(number[1]) != headers[i] ||
			 number[2] != header_at(&fixture, headers[i])->length ||
			 entry[24] != header_at(&fixture, headers[i])->type;
	}
	tap_equal(wrong, 0, "its entries: id, header's offset, length, type");
	tap_ok(!memcmp(d + length - 4, "\0\0\0", 4), "no deletions");
}

static void test_offsets(void)
{
	struct rvf_package *package;
	unsigned int wrong = 0;
	struct rvf_error e;

	tap_need(!load(&fixture, &package, &e), "the fixture is refused");
	tap_equal(package->n_offsets, 5, "an offset for each segment");
	for (size_t i = 0; i < package->n_offsets; i++)
		wrong += package->offsets[i] != headers[i + 1] + HEAD;
	tap_equal(wrong, 0, "each where its payload begins");
	tap_ok(!package->envelope && !package->crypto, "no signature");
	tap_equal(rvf_package_check_segments(package, &e), 0, "every digest fits");
	for (size_t i = 0; i < rvf_file_count(package->file); i++)
		wrong += !rvf_file_checksum_ok(package->file, rvf_file_segment(package->file, i));
	tap_equal(wrong, 0, "every checksum fits");
	tap_ok(!rvf_file_segment(package->file, n_headers), "no segment beyond the last");
	rvf_package_free(package);
}

static void test_cut(void)
{
	size_t needed = headers[n_headers - 2] + HEAD +
			le64toh(header_at(&fixture, headers[n_headers - 2])->length);
	unsigned int taken = 0, partly = 0;
	struct bytes cut = fixture;
	struct rvf_error e;

	for (cut.length = 0; cut.length < fixture.length; cut.length++) {
		int err = load_and_check(&cut, &e);

		taken += !err && cut.length < needed;
		/* within the directory */
		partly += !err && cut.length > headers[n_headers - 1];
		if (err && (e.err != -err || !*e.what))
			taken++;
	}
	tap_equal(taken, 0, "refused: cut off before the last segment's end");
	tap_equal(partly, 0, "refused: cut off within the directory");
	cut.length = 0;
	expect(&cut, -EBADMSG, "malformed", "an empty file");
	cut.length = headers[1];
	expect(&cut, -EIO, "malformed", "nothing but a manifest");
}

/* As RVF's own tools write them: no gaps. */
static void test_packed(void)
{
	struct bytes packed = { NULL, 0 };

	for (size_t i = 0; i < n_headers; i++)
		append(&packed, fixture.data + headers[i],
		       HEAD + le64toh(header_at(&fixture, headers[i])->length));
	expect(&packed, 0, NULL, "segments without gaps");
	append(&packed, "\0\0\0", 3);
	expect(&packed, 0, NULL, "a few zeros at the end");
	append(&packed, "x", 1);
	expect(&packed, -EBADMSG, "malformed", "a byte at the end");
	free(packed.data);
}

static void test_gaps(void)
{
	struct bytes changed = copy_of(&fixture);
	unsigned int taken = 0, bytes = 0;
	struct rvf_error e;

	for (size_t i = 0; i + 1 < n_headers; i++) {
		size_t at = headers[i] + HEAD + le64toh(header_at(&fixture, headers[i])->length);

		for (; at < headers[i + 1]; at++, bytes++) {
			changed.data[at] = 0x53;
			taken += load_and_check(&changed, &e) != -EBADMSG;
			changed.data[at] = 0;
		}
	}
	tap_ok(bytes && !taken, "refused: any byte in a gap (%u tried)", bytes);
	free(changed.data);

	changed = (struct bytes){ NULL, 0 };
	append(&changed, fixture.data, headers[1]);
	append_zeros(&changed, 64);
	append(&changed, fixture.data + headers[1], fixture.length - headers[1]);
	expect(&changed, -EBADMSG, "malformed", "64 zeros where a segment should begin");
	free(changed.data);
}

static void test_behind(void)
{
	struct bytes b = copy_of(&fixture);
	unsigned char fake[22 + 25 + 4] = { 9, 0, 0, 0, [14] = 1 };
	struct bytes again;

	/* "segment 1, the manifest, is where segment 2 is" */
	put_number(fake + 22, 8, 1);
	put_number(fake + 30, 8, headers[1]);
	put_number(fake + 38, 8, 14);
	fake[46] = RVF_SEG_META;
	append_segment(&b, 99, RVF_SEG_DIRECTORY, fake, sizeof(fake));
	expect(&b, 0, NULL, "another directory at the end: it decides nothing");

	/* the same bytes inside a payload: no segment at all */
	again = copy_of(&fixture);
	append_segment(&again, 98, 0x40, b.data + fixture.length, b.length - fixture.length);
	expect(&again, 0, NULL, "a directory inside another segment");
	free(again.data);
	free(b.data);

	b = copy_of(&fixture);
	append_segment(&b, 99, RVF_SEG_META, fixture.data + headers[0] + HEAD,
		       le64toh(header_at(&fixture, headers[0])->length));
	expect(&b, -EBADMSG, "malformed", "two manifests, equal ones even");
	free(b.data);

	b = copy_of(&fixture);
	append_segment(&b, 99, RVF_SEG_META, "key=value", 9);
	append_segment(&b, 100, RVF_SEG_CRYPTO, "a key of another tool", 21);
	append_segment(&b, 101, 0x40, "what nobody knows", 17);
	append_segment(&b, 102, 0x40, "", 0);
	expect(&b, 0, NULL, "metadata, keys and types of other tools");
	append_segment(&b, 103, RVF_SEG_CRYPTO, "RVE1", 4);
	append_segment(&b, 104, RVF_SEG_CRYPTO, "RVE1", 4);
	expect(&b, -EBADMSG, "malformed", "two envelopes");
	free(b.data);
}

/* Headers of the fixture's second segment, its first image. */
static void test_headers(void)
{
	static const struct {
		const char *name;
		size_t offset, size;
		__u64 value;
		int err;
	} cases[] = {
		{ "another magic", 0, 4, 0x12345678, -EBADMSG },
		{ "version 0", 4, 1, 0, -EBADMSG },
		{ "version 2", 4, 1, 2, -EBADMSG },
		{ "another type", 5, 1, 0x40, -EIO },
		{ "compressed", 6, 2, 1, -EIO },
		{ "encrypted", 6, 2, 2, -EIO },
		{ "a flag that is reserved", 6, 2, 0x8000, -EIO },
		{ "another id", 8, 8, 77, -EIO },
		{ "a byte less", 16, 8, 13, -EBADMSG },
		{ "a byte more", 16, 8, 15, -EIO },
		{ "a length beyond the end", 16, 8, 1 << 20, -EBADMSG },
		{ "a length that wraps around", 16, 8, ~0ull - 63, -EBADMSG },
		{ "a negative length", 16, 8, 1ull << 63, -EBADMSG },
		{ "a time", 24, 8, 1234567890, 0 },
		{ "an algorithm of compression", 33, 1, 1, -EIO },
		{ "a reserved field", 34, 2, 1, -EIO },
		{ "the other reserved field", 36, 4, 1, -EIO },
		{ "a wrong checksum, which proves nothing", 40, 4, 1, 0 },
		{ "no checksum", 40, 4, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes b = copy_of(&fixture);

		put_number(b.data + headers[1] + cases[i].offset, cases[i].size, cases[i].value);
		expect(&b, cases[i].err, cases[i].err ? "malformed" : NULL, cases[i].name);
		free(b.data);
	}
}

static void test_overlap(void)
{
	struct bytes b = copy_of(&fixture);

	/* The image's segment takes the next one in: that one is gone then. */
	put_number(b.data + headers[1] + 16, 8, headers[3] - headers[1] - HEAD);
	expect(&b, -EIO, "malformed", "a segment that covers the next one");
	free(b.data);
}

static void test_twins(void)
{
	struct bytes b = { NULL, 0 };
	struct rvf_package *package;
	struct rvf_error e;

	/* a false one of the same id, type and length before and behind */
	append_segment(&b, 2, RVF_SEG_IMAGE, "not really elf", 14);
	append_zeros(&b, -b.length % 64);
	append(&b, fixture.data, fixture.length);
	append_segment(&b, 2, RVF_SEG_IMAGE, "NOT REALLY ELF", 14);
	expect(&b, 0, NULL, "the right one of three is found by its digest");
	append_segment(&b, 2, RVF_SEG_IMAGE, "not really ELF", 14);
	expect(&b, 0, NULL, "the right one, twice");
	free(b.data);

	b = copy_of(&fixture);
	b.data[headers[1] + HEAD] ^= 1;
	expect(&b, -EILSEQ, "bad-digest", "a changed segment");
	tap_need(!load(&b, &package, &e), "a changed package is not loaded");
	tap_equal(package->offsets[0], headers[1] + HEAD, "... which is found all the same");
	tap_ok(!rvf_file_checksum_ok(package->file, rvf_file_segment(package->file, 1)),
	       "... and whose checksum hints at it");
	tap_equal(rvf_package_check_segments(package, &e), -EILSEQ, "... and is told");
	tap_ok(e.reason == RVF_REASON_DIGEST && e.index == 0, "... with its index");
	rvf_package_free(package);
	free(b.data);
}

static void test_bad_manifest(void)
{
	struct bytes b = copy_of(&fixture);
	struct rvf_package *package;
	struct rvf_error e;

	b.data[headers[0] + HEAD + 4] = 2;
	tap_need(!load(&b, &package, &e), "a package with a bad manifest is not loaded");
	tap_ok(package->manifest_error.reason == RVF_REASON_VERSION && !package->n_offsets &&
		       package->manifest_length == le64toh(header_at(&b, headers[0])->length),
	       "a manifest that cannot be parsed is there for the kernel");
	rvf_package_free(package);
	b.data[headers[0] + HEAD] = 'X';
	expect(&b, -EBADMSG, "malformed", "no manifest");
	free(b.data);

	b = copy_of(&fixture);
	b.data[headers[0] + HEAD + offsetof(struct rvf_m_header, content_hash)] ^= 1;
	expect(&b, -EBADMSG, "bad-manifest", "another content hash");
	free(b.data);
}

static void test_no_file(void)
{
	struct rvf_package *package;
	struct rvf_error e = { 0 };

	tap_equal(rvf_package_load(&package, test_path("none"), &e), -ENOENT, "no such file");
	tap_ok(e.err == ENOENT && strstr(e.what, "none"), "... which is named: %s", e.what);
	tap_equal(rvf_package_load(&package, "/tmp", &e), -EINVAL, "a directory");
	tap_equal(rvf_package_load(&package, "/dev/zero", &e), -EINVAL, "a device");
	mkfifo(test_path("fifo"), 0600);
	tap_equal(rvf_package_load(&package, test_path("fifo"), &e), -EINVAL,
		  "a fifo, without waiting for a writer");
	tap_equal(rvf_package_load(&package, test_path("none"), NULL), -ENOENT,
		  "without an error to fill");
}

static void test_writer(void)
{
	const char *target = test_file("target", "before", 6), *link_path = test_path("link");
	struct rvf_error e = { 0 };
	struct rvf_writer *w;
	struct stat st;
	size_t length;
	void *data;

	chmod(target, 0640);
	tap_need(!symlink("target", link_path), "symlink");
	tap_need(!rvf_writer_new(&w, link_path, 0644, &e), "rvf_writer_new");
	tap_need(!rvf_writer_segment(w, 1, 0x40, "abc", 3, &e), "rvf_writer_segment");
	rvf_writer_abort(w);
	data = read_whole(target, &length);
	tap_ok(length == 6 && !memcmp(data, "before", 6), "what is given up changes nothing");
	free(data);

	tap_need(!rvf_writer_new(&w, link_path, 0644, &e), "rvf_writer_new");
	tap_need(!rvf_writer_segment(w, 1, 0x40, "abc", 3, &e), "rvf_writer_segment");
	tap_equal(rvf_writer_finish(w, &e), 0, "the file is replaced");
	tap_ok(!lstat(link_path, &st) && S_ISLNK(st.st_mode), "... behind a symbolic link");
	tap_ok(!stat(target, &st) && (st.st_mode & 07777) == 0640, "... with its permissions");
	tap_equal(rvf_writer_new(&w, "/tmp", 0644, &e), -EINVAL, "a directory is not replaced");
	tap_equal(rvf_writer_new(&w, test_path("no/such"), 0644, &e), -ENOENT, "no directory");
	tap_equal(rvf_writer_new(&w, "/proc/version", 0644, &e) < 0, 1, "nor a file in /proc");
}

static void test_same(struct rvf_builder *b)
{
	struct rvf_error e = { 0 };
	size_t length;
	void *data;

	tap_need(!rvf_builder_write(b, test_path("again.rvf"), &e), "rvf_builder_write");
	data = read_whole(test_path("again.rvf"), &length);
	tap_ok(length == fixture.length && !memcmp(data, fixture.data, length),
	       "the same content makes the same bytes");
	free(data);

	test_file("first", "is ELF by now!", 14);
	tap_ok(rvf_builder_write(b, test_path("again.rvf"), &e) < 0 && strstr(e.what, "first"),
	       "a file that has changed meanwhile is told: %s", e.what);
	unlink(test_path("first"));
	tap_ok(rvf_builder_write(b, test_path("new.rvf"), &e) < 0 &&
		       access(test_path("new.rvf"), F_OK),
	       "when writing fails, there is no file");
}

int main(void)
{
	struct rvf_builder *b = fixture_builder();
	struct rvf_error e = { 0 };

	tap_begin();
	memory_file_open(&file);
	tap_need(!rvf_builder_write(b, test_path("fixture.rvf"), &e), e.what);
	fixture.data = read_whole(test_path("fixture.rvf"), &fixture.length);
	test_written();
	test_directory();
	test_offsets();
	test_cut();
	test_packed();
	test_gaps();
	test_behind();
	test_headers();
	test_overlap();
	test_twins();
	test_bad_manifest();
	test_no_file();
	test_writer();
	test_same(b);
	rvf_builder_free(b);
	free(fixture.data);
	memory_file_close(&file);
	return tap_end();
}
