// SPDX-License-Identifier: Apache-2.0
/* Completion for bash. Output is ASCII without tabs (out.h). */
#include "help.h"

static void names(struct ntr_out *o, const struct ntr_opt *opts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ntr_out_print(o, " --%s", opts[i].name);
}

/* Cases of what may follow an option that takes a value. verb: a pattern. */
static void values(struct ntr_out *o, const char *verb,
		   const struct ntr_opt *opts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!opts[i].arg)
			continue;
		ntr_out_print(o, "    %s' --%s'", verb, opts[i].name);
		if (opts[i].letter)
			ntr_out_print(o, "|%s' -%c'", verb, opts[i].letter);
		if (opts[i].words)
			ntr_out_line(o, ") COMPREPLY=($(compgen -W '%s' -- "
				     "\"$cur\")); return ;;", opts[i].words);
		else
			ntr_out_line(o, ") COMPREPLY=($(compgen -f -- "
				     "\"$cur\")); return ;;");
	}
}

void ntr_help_completion(struct ntr_out *o)
{
	ntr_out_line(o, "# bash completion for ntriage; made by "
		     "\"ntriage help --completion\"");
	ntr_out_line(o, "_ntriage() {\n"
		     "    local cur=${COMP_WORDS[COMP_CWORD]} verb= i opts\n"
		     "    local prev=${COMP_WORDS[COMP_CWORD-1]}\n"
		     "    COMPREPLY=()\n"
		     "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
		     "        case ${COMP_WORDS[i]} in\n"
		     "        -*) ;;\n"
		     "        *) verb=${COMP_WORDS[i]}; break ;;\n"
		     "        esac\n    done");
	ntr_out_line(o, "    case \"$verb $prev\" in");
	values(o, "*", ntr_global_opts, ntr_nglobal_opts);
	for (size_t i = 0; i < ntr_nverbs; i++)
		values(o, ntr_verbs[i]->name, ntr_verbs[i]->opts,
		       ntr_verbs[i]->nopts);
	ntr_out_line(o, "    esac");
	ntr_out_print(o, "    opts=\"");
	names(o, ntr_global_opts, ntr_nglobal_opts);
	ntr_out_line(o, "\"\n    case $verb in");
	ntr_out_print(o, "    '') COMPREPLY=($(compgen -W \"$opts");
	for (size_t i = 0; i < ntr_nverbs; i++)
		ntr_out_print(o, " %s", ntr_verbs[i]->name);
	ntr_out_line(o, "\" -- \"$cur\")); return ;;");
	ntr_out_print(o, "    help) COMPREPLY=($(compgen -W \"$opts");
	names(o, ntr_verb_help.opts, ntr_verb_help.nopts);
	for (size_t i = 0; i < ntr_nverbs; i++)
		ntr_out_print(o, " %s", ntr_verbs[i]->name);
	ntr_out_line(o, "\" -- \"$cur\")); return ;;");
	for (size_t i = 0; i < ntr_nverbs; i++) {
		if (!ntr_verbs[i]->nopts || ntr_verbs[i] == &ntr_verb_help)
			continue;
		ntr_out_print(o, "    %s) opts+=\"", ntr_verbs[i]->name);
		names(o, ntr_verbs[i]->opts, ntr_verbs[i]->nopts);
		ntr_out_print(o, "\"");
		if (ntr_verbs[i]->words)
			ntr_out_print(o, "\n        if [ \"$prev\" = %s ]; then "
				      "COMPREPLY=($(compgen -W \"$opts %s\" -- "
				      "\"$cur\")); return; fi",
				      ntr_verbs[i]->name, ntr_verbs[i]->words);
		if (ntr_verbs[i]->rest) {
			ntr_out_print(o, "\n        if ((COMP_CWORD - i > 1)); "
				      "then COMPREPLY=($(compgen -W \"$opts");
			ntr_verbs[i]->rest(o);
			ntr_out_print(o, "\" -- \"$cur\")); fi\n        "
				      "[ ${#COMPREPLY[@]} -gt 0 ] && return");
		}
		ntr_out_line(o, " ;;");
	}
	ntr_out_line(o, "    esac\n"
		     "    case $cur in\n"
		     "    -*) COMPREPLY=($(compgen -W \"$opts\" -- \"$cur\")) ;;\n"
		     "    *) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
		     "    esac\n}\n"
		     "complete -o filenames -F _ntriage ntriage");
}
