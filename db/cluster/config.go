package cluster

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Names that are part of the interface to the user's environment.
const (
	envDataDir    = "LAYERCAKE_DATA_DIR"
	envBinDir     = "LAYERCAKE_POSTGRES_BIN"
	envDataHome   = "XDG_DATA_HOME"
	envRuntimeDir = "XDG_RUNTIME_DIR"
	envHome       = "HOME"
	envURL        = "LAYERCAKE_DATABASE_URL"

	// EnvSupervisor carries the configuration to the supervisor process. A
	// program that finds it set must call [SupervisorConfig] and [Supervise].
	EnvSupervisor = "LAYERCAKE_CLUSTER_SUPERVISOR"
)

// Names inside the cluster.
const (
	roleName     = "layercake"
	databaseName = "layercake"
	port         = 5432
	socketFile   = ".s.PGSQL.5432"
)

const (
	// MinMajor is the oldest PostgreSQL major version that is used.
	MinMajor = 15
	// MinVector is the oldest pgvector version that search works with.
	MinVector = "0.8"

	defaultIdleTimeout  = 30 * time.Minute
	defaultStartTimeout = 60 * time.Second
	rootDataDir         = "/var/lib/layercake"
)

// Config says where the private cluster lives and how it is run. All
// processes that use the same DataDir share one cluster.
type Config struct {
	// DataDir is LayerCake's data directory; the cluster sits in DataDir/pg.
	// Required. See [DefaultDataDir].
	DataDir string `json:"data_dir"`
	// BinDir is the directory with the PostgreSQL binaries. Empty: look for them.
	BinDir string `json:"bin_dir,omitempty"`
	// RuntimeDir ($XDG_RUNTIME_DIR) may hold the socket directory when a
	// socket below DataDir would have too long a name. May be empty.
	RuntimeDir string `json:"runtime_dir,omitempty"`
	// IdleTimeout is how long the server outlives its last client.
	// Defaults to 30 minutes.
	IdleTimeout time.Duration `json:"idle_timeout"`
	// StartTimeout bounds how long [Ensure] waits for the server.
	// Defaults to 60 seconds.
	StartTimeout time.Duration `json:"start_timeout"`
	// SupervisorCommand is the command line that leads to [Supervise].
	// Defaults to this executable with the arguments "db supervise".
	SupervisorCommand []string `json:"-"`
	// Settings are added to the server's configuration file, and win.
	Settings map[string]string `json:"settings,omitempty"`

	// spawned is set in a supervisor that has a process waiting for its report.
	spawned bool
}

// LookupEnv has the signature of [os.LookupEnv].
type LookupEnv func(name string) (string, bool)

// DefaultDataDir is LAYERCAKE_DATA_DIR, $XDG_DATA_HOME/layercake or
// ~/.local/share/layercake, in this order. Root gets /var/lib/layercake in
// place of the last, because the server runs as another user then, who cannot
// enter root's home. Returns [CodeNoHome] if there is none of them.
func DefaultDataDir(lookup LookupEnv, uid int) (string, error) {
	if dir, ok := lookup(envDataDir); ok && dir != "" {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return "", because(err, CodeNoHome, "set "+envDataDir+" to an absolute path", "%s=%s is not usable", envDataDir, dir)
		}
		return abs, nil
	}
	// The XDG specification says to ignore relative paths.
	if dir, ok := lookup(envDataHome); ok && filepath.IsAbs(dir) {
		return filepath.Join(dir, "layercake"), nil
	}
	if uid == 0 {
		return rootDataDir, nil
	}
	home, ok := lookup(envHome)
	if !ok || !filepath.IsAbs(home) {
		return "", failure(CodeNoHome, "set "+envDataDir+" to a directory on a local disk",
			"no place for the database: neither HOME nor %s is set", envDataDir)
	}
	return filepath.Join(home, ".local", "share", "layercake"), nil
}

// ConfigFromEnv is the configuration that the environment asks for.
func ConfigFromEnv(lookup LookupEnv, uid int) (Config, error) {
	dir, err := DefaultDataDir(lookup, uid)
	if err != nil {
		return Config{}, err
	}
	bin, _ := lookup(envBinDir)
	runtime, _ := lookup(envRuntimeDir)
	return Config{DataDir: dir, BinDir: bin, RuntimeDir: runtime}, nil
}

// withDefaults checks c and fills in what is left out.
func (c Config) withDefaults() (Config, error) {
	if c.DataDir == "" {
		return c, failure(CodeNoHome, "set "+envDataDir, "no data directory given")
	}
	abs, err := filepath.Abs(c.DataDir)
	if err != nil {
		return c, because(err, CodeDataDirUnusable, "", "%s", c.DataDir)
	}
	c.DataDir = abs
	if c.IdleTimeout <= 0 {
		c.IdleTimeout = defaultIdleTimeout
	}
	if c.StartTimeout <= 0 {
		c.StartTimeout = defaultStartTimeout
	}
	if !filepath.IsAbs(c.RuntimeDir) {
		c.RuntimeDir = ""
	}
	return c, nil
}

// supervisorCommand is the command line that leads to [Supervise].
func (c Config) supervisorCommand() ([]string, error) {
	if len(c.SupervisorCommand) > 0 {
		return slices.Clone(c.SupervisorCommand), nil
	}
	self, err := os.Executable()
	if err != nil {
		return nil, because(err, CodeStartFailed, "", "cannot find this program's own file")
	}
	return []string{self, "db", "supervise"}, nil
}

// The files below DataDir.

func (c Config) pgDir() string          { return filepath.Join(c.DataDir, "pg") }
func (c Config) logFile() string        { return filepath.Join(c.pgDir(), "postgres.log") }
func (c Config) instanceFile() string   { return filepath.Join(c.pgDir(), "instance.json") }
func (c Config) usedFile() string       { return filepath.Join(c.pgDir(), "last-used") }
func (c Config) startLock() string      { return filepath.Join(c.pgDir(), "start.lock") }
func (c Config) runLock() string        { return filepath.Join(c.pgDir(), "run.lock") }
func (c Config) supervisorLock() string { return filepath.Join(c.pgDir(), "supervisor.lock") }

func (c Config) dataDir(major int) string {
	return filepath.Join(c.pgDir(), strconv.Itoa(major))
}

// connString is the URL of a database of the cluster.
func connString(socketDir, database string) string {
	query := url.Values{"host": {socketDir}, "port": {strconv.Itoa(port)}}
	return fmt.Sprintf("postgres://%s@/%s?%s", roleName, url.PathEscape(database), query.Encode())
}

// SupervisorConfig reads what [Ensure] handed to the supervisor process. The
// second result is false in every other process.
func SupervisorConfig(lookup LookupEnv) (Config, bool, error) {
	text, ok := lookup(EnvSupervisor)
	if !ok || strings.TrimSpace(text) == "" {
		return Config{}, false, nil
	}
	var c Config
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return Config{}, true, because(err, CodeStartFailed, "", "%s is not readable", EnvSupervisor)
	}
	c.spawned = true
	return c, true, nil
}
