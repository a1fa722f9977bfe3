// SPDX-License-Identifier: Apache-2.0
#include "demangle.h"

#include <llvm/Demangle/Demangle.h>

#include <cstdlib>
#include <cstring>

char *ntr_demangle_llvm(const char *name, bool short_form)
{
	using namespace llvm;

	if (strlen(name) > NTR_DEMANGLE_MAX)
		return nullptr;
	if (name[0] == '?') {
		int status = 0;
		int flags = MSDF_NoAccessSpecifier | MSDF_NoMemberType;

		if (short_form)
			flags |= MSDF_NoCallingConvention | MSDF_NoReturnType;
		return microsoftDemangle(name, nullptr, nullptr, nullptr,
					 &status, MSDemangleFlags(flags));
	}
	if (!strncmp(name, "_R", 2))
		return rustDemangle(name, nullptr, nullptr, nullptr);
	if (strncmp(name, "_Z", 2) && strncmp(name, "__Z", 3))
		return nullptr;
	if (!short_form)
		return itaniumDemangle(name, nullptr, nullptr, nullptr);
	ItaniumPartialDemangler d;
	return d.partialDemangle(name) || !d.isFunction()
		? itaniumDemangle(name, nullptr, nullptr, nullptr)
		: d.getFunctionName(nullptr, nullptr);
}
