package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/db"
	"github.com/layercake-dev/layercake/db/cluster/clustertest"
)

// noParent keeps the tests from seeing that an agent runs them, if one does.
const noParent = 1

func TestMain(m *testing.M) {
	clustertest.RunSupervisor()
	testscript.Main(m, map[string]func(){
		"layercake": func() { os.Exit(run(noParent)) },
		"an-agent":  agentProgram,
	})
}

// raceOptions keep programs that are built with the race detector from waiting a
// second before they end.
const raceOptions = "atexit_sleep_ms=0"

const gitConfig = `[user]
	name = Ada
	email = ada@example.org
[init]
	defaultBranch = main
`

// migrated fills the database that each script gets a copy of.
func migrated(ctx context.Context, url string) error {
	d, err := db.Open(ctx, url, db.Options{Migrate: true})
	if err != nil {
		return err
	}
	d.Close()
	return nil
}

func templateKey(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("../../db/migrations/*.sql")
	require.NoError(t, err)
	key := "cmd"
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		key += string(text)
	}
	return key
}

// TestScripts runs the scripts of testdata/script against the program itself.
// Each has a database, a home and a working directory of its own.
func TestScripts(t *testing.T) {
	t.Parallel()
	key := templateKey(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "../testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Values[providerKey{}] = &provider{}
			// Not in the working directory, which becomes a project.
			home, err := os.MkdirTemp("", "lc-home-")
			if err != nil {
				return err
			}
			env.Defer(func() { _ = os.RemoveAll(home) })
			config := filepath.Join(home, ".gitconfig")
			env.Setenv("HOME", home)
			env.Setenv("TMPDIR", home)
			env.Setenv("GORACE", raceOptions)
			env.Setenv("GIT_CONFIG_GLOBAL", config)
			env.Setenv("GIT_CONFIG_NOSYSTEM", "1")
			env.Setenv("LAYERCAKE_DATABASE_URL", clustertest.Clone(env.T().(testing.TB), key, migrated))
			env.Setenv("LAYERCAKE_DATA_DIR", filepath.Join(home, "data"))
			env.Setenv("LAYERCAKE_POSTGRES_BIN", os.Getenv("LAYERCAKE_POSTGRES_BIN"))
			return os.WriteFile(config, []byte(gitConfig), 0o600)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"let":      let,
			"commit":   commitAll,
			"datadir":  dataDir,
			"provider": provide,
			"paid":     paid,
			"database": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) != 1 {
					ts.Fatalf("usage: database NAME")
				}
				// Not a clone, which would have the other's identity.
				url := clustertest.Database(t)
				ts.Check(migrated(t.Context(), url))
				ts.Setenv(args[0], url)
			},
		},
	})
}

// let sets a variable to what a command prints: let ID layercake task add x -q.
func let(ts *testscript.TestScript, neg bool, args []string) {
	const least = 2
	if neg || len(args) < least {
		ts.Fatalf("usage: let NAME COMMAND...")
	}
	ts.Check(ts.Exec(args[1], args[2:]...))
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// commitAll commits everything in the working directory.
func commitAll(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: commit")
	}
	ts.Check(ts.Exec("git", "add", "-A"))
	ts.Check(ts.Exec("git", "commit", "--quiet", "--message", "Work"))
}

// dataDir gives the script a private database: a data directory that the
// server's user can enter, which the script's own one is not.
func dataDir(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: datadir")
	}
	dir, err := os.MkdirTemp("", "lc-cmd-")
	ts.Check(err)
	ts.Check(os.Chmod(dir, 0o711))
	ts.Defer(func() {
		ts.Check(ts.Exec("layercake", "db", "stop"))
		ts.Check(os.RemoveAll(dir))
	})
	ts.Setenv("LAYERCAKE_DATA_DIR", dir)
	ts.Setenv("LAYERCAKE_DATABASE_URL", "")
}
