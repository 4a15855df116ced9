// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making a task's VM, and ending it.
 *
 * KVM ties a VM to the mm that made it, and charges and accounts it to the
 * process that did: so it is made in the plugin's own context. KVM installs
 * its files in the fd table on the way; a thread, or a process that shares the
 * table or may reach into it, could take one in that moment. So there must be
 * none, and the runtime makes the VM before its first thread.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kvm.h>
#include <linux/miscdevice.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "compat.h"
#include "ioctl.h"
#include "mount.h"
#include "task.h"
#include "vm.h"

/* /dev/kvm's number, fixed for ever: see Documentation/admin-guide/devices. */
#define RVF_KVM_DEVICE MKDEV(MISC_MAJOR, 232)
#define RVF_KVM_API 12

/**
 * rvf_kvm_get - Take a supervisor's /dev/kvm
 * @fd: Its fd.
 *
 * Return: the file with a reference; -EBADF, -EINVAL.
 */
struct file *rvf_kvm_get(int fd)
{
	struct file *file = fget(fd);
	struct inode *inode;

	if (!file)
		return ERR_PTR(-EBADF);
	inode = file_inode(file);
	if (!S_ISCHR(inode->i_mode) || inode->i_rdev != RVF_KVM_DEVICE ||
	    (file->f_mode & (FMODE_READ | FMODE_WRITE)) !=
		    (FMODE_READ | FMODE_WRITE) ||
	    !file->f_op->unlocked_ioctl ||
	    rvf_kvm_ioctl(file, KVM_GET_API_VERSION, 0) != RVF_KVM_API) {
		fput(file);
		return ERR_PTR(-EINVAL);
	}
	return file;
}

/* KVM made a file and put it into our fd table: take it out again, at once. */
static struct file *rvf_kvm_make(struct file *from, unsigned int number,
				 unsigned long arg)
{
	long fd = rvf_kvm_ioctl(from, number, arg);
	struct file *file;

	if (fd < 0)
		return ERR_PTR(fd);
	file = rvf_take_fd(fd);
	return file ?: ERR_PTR(-EBADF);
}

static void rvf_machine_free(struct kref *refs)
{
	struct rvf_machine *machine =
		container_of(refs, struct rvf_machine, refs);
	u32 i;

	for (i = 0; i < machine->n_vcpus; i++)
		rvf_vcpu_free(&machine->vcpus[i]);
	kvfree(rcu_dereference_protected(machine->ranges, true));
	kfree(rcu_dereference_protected(machine->hint, true));
	fput(machine->kvm_file);
	mmdrop(machine->mm);
	rvf_mnt_put(machine->tsk->mnt);
	kvfree(machine);
}

void rvf_machine_put(struct rvf_machine *machine)
{
	kref_put(&machine->refs, rvf_machine_free);
}

/**
 * rvf_machine_end - The process is gone: so is its VM
 * @machine: The machine; the task's reference goes.
 *
 * Nobody is in KVM: that takes the mm which just ended. Files of ours that are
 * still open somewhere compare the mm and never look at KVM's.
 */
void rvf_machine_end(struct rvf_machine *machine)
{
	u32 i;

	for (i = 0; i < machine->n_vcpus; i++) {
		cancel_delayed_work_sync(&machine->vcpus[i].flush);
		if (machine->vcpus[i].file)
			fput(machine->vcpus[i].file);
		machine->vcpus[i].file = NULL;
	}
	if (machine->vm_file)
		fput(machine->vm_file);
	machine->vm_file = NULL;
	rvf_machine_put(machine);
}

/* RVF_TASK_STOP: none of its vCPUs runs any more. */
void rvf_machine_stop(struct rvf_machine *machine)
{
	u32 i;

	for (i = 0; i < machine->n_vcpus; i++)
		rvf_vcpu_ask(&machine->vcpus[i], RVF_ASK_STOP);
}

static struct rvf_machine *rvf_machine_alloc(struct rvf_tsk *tsk,
					     struct file *kvm_file, u32 vcpus)
{
	struct rvf_machine *machine;
	u32 i;

	machine = kvzalloc(struct_size(machine, vcpus, vcpus),
			   RVF_GFP_CALLER);
	if (!machine)
		return NULL;
	kref_init(&machine->refs);
	machine->tsk = tsk;
	rvf_mnt_get(tsk->mnt);
	machine->mm = current->mm;
	mmgrab(machine->mm);
	machine->kvm_file = get_file(kvm_file);
	machine->quota = le64_to_cpu(rvf_tsk_component(tsk)->guest_memory);
	mutex_init(&machine->lock);
	for (i = 0; i < RVF_MAX_VM_SLOTS; i++)
		machine->slots[i].machine = machine;
	machine->n_vcpus = vcpus;
	for (i = 0; i < vcpus; i++)
		rvf_vcpu_init(&machine->vcpus[i], machine);
	return machine;
}

static u64 rvf_machine_identity_map(const struct rvf_machine *machine)
{
	return le64_to_cpu(rvf_tsk_component(machine->tsk)->identity_map);
}

/* KVM takes it before there is a vCPU, and from the caller's memory. */
static int rvf_machine_place_map(struct rvf_machine *machine, u64 scratch)
{
	u64 __user *address = u64_to_user_ptr(scratch);
	u64 identity_map = rvf_machine_identity_map(machine);
	int err;

	if (!identity_map)
		return 0;
	if (put_user(identity_map, address))
		return -EFAULT;
	err = rvf_kvm_ioctl(machine->vm_file, KVM_SET_IDENTITY_MAP_ADDR,
			    scratch);
	return put_user(0, address) ? -EFAULT : err;
}

/* KVM's side: the VM, its interrupt controllers and timer, its vCPUs. */
static int rvf_machine_make(struct rvf_machine *machine, u64 scratch)
{
	struct file *file;
	u32 i;
	int err;

	file = rvf_kvm_make(machine->kvm_file, KVM_CREATE_VM, 0);
	if (IS_ERR(file))
		return PTR_ERR(file);
	machine->vm_file = file;
	err = rvf_machine_place_map(machine, scratch);
	if (!err)
		err = rvf_kvm_ioctl(file, KVM_CREATE_IRQCHIP, 0);
	if (!err)
		err = rvf_kvm_ioctl(file, KVM_CREATE_PIT2, scratch);
	for (i = 0; i < machine->n_vcpus && !err; i++) {
		file = rvf_kvm_make(machine->vm_file, KVM_CREATE_VCPU, i);
		if (IS_ERR(file))
			return PTR_ERR(file);
		machine->vcpus[i].file = file;
		err = rvf_vcpu_pages(&machine->vcpus[i]);
	}
	return err;
}

/* The checks without which a thief got KVM's files, 93 times of 100. */
static int rvf_vm_alone(void)
{
	if (rvf_alone_reason() || get_dumpable(current->mm) == SUID_DUMP_USER)
		return -EBUSY;
	return atomic_read(&current->mm->mm_users) == 1 ? 0 : -EAGAIN;
}

/**
 * struct rvf_vm_fds - What RVF_VM gives out
 * @files: The VM's file, then each vCPU's.
 * @fds: Where they will go.
 * @count: How many there are so far.
 */
struct rvf_vm_fds {
	struct file *files[RVF_MAX_VCPUS + 1];
	int fds[RVF_MAX_VCPUS + 1];
	u32 count;
};

static int rvf_vm_fds_add(struct rvf_vm_fds *all, struct file *file)
{
	int fd;

	if (IS_ERR(file))
		return PTR_ERR(file);
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		fput(file);
		return fd;
	}
	all->files[all->count] = file;
	all->fds[all->count++] = fd;
	return 0;
}

static void rvf_vm_fds_abort(struct rvf_vm_fds *all)
{
	while (all->count--) {
		fput(all->files[all->count]);
		put_unused_fd(all->fds[all->count]);
	}
}

static int rvf_vm_fds_make(struct rvf_vm_fds *all, struct rvf_machine *machine)
{
	int err = rvf_vm_fds_add(all, rvf_vm_file_create(machine));
	u32 i;

	for (i = 0; i < machine->n_vcpus && !err; i++)
		err = rvf_vm_fds_add(all,
				     rvf_vcpu_file_create(&machine->vcpus[i]));
	return err;
}

static int rvf_vm_give(struct rvf_ucmd *ucmd, struct rvf_machine *machine)
{
	struct rvf_vm *cmd = ucmd->cmd;
	struct rvf_vm_fds *all = kzalloc(sizeof(*all), GFP_KERNEL_ACCOUNT);
	u32 i;
	int err;

	if (!all)
		return -ENOMEM;
	err = rvf_vm_fds_make(all, machine);
	if (!err) {
		cmd->out_vm_fd = all->fds[0];
		cmd->out_identity_map = rvf_machine_identity_map(machine);
		if (copy_to_user(u64_to_user_ptr(cmd->vcpus), all->fds + 1,
				 machine->n_vcpus * sizeof(all->fds[0])))
			err = -EFAULT;
	}
	err = err ?: rvf_ucmd_respond(ucmd);
	if (!err)
		err = rvf_tsk_set_machine(machine->tsk, machine);
	if (err)
		rvf_vm_fds_abort(all);
	else
		for (i = 0; i < all->count; i++)
			fd_install(all->fds[i], all->files[i]);
	kfree(all);
	return err;
}

/**
 * rvf_cmd_vm - RVF_VM
 * @ucmd: The command.
 * @tsk: The task, whose bound process is the caller.
 */
int rvf_cmd_vm(struct rvf_ucmd *ucmd, struct rvf_tsk *tsk)
{
	u32 vcpus = le32_to_cpu(rvf_tsk_component(tsk)->vcpus);
	struct rvf_vm *cmd = ucmd->cmd;
	struct rvf_machine *machine;
	struct file *kvm_file;
	u32 room = cmd->vcpu_count;
	int err;

	if (cmd->flags)
		return -EOPNOTSUPP;
	if (!vcpus)
		return -EPERM;
	cmd->vcpu_count = vcpus;
	if (room < vcpus)
		return rvf_ucmd_respond(ucmd) ?: -EMSGSIZE;
	err = rvf_vm_alone();
	if (err)
		return err;
	kvm_file = rvf_tsk_kvm(tsk);
	if (IS_ERR(kvm_file))
		return PTR_ERR(kvm_file);

	machine = rvf_machine_alloc(tsk, kvm_file, vcpus);
	fput(kvm_file);
	if (!machine)
		return -ENOMEM;
	err = rvf_machine_make(machine, cmd->scratch);
	if (!err)
		err = rvf_vm_give(ucmd, machine);
	if (err)
		rvf_machine_end(machine);
	return err;
}
