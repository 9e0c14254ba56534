// Package db keeps LayerCake's log and projections in Postgres.
//
// Writing goes through [DB.Write]: one transaction that locks the project's
// stream, loads what the command needs, lets it decide, appends the events with
// their hashes and applies them to the projections. Reading goes through
// [DB.Read], which shows the present or, by replaying the log into temporary
// tables, any earlier moment through the very same queries.
package db

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	pgxuuid "github.com/vgarvardt/pgx-google-uuid/v5"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
)

// Schema is the schema that holds LayerCake's tables.
const Schema = "layercake"

// DB is a pool of connections to one database. It implements core.Store.
type DB struct {
	pool    *pgxpool.Pool
	url     string
	id      uuid.UUID
	notices *notices
	jobs    Jobs
}

var _ core.Store = (*DB)(nil)

// Options says how to open a database.
type Options struct {
	// MaxConns bounds the connections. Defaults to 2, enough for a command.
	MaxConns int32
	// Migrate brings the schema up to date when it is behind. It is for the
	// private database; a shared one is migrated by `layercake db migrate`.
	Migrate bool
	// Jobs works what agents are asked to do. Without it nothing can be asked of
	// them.
	Jobs Jobs
	// Configure may change the connection's configuration, as tests do to cut
	// connections.
	Configure func(*pgxpool.Config)
}

const (
	defaultMaxConns = 2
	// lockTimeout and idleTimeout bound how long one process can hold up the
	// others, in milliseconds as Postgres takes them.
	lockTimeout    = "5000"
	idleTimeout    = "5000"
	connectTimeout = 10 * time.Second
)

// Open connects to a database and checks that its schema is one that this
// program knows. Errors are of kind unreachable when there is no database, and
// conflict when there is one that this program cannot use.
func Open(ctx context.Context, url string, opts Options) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		// The message of the parser hides the password.
		return nil, fault.Usage("invalid_database_url", "the database URL cannot be read: %v", err).
			WithHint("it looks like postgres://user:password@host:5432/database; run `layercake config list --show-origin`")
	}
	cfg.MaxConns = defaultMaxConns
	if opts.MaxConns > 0 {
		cfg.MaxConns = opts.MaxConns
	}
	cfg.MinConns = 0
	cfg.ConnConfig.ConnectTimeout = connectTimeout
	params := cfg.ConnConfig.RuntimeParams
	params["search_path"] = Schema + ",public"
	params["lock_timeout"] = lockTimeout
	params["idle_in_transaction_session_timeout"] = idleTimeout
	params["timezone"] = "UTC"
	if params["application_name"] == "" {
		params["application_name"] = "layercake"
	}
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		// Without it every id takes the way over its text.
		pgxuuid.Register(conn.TypeMap())
		return checkVersion(ctx, conn)
	}
	if opts.Configure != nil {
		opts.Configure(cfg)
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	d := &DB{pool: pool, url: url, notices: newNotices(ctx, pool), jobs: opts.Jobs}
	if err := d.prepare(ctx, opts.Migrate); err != nil {
		pool.Close()
		return nil, err
	}
	return d, nil
}

// Close sends the notices that are still to be sent and closes the connections. One
// to a database that does not answer is left to the end of the process.
func (d *DB) Close() {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		d.notices.close()
		d.pool.Close()
	}()
	select {
	case <-closed:
	case <-time.After(closeLimit):
	}
}

// Pool returns the pool, for those that need more of Postgres than the store.
func (d *DB) Pool() *pgxpool.Pool { return d.pool }

// DatabaseID returns the database's own id, made when it was first migrated.
func (d *DB) DatabaseID(context.Context) (uuid.UUID, error) { return d.id, nil }

// tx runs fn in a transaction with the given options, which takes no longer than
// the limit.
func (d *DB) tx(ctx context.Context, limit time.Duration, opts pgx.TxOptions, fn func(context.Context, pgx.Tx) error) error {
	ctx, cancel := within(ctx, limit)
	defer cancel()
	return translate(pgx.BeginTxFunc(ctx, d.pool, opts, func(tx pgx.Tx) error { return fn(ctx, tx) }))
}

// Codes of Postgres that mean something to a user.
const (
	codeUniqueViolation  = "23505"
	codeLockNotAvailable = "55P03"
	codeQueryCanceled    = "57014"
	codeDiskFull         = "53100"
	codeReadOnly         = "25006"
	codeUndefinedTable   = "42P01"
	codeNoPrivilege      = "42501"
	codeIdleTimeout      = "25P03"
	codeNotText          = "22021"
)

// translate turns errors of Postgres and of the connection into coded ones.
func translate(err error) error {
	if err == nil {
		return nil
	}
	if _, coded := errors.AsType[*fault.Error](err); coded {
		return err
	}
	if e := overdue(err); e != nil {
		return e
	}
	if e := unreachable(err); e != nil {
		return e
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	switch pg.Code {
	case codeLockNotAvailable, codeIdleTimeout:
		return fault.New(fault.KindTimeout, "database_busy", "another process held the project's lock for too long").
			WithHint("try again; `layercake db status` shows who is connected").Wrap(err)
	case codeQueryCanceled:
		return fault.New(fault.KindTimeout, "timeout", "the database took longer than was allowed").
			WithHint("try again; `layercake db status` shows how the database does").Wrap(err)
	case codeDiskFull:
		return fault.Failed("disk_full", "the database's disk is full; nothing was changed").
			WithHint("make room, then try again; `layercake db status` shows where the data is").Wrap(err)
	case codeReadOnly, codeNoPrivilege:
		return fault.NotAllowed("database_read_only", "the database refuses to be written by this role").
			WithHint("run `layercake doctor`").Wrap(err)
	case codeNotText:
		return fault.Usage("invalid_text", "a text is not valid UTF-8 or contains a NUL character").
			WithHint("write it anew; `locale` shows which characters your terminal sends").Wrap(err)
	case codeUndefinedTable:
		return fault.Conflict("schema_missing", "the database has not been set up").WithHint("run `layercake db migrate`").Wrap(err)
	}
	return err
}

// unreachable returns what an error means if it means that the database does not
// answer, and nil if it means something else.
func unreachable(err error) error {
	var connect *pgconn.ConnectError
	var pg *pgconn.PgError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return nil
	case errors.As(err, &connect):
	case errors.As(err, &pg):
		// 57P01-57P03: the server is shutting down or starting; 08: the
		// connection broke.
		if pg.Code != "57P01" && pg.Code != "57P02" && pg.Code != "57P03" && pg.Code[:2] != "08" {
			return nil
		}
	case pgconn.SafeToRetry(err), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNREFUSED):
	default:
		return nil
	}
	return fault.New(fault.KindUnreachable, "database_unreachable", "the database does not answer").
		WithHint("run `layercake doctor`").Wrap(err)
}
