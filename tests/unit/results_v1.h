// SPDX-License-Identifier: Apache-2.0
/* A results store of version 1 as SQL, written down apart from the program's own
 * steps: what a migration starts from. */
#ifndef RESULTS_V1_H
#define RESULTS_V1_H

static const char version_1[] =
	"create table runs (id integer primary key, what text not null, judge "
	"text not null, begun_at integer not null, ended_at integer, summary "
	"text);"
	"create table dumps (id integer primary key, path text not null unique,"
	" size integer, mtime_ns integer, digest text, judge text, judged_at "
	"integer, outcome text not null, error text, format text, machine text,"
	" os text, code integer, arg1 text, arg2 text, arg3 text, arg4 text, "
	"code_name text, crash_time integer, bucket text, bucket_hash text, "
	"blame text, blame_confidence text, stack_mod text, stack_func text, "
	"process text, modules text, frames text);"
	"create table verdicts (dump integer primary key references dumps (id) "
	"on delete cascade, json text not null);"
	"create table signatures (dump integer not null references dumps (id) on"
	" delete cascade, nr integer not null, sig text not null, title text, "
	"class text, severity text, value text not null, confidence integer, "
	"json text, primary key (dump, nr));"
	"create table notes (id integer primary key, dump integer not null "
	"references dumps (id) on delete cascade, made_at integer not null, "
	"made_by text, body text not null);"
	"create table run_dumps (run integer not null references runs (id) on "
	"delete cascade, dump integer not null references dumps (id) on delete "
	"cascade, primary key (run, dump));"
	"create index notes_dump on notes (dump);"
	"create index run_dumps_dump on run_dumps (dump);"
	"create index signatures_sig on signatures (sig, value);"
	"pragma application_id = 0x4e545252; pragma user_version = 1;"
	"insert into dumps (id, path, outcome, os, modules) values (7, 'old', "
	"'judged', '6.1.7601', char(10) || 'TCPIP.SYS 1999-02-04 5.0' || "
	"char(10)), (2000000000, 'older', 'timeout', null, null);"
	"with recursive n (i) as (select 10 union all select i + 1 from n where "
	"i < 2500) insert into dumps (id, path, outcome, modules) select i, 'p' "
	"|| i, 'judged', char(10) || 'm' || i || '.sys ? ?' || char(10) from n;"
	"insert into notes values (1, 7, 5, 'ann', 'keep me');";

#endif
