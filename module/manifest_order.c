// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* Which component waits for which. */
#include "manifest_parser.h"

static int rvf_parse_deps(struct rvf_parser *p)
{
	const struct rvf_manifest *m = p->m;
	__u32 i, j, k;

	for (i = 0; i < m->n_components; i++) {
		const struct rvf_m_component *c = &m->components[i];
		const __le32 *deps = m->deps + le32_to_cpu(c->first_dep);

		for (j = 0; j < le32_to_cpu(c->deps); j++) {
			__u32 dep = le32_to_cpu(deps[j]);

			/* Only a task can be waited for. */
			if (dep >= m->n_components || dep == i ||
			    le32_to_cpu(m->components[dep].kind) ==
				    RVF_COMPONENT_KERNEL)
				return rvf_parse_bad(p, RVF_REASON_DEPENDENCY, i);
			for (k = 0; k < j; k++)
				if (deps[k] == deps[j])
					return rvf_parse_bad(p, RVF_REASON_DUPLICATE,
						       i);
		}
	}
	return 0;
}

/*
 * Take away components whose dependencies are all taken away, round by round
 * (A. B. Kahn, Topological sorting of large networks, 1962); what is left when
 * a round takes none lies on a cycle or behind one.
 */
static int rvf_parse_cycles(struct rvf_parser *p)
{
	const struct rvf_manifest *m = p->m;
	bool gone[RVF_MAX_COMPONENTS] = { false };
	__u32 left = m->n_components, before, i, j;

	do {
		before = left;
		for (i = 0; i < m->n_components; i++) {
			const struct rvf_m_component *c = &m->components[i];
			const __le32 *deps = m->deps +
					     le32_to_cpu(c->first_dep);

			if (gone[i])
				continue;
			for (j = 0; j < le32_to_cpu(c->deps); j++)
				if (!gone[le32_to_cpu(deps[j])])
					break;
			if (j == le32_to_cpu(c->deps)) {
				gone[i] = true;
				left--;
			}
		}
	} while (left && left < before);

	for (i = 0; i < m->n_components; i++)
		if (!gone[i])
			return rvf_parse_bad(p, RVF_REASON_CYCLE, i);
	return 0;
}

int rvf_parse_order(struct rvf_parser *p)
{
	int err = rvf_parse_deps(p);

	return err ? err : rvf_parse_cycles(p);
}
