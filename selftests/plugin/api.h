/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of crosvm's plugin API share. Each test is a program of its
 * own, since a task has one VM, which starts once: all are in one executable,
 * and its first argument says which one it is.
 */
#ifndef PLUGIN_API_H
#define PLUGIN_API_H

#include <crosvm.h>

#include "../host/tap.h"

#define PAGE	4096
#define MEMORY	(16 * PAGE) /* that of real mode below it, from address 0 on */
#define CODE	0x1000
#define TIMEOUT 60000 /* ms, for what must come */

/* A piece of a guest's code, to be run at address CODE in real mode. */
#define GUEST(name, text)                                                               \
	__asm__(".pushsection .rodata\n.code16\n" #name ":\n" text "\n" #name "_end:\n" \
		".code64\n.popsection\n");                                              \
	extern const uint8_t name[], name##_end[]

/* The test: 0 or what its process exits with. The rest is its arguments. */
typedef void api_test(void);

api_test test_before, test_ports, test_mmio, test_string, test_pause, test_registers, test_memory,
	test_events, test_chips, test_async, test_threads, test_stop, test_hyperv;
/* These end in ways of their own. */
api_test test_end, test_end_late, test_never_resumes, test_exits_at_init, test_exits_running,
	test_leaks, test_nothing;

extern struct crosvm *crosvm;
extern uint8_t *memory; /* the guest's */

void sleep_ms(int ms);

/* Connects, and gives the guest MEMORY bytes. */
void api_connect(void);

/* Starts all vCPUs' code; vCPU 0 is at its INIT, with these registers set. */
struct crosvm_vcpu *api_boot(const uint8_t *code, const uint8_t *end);

struct crosvm_vcpu *api_vcpu(uint32_t id);

/* To real mode, at this address, interrupts off. 0 or an error. */
int api_go_to(struct crosvm_vcpu *vcpu, uint64_t address);

/* Writes a vCPU's code. */
void api_put(uint64_t address, const uint8_t *code, const uint8_t *end);

/* Resumes, and waits; a test point. Whether there is such an event. */
bool api_next(struct crosvm_vcpu *vcpu, struct crosvm_vcpu_event *event, uint32_t kind,
	      const char *what);

/* Likewise, of an access. */
bool api_next_io(struct crosvm_vcpu *vcpu, struct crosvm_vcpu_event *event, uint32_t space,
		 uint64_t address, uint32_t length, bool is_write, const char *what);

#endif /* PLUGIN_API_H */
