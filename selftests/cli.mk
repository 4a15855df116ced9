# SPDX-License-Identifier: GPL-2.0-only
#
# Included by Makefile. What cli-online.sh mounts: made here, since a new key
# takes a minute in an emulated VM.

CLI_PACKAGES := $(BUILD)/selftests/cli/theirs.rvf

.PHONY: cli
all: cli
cli: $(CLI_PACKAGES)

$(CLI_PACKAGES): $(addprefix $(TOP)/selftests/,cli-online.sh cli-lib.sh) \
		$(wildcard $(BUILD)/rvfctl $(BUILD)/plugins/*)
	@printf '  %-7s %s\n' PACK $(@D)
	@rm -rf $(@D)
	@$(TOP)/selftests/cli-online.sh --prepare $(@D) > $(BUILD)/selftests/cli.tap || \
		{ cat $(BUILD)/selftests/cli.tap; exit 1; }
