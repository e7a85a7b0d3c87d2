/* pcap and pcapng, by libpcap. */
#include <pcap/pcap.h>
#include <string.h>

#include "signer/readiness/reading.h"
#include "signer/readiness/streams.h"

/* What becomes of a packet that is none for us. */
static const enum count skipped[] = {
	[UNPACKED_LINK] = SKIP_LINK,
	[UNPACKED_CUT] = SKIP_CUT,
	[UNPACKED_MALFORMED] = SKIP_IP,
	[UNPACKED_FRAGMENT] = SKIP_FRAGMENT,
};

static void
take_tcp(struct reading *reading, struct streams *streams,
    const struct packet *packet, const struct sender *sender)
{
	struct bytes message;

	if (!streams_put(streams, packet))
		reading_count(reading, SKIP_TCP_GAP);
	while (true) {
		switch (streams_next(streams, &message)) {
		case STREAMS_MESSAGE:
			reading_message(reading, sender, message);
			continue;
		case STREAMS_LONG:
			reading_count(reading, SKIP_TCP_LONG);
			break;
		case STREAMS_GAP:
			reading_count(reading, SKIP_TCP_GAP);
			break;
		case STREAMS_END:
			break;
		}
		return;
	}
}

static void
take_packet(struct reading *reading, struct streams *streams, int link,
    const struct pcap_pkthdr *header, const uint8_t *data)
{
	struct packet packet;
	struct sender sender = { .time = header->ts.tv_sec, .timed = true };
	enum unpacked result = packet_unpack(
	    (struct bytes){ data, header->caplen }, header->len, link, &packet);

	reading_count(reading, COUNT_READ);
	switch (result) {
	case UNPACKED_UDP:
		sender.address = packet.from;
		sender.transport = TRANSPORT_UDP;
		reading_message(reading, &sender, packet.payload);
		break;
	case UNPACKED_TCP:
		sender.address = packet.from;
		sender.transport = TRANSPORT_TCP;
		take_tcp(reading, streams, &packet, &sender);
		break;
	case UNPACKED_OTHER:
		break;
	default:
		reading_count(reading, skipped[result]);
		break;
	}
}

static void
take_all(struct reading *reading, struct streams *streams, pcap_t *pcap)
{
	int link = pcap_datalink(pcap), status;
	struct pcap_pkthdr *header;
	const uint8_t *data;

	while ((status = pcap_next_ex(pcap, &header, &data)) == 1)
		take_packet(reading, streams, link, header, data);
	if (status != PCAP_ERROR_BREAK)
		reading_count(reading, SKIP_CAPTURE);
	reading->summary.counts.n[SKIP_TCP_GAP] += streams_open(streams);
}

bool
read_pcap(struct reading *reading, struct stream *stream, struct err *err)
{
	char why[PCAP_ERRBUF_SIZE];
	struct streams *streams;
	FILE *file;
	pcap_t *pcap;

	if (!stream_file(stream, &file, err))
		return false;
	if (!streams_new(&streams, err)) {
		fclose(file);
		return false;
	}
	pcap = pcap_fopen_offline(file, why);
	if (pcap == NULL) {
		reading_count(reading, SKIP_CAPTURE);
		fclose(file);
	} else {
		take_all(reading, streams, pcap);
		pcap_close(pcap);
	}
	streams_free(streams);
	return true;
}
