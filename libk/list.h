/*
 * Doubly linked lists that live inside the structures they link: list_head for rings with a head,
 * hlist for hash buckets (one pointer per head).
 *
 * No locks are taken: the list belongs to whoever owns the lock that its comment names. An entry
 * that list_del_init() removed is a valid empty list, so list_empty(&entry) answers "queued?".
 */
#pragma once

#include "libk/compiler.h"
#include "libk/types.h"

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name)	{ &(name), &(name) }
#define LIST_HEAD(name)		struct list_head name = LIST_HEAD_INIT(name)

/* What list_del() leaves behind: non-canonical, so that a use after removal faults at once. Where
 * freed memory is not poisoned, this is not either. */
#if defined(CONFIG_DEBUG) || defined(HOST_TEST)
#define LIST_POISON(where, value)	((where) = (void *)(value))
#else
#define LIST_POISON(where, value)	((void)0)
#endif
#define LIST_POISON1	0xdead000000000100UL
#define LIST_POISON2	0xdead000000000122UL

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	WRITE_ONCE(list->next, list);
	list->prev = list;
}

static inline void __list_add(struct list_head *entry, struct list_head *prev,
			      struct list_head *next)
{
	next->prev = entry;
	entry->next = next;
	entry->prev = prev;
	WRITE_ONCE(prev->next, entry);
}

static inline void list_add(struct list_head *entry, struct list_head *head)
{
	__list_add(entry, head, head->next);
}

static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	__list_add(entry, head->prev, head);
}

static inline void __list_del(struct list_head *prev, struct list_head *next)
{
	next->prev = prev;
	WRITE_ONCE(prev->next, next);
}

static inline void list_del(struct list_head *entry)
{
	__list_del(entry->prev, entry->next);
	LIST_POISON(entry->next, LIST_POISON1);
	LIST_POISON(entry->prev, LIST_POISON2);
}

static inline void list_del_init(struct list_head *entry)
{
	__list_del(entry->prev, entry->next);
	INIT_LIST_HEAD(entry);
}

/* list_del_init() whose last store is the one that list_empty_careful() reads: who sees an empty
 * entry knows that the other is done with it. */
static inline void list_del_init_careful(struct list_head *e)
{
	e->prev->next = e->next;
	e->next->prev = e->prev;
	e->prev = e;
	__atomic_store_n(&e->next, e, __ATOMIC_RELEASE);
}

static inline bool list_empty_careful(const struct list_head *e)
{
	return __atomic_load_n(&e->next, __ATOMIC_ACQUIRE) == e;
}

/* @entry takes @old's place; @old is an empty list afterwards. */
static inline void list_replace_init(struct list_head *old, struct list_head *entry)
{
	entry->next = old->next;
	entry->next->prev = entry;
	entry->prev = old->prev;
	entry->prev->next = entry;
	INIT_LIST_HEAD(old);
}

static inline void list_move_tail(struct list_head *entry, struct list_head *head)
{
	__list_del(entry->prev, entry->next);
	list_add_tail(entry, head);
}

static inline bool list_empty(const struct list_head *head)
{
	return READ_ONCE(head->next) == head;
}

/* Moves all of @list between @prev and @next, which are neighbours; @list is empty afterwards. */
static inline void __list_splice_init(struct list_head *list, struct list_head *prev,
				      struct list_head *next)
{
	if (list_empty(list))
		return;
	list->next->prev = prev;
	prev->next = list->next;
	list->prev->next = next;
	next->prev = list->prev;
	INIT_LIST_HEAD(list);
}

static inline void list_splice_init(struct list_head *list, struct list_head *head)
{
	__list_splice_init(list, head, head->next);
}

static inline void list_splice_tail_init(struct list_head *list, struct list_head *head)
{
	__list_splice_init(list, head->prev, head);
}

#define list_entry(ptr, type, member)	container_of(ptr, type, member)
#define list_first_entry(ptr, type, member) list_entry((ptr)->next, type, member)
#define list_last_entry(ptr, type, member) list_entry((ptr)->prev, type, member)
#define list_first_entry_or_null(ptr, type, member) __extension__ ({		\
	struct list_head *__h = (ptr), *__n = READ_ONCE(__h->next);		\
	__n != __h ? list_entry(__n, type, member) : NULL; })
#define list_next_entry(pos, member) list_entry((pos)->member.next, __typeof__(*(pos)), member)
#define list_prev_entry(pos, member) list_entry((pos)->member.prev, __typeof__(*(pos)), member)

#define list_entry_is_head(pos, head, member) (&(pos)->member == (head))
#define list_for_each_entry(pos, head, member)					\
	for (pos = list_first_entry(head, __typeof__(*pos), member);		\
	     !list_entry_is_head(pos, head, member);				\
	     pos = list_next_entry(pos, member))
#define list_for_each_entry_reverse(pos, head, member)				\
	for (pos = list_last_entry(head, __typeof__(*pos), member);		\
	     !list_entry_is_head(pos, head, member);				\
	     pos = list_prev_entry(pos, member))
/* The body may remove @pos (but not @n). */
#define list_for_each_entry_safe(pos, n, head, member)				\
	for (pos = list_first_entry(head, __typeof__(*pos), member),		\
	     n = list_next_entry(pos, member);					\
	     !list_entry_is_head(pos, head, member);				\
	     pos = n, n = list_next_entry(n, member))

/* @pprev points at whatever points at this node, so removal needs no head. */
struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

#define INIT_HLIST_HEAD(ptr)	((ptr)->first = NULL)

static inline bool hlist_unhashed(const struct hlist_node *node)
{
	return !node->pprev;
}

static inline bool hlist_empty(const struct hlist_head *head)
{
	return !READ_ONCE(head->first);
}

static inline void hlist_add_head(struct hlist_node *node, struct hlist_head *head)
{
	node->next = head->first;
	if (node->next)
		node->next->pprev = &node->next;
	node->pprev = &head->first;
	WRITE_ONCE(head->first, node);
}

static inline void __hlist_del(struct hlist_node *node)
{
	WRITE_ONCE(*node->pprev, node->next);
	if (node->next)
		node->next->pprev = node->pprev;
}

static inline void hlist_del(struct hlist_node *node)
{
	__hlist_del(node);
	LIST_POISON(node->next, LIST_POISON1);
	LIST_POISON(node->pprev, LIST_POISON2);
}

static inline void hlist_del_init(struct hlist_node *node)
{
	if (hlist_unhashed(node))
		return;
	__hlist_del(node);
	*node = (struct hlist_node){ 0 };
}

#define hlist_entry(ptr, type, member)	container_of(ptr, type, member)
#define hlist_entry_safe(ptr, type, member) __extension__ ({			\
	struct hlist_node *__p = (ptr);						\
	__p ? hlist_entry(__p, type, member) : NULL; })
#define hlist_for_each_entry(pos, head, member)					\
	for (pos = hlist_entry_safe((head)->first, __typeof__(*pos), member);	\
	     pos; pos = hlist_entry_safe(pos->member.next, __typeof__(*pos), member))
