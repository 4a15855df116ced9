// SPDX-License-Identifier: GPL-2.0-only
/*
 * RVF_BIND's question: does the calling process execute exactly the image, and
 * is it jailed?
 *
 * None of the checks follows from the others; each was seen to let something
 * through without the rest. They look at the caller alone, which has one
 * thread and shares neither its memory nor its files, so that what they find
 * cannot change under them.
 */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/personality.h>
#include <linux/sched/coredump.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/seccomp.h>
#include <linux/user_namespace.h>
#include "compat.h"
#include "mount.h"
#include "task.h"

/**
 * rvf_nsset_of_current - Note the caller's namespaces
 * @set: Where to.
 */
void rvf_nsset_of_current(struct rvf_nsset *set)
{
	const struct nsproxy *ns = current->nsproxy;

	set->user = current_user_ns();
	set->mnt = ns->mnt_ns;
	set->pid = task_active_pid_ns(current);
	set->ipc = ns->ipc_ns;
	set->uts = ns->uts_ns;
	set->net = ns->net_ns;
	set->cgroup = ns->cgroup_ns;
}

/* The executable, by its inode: paths and names say nothing. */
static bool rvf_runs_image(const struct inode *image)
{
	struct file *exe = rvf_exe_file(current->mm);
	bool same;

	if (!exe)
		return false;
	same = file_inode(exe) == image;
	fput(exe);
	return same;
}

/*
 * The vDSO, which every process has. An address alone could be mapped over, so
 * it must be the kernel's special mapping of that name, at that address.
 */
static bool rvf_is_vdso(struct vm_area_struct *vma)
{
	const char *name;

	if (vma->vm_file || !vma->vm_ops || !vma->vm_ops->name ||
	    vma->vm_start != (unsigned long)current->mm->context.vdso)
		return false;
	name = vma->vm_ops->name(vma);
	return name && !strcmp(name, "[vdso]");
}

/*
 * Code of a file: of the image, or of a library, say, where the component's
 * developer has it so. It was never written to, for that would have given the
 * mapping an anon_vma.
 */
static bool rvf_is_text(const struct vm_area_struct *vma,
			const struct inode *image, u32 relax)
{
	if (!vma->vm_file || (vma->vm_flags & VM_WRITE) || vma->anon_vma)
		return false;
	return file_inode(vma->vm_file) == image ||
	       ((relax & RVF_RELAX_TEXT) &&
		S_ISREG(file_inode(vma->vm_file)->i_mode) &&
		__mnt_is_readonly(vma->vm_file->f_path.mnt));
}

/*
 * Whatever exe_file says (prctl(PR_SET_MM) can forge it, and binfmt_misc could
 * on newer kernels), only the image's own code can be executed, and what
 * @relax lets in; the program itself is the image.
 */
static bool rvf_text_is_image(const struct inode *image, u32 relax)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	struct vma_iterator vmi;
	bool start = false, ok = true;

	vma_iter_init(&vmi, mm, 0);
	mmap_read_lock(mm);
	for_each_vma(vmi, vma) {
		if (!(vma->vm_flags & VM_EXEC) || rvf_is_vdso(vma))
			continue;
		if (!rvf_is_text(vma, image, relax)) {
			ok = false;
			break;
		}
		start |= file_inode(vma->vm_file) == image &&
			 mm->start_code >= vma->vm_start &&
			 mm->start_code < vma->vm_end;
	}
	mmap_read_unlock(mm);
	return ok && start;
}

static bool rvf_has_no_caps(const struct cred *cred)
{
	return cap_isclear(cred->cap_permitted) &&
	       cap_isclear(cred->cap_effective) &&
	       cap_isclear(cred->cap_inheritable) &&
	       cap_isclear(cred->cap_ambient) && cap_isclear(cred->cap_bset);
}

/* One user and one group, neither of them the host's root. */
static bool rvf_is_plain_user(const struct cred *cred)
{
	return !uid_eq(cred->uid, GLOBAL_ROOT_UID) &&
	       !gid_eq(cred->gid, GLOBAL_ROOT_GID) &&
	       uid_eq(cred->uid, cred->euid) && uid_eq(cred->uid, cred->suid) &&
	       uid_eq(cred->uid, cred->fsuid) &&
	       gid_eq(cred->gid, cred->egid) && gid_eq(cred->gid, cred->sgid) &&
	       gid_eq(cred->gid, cred->fsgid) && !cred->group_info->ngroups;
}

static bool rvf_shares_namespace(const struct rvf_nsset *supervisor)
{
	struct rvf_nsset own;

	rvf_nsset_of_current(&own);
	return own.mnt == supervisor->mnt || own.pid == supervisor->pid ||
	       own.ipc == supervisor->ipc || own.uts == supervisor->uts ||
	       own.net == supervisor->net || own.cgroup == supervisor->cgroup;
}

/* An empty, read-only tmpfs with nothing mounted upon it, and we are in it. */
static bool rvf_is_empty_root(const struct path *root, const struct path *pwd)
{
	return path_equal(root, pwd) &&
	       root->dentry->d_sb->s_magic == TMPFS_MAGIC &&
	       root->dentry == root->dentry->d_sb->s_root &&
	       !d_mountpoint(root->dentry) && simple_empty(root->dentry) &&
	       __mnt_is_readonly(root->mnt);
}

/* The caller's alone, a mount's root, and the caller stands in it. */
static bool rvf_root_ok(u32 relax)
{
	struct fs_struct *fs = current->fs;
	struct path root, pwd;
	bool ok;

	spin_lock(&fs->lock);
	ok = fs->users == 1;
	root = fs->root;
	path_get(&root);
	pwd = fs->pwd;
	path_get(&pwd);
	spin_unlock(&fs->lock);

	ok = ok && root.dentry == root.mnt->mnt_root;
	if (relax & RVF_RELAX_ROOT)
		ok = ok && path_is_under(&pwd, &root);
	else
		ok = ok && rvf_is_empty_root(&root, &pwd);
	path_put(&pwd);
	path_put(&root);
	return ok;
}

/**
 * rvf_alone_reason - Does anybody share the caller's threads, files or control?
 *
 * Return: 0, or the one of enum rvf_reason that says who.
 */
u32 rvf_alone_reason(void)
{
	struct task_struct *me = current;

	if (!thread_group_empty(me) || get_nr_threads(me) != 1)
		return RVF_REASON_BIND_THREADS;
	if (atomic_read(&me->files->count) != 1)
		return RVF_REASON_BIND_FILES;
	if (me->ptrace)
		return RVF_REASON_BIND_TRACED;
	return RVF_REASON_NONE;
}

static u32 rvf_process_reason(const struct inode *image, u32 relax)
{
	struct task_struct *me = current;
	u32 reason = rvf_alone_reason();

	if (reason)
		return reason;
	if (!rvf_runs_image(image))
		return RVF_REASON_BIND_IMAGE;
	if (!rvf_text_is_image(image, relax))
		return RVF_REASON_BIND_TEXT;
	if (get_dumpable(me->mm) == SUID_DUMP_USER)
		return RVF_REASON_BIND_DUMPABLE;
	if (me->personality != PER_LINUX)
		return RVF_REASON_BIND_PERSONALITY;
	return RVF_REASON_NONE;
}

static u32 rvf_jail_reason(const struct rvf_nsset *supervisor, u32 relax)
{
	const struct cred *cred = current_cred();

	if (!task_no_new_privs(current))
		return RVF_REASON_BIND_NNP;
	if (current->seccomp.mode != SECCOMP_MODE_FILTER)
		return RVF_REASON_BIND_SECCOMP;
	if (!rvf_has_no_caps(cred))
		return RVF_REASON_BIND_CAPS;
	if (!rvf_is_plain_user(cred))
		return RVF_REASON_BIND_USER;
	if (cred->user_ns == &init_user_ns ||
	    cred->user_ns == supervisor->user)
		return RVF_REASON_BIND_USER_NS;
	if (rvf_shares_namespace(supervisor))
		return RVF_REASON_BIND_NAMESPACE;
	if (!rvf_root_ok(relax))
		return RVF_REASON_BIND_ROOT;
	return RVF_REASON_NONE;
}

/**
 * rvf_bind_check - Does the caller execute this image, and is it jailed?
 * @image: The image.
 * @supervisor: The namespaces that it must not share.
 * @relax: Bits of enum rvf_relax: what is not insisted on.
 * @why: Says why not.
 *
 * Return: 0, -EPERM, or -EAGAIN where asking again may help.
 */
int rvf_bind_check(struct file *image, const struct rvf_nsset *supervisor,
		   u32 relax, struct rvf_why *why)
{
	u32 reason;

	reason = rvf_process_reason(file_inode(image), relax);
	if (!reason)
		reason = rvf_jail_reason(supervisor, relax);
	if (reason)
		return rvf_refuse(why, -EPERM, reason, 0);
	/* Last, since a reader of /proc/PID/... holds it for a moment. */
	if (atomic_read(&current->mm->mm_users) != 1)
		return rvf_refuse(why, -EAGAIN, RVF_REASON_BIND_MM, 0);
	return 0;
}
