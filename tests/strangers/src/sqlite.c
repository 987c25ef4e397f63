/* sqlite in several threads: the argument is the journal mode. */
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS 4
#define ROWS 50

static const char *file;

static void die(sqlite3 *db, const char *what)
{
	printf("%s: %s\n", what, sqlite3_errmsg(db));
	exit(1);
}

static void run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		die(db, sql);
}

static sqlite3 *open_db(void)
{
	sqlite3 *db;

	if (sqlite3_open(file, &db) != SQLITE_OK)
		die(db, "open");
	sqlite3_busy_timeout(db, 100000);
	return db;
}

/* Each row is a transaction of its own, so the threads fight for the file's locks. */
static void *insert(void *arg)
{
	sqlite3 *db = open_db();
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(db, "INSERT INTO t VALUES (?, ?, printf('row %d of %d', ?2, ?1))",
			       -1, &stmt, NULL) != SQLITE_OK)
		die(db, "prepare");
	for (int i = 0; i < ROWS; i++) {
		sqlite3_bind_int(stmt, 1, (int)(long)arg);
		sqlite3_bind_int(stmt, 2, i);
		if (sqlite3_step(stmt) != SQLITE_DONE)
			die(db, "step");
		sqlite3_reset(stmt);
	}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return NULL;
}

static int show(void *arg, int n, char **values, char **names)
{
	for (int i = 0; i < n; i++)
		printf("%s%c", values[i] ? values[i] : "NULL", i + 1 < n ? '|' : '\n');
	return 0;
}

int main(int argc, char **argv)
{
	pthread_t t[THREADS];
	char sql[100];
	sqlite3 *db;

	file = argv[2];
	db = open_db();
	snprintf(sql, sizeof(sql), "PRAGMA journal_mode=%s", argv[1]);
	sqlite3_exec(db, sql, show, NULL, NULL);
	run(db, "CREATE TABLE t (thread INT, i INT, text TEXT)");
	for (long i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, insert, (void *)i))
			return 2;
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	sqlite3_exec(db,
		     "SELECT thread, count(*), sum(i), min(text), max(text) FROM t GROUP BY thread",
		     show, NULL, NULL);
	run(db, "BEGIN; DELETE FROM t; ROLLBACK");
	run(db, "CREATE INDEX x ON t (text)");
	run(db, "UPDATE t SET i = i * 2 WHERE text LIKE 'row 1%'");
	sqlite3_exec(db, "SELECT sum(i), count(*) FROM t", show, NULL, NULL);
	sqlite3_exec(db, "PRAGMA integrity_check", show, NULL, NULL);
	sqlite3_close(db);
	unlink(file);
	return 0;
}
