// SPDX-License-Identifier: Apache-2.0
#include "demangle.h"

#include <llvm/Demangle/Demangle.h>

#include <cstdlib>
#include <cstring>

static char *msvc(const char *name, bool short_form)
{
	using namespace llvm;
	int flags = MSDF_NoAccessSpecifier | MSDF_NoMemberType;
	int status = 0;

	if (short_form)
		flags |= MSDF_NoCallingConvention | MSDF_NoReturnType |
			 MSDF_NoVariableType;
	return microsoftDemangle(name, nullptr, nullptr, nullptr, &status,
				 MSDemangleFlags(flags));
}

static char *itanium(const char *name, bool short_form)
{
	using namespace llvm;
	ItaniumPartialDemangler d;

	if (!short_form || d.partialDemangle(name) || !d.isFunction())
		return itaniumDemangle(name, nullptr, nullptr, nullptr);
	return d.getFunctionName(nullptr, nullptr);
}

char *ntr_demangle_llvm(const char *name, bool short_form)
{
	if (strnlen(name, NTR_DEMANGLE_MAX + 1) > NTR_DEMANGLE_MAX ||
	    ntr_demangle_cost(name) > NTR_DEMANGLE_COST)
		return nullptr;
	if (name[0] == '?')
		return msvc(name, short_form);
	if (!strncmp(name, "_R", 2))
		return llvm::rustDemangle(name, nullptr, nullptr, nullptr);
	if (strncmp(name, "_Z", 2) && strncmp(name, "__Z", 3))
		return nullptr;
	return itanium(name, short_form);
}
