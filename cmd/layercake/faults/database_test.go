//go:build unix

package faults

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/db/cluster/clustertest"
)

// query runs statements on a database and returns the first column of the last
// one's first row as text.
func query(t *testing.T, database string, statements ...string) string {
	t.Helper()
	ctx := context.Background() // also for what is done when the test is over
	conn, err := pgx.Connect(ctx, database)
	require.NoError(t, err)
	defer func() { _ = conn.Close(ctx) }()
	var text string
	for i, statement := range statements {
		if i < len(statements)-1 {
			_, err = conn.Exec(ctx, statement)
		} else {
			var value any
			err = conn.QueryRow(ctx, statement).Scan(&value)
			text = fmt.Sprint(value)
		}
		require.NoError(t, err, statement)
	}
	return text
}

// TestUnusableDatabases points commands at databases that LayerCake cannot use, or
// not yet. Each is refused with what to do, and left as it was.
func TestUnusableDatabases(t *testing.T) {
	t.Parallel()
	const one = "SELECT 1"
	u, made := newUserOnServer(t)
	u.init(t)
	u.must(t, "task", "add", "before")
	refused := func(database, code string, exit int, args ...string) refusal {
		t.Helper()
		r := u.also("LAYERCAKE_DATABASE_URL", database).run(t, append(args, "--json")...)
		require.Equal(t, exit, r.code, r.stderr)
		said := r.refused(t)
		require.Equal(t, code, said.Code, r.stderr)
		return said
	}

	// Somebody else's tables, under the name that LayerCake needs.
	foreign := clustertest.Database(t)
	query(t, foreign, "CREATE SCHEMA layercake", "CREATE TABLE layercake.recipes AS SELECT 7 AS eggs", one)
	for _, args := range [][]string{{"task", "list"}, {"db", "migrate"}, {"project", "list"}} {
		refused(foreign, "database_foreign", 5, args...)
	}
	require.Equal(t, "1", query(t, foreign, "SELECT count(*) FROM pg_tables WHERE schemaname = 'layercake'"))
	require.Equal(t, "7", query(t, foreign, "SELECT eggs FROM layercake.recipes"))

	// Somebody else's tables beside: they stay.
	shared := clustertest.Database(t)
	query(t, shared, "CREATE TABLE tasks AS SELECT 'theirs' AS title", "CREATE TABLE projects (id int)", one)
	require.Contains(t, refused(shared, "schema_missing", 5, "project", "list").Hint, "layercake db migrate")
	u.also("LAYERCAKE_DATABASE_URL", shared).must(t, "db", "migrate")
	require.Equal(t, "[]\n", u.also("LAYERCAKE_DATABASE_URL", shared).must(t, "project", "list", "--jq", ".data"))
	require.Equal(t, "theirs", query(t, shared, "SELECT title FROM public.tasks"))

	// A schema that this program is too old for, or that is too old for it. A
	// shared database is migrated by nobody but db migrate.
	was := query(t, made, "SELECT version FROM layercake.schema_info")
	newer := "UPDATE layercake.schema_info SET version = 99, min_compatible = 99"
	query(t, made, newer, one)
	for _, args := range [][]string{{"task", "add", "no"}, {"task", "list"}, {"db", "migrate"}} {
		refused(made, "schema_newer", 5, args...)
	}
	query(t, made, "UPDATE layercake.schema_info SET version = 1, min_compatible = 1", one)
	require.Contains(t, refused(made, "schema_older", 5, "task", "add", "no").Hint, "layercake db migrate")
	require.Equal(t, "1", query(t, made, "SELECT version FROM layercake.schema_info"), "nobody asked for it")
	query(t, made, "UPDATE layercake.schema_info SET version = "+was+", min_compatible = 2", one)

	// Read-only, as a standby is: reading works, writing is refused.
	config, err := pgx.ParseConfig(made)
	require.NoError(t, err)
	name := pgx.Identifier{config.Database}.Sanitize()
	query(t, made, "ALTER DATABASE "+name+" SET default_transaction_read_only = on", one)
	u.must(t, "task", "list")
	refused(made, "database_read_only", 4, "task", "add", "no")
	query(t, made, "SET default_transaction_read_only = off", "ALTER DATABASE "+name+" RESET default_transaction_read_only", one)

	// A role that may look and not write, and one that may not even make a schema.
	role := "lc_" + strings.ToLower(config.Database)
	roleName := pgx.Identifier{role}.Sanitize()
	query(t, made, "CREATE ROLE "+roleName+" LOGIN", "GRANT USAGE ON SCHEMA layercake TO "+roleName,
		"GRANT SELECT ON ALL TABLES IN SCHEMA layercake TO "+roleName, one)
	t.Cleanup(func() { query(t, made, "DROP OWNED BY "+roleName, "DROP ROLE "+roleName, one) })
	refused(as(t, made, role), "database_read_only", 4, "task", "add", "no")
	refused(as(t, clustertest.Database(t), role), "database_read_only", 4, "db", "migrate")

	// No such database, and a server that wants another password.
	gone, err := url.Parse(made)
	require.NoError(t, err)
	gone.Path = "/there_is_no_such_database"
	refused(gone.String(), "database_unreachable", 6, "task", "list")
	require.Contains(t, refused(refusing(t, "28P01", "password authentication failed for user \"ada\""), "database_unreachable", 6, "task", "list").Message, "password")
	require.NotContains(t, refused(refusing(t, "53300", "sorry, too many clients already"), "database_unreachable", 6, "task", "list").Message, "secret")

	require.Contains(t, refused(ancient(t), "postgres_too_old", 5, "task", "list").Message, "12.4")
	require.Equal(t, []string{"before"}, u.sound(t))
}

// as returns the address of a database for another role.
func as(t *testing.T, database, role string) string {
	t.Helper()
	address, err := url.Parse(database)
	require.NoError(t, err)
	address.User = url.User(role)
	return address.String()
}

// refusing returns the address of a server that lets nobody in.
func refusing(t *testing.T, code, message string) string {
	t.Helper()
	return pretend(t, &pgproto3.ErrorResponse{Severity: "FATAL", Code: code, Message: message})
}

// ancient returns the address of a server that lets everybody in, and is too old.
func ancient(t *testing.T) string {
	t.Helper()
	return pretend(t, &pgproto3.AuthenticationOk{}, &pgproto3.ParameterStatus{Name: "server_version", Value: "12.4 (Debian 12.4-1)"},
		&pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte("1234")}, &pgproto3.ReadyForQuery{TxStatus: 'I'})
}

// pretend returns the address of a server that answers every greeting with the same
// messages, and then waits for the client to go.
func pretend(t *testing.T, messages ...pgproto3.BackendMessage) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // the test is over
			}
			server := pgproto3.NewBackend(conn, conn)
			if _, err := server.ReceiveStartupMessage(); err == nil {
				for _, message := range messages {
					server.Send(message)
				}
				_ = server.Flush() // a client that went away has what it needs
				_, _ = io.Copy(io.Discard, conn)
			}
			_ = conn.Close()
		}
	}()
	return "postgres://ada:secret@" + listener.Addr().String() + "/cake?sslmode=disable"
}
