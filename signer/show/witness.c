#include <stdio.h>
#include <string.h>

#include "ksr/base/words.h"
#include "ksr/dns/sha256.h"
#include "signer/line/args.h"
#include "signer/screen/print.h"
#include "signer/show/witness.h"

bool
witness_of_args(const struct args *args, struct witness *ret, struct err *err)
{
	const char *head = args_value(args, "head");
	const char *words = args_value(args, "words");
	struct witness witness = { .given = head != NULL || words != NULL };
	uint8_t digest[SHA256_SIZE] = { 0 };

	if (head != NULL && words != NULL)
		return err_set(err, E_USAGE,
		    "--head and --words say the same thing: give one");
	if (head != NULL && !hex_parse(head, digest, sizeof(digest)))
		return err_set(err, E_USAGE,
		    "--head %s: expected the 64 hex digits of a SHA-256", head);
	if (words != NULL && !words_parse(words, digest, sizeof(digest), err))
		return err_prefix(err, "--words");
	sha256_text(digest, witness.head);
	*ret = witness;
	return true;
}

bool
witness_agrees(const struct witness *witness, const struct chain_lines *log,
    struct err *err)
{
	if (!witness->given || strcmp(witness->head, log->head) == 0)
		return true;
	for (size_t i = 0; i < log->n; i++)
		if (strcmp(witness->head, log->lines[i].hash) == 0)
			return err_set(err, E_REFUSED,
			    "the witnessed head is that of line %zu: up to "
			    "there the record is as it was witnessed, the "
			    "%zu lines after it were added since",
			    i + 1, log->n - i - 1);
	return err_set(err, E_REFUSED,
	    "the witnessed head is %s, the record's %s: lines were changed or "
	    "removed since it was written down",
	    witness->head, log->head);
}

void
witness_print(const struct witness *witness, const char *dir,
    const struct chain_lines *log)
{
	uint8_t digest[SHA256_SIZE];

	if (!hex_parse(log->head, digest, sizeof(digest)))
		return;
	print_record_head(NULL, dir, digest);
	if (!witness->given)
		printf("No witnessed head was given (--head or --words).  "
		       "Without it nothing shows that\nlines are missing at "
		       "the end, or that the whole record was written anew.\n");
	else if (strcmp(witness->head, log->head) == 0)
		printf("This is the witnessed head: no line was changed, added "
		       "or removed since it\nwas written down.\n");
	else
		printf("This is NOT the witnessed head, which is\n"
		       "  SHA-256 %s\n",
		    witness->head);
}
