#include <string.h>

#include "signer/show/svg.h"
#include "tests/support/support.h"

static struct buf out;

static struct svg
fresh(void)
{
	out = buf_new(65536);
	return (struct svg){ .out = &out, .left = 100, .width = 1000,
		.begin = 1000, .end = 3000 };
}

static void
assert_drawn(const char *wanted)
{
	buf_u8(&out, 0);
	assert_false(out.failed);
	assert_string_equal((const char *)out.data, wanted);
	buf_free(&out);
}

static void
svg_time_is_within_the_plot(void **state)
{
	struct svg svg = fresh();

	(void)state;
	assert_int_equal(svg_x(&svg, 1000), 100);
	assert_int_equal(svg_x(&svg, 2000), 600);
	assert_int_equal(svg_x(&svg, 3000), 1100);
	assert_int_equal(svg_x(&svg, -5), 100);
	assert_int_equal(svg_x(&svg, 9000), 1100);
}

static void
svg_texts_are_escaped(void **state)
{
	struct svg svg = fresh();

	(void)state;
	svg_text(&svg, "cell", 1, 2, "<a href='x'>&\"\033");
	assert_drawn("<text class=\"cell\" x=\"1\" y=\"2\">&lt;a "
		     "href=&#39;x&#39;&gt;&amp;&quot;\\x1b</text>\n");
}

static void
svg_bar_needs_a_width(void **state)
{
	struct svg svg = fresh();

	(void)state;
	svg_bar(&svg, "signs", 20, 20, 5, "nothing");
	svg_bar(&svg, "signs", 20, 19, 5, "nothing");
	svg_bar(&svg, "signs", 20, 50, 5, "<S>");
	assert_drawn("<rect class=\"signs\" x=\"20\" y=\"5\" width=\"30\" "
		     "height=\"16\"><title>&lt;S&gt;</title></rect>\n");
}

static void
svg_document_stands_alone(void **state)
{
	struct svg svg = fresh();

	(void)state;
	svg_document_begin(&svg, 10, 20, "a & b");
	svg_end(&svg);
	buf_u8(&out, 0);
	assert_false(out.failed);
	assert_non_null(strstr((char *)out.data, "<title>a &amp; b</title>"));
	assert_non_null(strstr((char *)out.data, "viewBox=\"0 0 10 20\""));
	assert_non_null(strstr((char *)out.data, "<style>text{"));
	assert_null(strstr((char *)out.data, "http://www.w3.org/1999"));
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(svg_time_is_within_the_plot),
		cmocka_unit_test(svg_texts_are_escaped),
		cmocka_unit_test(svg_bar_needs_a_width),
		cmocka_unit_test(svg_document_stands_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
