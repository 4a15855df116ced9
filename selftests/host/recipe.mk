# SPDX-License-Identifier: GPL-2.0-only
#
# Included by Makefile: what tests rvfctl. Recipes need its sources and
# libyaml; "cli" runs the program itself.

recipe_srcs := $(notdir $(wildcard $(TOP)/tools/rvfctl/recipe_*.c)) complaints.c alloc.c \
	escape.c units.c suggest.c json_out.c
recipe_objs := $(recipe_srcs:%.c=$(HOST_OBJ)/rvfctl/%.o)

host: $(HOST)/cli $(HOST)/fuzz/recipes

$(HOST)/recipe $(HOST)/fuzz/recipe: $(recipe_objs)
$(HOST)/recipe $(HOST)/fuzz/recipe: host_libs := -lyaml

$(HOST_OBJ)/rvfctl/%.o: $(TOP)/tools/rvfctl/%.c $(host_headers)
	@mkdir -p $(@D)
	$(HOST_CC) $(host_cflags) $(host_fuzz) -MMD -MP -c -o $@ $<

$(HOST)/cli: $(TOP)/selftests/cli.sh
	@mkdir -p $(@D)
	ln -sf $< $@

# What the fuzzer begins with
$(HOST)/fuzz/recipes: $(wildcard $(TOP)/selftests/golden/recipes/*.yaml)
	@mkdir -p $@
	cp $^ $@/
	@touch $@
