#include <stdio.h>
#include <string.h>

#include "ksr/base/nearest.h"
#include "ksr/dns/pubkey.h"

/*
 * IANA, DNSSEC Algorithm Numbers.  Deprecated is what RFC 8624 section 3.1
 * keeps signers from for the weakness of its parts.  RSASHA512 is not: the
 * "NOT RECOMMENDED" it has there is for its being little used.  Sizes are those
 * of RFC 6605 section 4 and RFC 8080 sections 3 and 4.
 *
 * A kind of key is a row here, one in hsm/kind.c and one in
 * signer/token/kinds.c.
 */
static const struct algorithm algorithms[] = {
	{ 1, "RSAMD5", .deprecated = true },
	{ 2, "DH", .supported = false },
	{ 3, "DSA", .deprecated = true },
	{ 5, "RSASHA1", .deprecated = true },
	{ 6, "DSA-NSEC3-SHA1", .deprecated = true },
	{ 7, "RSASHA1-NSEC3-SHA1", .deprecated = true },
	{ ALGORITHM_RSASHA256, "RSASHA256", false, true, FAMILY_RSA, 0, 0, 0,
	    "SHA256", NULL },
	{ ALGORITHM_RSASHA512, "RSASHA512", false, true, FAMILY_RSA, 0, 0, 0,
	    "SHA512", NULL },
	{ 12, "ECC-GOST", .deprecated = true },
	{ ALGORITHM_ECDSAP256SHA256, "ECDSAP256SHA256", false, true,
	    FAMILY_ECDSA, 256, 64, 64, "SHA256", "P-256" },
	{ ALGORITHM_ECDSAP384SHA384, "ECDSAP384SHA384", false, true,
	    FAMILY_ECDSA, 384, 96, 96, "SHA384", "P-384" },
	{ ALGORITHM_ED25519, "ED25519", false, true, FAMILY_EDDSA, 256, 32, 64,
	    NULL, "ED25519" },
	{ ALGORITHM_ED448, "ED448", false, true, FAMILY_EDDSA, 448, 57, 114,
	    NULL, "ED448" },
	{ 17, "SM2SM3", .supported = false },
	{ 23, "ECC-GOST12", .supported = false },
};

const struct algorithm *
algorithm_of_number(uint8_t number)
{
	for (size_t i = 0; i < ARRAY_LEN(algorithms); i++)
		if (algorithms[i].number == number)
			return &algorithms[i];
	return NULL;
}

const struct algorithm *
algorithm_of_mnemonic(const char *mnemonic)
{
	for (size_t i = 0; i < ARRAY_LEN(algorithms); i++)
		if (strcmp(algorithms[i].mnemonic, mnemonic) == 0)
			return &algorithms[i];
	return NULL;
}

void
algorithm_names(char ret[ALGORITHM_NAMES_SIZE])
{
	const char *last = NULL;
	size_t len = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
		if (!algorithms[i].supported)
			continue;
		if (last != NULL)
			len += (size_t)snprintf(ret + len,
			    ALGORITHM_NAMES_SIZE - len, "%s%s",
			    len == 0 ? "" : ", ", last);
		last = algorithms[i].mnemonic;
	}
	snprintf(ret + len, ALGORITHM_NAMES_SIZE - len, " or %s", last);
}

bool
algorithm_suggest(const char *given, struct err *err)
{
	struct nearest nearest = { .given = given };

	for (size_t i = 0; i < ARRAY_LEN(algorithms); i++)
		if (algorithms[i].supported)
			nearest_try(&nearest, algorithms[i].mnemonic);
	return nearest_say(&nearest, "", err);
}

const char *
algorithm_text(uint8_t number, char buf[ALGORITHM_TEXT_SIZE])
{
	const struct algorithm *algorithm = algorithm_of_number(number);

	if (algorithm != NULL)
		return algorithm->mnemonic;
	snprintf(buf, ALGORITHM_TEXT_SIZE, "algorithm %u", number);
	return buf;
}
