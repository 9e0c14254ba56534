package cluster

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// answer is what a connection attempt found.
type answer int

const (
	answerNone  answer = iota // nothing listens
	answerWait                // starting, stopping or too slow
	answerReady               // it takes commands
)

// SQLSTATE codes that say something about the server rather than the caller.
const (
	sqlCannotConnectNow   = "57P03"
	sqlAdminShutdown      = "57P01"
	sqlCrashShutdown      = "57P02"
	sqlTooManyConnections = "53300"
)

const probeTimeout = 5 * time.Second

// dial opens a connection to the cluster's database.
func dial(ctx context.Context, socketDir string) (*pgconn.PgConn, error) {
	config, err := pgconn.ParseConfig(connString(socketDir, databaseName))
	if err != nil {
		return nil, fmt.Errorf("connection string for %s: %w", socketDir, err)
	}
	config.ConnectTimeout = probeTimeout
	config.RuntimeParams["application_name"] = "layercake cluster"
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("dial the server: %w", err)
	}
	return conn, nil
}

// probe connects and disconnects. The error is the server's refusal, when it
// answers but will not have us.
func probe(ctx context.Context, socketDir string) (answer, error) {
	conn, err := dial(ctx, socketDir)
	if err == nil {
		// Nothing was asked, so nothing is lost if the goodbye fails.
		_ = conn.Close(ctx)
		return answerReady, nil
	}
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch refused.Code {
		case sqlCannotConnectNow, sqlAdminShutdown, sqlCrashShutdown:
			return answerWait, nil
		case sqlTooManyConnections:
			return answerReady, nil
		default:
			return answerReady, refused
		}
	}
	if pgconn.Timeout(err) {
		return answerWait, nil
	}
	return answerNone, nil
}

// clients counts the sessions of others.
func clients(ctx context.Context, conn *pgconn.PgConn) (int, error) {
	const query = `SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`
	result := conn.ExecParams(ctx, query, nil, nil, nil, nil).Read()
	if result.Err != nil {
		return 0, result.Err
	}
	return strconv.Atoi(string(result.Rows[0][0]))
}
