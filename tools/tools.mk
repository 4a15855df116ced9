# SPDX-License-Identifier: GPL-2.0-only
#
# Userspace: the libraries, the tools and the plugins. Every .c file of a
# directory belongs to what the directory makes.

ifeq ($(origin CC),default)
CC := gcc
endif
CC ?= gcc
AR := $(CROSS_COMPILE)ar
OBJCOPY := $(CROSS_COMPILE)objcopy
PKG_CONFIG ?= pkg-config

# Files of the module that are plain C, and part of librvf too
LIBRVF_SHARED_SRCS := $(wildcard module/manifest_*.c)

RVF_PKGS := libnl-genl-3.0 libnl-3.0 libbpf libcrypto libseccomp yaml-0.1 zlib

CFLAGS ?= -O2 -g
rvf_cflags := -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -fstack-protector-strong
ifneq ($(WERROR),0)
rvf_cflags += -Werror
endif
rvf_cflags += -Itools/include -I$(BUILD)/include -iquote module
rvf_cflags += -DRVF_VERSION='"$(VERSION)"'
# _FORTIFY_SOURCE needs an optimiser
fortify := $(if $(filter -O0 -fsanitize=%,$(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
rvf_cflags += $(fortify)
rvf_ldflags := -Wl,-z,relro,-z,now -Wl,--as-needed

lib_srcs := $(strip $(wildcard tools/lib/rvf/*.c) $(LIBRVF_SHARED_SRCS))
plugin_lib_srcs := $(wildcard tools/lib/plugin/*.c)
rvfctl_srcs := $(wildcard tools/rvfctl/*.c)
rvfd_srcs := $(wildcard tools/rvfd/*.c)
supervise_srcs := $(wildcard tools/supervise/*.c)
plugins := $(patsubst tools/plugins/%/,%,$(sort $(dir $(wildcard tools/plugins/*/*.c))))
samples := $(patsubst samples/%/,%,$(sort $(dir $(wildcard samples/*/*.c))))
# What runs in their VMs
guests := $(wildcard tools/plugins/*/guest.S samples/*/guest.S)
# guest_of SOURCE: tools/plugins/NAME/guest.S, samples/NAME/guest.S
guest_of = $(BUILD)/$(patsubst tools/%,%,$(patsubst %/guest.S,%.guest,$(1)))

# The parser's header is the module's and librvf's.
uapi_headers := $(patsubst uapi/%,$(BUILD)/include/linux/%,$(wildcard uapi/*.h)) \
	$(BUILD)/include/rvf/manifest_parse.h
public_headers := $(wildcard tools/include/rvf/*.h) module/manifest_parse.h
crosvm_headers := $(wildcard tools/include/crosvm/*.h)

# objects KIND,SOURCES: one source may be compiled in several ways
objects = $(patsubst %.c,$(BUILD)/obj/$(1)/%.o,$(2))

lib_objs := $(call objects,pic,$(lib_srcs))
plugin_lib_objs := $(call objects,plugin,$(plugin_lib_srcs))
plugin_shared_objs := $(call objects,plugin-shared,$(plugin_lib_srcs))
rvfctl_objs := $(call objects,pie,$(rvfctl_srcs))
rvfd_objs := $(call objects,pie,$(rvfd_srcs))
supervise_objs := $(call objects,pie,$(supervise_srcs))
plugin_objs := $(call objects,static,$(wildcard tools/plugins/*/*.c samples/*/*.c))

soname := librvf.so.0
sofile := librvf.so.$(VERSION)
tools_out := $(uapi_headers)
ifneq ($(lib_srcs),)
libs_out := $(addprefix $(BUILD)/lib/,librvf.a $(sofile) $(soname) librvf.so librvf.pc)
endif
ifneq ($(plugin_lib_srcs),)
plugin_soname := librvf-plugin.so.0
plugin_sofile := librvf-plugin.so.$(VERSION)
plugin_libs := librvf-plugin.a libcrosvm_plugin.a $(plugin_sofile) $(plugin_soname)
libs_out += $(addprefix $(BUILD)/lib/,$(plugin_libs) librvf-plugin.pc crosvm_plugin.pc)
plugins_out := $(addprefix $(BUILD)/plugins/,$(plugins)) $(addprefix $(BUILD)/samples/,$(samples))
plugins_out += $(foreach guest,$(guests),$(call guest_of,$(guest)))
endif
programs_out := $(strip $(if $(rvfctl_srcs),$(BUILD)/rvfctl) $(if $(rvfd_srcs),$(BUILD)/rvfd))
tools_out += $(libs_out) $(programs_out) $(plugins_out)

.PHONY: tools
tools: $(tools_out)

# Asked for only when something is compiled
pkg_cflags = $(eval pkg_cflags := $$(shell $(PKG_CONFIG) --cflags $(RVF_PKGS) || \
	echo -include run-scripts/setup-build-first.h))$(pkg_cflags)
pkg_libs = $(eval pkg_libs := $$(shell $(PKG_CONFIG) --libs $(RVF_PKGS)))$(pkg_libs)

# Everything is compiled again when the way of compiling changes.
flags_now := $(CC) $(CFLAGS) $(CPPFLAGS) $(LDFLAGS) $(rvf_cflags) $(rvf_ldflags) $(RVF_PKGS)
flags_file := $(BUILD)/obj/flags
ifneq ($(file <$(flags_file)),$(flags_now))
$(shell mkdir -p $(BUILD)/obj)
$(file >$(flags_file),$(flags_now))
endif

cc = $(CC) $(rvf_cflags) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c

$(BUILD)/obj/pic/%.o: %.c $(flags_file) | $(uapi_headers)
	$(say) CC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(cc) $(pkg_cflags) -fPIC -fvisibility=hidden -o $@ $<

$(BUILD)/obj/pie/%.o: %.c $(flags_file) | $(uapi_headers)
	$(say) CC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(cc) $(pkg_cflags) -fPIE -o $@ $<

# Whoever links a plugin may do it either way.
$(BUILD)/obj/plugin/%.o: %.c $(flags_file) | $(uapi_headers)
	$(say) CC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(cc) -fPIE -ffunction-sections -fdata-sections -o $@ $<

$(BUILD)/obj/plugin-shared/%.o: %.c $(flags_file) | $(uapi_headers)
	$(say) CC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(cc) -fPIC -o $@ $<

# A plugin is mapped where its image says: no PIE, no libraries
$(BUILD)/obj/static/%.o: %.c $(flags_file) | $(uapi_headers)
	$(say) CC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(cc) -fno-pie -ffunction-sections -fdata-sections -o $@ $<

$(BUILD)/include/linux/%.h: uapi/%.h
	$(Q)mkdir -p $(@D)
	$(Q)ln -sf $(abspath $<) $@

$(BUILD)/include/rvf/%.h: module/%.h
	$(Q)mkdir -p $(@D)
	$(Q)ln -sf $(abspath $<) $@

$(BUILD)/lib/librvf.a: $(lib_objs)
$(BUILD)/lib/librvf-plugin.a: $(plugin_lib_objs)
$(BUILD)/lib/%.a:
	$(say) AR $@
	$(Q)mkdir -p $(@D)
	$(Q)rm -f $@
	$(Q)$(AR) rcsD $@ $^

# For dynamic plugins, which only a developer's key can sign
$(BUILD)/lib/$(plugin_sofile): $(plugin_shared_objs) tools/lib/librvf-plugin.map
	$(say) LD $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -shared -Wl,-soname,$(plugin_soname) -Wl,-z,defs \
		-Wl,--version-script,tools/lib/librvf-plugin.map \
		$(rvf_ldflags) $(LDFLAGS) -o $@ $(plugin_shared_objs)

$(BUILD)/lib/$(plugin_soname): $(BUILD)/lib/$(plugin_sofile)
	$(Q)ln -sf $(plugin_sofile) $@

# The same library, under the name that plugins of crosvm ask for
$(BUILD)/lib/libcrosvm_plugin.a: $(BUILD)/lib/librvf-plugin.a
	$(Q)ln -sf librvf-plugin.a $@

$(BUILD)/lib/$(sofile): $(lib_objs) tools/lib/librvf.map
	$(say) LD $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -shared -Wl,-soname,$(soname) -Wl,-z,defs \
		-Wl,--version-script,tools/lib/librvf.map \
		$(rvf_ldflags) $(LDFLAGS) -o $@ $(lib_objs) $(pkg_libs)

$(BUILD)/lib/$(soname) $(BUILD)/lib/librvf.so: $(BUILD)/lib/$(sofile)
	$(Q)ln -sf $(sofile) $@

# make install writes them anew, for the directories that it is told.
pc = sed -e 's,@prefix@,$(PREFIX),' -e 's,@libdir@,$(LIBDIR),' \
	-e 's,@includedir@,$(INCLUDEDIR),' -e 's,@version@,$(VERSION),' \
	-e 's/@requires@/$(RVF_PKGS)/'
$(BUILD)/lib/%.pc: tools/lib/%.pc.in $(flags_file)
	$(Q)mkdir -p $(@D)
	$(Q)$(pc) $< > $@

# What rvfd and rvfctl share; not installed
$(BUILD)/libsupervise.a: $(supervise_objs)
	$(say) AR $@
	$(Q)mkdir -p $(@D)
	$(Q)rm -f $@
	$(Q)$(AR) rcsD $@ $^

$(BUILD)/rvfctl: $(rvfctl_objs) $(BUILD)/libsupervise.a $(BUILD)/lib/librvf.a
$(BUILD)/rvfd: $(rvfd_objs) $(BUILD)/libsupervise.a $(BUILD)/lib/librvf.a
$(BUILD)/rvfctl $(BUILD)/rvfd:
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) -pie $(rvf_ldflags) $(LDFLAGS) -o $@ $^ $(pkg_libs)

# plugin PROGRAM,DIR
define plugin
$(1): $(filter $(BUILD)/obj/static/$(2)/%,$(plugin_objs)) $(BUILD)/lib/librvf-plugin.a
	$$(say) LD $$@
	$(Q)mkdir -p $$(@D)
	$(Q)$(CC) $(CFLAGS) -static -no-pie -Wl,-z,relro,-z,now -Wl,--gc-sections \
		-Wl,-u,rvf_plugin_bind $(LDFLAGS) -o $$@ $$^
endef
$(foreach name,$(plugins),$(eval $(call plugin,$(BUILD)/plugins/$(name),tools/plugins/$(name))))
$(foreach name,$(samples),$(eval $(call plugin,$(BUILD)/samples/$(name),samples/$(name))))

# A guest is bytes from address 0 on; whole pages, as its memory
# guest FILE,SOURCE
define guest
$(1): $(2) $(flags_file)
	$$(say) AS $(2)
	$(Q)mkdir -p $$(@D) $(BUILD)/obj/$(dir $(2))
	$(Q)$(CC) -m32 -nostdlib -static -no-pie -Wl,-Ttext=0,--build-id=none \
		-MMD -MP -MF $(BUILD)/obj/$(2:.S=.d) -MT $$@ -o $(BUILD)/obj/$(2:.S=.elf) $(2)
	$(Q)$(OBJCOPY) -O binary -j .text --pad-to=0x1000 $(BUILD)/obj/$(2:.S=.elf) $$@
endef
$(foreach source,$(guests),$(eval $(call guest,$(call guest_of,$(source)),$(source))))

-include $(patsubst %.o,%.d,$(lib_objs) $(plugin_lib_objs) $(plugin_shared_objs) $(rvfctl_objs) \
	$(rvfd_objs) $(supervise_objs) $(plugin_objs)) \
	$(patsubst %.S,$(BUILD)/obj/%.d,$(guests))

# ---- installation

man_pages := $(wildcard Documentation/man/*.[1-8])
units := $(wildcard tools/rvfd/*.service tools/rvfd/*.socket)
man_dirs := $(addprefix man,$(sort $(patsubst .%,%,$(suffix $(man_pages)))))

# in_dir DIR,FILES: where they are once installed
in_dir = $(addprefix $(DESTDIR)$(1)/,$(notdir $(2)))

installed = \
	$(call in_dir,$(BINDIR),$(filter %/rvfctl,$(programs_out))) \
	$(call in_dir,$(SBINDIR),$(filter %/rvfd,$(programs_out))) \
	$(call in_dir,$(LIBDIR),$(filter-out %.pc,$(libs_out))) \
	$(call in_dir,$(LIBDIR)/pkgconfig,$(filter %.pc,$(libs_out))) \
	$(call in_dir,$(INCLUDEDIR)/linux,$(wildcard uapi/*.h)) \
	$(call in_dir,$(INCLUDEDIR)/rvf,$(public_headers)) \
	$(call in_dir,$(INCLUDEDIR)/crosvm,$(crosvm_headers)) \
	$(call in_dir,$(LIBDIR),librvf-plugin.so libcrosvm_plugin.so) \
	$(call in_dir,$(UNITDIR),$(units)) \
	$(foreach page,$(man_pages),$(call in_dir,$(MANDIR)/man$(patsubst .%,%,$(suffix $(page))),$(page)))

# put MODE,DIR,FILES
put = $(if $(strip $(3)),install -d $(DESTDIR)$(2) && install -m $(1) $(3) $(DESTDIR)$(2)/,:)

define install_all
set -e; \
$(call put,755,$(BINDIR),$(filter %/rvfctl,$(programs_out))); \
$(call put,755,$(SBINDIR),$(filter %/rvfd,$(programs_out))); \
$(call put,644,$(LIBDIR),$(filter-out %/libcrosvm_plugin.a,$(filter %.a %/$(sofile) %/$(plugin_sofile),$(libs_out)))); \
$(if $(plugin_lib_srcs),ln -sf librvf-plugin.a $(DESTDIR)$(LIBDIR)/libcrosvm_plugin.a; \
	ln -sf $(plugin_sofile) $(DESTDIR)$(LIBDIR)/$(plugin_soname); \
	ln -sf $(plugin_soname) $(DESTDIR)$(LIBDIR)/librvf-plugin.so; \
	ln -sf $(plugin_soname) $(DESTDIR)$(LIBDIR)/libcrosvm_plugin.so;) \
$(if $(lib_srcs),ln -sf $(sofile) $(DESTDIR)$(LIBDIR)/$(soname); \
	ln -sf $(soname) $(DESTDIR)$(LIBDIR)/librvf.so;) \
install -d $(DESTDIR)$(LIBDIR)/pkgconfig; \
$(foreach file,$(notdir $(filter %.pc,$(libs_out))),$(pc) tools/lib/$(file).in \
	> $(DESTDIR)$(LIBDIR)/pkgconfig/$(file);) \
$(call put,644,$(INCLUDEDIR)/linux,$(wildcard uapi/*.h)); \
$(call put,644,$(INCLUDEDIR)/crosvm,$(crosvm_headers)); \
$(call put,644,$(INCLUDEDIR)/rvf,$(public_headers)); \
$(foreach dir,$(man_dirs),$(call put,644,$(MANDIR)/$(dir),$(filter %.$(patsubst man%,%,$(dir)),$(man_pages)));) \
$(if $(units),install -d $(DESTDIR)$(UNITDIR);) \
$(foreach unit,$(units),sed 's,@sbindir@,$(SBINDIR),g' $(unit) \
	> $(DESTDIR)$(UNITDIR)/$(notdir $(unit));)
endef

define uninstall_all
rm -f $(installed); \
rmdir $(DESTDIR)$(INCLUDEDIR)/rvf $(DESTDIR)$(INCLUDEDIR)/crosvm 2> /dev/null || :
endef
