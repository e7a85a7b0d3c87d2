#include <stdlib.h>

#include "signer/anchor/anchor_file.h"
#include "signer/record/record.h"
#include "signer/screen/print.h"

bool
anchor_file_load(const struct context *context, const char *path,
    struct anchor_file *ret, struct err *err)
{
	struct anchor_file file = { .path = path,
		.xml = buf_new(TRUST_ANCHOR_FILE_MAX) };

	if (!record_read(context->record, ANCHOR_FILE_ROLE, path,
		TRUST_ANCHOR_FILE_MAX, &file.xml, err) ||
	    !sha256(buf_bytes(&file.xml), file.sha256, err) ||
	    !trust_anchors_read(
		buf_bytes(&file.xml), path, &file.anchors, err)) {
		anchor_file_free(&file);
		return false;
	}
	*ret = file;
	return true;
}

void
anchor_file_free(struct anchor_file *file)
{
	buf_free(&file->xml);
	free(file->anchors);
	*file = (struct anchor_file){ 0 };
}

void
anchor_file_print_hash(const char *path, const uint8_t sha256[SHA256_SIZE])
{
	print_digest("Trust anchors", path, sha256);
}
