/*
 * How red-black trees are kept balanced: rbtree.c's inside, and the interface of augmented trees.
 *
 * Invariants, true between calls: (1) the root is black; (2) a red node has no red child; (3) all
 * paths from a node down to a NULL hold the same number of black nodes. Insertion can only break
 * (2), erasure only (3); both are mended from the bottom up with at most three rotations.
 *
 * In an augmented tree, (4) each node knows something about its subtree, and update(node) computes
 * that from what its children know; false: it is as before. Who changes a subtree tells all nodes
 * above it first; a rotation, which only moves whole subtrees, then concerns two nodes. All is
 * inline, so that update() is part of it, and costs nothing where it is NULL.
 * Takes no locks.
 */
#pragma once

#include "libk/rbtree.h"

typedef bool (*rb_update_t)(struct rb_node *node);

#define RB_BLACK 1UL

static inline bool rb_is_red(const struct rb_node *n)
{
	return n && !(n->__rb_parent_color & RB_BLACK);
}

static inline bool rb_is_black(const struct rb_node *n)
{
	return !rb_is_red(n);
}

static inline void rb_set_black(struct rb_node *n)
{
	n->__rb_parent_color |= RB_BLACK;
}

static inline void rb_set_red(struct rb_node *n)
{
	n->__rb_parent_color &= ~RB_BLACK;
}

static inline void rb_set_parent(struct rb_node *n, struct rb_node *parent)
{
	n->__rb_parent_color = (unsigned long)parent | (n->__rb_parent_color & RB_BLACK);
}

static inline void rb_copy_color(struct rb_node *n, const struct rb_node *from)
{
	n->__rb_parent_color = (n->__rb_parent_color & ~RB_BLACK) |
			       (from->__rb_parent_color & RB_BLACK);
}

/* Whatever pointed at @old (its parent, or the root) points at @n now. */
static inline void rb_replace_child(struct rb_node *old, struct rb_node *n, struct rb_node *parent,
			  struct rb_root *root)
{
	if (!parent)
		root->rb_node = n;
	else if (parent->rb_left == old)
		parent->rb_left = n;
	else
		parent->rb_right = n;
}

/*
 *	  p		     c
 *	 / \	  left	    / \
 *	a   c	 ----->	   p   e	and the mirror image; the order of the keys stays.
 *	   / \		  / \
 *	  d   e		 a   d
 */
static __always_inline void rb_rotate(struct rb_node *p, struct rb_node *c, bool left,
				   struct rb_root *root, rb_update_t update)
{
	struct rb_node *d = left ? c->rb_left : c->rb_right;
	struct rb_node *parent = rb_parent(p);

	if (left) {
		p->rb_right = d;
		c->rb_left = p;
	} else {
		p->rb_left = d;
		c->rb_right = p;
	}
	if (d)
		rb_set_parent(d, p);
	rb_replace_child(p, c, parent, root);
	rb_set_parent(c, parent);
	rb_set_parent(p, c);
	if (update) {
		update(p);
		update(c);
	}
}

/* One step for @node and its red @parent, the @left or right child of @gran. Returns the node that
 * may now have a red parent, NULL when all is well. */
static __always_inline struct rb_node *rb_insert_step(struct rb_node *node, struct rb_node *parent,
						   struct rb_node *gran, bool left,
						   struct rb_root *root, rb_update_t update)
{
	struct rb_node *uncle = left ? gran->rb_right : gran->rb_left;

	if (rb_is_red(uncle)) {
		rb_set_black(parent);
		rb_set_black(uncle);
		rb_set_red(gran);
		return gran;
	}
	if (node == (left ? parent->rb_right : parent->rb_left)) {
		rb_rotate(parent, node, left, root, update);
		parent = node;
	}
	rb_set_black(parent);
	rb_set_red(gran);
	rb_rotate(gran, parent, !left, root, update);
	return NULL;
}

static __always_inline void __rb_insert(struct rb_node *node, struct rb_root *root,
					 rb_update_t update)
{
	struct rb_node *parent;

	/* Only @node and its parent can be two reds in a row; a red parent is not the root. Each
	 * side has a copy of the step, in which all the choices between left and right are made. */
	while (node && rb_is_red(parent = rb_parent(node))) {
		struct rb_node *gran = rb_parent(parent);

		if (parent == gran->rb_left)
			node = rb_insert_step(node, parent, gran, true, root, update);
		else
			node = rb_insert_step(node, parent, gran, false, root, update);
	}
	rb_set_black(root->rb_node);
}

/*
 * The paths through the @left or right child of @parent are one black node short. Returns true when
 * that is mended, false when now all paths through @parent are. The child's sibling cannot be NULL,
 * since its side holds that black node more.
 */
static __always_inline bool rb_erase_step(struct rb_node *parent, bool left, struct rb_root *root,
				       rb_update_t update)
{
	struct rb_node *sib = left ? parent->rb_right : parent->rb_left;
	struct rb_node *near, *far;

	if (rb_is_red(sib)) {	/* give the child a black sibling, one level down */
		rb_set_black(sib);
		rb_set_red(parent);
		rb_rotate(parent, sib, left, root, update);
		sib = left ? parent->rb_right : parent->rb_left;
	}
	near = left ? sib->rb_left : sib->rb_right;
	far = left ? sib->rb_right : sib->rb_left;
	if (rb_is_black(far)) {
		if (rb_is_black(near)) {
			rb_set_red(sib);	/* now all below @parent are one short */
			return false;
		}
		rb_set_black(near);
		rb_set_red(sib);
		rb_rotate(sib, near, !left, root, update);
		far = sib;
		sib = near;
	}
	rb_copy_color(sib, parent);
	rb_set_black(parent);
	rb_set_black(far);
	rb_rotate(parent, sib, left, root, update);
	return true;
}

/* The paths through @node (which may be NULL), a child of @parent, are one black node short. */
static __always_inline void rb_erase_color(struct rb_node *node, struct rb_node *parent,
					struct rb_root *root, rb_update_t update)
{
	while (parent && rb_is_black(node)) {
		if (node == parent->rb_left ? rb_erase_step(parent, true, root, update)
					    : rb_erase_step(parent, false, root, update))
			return;
		node = parent;
		parent = rb_parent(node);
	}
	if (node)
		rb_set_black(node);
}

/* @n takes @victim's place, children and colour. */
static inline void rb_take_place(struct rb_node *victim, struct rb_node *n, struct rb_root *root)
{
	rb_replace_child(victim, n, rb_parent(victim), root);
	if (victim->rb_left)
		rb_set_parent(victim->rb_left, n);
	if (victim->rb_right)
		rb_set_parent(victim->rb_right, n);
	*n = *victim;
}

/* From @n up, as long as there are news, and in any case up to @moved, which knows about the place
 * that it came from. */
static __always_inline void rb_update_path(struct rb_node *n, struct rb_node *moved,
					   rb_update_t update)
{
	for (; n && (update(n) || moved); n = rb_parent(n))
		moved = n == moved ? NULL : moved;
}

static __always_inline void __rb_erase(struct rb_node *node, struct rb_root *root,
				       rb_update_t update)
{
	struct rb_node *next, *child, *parent;
	bool black;

	/* With two children the successor, which has no left one, leaves its place instead. */
	next = node->rb_left && node->rb_right ? rb_next(node) : node;
	child = next->rb_left ? next->rb_left : next->rb_right;
	parent = rb_parent(next);
	black = rb_is_black(next);
	rb_replace_child(next, child, parent, root);
	if (child)
		rb_set_parent(child, parent);
	if (next != node) {
		if (parent == node)
			parent = next;
		rb_take_place(node, next, root);
	}
	if (update)
		rb_update_path(parent, next != node ? next : NULL, update);
	if (black)
		rb_erase_color(child, parent, root, update);
}

static inline void rb_erase_augmented_cached(struct rb_node *node, struct rb_root_cached *root,
					     rb_update_t update)
{
	if (root->rb_leftmost == node)
		root->rb_leftmost = rb_second(node);
	__rb_erase(node, &root->rb_root, update);
}

/* As rb_add_cached(). What @node knows is right already for a node without children. */
static inline void rb_add_augmented_cached(struct rb_node *node, struct rb_root_cached *root,
					   bool (*less)(struct rb_node *, const struct rb_node *),
					   rb_update_t update)
{
	rb_link_cached(node, root, less);
	for (struct rb_node *n = rb_parent(node); n && update(n); n = rb_parent(n))
		;	/* above one that knew it all already nobody has news */
	__rb_insert(node, &root->rb_root, update);
}
