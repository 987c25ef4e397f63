/*
 * A QEMU plugin that counts how often each instruction of the guest's kernel is executed. At the
 * end it writes "ADDRESS COUNT" lines to the file that out=FILE names. tools/insn-profile uses it.
 * The few declarations it needs of QEMU's plugin interface (version 1) stand here, because
 * distributions do not ship qemu-plugin.h.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t plugin_id;
struct tb;
struct insn;
size_t qemu_plugin_tb_n_insns(const struct tb *tb);
struct insn *qemu_plugin_tb_get_insn(const struct tb *tb, size_t i);
uint64_t qemu_plugin_insn_vaddr(const struct insn *insn);
void qemu_plugin_register_vcpu_insn_exec_inline(struct insn *insn, int op, void *at, uint64_t add);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*fn)(plugin_id id, struct tb *tb));
void qemu_plugin_register_atexit_cb(plugin_id id, void (*fn)(plugin_id id, void *arg), void *arg);

int qemu_plugin_version = 1;

#define KERNEL 0xffffffff80000000UL
#define MAX_TEXT (4UL << 20)
static uint64_t counts[MAX_TEXT];	/* by address - KERNEL: pages nobody touches cost nothing */

static void translated(plugin_id id, struct tb *tb)
{
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t offset = qemu_plugin_insn_vaddr(insn) - KERNEL;

		if (offset < MAX_TEXT)
			qemu_plugin_register_vcpu_insn_exec_inline(insn, 0, &counts[offset], 1);
	}
}

static void finished(plugin_id id, void *path)
{
	FILE *f = fopen(path, "w");

	for (uint64_t i = 0; f && i < MAX_TEXT; i++)
		if (counts[i])
			fprintf(f, "%lx %lu\n", KERNEL + i, counts[i]);
	if (!f || fclose(f))
		perror(path);
}

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finished, strdup(argv[0] + 4));
	return 0;
}
