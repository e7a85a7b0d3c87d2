/*
 * Every limit on input, in one place.  A value beyond its limit is refused
 * with its position; nothing is truncated.
 */
#pragma once

/* A KSR or SKR document: 4,096 response bundles take about 15 MiB. */
#define KSR_FILE_MAX    (32u * 1024 * 1024)
#define CONFIG_FILE_MAX (1024u * 1024)
#define COMPONENT_SIZE  32u  /* octets: an officer's, of an AES-256 key */
#define PIN_MAX         255u /* bytes, without the terminating NUL */

/* Documents. */
#define BUNDLES_MAX     4096u
#define BUNDLE_KEYS_MAX 16u   /* keys in one bundle */
#define BUNDLE_SIGS_MAX 16u   /* signatures in one bundle */
#define POLICY_ALGS_MAX 16u   /* SignatureAlgorithm elements in one policy */
#define ID_MAX          255u  /* id and keyIdentifier, printable ASCII */
#define XML_TEXT_MAX    4096u /* text of one element, after white space */
#define XML_MARKUP_MAX	 65536u /* octets of one tag or comment */

/* DNS. */
#define DNAME_WIRE_MAX 255u /* RFC 1035 section 2.3.4 */
#define DNAME_TEXT_MAX 1023u
#define DNS_TTL_MAX    2147483647u /* RFC 2181 section 8 */
/* RFC 3110 form of RSA-4096 with a four-octet exponent is 517 octets. */
#define PUBLIC_KEY_MAX 520u
#define SIGNATURE_MAX  512u
#define RDATA_MAX      (4u + PUBLIC_KEY_MAX) /* of a DNSKEY, CDNSKEY or CDS */
#define CHILD_RECORDS_MAX 32u /* CDNSKEY or CDS records of one bundle */
#define TEXT_LINE_MAX  4096u /* octets of a header or word of a text format */
#define RSA_BITS_MIN   512u
#define RSA_BITS_MAX   4096u

/* Configuration. */
#define CONFIG_HSMS_MAX    8u
#define CONFIG_KEYS_MAX    16u /* KSKs; a schema slot is a bit mask of these */
#define CONFIG_OTHER_KEYS_MAX 64u /* ZSKs and audit keys */
#define CONFIG_SCHEMAS_MAX 32u
#define CONFIG_LIST_MAX    16u /* items of a list of domains, sizes, ... */
#define CDS_DIGESTS_MAX    2u
#define CONFIG_ENV_MAX     16u
#define KEY_COUNTS_MAX     8u  /* algorithms of one request */
#define YAML_DEPTH_MAX	   16u
#define YAML_NODES_MAX	   65536u
#define YAML_ITEMS_MAX	   BUNDLES_MAX /* entries of one list or map */
#define YAML_TEXT_MAX	   4096u       /* one value or key */
#define NAME_MAX_LEN       63u /* names of keys, schemas, HSMs */
#define PATH_MAX_LEN       1023u

/* The token; opencryptoki alone can have 1,024 slots. */
#define SLOTS_MAX     4096u
#define CODE_FILE_MAX (256u * 1024 * 1024) /* a module, or what it loads */
#define MAPPED_MAX    512u                 /* files of code in memory */

/* Durations in policies: 100 years, so that sums never overflow. */
#define DURATION_MAX_S (INT64_C(36525) * 86400)

/* ZSKs in files. */
#define ZSK_FILES_MAX	   1024u /* of one folder */
#define ZSK_FILE_MAX	   16384u
