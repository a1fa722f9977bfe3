# SPDX-License-Identifier: Apache-2.0
"""What SARIF 2.1.0 (OASIS) demands of the properties that ntriage writes: kinds of
values, those that must be there, closed sets of words, references that resolve."""
import json, re, sys

TEXT = str
LEVELS = ("none", "note", "warning", "error")
KINDS = ("pass", "open", "informational", "notApplicable", "review", "fail")


def want(ok, where, what):
    if not ok:
        sys.exit("%s: %s" % (where, what))


def members(o, where, required, optional=()):
    want(isinstance(o, dict), where, "not an object")
    for k in required:
        want(k in o, where, "has no " + k)
    for k in o:
        want(k in required or k in optional, where, "has a member " + k)


def text(o, where):
    want(isinstance(o, str) and o, where, "not text")


def message(o, where):  # 3.11: text or id
    members(o, where, ("text",))
    text(o["text"], where)


def uri(o, where):  # 3.4.3 and RFC 3986
    text(o, where)
    want(re.fullmatch(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?#\[\]-]|%[0-9A-Fa-f]{2})+", o), where, "not a URI: " + o)
    want(not re.match(r"[^/?#]*:", o) or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", o), where, "a colon in the first segment")


def rule(o, where):  # 3.49 reportingDescriptor
    members(o, where, ("id",), ("shortDescription", "defaultConfiguration", "properties"))
    text(o["id"], where)
    message(o["shortDescription"], where)
    if "defaultConfiguration" in o:
        members(o["defaultConfiguration"], where, ("level",))
        want(o["defaultConfiguration"]["level"] in LEVELS, where, "no such level")


def result(o, where, ids):  # 3.27
    members(o, where, ("message", "ruleId"), ("kind", "level", "locations", "properties", "partialFingerprints"))
    message(o["message"], where)
    want(o["ruleId"] in ids, where, "a rule that is not listed: " + o["ruleId"])
    kind, level = o.get("kind", "fail"), o.get("level", "warning")
    want(kind in KINDS and level in LEVELS, where, "kind or level")
    want(kind == "fail" or level == "none", where, "3.27.10: level is none when kind is not fail")
    want(kind != "fail" or level != "none", where, "a failure without a level")
    for loc in o["locations"]:
        members(loc, where, ("physicalLocation",))
        members(loc["physicalLocation"], where, ("artifactLocation",))
        members(loc["physicalLocation"]["artifactLocation"], where, ("uri",))
        uri(loc["physicalLocation"]["artifactLocation"]["uri"], where)
    for k, v in o.get("partialFingerprints", {}).items():
        want(re.fullmatch(r".+/v[0-9]+", k) and isinstance(v, str), where, "3.27.17: fingerprint " + k)


log = json.load(open(sys.argv[1]))
members(log, "log", ("version", "runs"), ("$schema",))
want(log["version"] == "2.1.0", "log", "version")
for n, run in enumerate(log["runs"]):
    members(run, "run", ("tool",), ("results", "invocations", "columnKind"))
    driver = run["tool"]["driver"]
    members(driver, "driver", ("name",), ("version", "rules"))
    ids = [r["id"] for r in driver["rules"]]
    want(len(set(ids)) == len(ids), "rules", "an id twice")
    for r in driver["rules"]:
        rule(r, "rule " + r["id"])
    want(run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints"), "run", "columnKind")
    for i, r in enumerate(run["results"]):
        result(r, "results[%d]" % i, ids)
    for i in run["invocations"]:  # 3.20.14
        members(i, "invocation", ("executionSuccessful",))
        want(isinstance(i["executionSuccessful"], bool), "invocation", "executionSuccessful")
print("%d results" % sum(len(r["results"]) for r in log["runs"]))
