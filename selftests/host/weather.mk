# SPDX-License-Identifier: GPL-2.0-only
#
# The parts of the sample plugins that need no task, and what they do where
# they are none.

weather_srcs := tools/plugins/sensor/csv.c tools/plugins/sensor/days.c \
	tools/plugins/reporter/stats.c
weather_objs := $(weather_srcs:%.c=$(HOST_OBJ)/%.o)

host: $(HOST)/weather

$(HOST_OBJ)/tools/plugins/%.o: $(TOP)/tools/plugins/%.c
	@mkdir -p $(@D)
	$(HOST_CC) $(host_cflags) -MMD -MP -c -o $@ $<

$(HOST_OBJ)/test/weather.o: $(HOST_SRC)/weather.c
	@mkdir -p $(@D)
	$(HOST_CC) $(host_cflags) -DTOP='"$(TOP)"' -DPLUGINS='"$(BUILD)/plugins"' -MMD -MP \
		-c -o $@ $<

$(HOST)/weather: $(HOST_OBJ)/test/weather.o $(weather_objs)
	@mkdir -p $(@D)
	$(HOST_CC) $(host_cflags) -o $@ $^

-include $(weather_objs:.o=.d)
