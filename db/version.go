package db

import (
	"context"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/db/cluster"
)

// checkVersion refuses servers that are too old for the schema. The server says its
// version when it is connected to, so asking costs nothing.
func checkVersion(_ context.Context, conn *pgx.Conn) error {
	version := conn.PgConn().ParameterStatus("server_version")
	digits := strings.IndexFunc(version, func(r rune) bool { return r < '0' || r > '9' })
	if digits < 0 {
		digits = len(version)
	}
	major, err := strconv.Atoi(version[:digits])
	if err != nil || major >= cluster.MinMajor {
		return nil //nolint:nilerr // a server that says nothing of it is given a chance
	}
	return fault.Conflict("postgres_too_old", "the server is PostgreSQL %s, and LayerCake needs %d or newer", version, cluster.MinMajor).
		WithHint("name another server in LAYERCAKE_DATABASE_URL; without it a private one is kept: `layercake setup`")
}
