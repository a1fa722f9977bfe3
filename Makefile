# ntriage: one makefile, nothing is built outside build/<mode>/.
#
#   MODE = dev (default) | rel | bare | asan | tsan | fuzz | cov
#   V=1 shows commands; WERROR= turns -Werror off; CC=clang works.

MODE   ?= dev
B      := build/$(MODE)
CC     ?= gcc
CXX    := $(if $(findstring clang,$(CC)),clang++,g++)
WERROR ?= -Werror
PREFIX ?= /usr/local
Q      := $(if $(V),,@)
say     = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))
NPROC  := $(shell nproc 2>/dev/null || echo 2)

VERSION := 0.1.0
# libcurl is loaded when a server is asked (analyzer/sym/store_curl.h), capstone
# and libedit when the debugger needs them (kdtools/cmd/late.h).
PKGS    := libelf libarchive zlib lzo2 snappy libzstd nettle yajl libpcre2-8 sqlite3
# pkg-config may not be there yet (make deps brings it).
PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   = $(shell pkg-config --libs $(filter-out snappy,$(PKGS)) \
	       2>/dev/null) -lsnappy

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wwrite-strings -Wundef -Wvla -Wformat=2 -Wimplicit-fallthrough \
	-Wpointer-arith -Wold-style-definition $(WERROR)
OPT_dev  := -O2 -g
OPT_rel  := -O3 -DNDEBUG -g
# As rel, with the tracer compiled out: what bench_stack_trace compares with.
OPT_bare := $(OPT_rel) -DTRACE_OUT
OPT_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
	    -fno-omit-frame-pointer
# Races of drivers, in simulation: what the machine itself does is told (ex/race.h).
OPT_tsan := -O1 -g -fsanitize=thread -fno-omit-frame-pointer -Wno-maybe-uninitialized
FLOOR_tsan := -fno-sanitize=thread -DEX_TSAN
OPT_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
	    -fno-sanitize-recover=all
# What fuzzers look for is in drivers: what the machine under them does costs half
# the time when every comparison of it is watched.
FLOOR_fuzz := -fno-sanitize=fuzzer-no-link
OPT_cov  := -O0 -g --coverage -Wno-maybe-uninitialized
LD_asan  := -fsanitize=address,undefined
LD_tsan  := -fsanitize=thread -rdynamic
LD_fuzz  := -fsanitize=fuzzer,address,undefined
LD_cov   := --coverage
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(WARN) \
	     $(OPT_$(MODE)) -DNTR_VERSION='"$(VERSION)"' -Ianalyzer -Isignatures \
	     -I$(B)/gen $(PKG_CFLAGS) $(CFLAGS)
# The stack knows nothing of the analyzer; its stacks grow by design.
STACK_CFLAGS = -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(WARN) \
	       $(OPT_$(MODE)) -DNTR_VERSION='"$(VERSION)"' -Istack -Ianalyzer \
	       -fstack-clash-protection $(CFLAGS)
LD_SO_asan := -fsanitize=address,undefined
LD_SO_tsan := -fsanitize=thread
LD_SO_fuzz := -fsanitize=address,undefined
LD_SO_cov  := --coverage
# The one C++ file is the door to LLVM's demangler, which has no C interface.
CXX_CFLAGS = -std=gnu++17 -fno-exceptions -fno-rtti -Wall -Wextra $(WERROR) \
	     $(OPT_$(MODE)) -Ianalyzer -isystem /usr/lib/llvm-14/include
ALL_LIBS   = $(LD_$(MODE)) $(LDFLAGS) $(PKG_LIBS) -ldwarf -lelf \
	     /usr/lib/llvm-14/lib/libLLVMDemangle.a -lstdc++ -lpthread -lm

# --- what there is, found by place and name ---------------------------------
LIB_SRC   := $(sort $(wildcard analyzer/*/*.c))
LIB_CXX   := $(sort $(wildcard analyzer/*/*.cc))
SIG_SRC   := $(sort $(wildcard signatures/lang/*.c))
STACK_SRC := $(sort $(wildcard stack/ex/*.c stack/sched/*.c stack/ndis/*.c stack/nic/*.c \
	     stack/tdi/*.c stack/trace/*.c stack/sdk/*.c stack/host/*.c))
# The commands of refstack are no part of the library.
HOST_SRC  := stack/refstack.c $(wildcard stack/host/stat*.c) \
	     $(addprefix stack/host/,attach.c caller.c cli.c cmd.c control.c dump.c help.c out.c script.c simulate.c)
STACK_SRC := $(filter-out $(HOST_SRC),$(STACK_SRC))
# inet/ is no driver: it is built into those that INET names.
INET      := tcpip tcpip6
DRIVERS   := $(filter-out inet,$(sort $(notdir $(wildcard stack/drivers/* stack/variants/*))))
DRV_SRC   := $(sort $(wildcard stack/drivers/*/*.c stack/variants/*/*.c))
TOOL_SRC  := $(sort $(wildcard kdtools/*/*.c))
UNIT_SRC  := $(sort $(wildcard tests/unit/*_test.c))
FUZZ_SRC  := $(sort $(wildcard tests/fuzz/fuzz_*.c))
BENCH_SRC := $(sort $(filter-out tests/bench/bench_stack%,$(wildcard tests/bench/bench_*.c)))
# Data files become C tables: tools/gen_<name>.awk makes gen/<name>.inc.
GEN       := $(patsubst tools/gen_%.awk,$(B)/gen/%.inc,$(wildcard tools/gen_*.awk))
KNOWLEDGE := $(wildcard signatures/*/*.txt analyzer/*/*.txt kdtools/*/*.css kdtools/*/*.js)

LIB      := $(B)/libntriage.a
LIB_OBJ  := $(LIB_SRC:%.c=$(B)/%.o) $(LIB_CXX:%.cc=$(B)/%.o)
SIG_OBJ  := $(SIG_SRC:%.c=$(B)/%.o)
STACK    := $(B)/libstack.a
# Of the analyzer it has one thing, which knows no dumps: the nearest word.
STACK_OBJ := $(STACK_SRC:%.c=$(B)/%.o) $(B)/analyzer/base/nearest.o
DRIVER   := $(DRIVERS:%=$(B)/drivers/%.so)
STK_UNIT_SRC := $(sort $(wildcard tests/stack/*_test.c))
STK_FUZZ_SRC := $(sort $(wildcard tests/stack/fuzz_*.c))
# LTTng-UST is optional: what is traced goes to a provider that is loaded late.
LTTNG    := $(if $(shell pkg-config --exists lttng-ust && echo y),$(B)/ntstack-lttng.so)
LTTNG_SRC := stack/trace/lttng/provider.c
STK_FUZZ := $(STK_FUZZ_SRC:tests/stack/%.c=$(B)/fuzz/%)
STK_REPLAY := $(STK_FUZZ_SRC:tests/stack/%.c=$(B)/replay/%)
# Fuzzers have the driver linked in: what it covers is seen.
STK_FUZZ_DRV := tcpip inet netbt srv
STK_FUZZ_DRV_fuzz_script := none
STK_FUZZ_DRV_fuzz_workload := none
STK_FUZZ_DRV_fuzz_ip6 := tcpip6 inet afd
STK_FUZZ_DRV_fuzz_tcp := tcpip inet afd
STK_FUZZ_DRV_fuzz_tcp6 := tcpip6 inet afd
stk_fuzz_obj = $(foreach d,$(or $(STK_FUZZ_DRV_$(1)),$(STK_FUZZ_DRV)),\
		$(patsubst %.c,$(B)/pic/%.o,$(wildcard stack/drivers/$(d)/*.c)))
# The stack as one object, for a test driver that loads it (tests/stack/adapter).
ADAPTER  := $(B)/packetdrill.so
ADAPTER_OBJ := $(patsubst %.c,$(B)/pic/%.o,tests/stack/adapter/packetdrill.c $(STACK_SRC) \
		$(wildcard stack/drivers/tcpip/*.c stack/drivers/inet/*.c stack/drivers/afd/*.c))
STK_BENCH_SRC := $(sort $(wildcard tests/bench/bench_stack*.c))
STK_BENCH := $(STK_BENCH_SRC:tests/bench/%.c=$(B)/bench/%)
TEST_DRIVERS := $(notdir $(wildcard tests/stack/drivers/*))
TEST_DRIVER := $(TEST_DRIVERS:%=$(B)/drivers/%.so)
STK_UNIT := $(STK_UNIT_SRC:tests/stack/%.c=$(B)/tests/%)
REFSTACK := $(if $(wildcard stack/refstack.c),$(B)/refstack)
TOOL_OBJ := $(TOOL_SRC:%.c=$(B)/%.o)
TOOLS    := $(B)/libtools.a
SIG      := $(B)/libsignatures.a
NTRIAGE  := $(B)/ntriage
UNIT     := $(UNIT_SRC:tests/unit/%.c=$(B)/tests/%)
REPLAY   := $(FUZZ_SRC:tests/fuzz/%.c=$(B)/replay/%)
FUZZERS  := $(FUZZ_SRC:tests/fuzz/%.c=$(B)/fuzz/%)
BENCH    := $(BENCH_SRC:tests/bench/%.c=$(B)/bench/%)
ALL_SRC  := $(LIB_SRC) $(SIG_SRC) $(STACK_SRC) $(DRV_SRC) $(LTTNG_SRC) $(TOOL_SRC) kdtools/ntriage.c $(UNIT_SRC) $(FUZZ_SRC) \
	    $(BENCH_SRC) $(STK_UNIT_SRC) $(STK_FUZZ_SRC) $(STK_BENCH_SRC) tests/fuzz/replay.c\
	    $(HOST_SRC)

.PHONY: all deps demo check asan tsan fuzz bench cov lint install uninstall clean \
	help programs stack-tests seeds fuzzers man bench-programs
.DELETE_ON_ERROR:
.SECONDARY:

all: $(NTRIAGE) $(REFSTACK) $(DRIVER) $(LTTNG) $(B)/compile_commands.json ## build the library and ntriage

# --- building ----------------------------------------------------------------
FLAGKEY := $(B)/.flags
$(shell mkdir -p $(B); k='$(CC) $(subst ','\'',$(ALL_CFLAGS))'; \
	[ "$$(cat $(FLAGKEY) 2>/dev/null)" = "$$k" ] || printf '%s\n' "$$k" >$(FLAGKEY))

$(B)/gen/%.inc: tools/gen_%.awk $(KNOWLEDGE)
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)awk -f $< $$(awk -f $< -v list=1 </dev/null) >$@

$(B)/%.o: %.c $(FLAGKEY) | $(GEN)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/%.o: %.cc $(FLAGKEY)
	$(call say,CXX,$<)
	@mkdir -p $(@D)
	$(Q)$(CXX) $(CXX_CFLAGS) -MMD -MP -c -o $@ $<

$(LIB): $(LIB_OBJ)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(SIG): $(SIG_OBJ)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)ar rcs $@ $^

# The reference stack: a library, drivers as shared objects (which find the
# executive in the program that loads them), tests of its own.  Symbols are bound
# at the start: the lazy binder wants more stack than a kernel thread has.
STACK_LIBS = -rdynamic -Wl,-z,now -ldl -lpthread -lm

$(STACK): $(STACK_OBJ)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(B)/pic/%.o: %.c $(FLAGKEY)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STACK_CFLAGS) -fPIC -fno-semantic-interposition -fno-plt -MMD -MP -c -o $@ $<

$(B)/stack/%.o $(B)/tests/stack/%.o $(STK_BENCH_SRC:%.c=$(B)/%.o): ALL_CFLAGS := $(STACK_CFLAGS)
$(B)/stack/ex/%.o $(B)/stack/sched/%.o $(B)/stack/trace/%.o: ALL_CFLAGS := $(STACK_CFLAGS) $(FLOOR_$(MODE))
$(B)/pic/stack/ex/%.o $(B)/pic/stack/sched/%.o $(B)/pic/stack/trace/%.o: STACK_CFLAGS += $(FLOOR_$(MODE))

.SECONDEXPANSION:
$(B)/drivers/%.so: $$(addprefix $(B)/pic/,$$(subst .c,.o,$$(wildcard stack/drivers/$$*/*.c stack/variants/$$*/*.c tests/stack/drivers/$$*/*.c) \
		$$(if $$(filter $$(firstword $$(subst -, ,$$*)),$(INET)),$$(wildcard stack/drivers/inet/*.c))))
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -shared $(LD_SO_$(MODE)) -o $@ $^ -Wl,-z,now,-Bsymbolic

$(ADAPTER): $(ADAPTER_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) -shared $(LD_SO_$(MODE)) -o $@ $^ -Wl,-z,now,-Bsymbolic -ldl -lpthread -lm

$(LTTNG): $(LTTNG_SRC:%.c=$(B)/pic/%.o)
	$(call say,LD,$@)
	$(Q)$(CC) -shared $(LD_SO_$(MODE)) -o $@ $^ -llttng-ust -llttng-ust-common -ldl

$(REFSTACK): $(HOST_SRC:%.c=$(B)/%.o) $(STACK)
	$(call say,LD,$@)
	$(Q)$(CC) -o $@ $(filter %.o,$^) -Wl,--whole-archive $(STACK) -Wl,--no-whole-archive $(LD_$(MODE)) $(STACK_LIBS) -lyajl -lelf

$(STK_BENCH): $(B)/bench/%: $(B)/tests/bench/%.o $(STACK) | $(DRIVER)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $(filter %.o,$^) -Wl,--whole-archive $(STACK) -Wl,--no-whole-archive $(LD_$(MODE)) $(STACK_LIBS)

$(STK_UNIT): $(B)/tests/%: $(B)/tests/stack/%.o $(STACK) | $(DRIVER) $(TEST_DRIVER) $(LTTNG) $(ADAPTER)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $(filter %.o,$^) -Wl,--whole-archive $(STACK) -Wl,--no-whole-archive $(LD_$(MODE)) $(STACK_LIBS)

$(STK_FUZZ): $(B)/fuzz/%: $(B)/tests/stack/%.o $$(call stk_fuzz_obj,$$*) $(STACK) | $(DRIVER)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $(filter %.o,$^) -Wl,--whole-archive $(STACK) -Wl,--no-whole-archive $(LD_$(MODE)) $(STACK_LIBS)

$(STK_REPLAY): $(B)/replay/%: $(B)/tests/stack/%.o $(B)/tests/fuzz/replay.o $$(call stk_fuzz_obj,$$*) $(STACK) | $(DRIVER)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $(filter %.o,$^) -Wl,--whole-archive $(STACK) -Wl,--no-whole-archive $(LD_$(MODE)) $(STACK_LIBS)

$(TOOLS): $(TOOL_OBJ)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(NTRIAGE): $(B)/kdtools/ntriage.o $(TOOLS) $(SIG) $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) -o $@ $^ $(ALL_LIBS)

$(B)/tests/%: $(B)/tests/unit/%.o $(TOOLS) $(SIG) $(LIB)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(ALL_LIBS)

$(B)/replay/%: $(B)/tests/fuzz/%.o $(B)/tests/fuzz/replay.o $(TOOLS) $(SIG) $(LIB)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(ALL_LIBS)

$(B)/fuzz/%: $(B)/tests/fuzz/%.o $(TOOLS) $(SIG) $(LIB)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(ALL_LIBS)

$(B)/bench/%: $(B)/tests/bench/%.o $(TOOLS) $(SIG) $(LIB)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(ALL_LIBS)

$(B)/compile_commands.json: Makefile $(FLAGKEY)
	@{ echo '['; for f in $(ALL_SRC); do \
	  printf '%s{"directory":"%s","file":"%s","arguments":["%s"' "$$sep" \
	    '$(CURDIR)' "$$f" '$(CC)'; sep=','; \
	  for a in $(foreach f,$(ALL_CFLAGS),'$(subst ",\\",$(f))'); do \
	    printf ',"%s"' "$$a"; done; \
	  printf ',"-c","%s"]}\n' "$$f"; done; echo ']'; } >$@

stack-tests: $(STK_UNIT)
programs: $(NTRIAGE) $(REFSTACK) $(DRIVER) $(UNIT) $(STK_UNIT) $(REPLAY) $(STK_REPLAY)

# --- setting up and trying -----------------------------------------------------
deps: ## install what the build and the tests need (Debian packages)
	$(Q)tests/tools/deps.sh debian-packages

demo: deps ## forge a dump of the NT 3.51 double fault and show its verdict
	$(Q)$(MAKE) --no-print-directory -j$(NPROC) all
	@mkdir -p $(B)/demo
	@echo
	@echo '$$ ntriage forge tests/fixtures/nt351-double-fault.forge -o demo.dmp'
	$(Q)$(NTRIAGE) forge tests/fixtures/nt351-double-fault.forge -o $(B)/demo/demo.dmp
	@echo '$$ ntriage analyze demo.dmp'
	$(Q)$(NTRIAGE) analyze $(B)/demo/demo.dmp

# --- testing ---------------------------------------------------------------------
check: deps ## build and run every test
	$(Q)$(MAKE) --no-print-directory -j$(NPROC) all programs
	$(Q)tests/tools/check.sh $(B)

asan: ## the tests under AddressSanitizer and UBSan
	$(Q)$(MAKE) --no-print-directory -j$(NPROC) MODE=asan all programs
	$(Q)tests/tools/check.sh build/asan

tsan: ## the stack's unit tests under ThreadSanitizer
	$(Q)$(MAKE) --no-print-directory -j$(NPROC) MODE=tsan stack-tests
	$(Q)tests/tools/check.sh build/tsan stack/

seeds: all ## make the fuzzers' seeds with forge
	$(Q)tests/tools/make-seeds.sh $(NTRIAGE) build/seeds

fuzzers: $(FUZZERS) $(STK_FUZZ)

FUZZ_SECONDS ?= 30
fuzz: seeds ## run every fuzzer for FUZZ_SECONDS seconds
	$(Q)$(MAKE) --no-print-directory -j$(NPROC) MODE=fuzz CC=clang fuzzers
	$(Q)tests/tools/fuzz.sh build/fuzz/fuzz build/seeds $(FUZZ_SECONDS)

bench-programs: $(BENCH) $(STK_BENCH) $(NTRIAGE)
bench: ## optimised build, one line per figure
	$(Q)$(MAKE) --no-print-directory -j$(NPROC) MODE=rel bench-programs
	$(Q)$(MAKE) --no-print-directory -j$(NPROC) MODE=bare build/bare/bench/bench_stack_net
	$(Q)tests/tools/bench.sh build/rel

cov: ## line coverage of the tests
	$(Q)$(MAKE) --no-print-directory -j$(NPROC) MODE=cov CC=gcc all programs
	$(Q)tests/tools/check.sh build/cov || true
	$(Q)tests/tools/cov.sh build/cov

lint: all ## rules of the house: layers, headers alone, registries, style
	$(Q)tests/tools/lint.sh $(CC)

# --- installing --------------------------------------------------------------------
man: $(B)/man/ntriage.1 $(B)/man/refstack.1
$(B)/man/%.1: $(B)/%
	@mkdir -p $(@D)
	$(Q)$< help --man >$@
$(B)/completion/%: $(B)/%
	@mkdir -p $(@D)
	$(Q)$< help --completion >$@

PROGRAMS := ntriage refstack
install: all man $(PROGRAMS:%=$(B)/completion/%) ## install below PREFIX (DESTDIR respected)
	$(Q)for p in $(PROGRAMS); do \
		install -Dm755 $(B)/$$p $(DESTDIR)$(PREFIX)/bin/$$p && \
		install -Dm644 $(B)/man/$$p.1 $(DESTDIR)$(PREFIX)/share/man/man1/$$p.1 && \
		install -Dm644 $(B)/completion/$$p \
			$(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$p || exit 1; done
	$(Q)cd signatures/rules && find . -name '*.sig' -exec install -Dm644 {} \
		$(DESTDIR)$(PREFIX)/share/ntriage/signatures/{} \;
	$(Q)install -Dm644 -t $(DESTDIR)$(PREFIX)/lib/refstack $(DRIVER) $(LTTNG)
	$(Q)cd stack/workloads && find . -name '*.txt' -exec install -Dm644 {} \
		$(DESTDIR)$(PREFIX)/share/refstack/workloads/{} \;
	$(Q)install -Dm644 docs/refstack.md $(DESTDIR)$(PREFIX)/share/doc/refstack/refstack.md
	$(Q)install -Dm644 tests/pkt/README.md $(DESTDIR)$(PREFIX)/share/doc/refstack/scripts.md

uninstall: ## undo install
	$(Q)rm -f $(foreach p,$(PROGRAMS),$(DESTDIR)$(PREFIX)/bin/$(p) \
		$(DESTDIR)$(PREFIX)/share/man/man1/$(p).1 \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/$(p))
	$(Q)rm -rf $(DESTDIR)$(PREFIX)/share/ntriage/signatures $(DESTDIR)$(PREFIX)/lib/refstack \
		$(DESTDIR)$(PREFIX)/share/refstack/workloads $(DESTDIR)$(PREFIX)/share/doc/refstack
	$(Q)rmdir $(DESTDIR)$(PREFIX)/share/ntriage $(DESTDIR)$(PREFIX)/share/refstack 2>/dev/null || true

clean: ## remove build/
	$(Q)rm -rf build

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 14

-include $(patsubst %.c,$(B)/%.d,$(ALL_SRC)) $(patsubst %.c,$(B)/pic/%.d,$(DRV_SRC) $(LTTNG_SRC) $(STACK_SRC) $(wildcard tests/stack/drivers/*/*.c tests/stack/adapter/*.c)) $(LIB_CXX:%.cc=$(B)/%.d)
