/* dnstap in frame streams, by libfstrm and protobuf-c. */
#include <dnstap.pb-c.h>
#include <fstrm.h>
#include <string.h>

#include "signer/readiness/reading.h"

#define CONTENT_TYPE "protobuf:dnstap.Dnstap"
#define FRAME_LENGTH 4u
#define FRAME_MAX    (128u * 1024) /* two messages of 64 KiB, and names */

/* The types of messages that came in as a query. */
#define AUTH_QUERY   1u
#define CLIENT_QUERY 5u

/*
 * The end is one only before a frame's length, of four octets: there a writer
 * that was killed has left off, and nothing is missing.
 */
static fstrm_res
rdwr_read(void *object, void *data, size_t len)
{
	struct stream *stream = object;
	uint8_t *at = data;
	size_t done = 0, got;

	while (done < len) {
		got = stream_read(stream, at + done, len - done);
		if (got == 0)
			return done == 0 && len == FRAME_LENGTH
			    ? fstrm_res_stop
			    : fstrm_res_failure;
		done += got;
	}
	return fstrm_res_success;
}

static fstrm_res
rdwr_open(void *object)
{
	(void)object;
	return fstrm_res_success;
}

static struct bytes
bytes_of(ProtobufCBinaryData data)
{
	return (struct bytes){ data.data, data.len };
}

/* The address by its length; the family may lie. */
static bool
put_sender(const Dnstap__Query *query, struct sender *sender)
{
	struct bytes from = bytes_of(query->from);

	if (from.len != 4 && from.len != SOURCE_OCTETS)
		return false;
	memcpy(sender->address.octets, from.data, from.len);
	sender->address.family = from.len == 4 ? 4 : 6;
	sender->timed = query->has_time && query->time <= INT64_MAX;
	sender->time = sender->timed ? (int64_t)query->time : 0;
	sender->transport = query->protocol == 1 ? TRANSPORT_UDP
	    : query->protocol == 2		 ? TRANSPORT_TCP
						 : TRANSPORT_UNKNOWN;
	return true;
}

static void
take_frame(struct reading *reading, const uint8_t *data, size_t len)
{
	Dnstap__Frame *frame = dnstap__frame__unpack(NULL, len, data);
	const Dnstap__Query *query = frame == NULL ? NULL : frame->query;
	struct sender sender = { 0 };

	reading_count(reading, COUNT_READ);
	if (query == NULL)
		reading_count(reading, SKIP_FRAME);
	else if (query->type == AUTH_QUERY || query->type == CLIENT_QUERY) {
		if (query->has_message && put_sender(query, &sender))
			reading_message(
			    reading, &sender, bytes_of(query->message));
		else
			reading_count(reading, SKIP_FRAME);
	}
	if (frame != NULL)
		dnstap__frame__free_unpacked(frame, NULL);
}

static struct fstrm_reader *
open_reader(struct stream *stream)
{
	struct fstrm_reader_options *options = fstrm_reader_options_init();
	struct fstrm_rdwr *rdwr = fstrm_rdwr_init(stream);
	struct fstrm_reader *reader;

	(void)fstrm_reader_options_add_content_type(options,
	    (const uint8_t *)CONTENT_TYPE, strlen(CONTENT_TYPE));
	(void)fstrm_reader_options_set_max_frame_size(options, FRAME_MAX);
	fstrm_rdwr_set_open(rdwr, rdwr_open);
	fstrm_rdwr_set_close(rdwr, rdwr_open);
	fstrm_rdwr_set_read(rdwr, rdwr_read);
	reader = fstrm_reader_init(options, &rdwr);
	fstrm_reader_options_destroy(&options);
	if (reader == NULL)
		(void)fstrm_rdwr_destroy(&rdwr);
	return reader;
}

/*
 * libfstrm 0.6.1 calls it a success where a frame is longer than it may be, and
 * gives none.
 */
static fstrm_res
read_frame(struct fstrm_reader *reader, const uint8_t **ret, size_t *ret_len)
{
	fstrm_res status;

	*ret = NULL;
	*ret_len = 0;
	status = fstrm_reader_read(reader, ret, ret_len);
	return status == fstrm_res_success && *ret == NULL ? fstrm_res_failure
							   : status;
}

bool
read_dnstap(struct reading *reading, struct stream *stream, struct err *err)
{
	struct fstrm_reader *reader = open_reader(stream);
	fstrm_res status;
	const uint8_t *data;
	size_t len;

	if (reader == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	status = fstrm_reader_open(reader);
	while (status == fstrm_res_success) {
		status = read_frame(reader, &data, &len);
		if (status == fstrm_res_success)
			take_frame(reading, data, len);
	}
	if (status != fstrm_res_stop)
		reading_count(reading, SKIP_CAPTURE);
	(void)fstrm_reader_destroy(&reader);
	return true;
}
