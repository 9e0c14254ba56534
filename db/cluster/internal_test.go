package cluster

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCompareVersions(t *testing.T) {
	t.Parallel()
	cases := []struct {
		a, b string
		want int
	}{
		{"0.8.0", "0.8", 0},
		{"0.8.1", "0.8", 1},
		{"0.10", "0.9", 1},
		{"15.9", "15.10", -1},
		{"17", "9.6", 1},
		{"0.8.0-1~bpo", "0.8", 0},
		{"0.7.4-2", "0.8", -1},
	}
	for _, c := range cases {
		got := compareVersions(c.a, c.b)
		require.Equal(t, c.want, min(1, max(-1, got)), "%s and %s", c.a, c.b)
		require.Equal(t, -c.want, min(1, max(-1, compareVersions(c.b, c.a))))
	}
}

func TestARemoteDataDirIsRefusedWithAWayOut(t *testing.T) {
	t.Parallel()
	err := refuseRemote("/home/ann", fileSystem{name: "NFS", kind: fsRemote})
	var known *Error
	require.ErrorAs(t, err, &known)
	require.Equal(t, CodeNetworkFS, known.Code)
	require.Contains(t, known.Message, "/home/ann is on NFS")
	require.Contains(t, known.Hint, envDataDir)
	require.Contains(t, known.Hint, envURL)

	_, err = checkFileSystem(filepath.Join(t.TempDir(), "not", "yet", "there"))
	require.NoError(t, err)
}

func TestDataOfAnotherHost(t *testing.T) {
	t.Parallel()
	pgdata := t.TempDir()
	here := hostID{Name: "here", Boot: "1"}
	there := instance{DataDir: pgdata, Host: hostID{Name: "there", Boot: "2"}}
	shared := fileSystem{name: "OCFS2", kind: fsUnknown}

	require.NoError(t, checkHost(shared, there, here, "file"), "stopped in good order")
	require.NoError(t, os.WriteFile(filepath.Join(pgdata, pidFileName), []byte("17\n"), filePerm))
	err := checkHost(shared, there, here, "file")
	require.True(t, hasCode(err, CodeOtherHost))
	require.ErrorContains(t, err, "there")

	require.NoError(t, checkHost(fileSystem{kind: fsLocal}, there, here, "file"), "the run lock has answered")
	require.NoError(t, checkHost(shared, there, hostID{Name: "container", Boot: "2"}, "file"), "same kernel")
	require.NoError(t, checkHost(shared, there, hostID{Name: "there", Boot: "3"}, "file"), "rebooted")
	require.NoError(t, checkHost(shared, instance{}, here, "file"), "never run")
}

func TestAStalePIDFileIsRemovedAndALiveOneIsNot(t *testing.T) {
	t.Parallel()
	pgdata := t.TempDir()
	path := filepath.Join(pgdata, pidFileName)
	write := func(pid int) {
		require.NoError(t, os.WriteFile(path, []byte(strconv.Itoa(pid)+"\n"), filePerm))
	}
	require.NoError(t, removeStalePIDFile(pgdata))

	write(os.Getpid()) // alive, but works elsewhere
	require.NoError(t, removeStalePIDFile(pgdata))
	require.NoFileExists(t, path)

	zombie := exec.CommandContext(t.Context(), "true")
	zombie.Dir = pgdata
	out, err := zombie.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, zombie.Start())
	_, err = out.Read(make([]byte, 1)) // it has ended; nobody has waited for it
	require.Error(t, err)
	write(zombie.Process.Pid)
	require.Eventually(t, func() bool { return !processUses(zombie.Process.Pid, pgdata) }, probeTimeout, readyPoll)
	require.NoError(t, removeStalePIDFile(pgdata))
	require.NoFileExists(t, path)
	require.NoError(t, zombie.Wait())

	server := exec.CommandContext(t.Context(), "cat")
	server.Dir = pgdata
	in, err := server.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	write(server.Process.Pid)
	require.NoError(t, removeStalePIDFile(pgdata))
	require.FileExists(t, path)
	require.NoError(t, in.Close())
	require.NoError(t, server.Wait())
}

func TestTheLogIsBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte("line\n"), 100), filePerm))
	require.NoError(t, boundLog(path, 500))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.EqualValues(t, 500, info.Size())
	require.NoError(t, boundLog(path, 499))
	info, err = os.Stat(path)
	require.NoError(t, err)
	require.Zero(t, info.Size())
	require.FileExists(t, path+".1")
}

func TestTheServerSeesNoSecretsAndNoSettingsOfOthers(t *testing.T) {
	t.Parallel()
	env := serverEnv([]string{"PATH=/bin", "PGDATA=/x", "PGOPTIONS=-c fsync=off", "ANTHROPIC_API_KEY=k", "HOME=/h"})
	require.Equal(t, []string{"PATH=/bin", "HOME=/h", "LC_ALL=C"}, env)
}

func TestRootsRuntimeDirIsNotForTheServer(t *testing.T) {
	t.Parallel()
	c := Config{DataDir: "/" + strings.Repeat("d", maxSocketPath), RuntimeDir: "/run/user/0"}
	require.False(t, socketFits(c.socketDirs(account{})[0]))
	require.Contains(t, c.socketDirs(account{uid: 1})[1], "/run/user/0/layercake-")
	require.Contains(t, c.socketDirs(account{uid: 1, drop: true})[1], "/tmp/layercake-1-")
}

func TestTransientStartFailures(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`FATAL:  lock file "postmaster.pid" already exists`:                               true,
		`FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use`:          true,
		`FATAL:  could not create lock file "/x/.s.PGSQL.5432.lock": Permission denied`:   false,
		`FATAL:  configuration file "/x/postgresql.conf" contains errors; postmaster.pid`: false,
	} {
		require.Equal(t, want, isTransient(failure(CodeStartFailed, "", "%s", text)), text)
	}
}
