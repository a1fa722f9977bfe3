# SPDX-License-Identifier: Apache-2.0
# A report in chromium, over chromedriver's W3C protocol.
#   report_browser.py FILE [PICTURES]     prints "pass NAME" and "fail NAME: why"
# PICTURES: a folder for screenshots.
import base64, json, os, socket, subprocess, sys, tempfile, time, urllib.request

page = "file://" + os.path.abspath(sys.argv[1])
pictures = sys.argv[2] if len(sys.argv) > 2 else None
s = socket.socket()
s.bind(("127.0.0.1", 0))
port = s.getsockname()[1]
s.close()


def call(method, path, body=None):
	r = urllib.request.Request("http://127.0.0.1:%d%s" % (port, path), method=method,
		data=None if body is None else json.dumps(body).encode(), headers={"Content-Type": "application/json"})
	return json.load(opener.open(r, timeout=100))["value"]


def verdict(name, got, want):
	print("pass %s" % name if got == want else "fail %s: is %r, want %r" % (name, got, want))


opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
home = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
driver = subprocess.Popen(["chromedriver", "--port=%d" % port], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
	env=dict(os.environ, HOME=home.name))
session = None
try:
	for i in range(100):
		try:
			call("GET", "/status")
			break
		except OSError:
			time.sleep(.1)
	session = "/session/" + call("POST", "/session", {"capabilities": {"alwaysMatch": {
		"goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
		"goog:chromeOptions": {"args": ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
			"--disable-dev-shm-usage", "--user-data-dir=" + home.name + "/profile"]}}}})["sessionId"]

	def cdp(cmd, params):
		return call("POST", session + "/goog/cdp/execute", {"cmd": cmd, "params": params})

	def js(script):
		return call("POST", session + "/execute/sync", {"script": script, "args": []})

	def view(width, mode, media=""):
		cdp("Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500})
		cdp("Emulation.setEmulatedMedia", {"media": media, "features": [{"name": "prefers-color-scheme", "value": mode}]})
		call("POST", session + "/url", {"url": "about:blank"})
		call("POST", session + "/url", {"url": page})

	def shot(name):
		if not pictures:
			return
		h = js("return document.documentElement.scrollHeight")
		w = js("return innerWidth")
		data = cdp("Page.captureScreenshot", {"captureBeyondViewport": True,
			"clip": {"x": 0, "y": 0, "width": w, "height": min(h, 4000), "scale": 1}})["data"]
		with open(os.path.join(pictures, name + ".png"), "wb") as f:
			f.write(base64.b64decode(data))

	# A colour as rgb, and the contrast that WCAG computes.
	contrast = """
		function lum(c) { return c.match(/[\\d.]+/g).slice(0, 3).map(Number).map(function (v) { v /= 255;
			return v <= .03928 ? v / 12.92 : Math.pow((v + .055) / 1.055, 2.4); })
			.reduce(function (s, v, i) { return s + v * [.2126, .7152, .0722][i]; }, 0); }
		function under(e) { for (; e; e = e.parentElement) { var b = getComputedStyle(e).backgroundColor;
			if (!/, 0\\)$/.test(b)) return b; } return "rgb(255,255,255)"; }
		var worst = [99, ""];
		document.querySelectorAll("p,span,b,code,td,th,li,a,dt,dd,h1,h2,h3,h4,summary,button").forEach(function (e) {
			if (!e.textContent.trim() || !e.getClientRects().length) return;
			var x = lum(getComputedStyle(e).color), y = lum(under(e));
			var c = (Math.max(x, y) + .05) / (Math.min(x, y) + .05);
			if (c < worst[0]) worst = [c, e.tagName + "." + e.className]; });
		return worst;"""
	view(1280, "light")
	rows = js("return document.querySelectorAll('#rows > tr').length")
	shown = "return [...document.querySelectorAll('#rows > tr')].filter(e => e.getClientRects().length).length"
	verdict("the script runs", js("return document.documentElement.className"), "has-js")
	verdict("all rows are shown", js(shown), rows)
	verdict("links lead somewhere", js("return [...document.links].filter(a => !(a.getAttribute('href')[0] === '#' && "
		"document.getElementById(a.getAttribute('href').slice(1)))).length"), 0)
	verdict("landmarks", js("return ['header', 'nav', 'main', 'footer', 'h1'].map(e => document.querySelectorAll(e).length).join()"),
		"1,1,1,1,1")
	verdict("everything that is pressed has a name", js("return [...document.querySelectorAll('button, input, summary, a')].filter(e => "
		"!(e.textContent.trim() || (e.labels && e.labels.length))).length"), 0)
	c = js(contrast)
	verdict("contrast, light", c[0] >= 4.5 or c, True)
	shot("1280-light")

	# Search, by keys as a person types them.
	q = call("POST", session + "/element", {"using": "css selector", "value": "#q"})
	q = session + "/element/" + list(q.values())[0]
	call("POST", q + "/value", {"text": "nt351-7.dmp"})
	verdict("search: rows", js(shown), 1)
	verdict("search: said", js("return document.getElementById('shown').textContent"), "1 of %d shown" % rows)
	verdict("search: details", js("return [...document.querySelectorAll('.dump')].filter(e => e.getClientRects().length).length"), 1)
	js("document.getElementById('clear').click()")
	verdict("clear", js(shown), rows)
	chip = js("var c = document.querySelector('.chip'); c.click(); return [c.getAttribute('aria-pressed'), +c.querySelector('.n').textContent]")
	verdict("chip: pressed", chip[0], "true")
	verdict("chip: rows", js(shown), chip[1])
	js("[...document.querySelectorAll('.chip')].find(c => /^x64/.test(c.textContent)).click()")
	verdict("two kinds of chip: both must be so", js(shown), 0)
	js("document.getElementById('clear').click()")
	js("document.querySelectorAll('button.only')[1].click()")
	verdict("a bucket's dumps", js(shown), 40)
	js("document.getElementById('clear').click()")
	js("document.querySelector('#rows a').click()")
	time.sleep(.3)
	verdict("a link opens its details", js("return document.getElementById(location.hash.slice(1)).open"), True)
	js("document.body.focus(); document.querySelectorAll('.dump')[3].querySelector('summary').focus()")
	call("POST", session + "/actions", {"actions": [{"type": "key", "id": "k", "actions": [
		{"type": "keyDown", "value": "\ue007"}, {"type": "keyUp", "value": "\ue007"}]}]})
	verdict("details open by keyboard", js("return document.querySelectorAll('.dump')[3].open"), True)

	for width in (390, 320):
		for mode in ("light", "dark"):
			view(width, mode)
			js("document.querySelectorAll('details').forEach(d => d.open = true)")
			verdict("%d px, %s: no horizontal scroll" % (width, mode), js("return document.documentElement.scrollWidth"), width)
			shot("%d-%s" % (width, mode))
	view(1280, "dark")
	verdict("dark: the ground", js("return getComputedStyle(document.body).backgroundColor"), "rgb(19, 22, 25)")
	c = js(contrast)
	verdict("contrast, dark", c[0] >= 4.5 or c, True)
	shot("1280-dark")
	view(1000, "dark", "print")
	verdict("print: light, without what is pressed", js("return [getComputedStyle(document.body).backgroundColor, "
		"document.querySelector('.tools').getClientRects().length].join()"), "rgb(255, 255, 255),0")

	# Without scripts everything is there.
	cdp("Emulation.setScriptExecutionDisabled", {"value": True})
	view(1280, "light")
	cdp("Emulation.setScriptExecutionDisabled", {"value": False})
	verdict("without scripts: rows", js(shown), rows)
	verdict("without scripts: no search", js("return document.querySelector('.tools').getClientRects().length"), 0)

	log = [e["message"] for e in call("POST", session + "/se/log", {"type": "browser"})]
	verdict("console", log, [])
	urls = set()
	for e in call("POST", session + "/se/log", {"type": "performance"}):
		m = json.loads(e["message"])["message"]
		# The browser's own first page asks for much.
		if m["method"] == "Network.requestWillBeSent" and m["params"]["documentURL"].startswith("file:"):
			urls.add(m["params"]["request"]["url"].split("#")[0])
	verdict("requests", urls, {page})
	verdict("nothing of a dump ran", js("return typeof window.hit"), "undefined")
finally:
	if session:
		call("DELETE", session)
	driver.terminate()
	driver.wait()
