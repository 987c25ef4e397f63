/*
 * Red-black trees inside the structures they order, with Linux's interface: the caller walks down
 * and links the node itself (rb_link_node), then calls rb_insert_color() to balance.
 *
 * rb_root_cached also remembers the leftmost node: the scheduler's and the timers' "next" is one
 * load. rbtree_augmented.h has trees in which each node knows something about its subtree. No locks
 * are taken: the tree's owner holds its own.
 */
#pragma once

#include "libk/compiler.h"
#include "libk/types.h"

/* The parent pointer and, in bit 0, the colour (1 = black): nodes are at least 8-byte aligned. */
struct rb_node {
	unsigned long __rb_parent_color;
	struct rb_node *rb_right;
	struct rb_node *rb_left;
} __aligned(sizeof(long));

struct rb_root {
	struct rb_node *rb_node;
};

struct rb_root_cached {
	struct rb_root rb_root;
	struct rb_node *rb_leftmost;
};

#define RB_ROOT			(struct rb_root) { NULL }
#define RB_ROOT_CACHED		(struct rb_root_cached) { { NULL }, NULL }
#define rb_parent(n)		((struct rb_node *)((n)->__rb_parent_color & ~3UL))
#define rb_entry(ptr, type, member) container_of(ptr, type, member)
#define rb_entry_safe(ptr, type, member) __extension__ ({			\
	struct rb_node *__p = (ptr);						\
	__p ? rb_entry(__p, type, member) : NULL; })
#define rb_first_cached(root)	((root)->rb_leftmost)
/* A mark for nodes that are in no tree; erasing does not set it. */
#define RB_EMPTY_NODE(n)	((n)->__rb_parent_color == (unsigned long)(n))
#define RB_CLEAR_NODE(n)	((n)->__rb_parent_color = (unsigned long)(n))

void rb_insert_color(struct rb_node *node, struct rb_root *root);
void rb_erase(struct rb_node *node, struct rb_root *root);
/* n, in no tree, takes the place of victim, which leaves. */
void rb_replace_node(struct rb_node *victim, struct rb_node *n, struct rb_root *root);
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);

/* Hangs @node, red, into the empty place *@link under @parent. */
static inline void rb_link_node(struct rb_node *node, struct rb_node *parent,
				struct rb_node **link)
{
	node->__rb_parent_color = (unsigned long)parent;
	node->rb_left = node->rb_right = NULL;
	*link = node;
}

/* The leftmost node's successor: such a node has at most one child, which has none. */
static inline struct rb_node *rb_second(const struct rb_node *leftmost)
{
	return leftmost->rb_right ? leftmost->rb_right : rb_parent(leftmost);
}

static inline void rb_erase_cached(struct rb_node *node, struct rb_root_cached *root)
{
	if (root->rb_leftmost == node)
		root->rb_leftmost = rb_second(node);
	rb_erase(node, &root->rb_root);
}

static inline void rb_replace_node_cached(struct rb_node *victim, struct rb_node *n,
					  struct rb_root_cached *root)
{
	if (root->rb_leftmost == victim)
		root->rb_leftmost = n;
	rb_replace_node(victim, n, &root->rb_root);
}

/* Hangs @node where less(node, other) puts it, after its equals; balancing is still to come. */
static inline void rb_link_cached(struct rb_node *node, struct rb_root_cached *root,
				  bool (*less)(struct rb_node *, const struct rb_node *))
{
	struct rb_node **link = &root->rb_root.rb_node, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (less(node, parent)) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(node, parent, link);
	if (leftmost)
		root->rb_leftmost = node;
}

static inline void rb_add_cached(struct rb_node *node, struct rb_root_cached *root,
				 bool (*less)(struct rb_node *, const struct rb_node *))
{
	rb_link_cached(node, root, less);
	rb_insert_color(node, &root->rb_root);
}
