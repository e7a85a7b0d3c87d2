#include <stddef.h>

#include "ksr/readiness/counts.h"

const struct count_row count_rows[COUNTS] = {
	[COUNT_FILES] = { "files", "files read" },
	[COUNT_READ] = { "read", "lines, packets and frames read" },
	[COUNT_QUERIES] = { "queries", "queries among them" },
	[COUNT_SIGNALS_NAME] = { "signals-name", "signals in a query name" },
	[COUNT_SIGNALS_MINIMISED] = { "signals-minimised",
	    "signals in a name that was asked for as if minimised" },
	[COUNT_SIGNALS_EDNS] = { "signals-edns", "signals in EDNS option 14" },
	[COUNT_UDP4] = { "udp4", "signals by UDP and IPv4" },
	[COUNT_UDP6] = { "udp6", "signals by UDP and IPv6" },
	[COUNT_TCP4] = { "tcp4", "signals by TCP and IPv4" },
	[COUNT_TCP6] = { "tcp6", "signals by TCP and IPv6" },
	[COUNT_TRANSPORT_UNKNOWN] = { "transport-unknown",
	    "signals whose log does not say by what" },
	[SKIP_FILE] = { "file", "files of no known kind" },
	[SKIP_GZIP] = { "gzip", "files whose compression breaks off" },
	[SKIP_CAPTURE] = { "capture", "captures that break off" },
	[SKIP_LONG_LINE] = { "long-line", "lines that are too long" },
	[SKIP_LINE] = { "line", "lines with a query that have another form" },
	[SKIP_TIME] = { "time", "signals without a time" },
	[SKIP_DAY] = { "day", "signals outside the days asked for" },
	[SKIP_FRAME] = { "frame", "frames that hold no dnstap" },
	[SKIP_LINK] = { "link", "packets that are not IP" },
	[SKIP_CUT] = { "cut", "packets that were captured in part" },
	[SKIP_IP] = { "ip", "malformed IP, UDP or TCP" },
	[SKIP_FRAGMENT] = { "fragment", "fragments of packets" },
	[SKIP_TCP_GAP] = { "tcp-gap", "TCP streams with a gap, or cut off" },
	[SKIP_TCP_LONG] = { "tcp-long", "messages in TCP that are too long" },
	[SKIP_MESSAGE] = { "message", "malformed messages" },
	[SKIP_NAME] = { "name", "names that begin as a signal and are none" },
	[SKIP_TYPE] = { "type", "signals' names asked for another type" },
	[SKIP_OPTION] = { "option", "EDNS options 14 that hold no tags" },
	[SKIP_SETS] = { "sets", "further sets of one source in a day" },
	[SKIP_ROWS] = { "rows", "signals for which there was no room" },
};

void
counts_add(struct counts *counts, const struct counts *more)
{
	for (size_t i = 0; i < COUNTS; i++) {
		counts->n[i] += more->n[i];
		if (counts->n[i] < more->n[i])
			counts->n[i] = UINT64_MAX;
	}
}
