#include "ksr/base/file.h"
#include "signer/foresight/planned.h"

bool
planned_load(struct record *record, const char *path,
    const struct config *config, struct planned *ret, struct err *err)
{
	struct buf yaml = buf_new(CONFIG_FILE_MAX);
	struct planned loaded = { .path = path };
	bool ok = record_read(record, "plan", path, CONFIG_FILE_MAX, &yaml,
		      err) &&
	    sha256(buf_bytes(&yaml), loaded.sha256, err) &&
	    plan_read(buf_bytes(&yaml), path, config, &loaded.plan, err);

	buf_free(&yaml);
	if (ok)
		*ret = loaded;
	return ok;
}

void
planned_clear(struct planned *planned)
{
	plan_free(planned->plan);
	*planned = (struct planned){ 0 };
}
