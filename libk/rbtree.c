/* Red-black trees: see rbtree.h for the interface, rbtree_augmented.h for how they stay
 * balanced. */
#include "libk/rbtree_augmented.h"

/* Balances the tree after rb_link_node() hung @node into it. */
void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	__rb_insert(node, root, NULL);
}

/* Takes @node out of the tree; its fields are stale afterwards. */
void rb_erase(struct rb_node *node, struct rb_root *root)
{
	__rb_erase(node, root, NULL);
}

/* @n takes @victim's place, children and colour. */
void rb_replace_node(struct rb_node *victim, struct rb_node *n, struct rb_root *root)
{
	rb_take_place(victim, n, root);
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
