package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/db/cluster"
)

// PostgreSQL's client programs that are used here.
const (
	programShell   = "psql"
	programDump    = "pg_dump"
	programRestore = "pg_restore"
)

// client says how to run one of PostgreSQL's client programs on a database.
func (f *Factory) client(ctx context.Context, t target, program string, args ...string) (*cluster.PSQL, error) {
	if t.private {
		cfg, err := f.clusterConfig()
		if err != nil {
			return nil, err
		}
		return cluster.Client(ctx, cfg, t.info, program, args...)
	}
	path, err := f.programPath(program)
	if err != nil {
		return nil, err
	}
	c, err := pgconn.ParseConfig(t.url)
	if err != nil {
		return nil, fault.Usage("invalid_database_url", "the database URL cannot be read").WithHint("run `layercake config list --show-origin`")
	}
	// By the environment: arguments are seen by everybody on the machine.
	env := []string{
		"PGHOST=" + c.Host, "PGPORT=" + strconv.Itoa(int(c.Port)), "PGUSER=" + c.User, "PGDATABASE=" + c.Database, "PGPASSWORD=" + c.Password,
	}
	if c.TLSConfig == nil && net.ParseIP(c.Host) == nil {
		env = append(env, "PGSSLMODE=prefer")
	}
	return &cluster.PSQL{Path: path, Args: args, Env: env}, nil
}

// programPath finds a client program: among the binaries that the configuration
// names, or on the path.
func (f *Factory) programPath(program string) (string, error) {
	c, err := f.config()
	if err != nil {
		return "", err
	}
	if c.PostgresBin != "" {
		if path := filepath.Join(c.PostgresBin, program); exists(path) {
			return path, nil
		}
	}
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fault.NotFound(program+"_not_found", "%s is not installed", program).WithHint("install PostgreSQL's client programs")
	}
	return path, nil
}

// pgProcess is a client program that runs. An interrupt ends it.
type pgProcess struct {
	*exec.Cmd

	said bytes.Buffer
}

func (f *Factory) pgCommand(ctx context.Context, p *cluster.PSQL) *pgProcess {
	run := &pgProcess{Cmd: exec.CommandContext(ctx, p.Path, p.Args...)}
	run.Env = append(append([]string{}, f.env.list...), p.Env...)
	run.Stderr = &run.said
	run.Cancel = func() error { return run.Process.Signal(os.Interrupt) }
	return run
}

// failed says what a program that failed had to say.
func (p *pgProcess) failed(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if _, ended := errors.AsType[*exec.ExitError](err); !ended {
		return fmt.Errorf("%s: %w", what, err)
	}
	text := strings.TrimSpace(p.said.String())
	switch {
	case strings.Contains(text, "No space left"):
		return fault.Failed("disk_full", "%s: the disk is full; nothing was changed", what).
			WithHint("make room, then try again; `layercake db status` shows where the data is")
	case strings.Contains(text, "server version mismatch"), strings.Contains(text, "unsupported version"):
		return fault.Conflict("client_too_old", "%s: PostgreSQL's client programs are older than what they work on: %s", what, firstLine(text)).
			WithHint("install those of the newer version, and name their folder: `layercake config set postgres_bin DIR`")
	case strings.Contains(text, "role \"") && strings.Contains(text, "does not exist"):
		return fault.Conflict("role_missing", "%s: %s", what, lastError(text)).
			WithHint("create the role, or add --no-privileges to leave out who may do what")
	}
	return fault.Failed("postgres_client_failed", "%s: %s", what, lastError(text)).WithHint("run `layercake doctor`")
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// lastError is the first line that names an error, or the last line.
func lastError(text string) string {
	lines := strings.Split(text, "\n")
	for _, line := range lines {
		if strings.Contains(line, "ERROR") || strings.Contains(line, "error:") || strings.Contains(line, "FATAL") {
			return strings.TrimSpace(line)
		}
	}
	return strings.TrimSpace(lines[len(lines)-1])
}
