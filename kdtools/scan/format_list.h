// SPDX-License-Identifier: Apache-2.0
/* Formats of a scan's rows. A line SCAN_FORMAT(name) names a struct scan_format
 * scan_format_<name>. */
SCAN_FORMAT(text)
SCAN_FORMAT(jsonl)
SCAN_FORMAT(csv)
SCAN_FORMAT(sarif)
