package cluster_test

import (
	"bytes"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/db/cluster"
)

func runShell(t *testing.T, shell *cluster.PSQL) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), shell.Path, shell.Args...)
	cmd.Env = append(os.Environ(), shell.Env...)
	// psql grumbles on standard error where its user may not enter the folder
	// that the tests run in, as in a checkout below /root.
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	return string(out)
}

// serverUser is the user who runs the server when the tests run as root.
func serverUser(t *testing.T) (uid, gid int) {
	t.Helper()
	for _, name := range []string{"postgres", "_postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.Atoi(found.Uid)
		require.NoError(t, err)
		gid, err := strconv.Atoi(found.Gid)
		require.NoError(t, err)
		return uid, gid
	}
	require.Fail(t, "no user to run the server")
	return 0, 0
}

// asRoot leaves out what only root can try; everything else runs for root and
// for ordinary users alike.
func asRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("about root")
	}
}

func ownerOf(t *testing.T, pid int) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ps", "-o", "uid=", "-p", strconv.Itoa(pid)).Output()
	require.NoError(t, err)
	return string(out)
}

func TestRootRunsTheServerAsAnotherUser(t *testing.T) {
	t.Parallel()
	asRoot(t)
	cfg := newConfig(t)
	ensure(t, cfg)
	uid, _ := serverUser(t)
	require.Contains(t, ownerOf(t, status(t, cfg).PID), strconv.Itoa(uid))
}

func TestRootRunsTheServerAsTheOwnerOfTheData(t *testing.T) {
	t.Parallel()
	asRoot(t)
	nobody, err := user.Lookup("nobody")
	require.NoError(t, err)
	uid, err := strconv.Atoi(nobody.Uid)
	require.NoError(t, err)
	gid, err := strconv.Atoi(nobody.Gid)
	require.NoError(t, err)
	cfg := newConfig(t)
	require.NoError(t, os.Chown(cfg.DataDir, uid, gid))
	require.NoError(t, os.Chmod(cfg.DataDir, 0o700))
	info := ensure(t, cfg)
	require.Contains(t, ownerOf(t, status(t, cfg).PID), nobody.Uid)

	// The owner is let in as well, once root has begun.
	shell, err := cluster.Shell(t.Context(), cfg, info, "-Atc", "SELECT current_user")
	require.NoError(t, err)
	setpriv, err := exec.LookPath("setpriv")
	require.NoError(t, err)
	args := []string{"--reuid", nobody.Uid, "--regid", nobody.Gid, "--clear-groups", "env"}
	asNobody := &cluster.PSQL{Path: setpriv, Args: append(append(append(args, shell.Env...), shell.Path), shell.Args...)}
	require.Equal(t, "layercake\n", runShell(t, asNobody))

	// And nobody else, even with the directory open.
	require.NoError(t, os.Chmod(cfg.DataDir, 0o755))
	require.NoError(t, os.Chmod(info.SocketDir, 0o777))
	require.NoError(t, os.Chmod(info.SocketDir+"/.s.PGSQL.5432", 0o777))
	stranger := exec.CommandContext(t.Context(), setpriv, append(append(append([]string{"--reuid", "1", "--regid", "1", "--clear-groups", "env"}, shell.Env...), shell.Path), shell.Args...)...)
	out, err := stranger.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "authentication failed")
}

func TestRootIsToldWhichDirectoryIsClosed(t *testing.T) {
	t.Parallel()
	asRoot(t)
	cfg := newConfig(t)
	closed := cfg.DataDir + "/closed"
	require.NoError(t, os.Mkdir(closed, 0o700))
	cfg.DataDir = closed + "/data"
	_, err := cluster.Ensure(t.Context(), cfg)
	known := requireCode(t, err, cluster.CodeNotTraversable)
	require.Contains(t, known.Message, closed)
	require.Contains(t, known.Hint, "chmod o+x "+closed)
}
