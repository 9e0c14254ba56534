package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/db/cluster/clustertest"
)

// elsewhere returns the same person with a database that is another one, and empty.
func (s *shop) elsewhere(t *testing.T) *shop {
	t.Helper()
	moved := &shop{dir: t.TempDir()}
	for _, v := range s.env {
		if !strings.HasPrefix(v, "LAYERCAKE_DATABASE_URL=") {
			moved.env = append(moved.env, v)
		}
	}
	moved.env = append(moved.env, "LAYERCAKE_DATABASE_URL="+clustertest.Clone(t, templateKey(t), migrated))
	return moved
}

// TestUnsignedDecisionsAreAskedFor imports and restores decisions that nobody signed:
// a person reads how many there are and types that they are to be taken over.
func TestUnsignedDecisionsAreAskedFor(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.before(t)
	file, dump := filepath.Join(s.dir, "shop.jsonl"), filepath.Join(s.dir, "shop.dump")
	s.do(t, "layercake", "project", "export", "-o", file)
	s.do(t, "layercake", "db", "backup", "-o", dump)
	for _, args := range [][]string{{"project", "import", file}, {"db", "restore", dump}} {
		to := s.elsewhere(t)
		shown, code := to.atTerminal(t, args)
		require.Equal(t, 4, code, shown)
		require.Contains(t, shown, "that nobody signed")
		args = append(args, "--accept-unsigned")
		out, err := to.command(t, "layercake", args...).CombinedOutput()
		require.Error(t, err, "without a terminal")
		require.Contains(t, string(out), "a person at a terminal")
		shown, code = to.atTerminal(t, args, `Type "accept"`, "ok\n")
		require.NotZero(t, code, shown)
		require.Empty(t, strings.TrimSpace(to.do(t, "layercake", "project", "list")))
		shown, code = to.atTerminal(t, args, `Type "accept"`, "accept\n")
		require.Zero(t, code, shown)
		require.Contains(t, to.do(t, "layercake", "db", "verify"), "shop is as its log says")
		require.Contains(t, to.do(t, "layercake", "audit", "verify", "--project", "shop", "--jq", ".data.unsigned | length"), "1")
	}
}
