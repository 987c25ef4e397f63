/*
 * Red-black trees: see rbtree.h for the interface.
 *
 * Invariants, true between calls: (1) the root is black; (2) a red node has no red child; (3) all
 * paths from a node down to a NULL hold the same number of black nodes. Insertion can only break
 * (2), erasure only (3); both are mended from the bottom up with at most three rotations.
 * Takes no locks.
 */
#include "libk/rbtree.h"

#define RB_BLACK 1UL

static bool is_red(const struct rb_node *n)
{
	return n && !(n->__rb_parent_color & RB_BLACK);
}

static bool is_black(const struct rb_node *n)
{
	return !is_red(n);
}

static void set_black(struct rb_node *n)
{
	n->__rb_parent_color |= RB_BLACK;
}

static void set_red(struct rb_node *n)
{
	n->__rb_parent_color &= ~RB_BLACK;
}

static void set_parent(struct rb_node *n, struct rb_node *parent)
{
	n->__rb_parent_color = (unsigned long)parent | (n->__rb_parent_color & RB_BLACK);
}

static void copy_color(struct rb_node *n, const struct rb_node *from)
{
	n->__rb_parent_color = (n->__rb_parent_color & ~RB_BLACK) |
			       (from->__rb_parent_color & RB_BLACK);
}

/* Whatever pointed at @old (its parent, or the root) points at @n now. */
static void replace_child(struct rb_node *old, struct rb_node *n, struct rb_node *parent,
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
static __always_inline void rotate(struct rb_node *p, struct rb_node *c, bool left,
				   struct rb_root *root)
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
		set_parent(d, p);
	replace_child(p, c, parent, root);
	set_parent(c, parent);
	set_parent(p, c);
}

/* One step for @node and its red @parent, the @left or right child of @gran. Returns the node that
 * may now have a red parent, NULL when all is well. */
static __always_inline struct rb_node *insert_step(struct rb_node *node, struct rb_node *parent,
						   struct rb_node *gran, bool left,
						   struct rb_root *root)
{
	struct rb_node *uncle = left ? gran->rb_right : gran->rb_left;

	if (is_red(uncle)) {
		set_black(parent);
		set_black(uncle);
		set_red(gran);
		return gran;
	}
	if (node == (left ? parent->rb_right : parent->rb_left)) {
		rotate(parent, node, left, root);
		parent = node;
	}
	set_black(parent);
	set_red(gran);
	rotate(gran, parent, !left, root);
	return NULL;
}

/* Balances the tree after rb_link_node() hung @node into it. */
void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *parent;

	/* Only @node and its parent can be two reds in a row; a red parent is not the root. Each
	 * side has a copy of the step, in which all the choices between left and right are made. */
	while (node && is_red(parent = rb_parent(node))) {
		struct rb_node *gran = rb_parent(parent);

		if (parent == gran->rb_left)
			node = insert_step(node, parent, gran, true, root);
		else
			node = insert_step(node, parent, gran, false, root);
	}
	set_black(root->rb_node);
}

/*
 * The paths through the @left or right child of @parent are one black node short. Returns true when
 * that is mended, false when now all paths through @parent are. The child's sibling cannot be NULL,
 * since its side holds that black node more.
 */
static __always_inline bool erase_step(struct rb_node *parent, bool left, struct rb_root *root)
{
	struct rb_node *sib = left ? parent->rb_right : parent->rb_left;
	struct rb_node *near, *far;

	if (is_red(sib)) {	/* give the child a black sibling, one level down */
		set_black(sib);
		set_red(parent);
		rotate(parent, sib, left, root);
		sib = left ? parent->rb_right : parent->rb_left;
	}
	near = left ? sib->rb_left : sib->rb_right;
	far = left ? sib->rb_right : sib->rb_left;
	if (is_black(far)) {
		if (is_black(near)) {
			set_red(sib);	/* now all below @parent are one short */
			return false;
		}
		set_black(near);
		set_red(sib);
		rotate(sib, near, !left, root);
		far = sib;
		sib = near;
	}
	copy_color(sib, parent);
	set_black(parent);
	set_black(far);
	rotate(parent, sib, left, root);
	return true;
}

/* The paths through @node (which may be NULL), a child of @parent, are one black node short. */
static void erase_color(struct rb_node *node, struct rb_node *parent, struct rb_root *root)
{
	while (parent && is_black(node)) {
		if (node == parent->rb_left ? erase_step(parent, true, root)
					    : erase_step(parent, false, root))
			return;
		node = parent;
		parent = rb_parent(node);
	}
	if (node)
		set_black(node);
}

/* @n takes @victim's place, children and colour. */
static inline void replace_node(struct rb_node *victim, struct rb_node *n, struct rb_root *root)
{
	replace_child(victim, n, rb_parent(victim), root);
	if (victim->rb_left)
		set_parent(victim->rb_left, n);
	if (victim->rb_right)
		set_parent(victim->rb_right, n);
	*n = *victim;
}

void rb_replace_node(struct rb_node *victim, struct rb_node *n, struct rb_root *root)
{
	replace_node(victim, n, root);
}

/* Takes @node out of the tree; its fields are stale afterwards. */
void rb_erase(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *next, *child, *parent;
	bool black;

	/* With two children the successor, which has no left one, leaves its place instead. */
	next = node->rb_left && node->rb_right ? rb_next(node) : node;
	child = next->rb_left ? next->rb_left : next->rb_right;
	parent = rb_parent(next);
	black = is_black(next);
	replace_child(next, child, parent, root);
	if (child)
		set_parent(child, parent);
	if (next != node) {
		if (parent == node)
			parent = next;
		replace_node(node, next, root);
	}
	if (black)
		erase_color(child, parent, root);
}

static inline struct rb_node *child(const struct rb_node *n, bool left)
{
	return left ? n->rb_left : n->rb_right;
}

/* The outermost node below @n on one side. */
static inline struct rb_node *edge(struct rb_node *n, bool left)
{
	while (n && child(n, left))
		n = child(n, left);
	return n;
}

/* The neighbour of @node in order on one side, NULL when there is none. */
static inline struct rb_node *neighbour(const struct rb_node *node, bool left)
{
	struct rb_node *n = child(node, left);

	if (n)
		return edge(n, !left);
	/* Up, until we come out of a subtree of the other side. */
	while ((n = rb_parent(node)) && node == child(n, left))
		node = n;
	return n;
}

/* The smallest node, NULL in an empty tree. */
struct rb_node *rb_first(const struct rb_root *root)
{
	return edge(root->rb_node, true);
}

struct rb_node *rb_last(const struct rb_root *root)
{
	return edge(root->rb_node, false);
}

/* The node after @node in order, NULL after the last. */
struct rb_node *rb_next(const struct rb_node *node)
{
	return neighbour(node, false);
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	return neighbour(node, true);
}
