#include "ksr/rfc5011.h"

#define REFRESH_MAX_S (15 * INT64_C(86400))
#define REFRESH_MIN_S INT64_C(3600)

int64_t
rfc5011_add_hold_down_s(uint32_t ttl_s)
{
	return ttl_s > RFC5011_ADD_HOLD_DOWN_S ? ttl_s :
						 RFC5011_ADD_HOLD_DOWN_S;
}

int64_t
rfc5011_refresh_s(uint32_t ttl_s, int64_t validity_s)
{
	int64_t refresh_s = REFRESH_MAX_S;

	if (ttl_s / 2 < refresh_s)
		refresh_s = ttl_s / 2;
	if (validity_s / 2 < refresh_s)
		refresh_s = validity_s / 2;
	return refresh_s < REFRESH_MIN_S ? REFRESH_MIN_S : refresh_s;
}
