package proof_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/proof"
)

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// serverEnv makes this test binary a small web server.
const serverEnv = "PROOF_TEST_SERVER"

func TestMain(m *testing.M) {
	if address := os.Getenv(serverEnv); address != "" {
		fmt.Println("starting on", address)
		http.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
		http.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/broken", http.StatusFound) })
		http.HandleFunc("/die", func(http.ResponseWriter, *http.Request) { os.Exit(7) })
		http.HandleFunc("/{$}", func(http.ResponseWriter, *http.Request) {})
		fmt.Println(http.ListenAndServe(address, nil))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// freeAddress returns a loopback address that nothing listens on. The port lies
// below those that systems hand out by themselves, and depends on the test's
// name, so that no test running beside this one takes it in the meantime.
func freeAddress(t *testing.T, salt ...string) string {
	t.Helper()
	const lowest, ports = 20000, 12000
	sum := sha256.Sum256([]byte(t.Name() + strings.Join(salt, "")))
	for port := int(sum[0])<<8 | int(sum[1]); ; port++ {
		address := fmt.Sprintf("127.0.0.1:%d", lowest+port%ports)
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
		if err == nil {
			require.NoError(t, l.Close())
			return address
		}
		require.ErrorIs(t, err, syscall.EADDRINUSE)
	}
}

// serverSpec starts this test binary as a server.
func serverSpec(t *testing.T, address string) proof.ServeSpec {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	return proof.ServeSpec{
		Spec:  proof.Spec{Argv: []string{exe}, Dir: t.TempDir(), Env: append(os.Environ(), serverEnv+"="+address)},
		Ready: "http://" + address + "/",
	}
}

func serve(t *testing.T, spec proof.ServeSpec) (*proof.ServeRun, string) {
	t.Helper()
	var out bytes.Buffer
	spec.Output = &out
	run, err := proof.Serve(t.Context(), spec)
	require.NoError(t, err)
	require.NoError(t, run.Close())
	require.Equal(t, hexSHA256(out.Bytes()), run.OutputSHA256)
	return run, out.String()
}

func codes(reasons []proof.Reason) []string {
	var all []string
	for _, r := range reasons {
		all = append(all, r.Code)
	}
	return all
}

func requireSilent(t *testing.T, address string) {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(t.Context(), "tcp", address)
	if err == nil {
		require.NoError(t, conn.Close())
	}
	require.Error(t, err, "something still listens")
}

func TestServe(t *testing.T) {
	t.Parallel()

	t.Run("ready, probed, stopped", func(t *testing.T) {
		t.Parallel()
		address := freeAddress(t)
		spec := serverSpec(t, address)
		spec.Gets = []string{"/", "/moved"}
		spec.Probe = sh("echo probing; exit 0")
		var out bytes.Buffer
		spec.Output = &out
		run, err := proof.Serve(t.Context(), spec)
		require.NoError(t, err)
		require.Empty(t, run.Failures)
		require.True(t, run.Ready)
		require.Positive(t, run.ReadyAfter)
		require.Equal(t, "probing\n", stdout(t, run.Run), "the parser gets the probe's output")
		require.NoError(t, run.Close())
		for _, want := range []string{"starting on " + address, "layercake: ready after", "GET http://" + address + "/moved -> 302", "probing", "probe passed"} {
			require.Contains(t, out.String(), want)
		}
		requireSilent(t, address)
	})
	t.Run("behind a shell", func(t *testing.T) {
		t.Parallel()
		address := freeAddress(t)
		spec := serverSpec(t, address)
		spec.Argv = sh(spec.Argv[0] + " & wait")
		run, out := serve(t, spec)
		require.Empty(t, run.Failures, out)
		requireSilent(t, address)
	})
	t.Run("bad answers and a failing probe", func(t *testing.T) {
		t.Parallel()
		spec := serverSpec(t, freeAddress(t))
		spec.Gets = []string{"/broken", "/missing", "http://" + freeAddress(t, "other")}
		spec.Probe = sh("exit 4")
		run, _ := serve(t, spec)
		require.Equal(t, []string{proof.ReasonBadAnswer, proof.ReasonBadAnswer, proof.ReasonBadAnswer, proof.ReasonProbeFailed}, codes(run.Failures))
	})
	t.Run("a probe that cannot run", func(t *testing.T) {
		t.Parallel()
		spec := serverSpec(t, freeAddress(t))
		spec.Probe = []string{"no-such-command-here"}
		run, _ := serve(t, spec)
		require.Equal(t, []string{proof.ReasonProbeFailed}, codes(run.Failures))
	})
	t.Run("exits early", func(t *testing.T) {
		t.Parallel()
		spec := serverSpec(t, freeAddress(t))
		spec.Argv = sh("echo cannot start; exit 5")
		run, out := serve(t, spec)
		require.Equal(t, []string{proof.ReasonExitedEarly}, codes(run.Failures))
		require.Equal(t, 5, run.ExitCode)
		require.Contains(t, out, "cannot start\n")
	})
	t.Run("dies while probed", func(t *testing.T) {
		t.Parallel()
		spec := serverSpec(t, freeAddress(t))
		spec.Gets = []string{"/die"}
		spec.Probe = sh("sleep 0.3")
		run, _ := serve(t, spec)
		require.Equal(t, []string{proof.ReasonBadAnswer, proof.ReasonExitedEarly}, codes(run.Failures))
	})
	t.Run("never ready", func(t *testing.T) {
		t.Parallel()
		address := freeAddress(t)
		spec := serverSpec(t, address)
		spec.Ready += "broken"
		spec.ReadyTimeout = 500 * time.Millisecond
		run, _ := serve(t, spec)
		require.Equal(t, []string{proof.ReasonNotReady}, codes(run.Failures))
		require.Contains(t, run.Failures[0].Message, "500")
		requireSilent(t, address)
	})
	t.Run("takes too long altogether", func(t *testing.T) {
		t.Parallel()
		spec := serverSpec(t, freeAddress(t))
		spec.Timeout = 1500 * time.Millisecond
		spec.Grace = time.Second
		spec.Probe = []string{"sleep", "1000"}
		run, _ := serve(t, spec)
		require.True(t, run.TimedOut)
		require.Equal(t, []string{proof.ReasonProbeFailed}, codes(run.Failures))
	})
	t.Run("something else answers already", func(t *testing.T) {
		t.Parallel()
		other := httptest.NewServer(http.NotFoundHandler())
		defer other.Close()
		dir := t.TempDir()
		spec := serverSpec(t, strings.TrimPrefix(other.URL, "http://"))
		spec.Argv, spec.Dir = sh("touch started"), dir
		run, out := serve(t, spec)
		require.Equal(t, []string{proof.ReasonPortTaken}, codes(run.Failures))
		require.Contains(t, out, "already answers")
		require.NoFileExists(t, filepath.Join(dir, "started"))
	})
	t.Run("a bad URL", func(t *testing.T) {
		t.Parallel()
		for _, bad := range []string{"", "localhost:80", "ftp://h/", "file:///etc/passwd", "http://"} {
			spec := serverSpec(t, freeAddress(t))
			spec.Ready = bad
			_, err := proof.Serve(t.Context(), spec)
			require.Equal(t, proof.CodeBadURL, fault.CodeOf(err), bad)
		}
	})
}
