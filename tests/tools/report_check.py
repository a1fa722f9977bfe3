# SPDX-License-Identifier: Apache-2.0
# The HTML report as python's own parser sees it.
#   report_check.py check FILE       elements, attributes and links are the page's own
#   report_check.py hostile DB N     a store whose every field is an attack (seed N)
#   report_check.py texts FILE       the attacks are there as text
#   report_check.py md FILE          Markdown outside of code has no markup but the report's own
import base64, hashlib, json, random, re, sqlite3, sys
from html.parser import HTMLParser

ELEMENTS = set("""html head meta title style body header p h1 h2 h3 h4 a span code nav main section ul ol li b table
thead tbody tr th td svg rect path text marker figure figcaption article button div label input details summary dl dt dd
br footer script""".split())
ATTRS = set("""lang charset http-equiv content name href class id aria-labelledby aria-label aria-hidden aria-pressed
role scope viewbox preserveaspectratio x y width height rx d marker-end refx refy markerwidth markerheight orient type
data-k data-label for autocomplete spellcheck placeholder open colspan""".split())
VOID = {"meta", "br", "input"}
# None may appear as markup; each is its own mark.
ATTACKS = ["<script>window.hit=1</script>", "<img src=x onerror=hit()>", '"><svg onload=hit()>', "' onmouseover='hit()",
	"</style><b id=evil>", "</script><b id=evil>", "</title><b id=evil>", "]]><b id=evil>", "--><b id=evil>",
	"javascript:hit()", "&lt;b&gt;&amp;", "\u202egnp.exe", "a\x1b[31m\x07", "x\ny\tz", "url(https://evil.example/x)",
	"\ufeff\u200b\u2066", "`backticks`", "%s%n", "{{7*7}}", "é漢字😀", "d1\" id=\"d2", "../../etc", "\\u003cb\\u003e", "&#60;b&#62;"]


class Page(HTMLParser):
	def __init__(self):
		super().__init__(convert_charrefs=True)
		self.open, self.bad, self.ids, self.links, self.texts = [], [], set(), [], []
		self.scripts, self.raw, self.csp = [], None, ""

	def handle_starttag(self, tag, attrs):
		if tag not in ELEMENTS:
			self.bad.append("element " + tag)
		for k, v in attrs:
			if k not in ATTRS:
				self.bad.append("attribute %s of %s" % (k, tag))
			if k == "href":
				self.links.append(v)
			if k == "id":
				if v in self.ids:
					self.bad.append("id %s twice" % v)
				self.ids.add(v)
			if k == "data-k" and not re.fullmatch(r"[a-z]\d+( [a-z]\d+)*", v):
				self.bad.append("data-k " + v)
			if k in ("class", "id", "role", "d", "marker-end") and not re.fullmatch(r"[\w .()#-]*", v, re.A):
				self.bad.append("%s=%s" % (k, v))
		a = dict(attrs)
		if a.get("http-equiv") == "Content-Security-Policy":
			self.csp = a["content"]
		if tag not in VOID:
			self.open.append(tag)

	def handle_endtag(self, tag):
		if not self.open or self.open[-1] != tag:
			self.bad.append("</%s> closes %s" % (tag, self.open[-1:]))
		else:
			self.open.pop()

	def handle_data(self, data):
		where = self.open[-1] if self.open else ""
		if where == "script":
			self.scripts.append(data)
		elif where != "style":
			self.texts.append(data)

	def handle_comment(self, data):
		self.bad.append("comment " + data[:30])

	def handle_decl(self, decl):
		if decl != "DOCTYPE html":
			self.bad.append("declaration " + decl)

	def unknown_decl(self, data):
		self.bad.append("declaration " + data[:30])

	def handle_pi(self, data):
		self.bad.append("instruction " + data[:30])


def parse(path):
	page = Page()
	page.feed(open(path, encoding="utf-8").read())
	page.close()
	return page


def check(path):
	page = parse(path)
	bad = page.bad + ["open at the end: %s" % page.open] * bool(page.open)
	for link in page.links:
		if not link.startswith("#") or link[1:] not in page.ids:
			bad.append("link " + link)
	if len(page.scripts) != 1:
		bad.append("%d scripts" % len(page.scripts))
	digest = base64.b64encode(hashlib.sha256("".join(page.scripts).encode()).digest()).decode()
	if "default-src 'none'" not in page.csp or "'sha256-%s'" % digest not in page.csp:
		bad.append("policy " + page.csp)
	if re.search(r"url\((?!#)|@import|src=", "".join(t for t in [re.search("<style>(.*?)</style>", open(path, encoding="utf-8").read(), re.S).group(1)])):
		bad.append("the style loads something")
	print("\n".join(bad[:10]) if bad else "ok")


def attack(rnd):
	return "".join(rnd.choice(ATTACKS) for _ in range(rnd.randint(1, 3)))


def evil(schema, defs, rnd, depth=0):
	"""A value of this schema whose texts are attacks."""
	if "$ref" in schema:
		schema = defs[schema["$ref"].rsplit("/", 1)[1]]
	for k in ("allOf", "anyOf"):
		if k in schema:
			return evil(schema[k][0], defs, rnd, depth)
	t = schema.get("type")
	t = t[0] if isinstance(t, list) else t
	if t == "object":
		v = {k: evil(p, defs, rnd, depth + 1) for k, p in schema.get("properties", {}).items()}
		return v or {attack(rnd): attack(rnd) for _ in range(3)}
	if t == "array":
		return [evil(schema["items"], defs, rnd, depth + 1) for _ in range(rnd.randint(1, 4))]
	if t == "integer":
		return rnd.choice([0, 1, 2, 3, 70000, -1, 2**62])
	if t == "boolean":
		return rnd.random() < .5
	# Words that choose a part of the page stay themselves now and then.
	if "enum" in schema and rnd.random() < .8:
		return rnd.choice(schema["enum"])
	return attack(rnd)


def hostile(db, seed, schema):
	rnd = random.Random(seed)
	defs = json.load(open(schema))["definitions"]
	c = sqlite3.connect(db)
	c.execute("delete from signatures")
	c.execute("delete from verdicts")
	c.execute("delete from dumps where id > 12")
	for (i,) in c.execute("select id from dumps").fetchall():
		for col in "digest judge error format machine os code_name bucket bucket_hash blame blame_confidence stack_mod stack_func process".split():
			c.execute("update dumps set %s = ? where id = ?" % col, (attack(rnd), i))
		c.execute("update dumps set path = ?, modules = ?, frames = ? where id = ?",
			(attack(rnd) + str(i), "\n" + attack(rnd) + " ? ?\n", "\n" + attack(rnd) + "\n", i))
		c.execute("insert into verdicts values (?, ?)", (i, json.dumps(evil(defs["verdict"], defs, rnd))))
		c.execute("insert into signatures values (?, 0, ?, ?, ?, ?, 'fires', 90, ?)", (i,) + tuple(attack(rnd) for _ in range(5)))
		c.execute("insert into notes (dump, made_at, made_by, body) values (?, 1, ?, ?)", (i, attack(rnd), attack(rnd)))
	c.commit()


def texts(path):
	all_text = "".join(parse(path).texts)
	seen = [a for a in ATTACKS[:10] if a in all_text]
	hidden = [hex(ord(c)) for c in set(all_text) if ord(c) < 32 and c != "\n" or c in "\u202e\ufeff\u200b\u2066\x7f"]
	print(len(seen), "attacks as text, hidden:", hidden)


def prose(line):
	"""What is outside of code spans (CommonMark 6.1), escapes taken out; None: a span without end."""
	out, i = "", 0
	while i < len(line):
		n = len(re.match("`*", line[i:]).group())
		if line[i] == "\\":
			i += 2
		elif n:
			end = re.compile("(?<!`)" + "`" * n + "(?!`)").search(line, i + n)
			if not end:
				return None
			i = end.end()
		else:
			out += line[i]
			i += 1
	return out


def md(path):
	bad = []
	for line in open(path, encoding="utf-8").read().split("\n"):
		if line.startswith("    "):
			continue
		text = prose(re.sub(r"^(#+ |\s*- |\d\. |\*\*Probably caused by\*\*)", "", line))
		if text is None or re.search(r"[<>\[\]*|#]|://|&(?!amp;|lt;|gt;|#64;)", text):
			bad.append(line)
	print("\n".join(bad[:5]) if bad else "ok")


if __name__ == "__main__":
	{"check": check, "texts": texts, "md": md, "hostile": lambda d, n, s: hostile(d, int(n), s)}[sys.argv[1]](*sys.argv[2:])
