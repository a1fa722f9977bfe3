// SPDX-License-Identifier: Apache-2.0
/* page.css and page.js as text: page_css, page_js. Made from the files by
 * tools/gen_page.awk; to change the look, change them. */
#ifndef NTR_REPORT_GEN_PAGE_H
#define NTR_REPORT_GEN_PAGE_H

#include "page.inc"

#endif
