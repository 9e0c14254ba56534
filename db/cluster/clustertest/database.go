//go:build unix

package clustertest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

const (
	testPrefix     = "lctest_"
	templatePrefix = "lctemplate_"
	hashBytes      = 8
	staleLock      = 0x6c637374616c65 // any number that others do not use
)

// Database creates an empty database and returns its URL. It is dropped when
// the test ends, whoever is still connected to it.
func Database(t testing.TB) string {
	t.Helper()
	return create(t, func(context.Context, string, *pgx.Conn) (string, error) { return "template0", nil })
}

// Clone is [Database] with contents: build fills a database once for each key,
// and every call returns a fresh copy of it, made in some ten milliseconds.
// The key must change whenever what build does changes, such as a hash of all
// migrations. Test binaries that use the same key share the template. build
// must close its connections.
func Clone(t testing.TB, key string, build func(ctx context.Context, url string) error) string {
	t.Helper()
	return create(t, func(ctx context.Context, server string, conn *pgx.Conn) (string, error) {
		return template(ctx, server, conn, key, build)
	})
}

func create(t testing.TB, source func(ctx context.Context, server string, conn *pgx.Conn) (string, error)) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), setUpTimeout)
	defer cancel()
	server, err := server(ctx)
	if err != nil {
		fatal(t, err)
	}
	var name string
	err = withConn(ctx, server, func(conn *pgx.Conn) error {
		from, err := source(ctx, server, conn)
		if err != nil {
			return err
		}
		prefix, err := namePrefix(ctx, conn, testPrefix)
		if err != nil {
			return err
		}
		name = prefix + strings.ToLower(rand.Text())
		return execute(ctx, conn, "CREATE DATABASE %s TEMPLATE %s", name, from)
	})
	if err != nil {
		fatal(t, err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), dropTimeout)
		defer cancel()
		err := withConn(ctx, server, func(conn *pgx.Conn) error {
			return execute(ctx, conn, "DROP DATABASE IF EXISTS %s WITH (FORCE)", name)
		})
		if err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	made, err := onDatabase(server, name)
	if err != nil {
		fatal(t, err)
	}
	return made
}

// template returns the name of the database that build has filled, building it
// if nobody has. Other processes wait meanwhile.
func template(ctx context.Context, server string, conn *pgx.Conn, key string, build func(ctx context.Context, url string) error) (string, error) {
	sum := sha256.Sum256([]byte(key))
	prefix, err := namePrefix(ctx, conn, templatePrefix)
	if err != nil {
		return "", err
	}
	name := prefix + hex.EncodeToString(sum[:hashBytes])
	lock := int64(binary.BigEndian.Uint64(sum[:hashBytes]))
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", lock); err != nil {
		return "", err
	}
	// Unlocked when conn is closed, which is right after the copy.
	var complete bool
	err = conn.QueryRow(ctx, "SELECT datistemplate FROM pg_database WHERE datname = $1", name).Scan(&complete)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", err
	}
	if complete {
		_, err := conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", lock)
		return name, err
	}
	// A server that is not ours has no other moment for this.
	if err := dropStale(ctx, server); err != nil {
		return "", err
	}
	if err := execute(ctx, conn, "DROP DATABASE IF EXISTS %s WITH (FORCE)", name); err != nil {
		return "", err
	}
	if err := execute(ctx, conn, "CREATE DATABASE %s TEMPLATE template0", name); err != nil {
		return "", err
	}
	address, err := onDatabase(server, name)
	if err != nil {
		return "", err
	}
	if err := build(ctx, address); err != nil {
		return "", fmt.Errorf("build the template: %w", err)
	}
	return name, execute(ctx, conn, "ALTER DATABASE %s IS_TEMPLATE true", name)
}

// dropStale drops what killed tests left behind. Names carry the server's start
// time, so databases in use are never among them.
func dropStale(ctx context.Context, server string) error {
	return withConn(ctx, server, func(conn *pgx.Conn) error {
		// Unlocked when conn is closed.
		if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", staleLock); err != nil {
			return err
		}
		tests, err := namePrefix(ctx, conn, testPrefix)
		if err != nil {
			return err
		}
		templates, err := namePrefix(ctx, conn, templatePrefix)
		if err != nil {
			return err
		}
		rows, err := conn.Query(ctx, `SELECT datname FROM pg_database
			WHERE (starts_with(datname, $1) AND NOT starts_with(datname, $2)) OR (starts_with(datname, $3) AND NOT starts_with(datname, $4))`,
			testPrefix, tests, templatePrefix, templates)
		if err != nil {
			return err
		}
		stale, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		for _, name := range stale {
			if err := execute(ctx, conn, "ALTER DATABASE %s IS_TEMPLATE false", name); err != nil {
				return err
			}
			if err := execute(ctx, conn, "DROP DATABASE %s WITH (FORCE)", name); err != nil {
				return err
			}
		}
		return nil
	})
}

// namePrefix tells databases of this run of the server from older ones.
func namePrefix(ctx context.Context, conn *pgx.Conn, kind string) (string, error) {
	var started int64
	err := conn.QueryRow(ctx, "SELECT extract(epoch FROM pg_postmaster_start_time())::bigint").Scan(&started)
	return fmt.Sprintf("%s%x_", kind, started), err
}

// execute runs a statement about databases, whose names cannot be parameters.
func execute(ctx context.Context, conn *pgx.Conn, statement string, names ...string) error {
	quoted := make([]any, len(names))
	for i, name := range names {
		quoted[i] = pgx.Identifier{name}.Sanitize()
	}
	_, err := conn.Exec(ctx, fmt.Sprintf(statement, quoted...))
	return err
}

func withConn(ctx context.Context, server string, do func(conn *pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	return errors.Join(do(conn), conn.Close(ctx))
}

func onDatabase(server, name string) (string, error) {
	address, err := url.Parse(server)
	if err != nil {
		return "", fmt.Errorf("%s must be a URL: %w", envURL, err)
	}
	address.Path = "/" + name
	return address.String(), nil
}
