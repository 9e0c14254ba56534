//go:build unix

package faults

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/layercake-dev/layercake/db/cluster/clustertest"
)

// enterable lets the database server's user pass through a folder when tests run
// as root.
const enterable = 0o711

// programs is the folder of the program under test.
var programs string

func TestMain(m *testing.M) {
	clustertest.RunSupervisor()
	dir, err := os.MkdirTemp("", "lc-faults-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	programs = dir
	code := m.Run()
	_ = os.RemoveAll(dir) // what stays is in the folder for such
	os.Exit(code)
}

// buildProgram builds the program once, as it is released: without the race
// detector, under which a hundred processes would only wait for each other.
var buildProgram = sync.OnceValues(func() (string, error) {
	if err := os.Chmod(programs, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(programs, "layercake")
	out, err := exec.Command("go", "build", "-o", path, "..").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the program: %w: %s", err, out)
	}
	return path, nil
})

func program(t testing.TB) string {
	t.Helper()
	path, err := buildProgram()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
