# SPDX-License-Identifier: GPL-2.0-only
#
# What can be made: make help. The module's own list of objects is in Kbuild,
# the rules for everything that runs in userspace are in tools/tools.mk.

MAKEFLAGS += --no-print-directory
.SUFFIXES:
JOBS ?= $(shell nproc)
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(JOBS)
endif

VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
BUILD ?= build
MODULE_BUILD ?= $(BUILD)/module
CACHE := $(or $(XDG_CACHE_HOME),$(or $(HOME),/root)/.cache)/rvf

# Debian's 6.1, which scripts/vm starts; the rt and cloud flavours are left out
VM_KDIR := $(shell ls -d /usr/src/linux-headers-6.1.*-amd64 2> /dev/null | \
		grep -E -- '/linux-headers-6\.1\.[0-9]+-[0-9]+-amd64$$' | sort -V | tail -n 1)
RUNNING_KDIR := $(patsubst %/Makefile,%,$(wildcard /lib/modules/$(shell uname -r)/build/Makefile))
KDIR ?= $(or $(RUNNING_KDIR),$(VM_KDIR))
# What runs in the test VM is built for its kernel, unless KDIR was given.
ifneq ($(filter file default,$(origin KDIR)),)
FOR_VM := KDIR=$(VM_KDIR)
endif

# kselftest_harness.h, as scripts/setup check puts it there
KSRC ?= $(CACHE)/linux-6.1
export KSRC

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
SBINDIR ?= $(PREFIX)/sbin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
UNITDIR ?= $(PREFIX)/lib/systemd/system
DKMSDIR ?= /usr/src/rvf-$(VERSION)

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-7s %s\n'
endif

.PHONY: all
all: module tools

include tools/tools.mk

# ---- the module

# Built in a copy, so that the sources stay free of objects.
.PHONY: module module-sources
module-sources:
	$(Q)mkdir -p $(MODULE_BUILD)/module $(MODULE_BUILD)/uapi
	$(Q)cp -pu Kbuild dkms.conf $(MODULE_BUILD)/
	$(Q)cp -pu module/*.[ch] $(MODULE_BUILD)/module/
	$(Q)cp -pu uapi/*.h $(MODULE_BUILD)/uapi/

module: module-sources
	$(Q)test -d "$(KDIR)" || { \
		echo "no kernel headers: run scripts/setup build or set KDIR" >&2; exit 1; }
	+$(Q)$(MAKE) -C $(KDIR) M=$(abspath $(MODULE_BUILD)) modules

# ---- tests

.PHONY: selftests demo check check-debug bench style
selftests: tools
	+$(Q)$(MAKE) -C selftests TOP=$(CURDIR) BUILD=$(abspath $(BUILD))

demo:
	$(Q)scripts/setup demo
	+$(Q)$(MAKE) $(FOR_VM) all
	$(Q)scripts/demo

check:
	$(Q)scripts/setup check
	+$(Q)scripts/check

check-debug:
	$(Q)scripts/setup debug
	+$(Q)RVF_DEBUG=all scripts/check debug

bench:
	$(Q)scripts/setup bench
	+$(Q)$(MAKE) $(FOR_VM) all
	+$(Q)scripts/bench

style:
	$(Q)scripts/style

# ---- installation

.PHONY: install uninstall dkms-install
install: tools
	$(say) INSTALL $(DESTDIR)$(PREFIX)
	$(Q)$(install_all)

uninstall:
	$(say) REMOVE $(DESTDIR)$(PREFIX)
	$(Q)$(uninstall_all)

dkms-install:
	$(say) INSTALL $(DESTDIR)$(DKMSDIR)
	$(Q)install -d $(DESTDIR)$(DKMSDIR)/module $(DESTDIR)$(DKMSDIR)/uapi
	$(Q)install -m 644 Kbuild dkms.conf $(DESTDIR)$(DKMSDIR)/
	$(Q)install -m 644 module/*.[ch] $(DESTDIR)$(DKMSDIR)/module/
	$(Q)install -m 644 uapi/*.h $(DESTDIR)$(DKMSDIR)/uapi/

# ---- the rest

.PHONY: clean help print-vm-kdir
print-vm-kdir: # for scripts
	@echo '$(or $(if $(FOR_VM),,$(KDIR)),$(VM_KDIR))'

clean:
	$(Q)rm -rf $(BUILD)

help:
	@echo 'make               the module, the libraries and the tools, in $(BUILD)/'
	@echo 'make module        rvf.ko only'
	@echo 'make tools         userspace only'
	@echo 'make demo          builds, and shows rvf at work in a test VM'
	@echo 'make check         every test; scripts/check STAGE... runs some'
	@echo 'make check-debug   the tests of the module on a kernel that looks for bugs'
	@echo 'make bench         measures, in a test VM'
	@echo 'make selftests     builds the test programs'
	@echo 'make style         checkpatch and clang-format'
	@echo 'make install       userspace, below DESTDIR and PREFIX'
	@echo 'make dkms-install  the module'"'"'s source, to $(DKMSDIR)'
	@echo 'make uninstall     removes what install put there'
	@echo 'make clean         removes $(BUILD)/'
	@echo
	@echo 'KDIR=DIR           kernel to build for ($(KDIR))'
	@echo 'PREFIX, DESTDIR    where to install ($(PREFIX))'
	@echo 'CC, CFLAGS, LDFLAGS, WERROR=0, JOBS=N, V=1 (whole commands)'
