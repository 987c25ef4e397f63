# Bobbin's build. `make help` lists the targets; everything that is made lies under build/.
#
#   make V=1          show the commands          make WERROR=1      warnings are errors (CI)
#   make CC=clang     another compiler           make O=build-x     another folder for the output
#   make DEBUG=1      the costly checks too: lock order, poisoned memory, a canary in every function that could need one
#
# Every .c and .asm file under boot/, arch/, kernel/ and libk/ belongs to the kernel (a file named *_test.c only
# to the test image, build/bobbin-test.elf). libk/ is compiled once more for the programs of user/.

O ?= build
MAKEFLAGS += --no-builtin-rules
# A plain `make` uses every core. (While it reads this file make does not tell whether -jN was given; /proc does.)
ifeq ($(MAKELEVEL)$(filter -j% --jobs%,$(shell tr '\0' ' ' < /proc/$$PPID/cmdline)),0)
MAKEFLAGS += -j$(shell nproc)
endif
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

# ---- Toolchain: a cross compiler if there is one, else the host's own ----

have = $(notdir $(firstword $(foreach t,$(1),$(shell command -v $(t) 2>/dev/null))))
ifneq ($(filter default undefined,$(origin CC)),)
CC := $(or $(call have,x86_64-elf-gcc x86_64-linux-gnu-gcc $(if $(filter x86_64,$(shell uname -m)),gcc)),gcc)
endif
HOSTCC ?= gcc
NASM ?= nasm
PYTHON ?= python3
ifneq ($(findstring clang,$(notdir $(CC))),)
TARGET := --target=x86_64-linux-gnu
ALIGN8 := -mstack-alignment=8
LD := ld.lld$(patsubst clang%,%,$(notdir $(CC)))
AR := $(or $(call have,llvm-ar ar),ar)
NM := $(or $(call have,llvm-nm nm),nm)
OBJCOPY := $(or $(call have,llvm-objcopy objcopy),objcopy)
else
ALIGN8 := -mpreferred-stack-boundary=3
CROSS := $(if $(filter %-gcc,$(CC)),$(patsubst %gcc,%,$(CC)))
LD := $(CROSS)ld
AR := $(CROSS)ar
NM := $(CROSS)nm
OBJCOPY := $(CROSS)objcopy
endif

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-7s %s\n'
endif

# ---- Flags ----

WARN := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wundef -Wpointer-arith \
	-Wno-unused-parameter $(if $(filter 1,$(WERROR)),-Werror)
COMMON := $(TARGET) -std=gnu11 -O2 -g -ffreestanding -nostdinc -isystem $(shell $(CC) -print-file-name=include 2>/dev/null) \
	-fno-pic -fno-pie -fcf-protection=none -fno-strict-aliasing -fno-common -fno-omit-frame-pointer \
	-fno-asynchronous-unwind-tables -I. -MMD -MP $(WARN)
# The stack canary of the running task is copied to %gs:40, a field of struct cpu. Code that runs before GS.base is set has none.
# Functions with arrays have one; DEBUG=1 adds those that merely take the address of a local variable.
CANARY := -fstack-protector$(if $(filter 1,$(DEBUG)),-strong) -mstack-protector-guard=tls -mstack-protector-guard-reg=gs -mstack-protector-guard-offset=40
# The stack is aligned to 8 bytes: without SSE nothing needs the 16 of the ABI.
KCFLAGS := $(COMMON) $(ALIGN8) -mno-red-zone -mgeneral-regs-only -mcmodel=kernel -Iarch/x86_64/include -D__KERNEL__ $(if $(filter 1,$(DEBUG)),-DCONFIG_DEBUG) \
	$(CFLAGS_KERNEL)
UCFLAGS := $(COMMON) -fno-stack-protector -ffunction-sections -fdata-sections -Iuser/lib/include
ASFLAGS := -f elf64 -g -F dwarf -I $(O)/ -I arch/x86_64/ $(if $(filter 1,$(WERROR)),-Werror)
LDFLAGS := -nostdlib -static -z max-page-size=4096 -z noexecstack --build-id=none
HOSTFLAGS := -std=gnu11 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-builtin -I. -Iarch/x86_64/include \
	-DHOST_TEST -MMD -MP $(WARN)

# ---- Sources ----

OFFSETS := arch/x86_64/asm-offsets.c
KDIRS := boot $(wildcard arch/*) $(wildcard arch/*/*) kernel $(wildcard kernel/*) $(wildcard kernel/*/*) libk
KSRC := $(filter-out $(OFFSETS),$(sort $(wildcard $(addsuffix /*.c,$(KDIRS)) $(addsuffix /*.asm,$(KDIRS)))))
KTEST := $(filter %_test.c,$(KSRC))
obj = $(patsubst %.asm,$(O)/$(1)/%.asm.o,$(patsubst %.c,$(O)/$(1)/%.o,$(2)))
KOBJ := $(call obj,k,$(filter-out $(KTEST),$(KSRC)))
KTESTOBJ := $(call obj,k,$(KTEST))

# A program is user/NAME.c or the folder user/NAME/ (.c and .asm); tests/user/NAME.c are programs too, which stay out of the initrd.
ULIBSRC := $(wildcard user/lib/*.c user/lib/*/*.c user/lib/*.asm user/lib/*/*.asm) $(filter-out %_test.c,$(wildcard libk/*.c))
CRT0 := $(O)/u/user/lib/crt0.asm.o
ULIB := $(O)/user/libbobbin.a
UPROG := $(patsubst user/%.c,%,$(wildcard user/*.c))
UDIRS := $(filter-out lib root include $(UPROG),$(patsubst user/%/,%,$(dir $(wildcard user/*/*.c))))
UBIN := $(addprefix $(O)/user/bin/,$(UPROG) $(sort $(UDIRS)))
TBIN := $(patsubst tests/user/%.c,$(O)/tests/user/%,$(wildcard tests/user/*.c))
GBIN := $(patsubst tests/gdb/%.c,$(O)/tests/gdb/%,$(wildcard tests/gdb/*.c))
HBIN := $(patsubst tests/host/%.c,$(O)/tests/host/%,$(wildcard tests/host/test_*.c))

# ---- What there is to make ----

# A second kernel, with the costly checks: the tests' repeatable runs are on it.
DEBUG_KERNEL := $(if $(filter 1,$(DEBUG)),,$(O)/debug/bobbin.elf)

.PHONY: all tests run test test-all iso gdb replay-gdb toolchain deps help format clean FORCE
all: $(O)/bobbin.elf $(O)/initrd.cpio		## the kernel and its initrd (the default)
tests: $(HBIN) $(TBIN) $(GBIN) $(if $(KTEST),$(O)/bobbin-test.elf) $(DEBUG_KERNEL)	## the programs that tests/run runs
iso: $(O)/bobbin.iso				## a GRUB image for BIOS and UEFI, CD or USB stick

# A compiler may be among what deps installs, so the rest is a new make that looks for it again.
run:						## install what lacks, build, boot the ISO in QEMU into a shell
	@tools/deps run
	@$(MAKE) --no-print-directory iso
	@BOBBIN_BUILD=$(O) tools/run --boot iso
test:						## install what lacks, build, run the tests
	@tools/deps test
	@$(MAKE) --no-print-directory all iso tests
	@BOBBIN_BUILD=$(O) tests/run $(TESTFLAGS)
test-all:					## the same and the slow tests
	@tools/deps all
	@$(MAKE) --no-print-directory all iso tests
	@BOBBIN_BUILD=$(O) tests/run --all $(TESTFLAGS)
gdb: all					## debug the kernel (`tools/run --gdb` in another terminal, or alone)
	@BOBBIN_BUILD=$(O) tools/gdb-kernel
replay-gdb: all					## record RUN='-- COMMAND' (or take REC=FOLDER) and debug it, also backwards
	@BOBBIN_BUILD=$(O) REC='$(REC)' tools/gdb-kernel --replay
toolchain:					## build x86_64-elf-gcc from Debian's sources into PREFIX
	@tools/toolchain $(PREFIX)
deps:						## install what building, running and testing need
	@tools/deps test
format:						## lay out the C files as .clang-format says
	clang-format -i $$(git ls-files -co --exclude-standard '*.c' '*.h')
clean:						## remove everything that was made
	$(Q)rm -rf $(O) compile_commands.json
help:						## this list
	@echo 'make [TARGET] [V=1] [WERROR=1] [DEBUG=1] [CC=clang] [O=build]'
	@sed -n 's/^\([a-z][a-z_.-]*\):[^#]*##/  \1\t/p' Makefile | expand -t 18

# ---- Kernel ----

# What the compilers are called with: a change of it makes everything anew.
$(O)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(CC) $(KCFLAGS) $(CANARY) $(UCFLAGS) $(LD)' | cmp -s - $@ || \
		printf '%s\n' '$(CC) $(KCFLAGS) $(CANARY) $(UCFLAGS) $(LD)' > $@

$(O)/k/boot/% $(O)/k/arch/x86_64/setup.o: private CANARY := -fno-stack-protector

$(O)/k/%.o: %.c $(O)/flags
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(KCFLAGS) $(CANARY) -c $< -o $@

$(O)/k/%.asm.o: %.asm $(O)/asm-offsets.inc $(O)/flags
	$(say) NASM $<
	@mkdir -p $(@D)
	$(Q)$(NASM) $(ASFLAGS) -MD $(@:.o=.d) -MP -o $@ $<

# Structure offsets for NASM: the compiler leaves `->NAME value` in its assembly, which becomes `NAME equ value`.
$(O)/asm-offsets.inc: $(OFFSETS) $(O)/flags
	$(say) OFFSETS $<
	$(Q)$(CC) $(KCFLAGS) $(if $(TARGET),-no-integrated-as) -MT $@ -MF $(O)/asm-offsets.d -S $< -o $(O)/asm-offsets.s
	$(Q)sed -n 's/.*->\([A-Za-z_][A-Za-z0-9_]*\)[ \t]*\$$\{0,1\}\(-\{0,1\}[0-9][0-9]*\).*/\1 equ \2/p' $(O)/asm-offsets.s > $@

# The kernel holds its own symbol table: link with an empty one, list the symbols, link with the full one. It lies behind
# the code, so no function moves; the last line makes sure of that.
define link_kernel
	@printf '' | $(PYTHON) tools/kallsyms > $@.syms0.asm
	$(Q)$(NASM) -f elf64 -o $@.syms0.o $@.syms0.asm
	$(Q)$(LD) $(LDFLAGS) -T linker.ld -o $@.tmp $(filter %.o,$^) $@.syms0.o
	$(Q)$(NM) -n $@.tmp | $(PYTHON) tools/kallsyms > $@.syms.asm
	$(Q)$(NASM) -f elf64 -o $@.syms.o $@.syms.asm
	$(Q)$(LD) $(LDFLAGS) -T linker.ld -Map $@.map -o $@.tmp $(filter %.o,$^) $@.syms.o
	@$(NM) -n $@.tmp | $(PYTHON) tools/kallsyms | cmp - $@.syms.asm
	@mv $@.tmp $@
	@rm -f $@.syms0.* $@.syms.*
endef

$(O)/bobbin.elf: $(KOBJ) linker.ld tools/kallsyms
	$(say) LD $@
	$(link_kernel)

$(O)/debug/bobbin.elf: FORCE
	$(Q)$(MAKE) --no-print-directory DEBUG=1 O=$(O)/debug $@

$(O)/bobbin-test.elf: $(KOBJ) $(KTESTOBJ) linker.ld tools/kallsyms
	$(say) LD $@
	$(link_kernel)

# ---- Programs, initrd, ISO ----

$(O)/u/%.o: %.c $(O)/flags
	$(say) CC "$< (user)"
	@mkdir -p $(@D)
	$(Q)$(CC) $(UCFLAGS) -c $< -o $@

$(O)/u/%.asm.o: %.asm
	$(say) NASM "$< (user)"
	@mkdir -p $(@D)
	$(Q)$(NASM) $(ASFLAGS) -I user/lib/ -MD $(@:.o=.d) -MP -o $@ $<

$(ULIB): $(filter-out $(CRT0),$(call obj,u,$(ULIBSRC)))
	$(say) AR $@
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

define link_program
	$(say) LD $@
	@mkdir -p $(@D)
	$(Q)$(LD) $(LDFLAGS) --gc-sections -o $@ $(filter %.o,$^) $(ULIB)
endef

define program			# the binary, its sources
$(1): $(CRT0) $(call obj,u,$(2)) $(ULIB)
	$$(link_program)
endef
$(foreach p,$(UPROG),$(eval $(call program,$(O)/user/bin/$(p),user/$(p).c)))
$(foreach p,$(sort $(UDIRS)),$(eval $(call program,$(O)/user/bin/$(p),$(wildcard user/$(p)/*.c user/$(p)/*.asm))))
$(foreach p,$(TBIN),$(eval $(call program,$(p),tests/user/$(notdir $(p)).c)))
$(foreach p,$(GBIN),$(eval $(call program,$(p),tests/gdb/$(notdir $(p)).c)))

$(O)/tests/host/%: tests/host/%.c
	$(say) HOSTCC $<
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOSTFLAGS) -MF $@.d -o $@ $<

# The programs go into the initrd without their debug data; GDB finds it in $(O)/user/bin.
$(O)/initrd.cpio: $(UBIN) tools/mkinitrd tools/cpio.py $(shell find user/root -type f -o -type d 2>/dev/null)
	$(say) INITRD $@
	$(Q)$(PYTHON) tools/mkinitrd --objcopy $(OBJCOPY) -o $@ $(UBIN)

$(O)/bobbin.iso: $(O)/bobbin.elf $(O)/initrd.cpio tools/iso
	$(say) ISO $@
	$(Q)tools/iso $@ $(O)/bobbin.elf $(O)/initrd.cpio

compile_commands.json: Makefile FORCE		## for editors
	$(Q)$(MAKE) -nB --no-print-directory V=1 all | $(PYTHON) tools/compdb > $@

-include $(shell find $(O) -name '*.d' 2>/dev/null)
