// The report is whole without this: it only hides what is not asked for.
"use strict";
(function () {
	var doc = document;
	doc.documentElement.classList.add("has-js");
	var rows = Array.prototype.slice.call(doc.querySelectorAll("#rows > tr"));
	var q = doc.getElementById("q");
	var shown = doc.getElementById("shown");
	var chips = Array.prototype.slice.call(doc.querySelectorAll(".chip"));
	var bucket = "";
	var index = rows.map(function (tr) {
		var a = tr.querySelector("a");
		var detail = a ? doc.getElementById(a.getAttribute("href").slice(1)) : null;
		return { tr: tr, detail: detail, text: null, keys: " " + tr.getAttribute("data-k") + " " };
	});
	function textOf(x) {
		if (x.text === null)
			x.text = (x.tr.textContent + " " + (x.detail ? x.detail.textContent : "")).toLowerCase();
		return x.text;
	}
	// Of a kind any will do; all kinds must.
	function wanted() {
		var kinds = {};
		chips.forEach(function (c) {
			var k = c.getAttribute("data-k");
			if (c.getAttribute("aria-pressed") === "true")
				(kinds[k[0]] = kinds[k[0]] || []).push(" " + k + " ");
		});
		if (bucket)
			kinds.b = [" " + bucket + " "];
		return Object.keys(kinds).map(function (k) { return kinds[k]; });
	}
	function filter() {
		var words = q.value.toLowerCase().split(/\s+/).filter(Boolean);
		var kinds = wanted(), n = 0;
		index.forEach(function (x) {
			var yes = kinds.every(function (any) {
				return any.some(function (k) { return x.keys.indexOf(k) >= 0; });
			}) && words.every(function (w) { return textOf(x).indexOf(w) >= 0; });
			x.tr.hidden = !yes;
			if (x.detail)
				x.detail.hidden = !yes;
			n += yes;
		});
		shown.textContent = n + " of " + index.length + (bucket ? " shown, of one bucket" : " shown");
	}
	function reveal() {
		var id = location.hash.slice(1);
		var at = id && doc.getElementById(id);
		if (!at)
			return;
		if (at.tagName === "DETAILS") {
			at.open = true;
			at.hidden = false;
		}
		at.scrollIntoView();
	}
	window.addEventListener("hashchange", reveal);
	if (location.hash)
		reveal();
	// A printed page cannot be unfolded.
	window.addEventListener("beforeprint", function () {
		doc.querySelectorAll("details:not([hidden])").forEach(function (d) {
			if (!d.open) {
				d.open = true;
				d.setAttribute("data-closed", "");
			}
		});
	});
	window.addEventListener("afterprint", function () {
		doc.querySelectorAll("details[data-closed]").forEach(function (d) {
			d.open = false;
			d.removeAttribute("data-closed");
		});
	});
	if (!q)
		return;
	chips.forEach(function (c) {
		c.addEventListener("click", function () {
			c.setAttribute("aria-pressed", c.getAttribute("aria-pressed") === "true" ? "false" : "true");
			filter();
		});
	});
	doc.querySelectorAll("button.only").forEach(function (b) {
		b.addEventListener("click", function () {
			bucket = b.getAttribute("data-k");
			filter();
			doc.getElementById("dumps").scrollIntoView();
			q.focus({ preventScroll: true });
		});
	});
	doc.getElementById("clear").addEventListener("click", function () {
		q.value = "";
		bucket = "";
		chips.forEach(function (c) { c.setAttribute("aria-pressed", "false"); });
		filter();
		q.focus();
	});
	q.addEventListener("input", filter);
	filter();
})();
