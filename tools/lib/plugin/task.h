/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RVF_PLUGIN_TASK_H
#define RVF_PLUGIN_TASK_H

/* An ioctl whose failure is a negative errno, as everywhere in this library. */
int rvf_plugin_ioctl(int fd, unsigned long command, void *argument);

#endif /* RVF_PLUGIN_TASK_H */
