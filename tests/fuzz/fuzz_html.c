// SPDX-License-Identifier: Apache-2.0
/* The report: arbitrary bytes in every field and as the verdict. Whatever they
 * are, the page has only the elements and attributes of its own. */
#include "../../kdtools/report/report.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define FIELDS 12u

static const char *const elements[] = {
	"a", "article", "b", "body", "br", "button", "code", "dd", "details",
	"div", "dl", "dt", "figcaption", "figure", "footer", "h1", "h2", "h3",
	"h4", "head", "header", "html", "input", "label", "li", "main",
	"marker", "meta", "nav", "p", "path", "rect", "section", "span",
	"style", "summary", "svg", "table", "tbody", "td", "text", "th",
	"thead", "title", "tr", "ul", "script", "!DOCTYPE",
};

static bool known(const char *s, size_t n)
{
	for (size_t i = 0; i < sizeof(elements) / sizeof(*elements); i++)
		if (strlen(elements[i]) == n && !memcmp(elements[i], s, n))
			return true;
	return false;
}

/* From behind "<" to behind ">". */
static const char *tag(const char *p, unsigned *depth)
{
	bool end = *p == '/';
	size_t n = strcspn(p += end, " >");

	if (!known(p, n) || (end && (p[n] != '>' || !(*depth)--)))
		abort();
	if (!end && (n != 2 || memcmp(p, "br", 2)) &&
	    (n != 4 || memcmp(p, "meta", 4)) &&
	    (n != 5 || memcmp(p, "input", 5)) && *p != '!')
		++*depth;
	for (p += n; *p != '>'; p++) {
		n = strspn(++p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"
			   "UVWXYZ-");
		p += n;
		if (!n || !strchr("= >", *p))
			abort();
		if (*p == '=') {
			p = p[1] == '"' ? strchr(p + 2, '"') : NULL;
			if (!p)
				abort();
			p++;
		}
		if (*p == '>')
			break;
		if (*p != ' ')
			abort();
		p--;
	}
	return p + 1;
}

static void look(const char *p)
{
	unsigned depth = 0;

	while ((p = strchr(p, '<'))) {
		bool code = !strncmp(p, "<style>", 7) ||
			    !strncmp(p, "<script>", 8);

		p = tag(p + 1, &depth);
		if (code) {
			p = strstr(p, "</s"); /* the program's own until there */
			if (!p)
				abort();
		}
	}
	if (depth)
		abort();
}

static void report(struct results *store)
{
	struct report_opts o = { .title = NULL, .details = 10 };
	int fd = memfd_create("page", 0);
	struct ntr_out out;
	struct report r;
	off_t size;
	char *page;

	ntr_out_init(&out, fd, false, false, false);
	if (report_read(&r, store, NULL, &o, NULL) ||
	    report_html(&r, &o, &out, NULL))
		abort();
	size = lseek(fd, 0, SEEK_END);
	page = calloc(1, (size_t)size + 1);
	if (!page || pread(fd, page, (size_t)size, 0) != size)
		abort();
	look(page);
	if (report_markdown(&r, &o, &out, NULL))
		abort();
	free(page);
	report_free(&r);
	ntr_out_fini(&out);
	close(fd);
}

/* Fields end with NUL; the last is the verdict. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + FIELDS + 2), *f[FIELDS], *p = text;
	struct results_signature s = { .id = "R", .title = "t", .cls = "stop",
				       .severity = "low", .value = "fires" };
	struct results_dump d = { .size = size };
	struct results *store;

	if (!text)
		return 0;
	memcpy(text, data, size);
	for (unsigned i = 0; i < FIELDS; i++) {
		f[i] = p;
		p += p < text + size ? strlen(p) + 1 : 0;
	}
	d.path = f[0];
	d.error = f[1];
	d.machine = f[2];
	d.os = f[3];
	d.code_name = f[4];
	d.bucket = f[5];
	d.blame = f[6];
	d.process = f[7];
	s.id = f[8];
	s.title = f[9];
	d.frames = d.modules = f[10];
	d.json = f[11];
	d.has_code = size & 1;
	d.sig = &s;
	d.nsig = 1;
	if (results_open(&store, ":memory:", false, NULL))
		abort();
	if (!results_put(store, 0, &d, NULL)) {
		d.path = size & 2 ? "other" : f[0];
		if (results_put(store, 0, &d, NULL) ||
		    results_commit(store, NULL))
			abort();
		report(store);
	}
	results_close(store);
	free(text);
	return 0;
}
