package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRestoreOnAFullDisk restores a backup while the disk of the database has less and
// less room for it: it takes the place of what is there, or everything stays.
func TestRestoreOnAFullDisk(t *testing.T) {
	t.Parallel()
	u := newUser(t, func(u *user) {
		require.NoError(t, os.Mkdir(u.data, enterable))
		newBox(t, tmpfs("192m"), u.data).move(u)
	})
	u.init(t)
	for n := range 60 {
		u.must(t, "task", "add", fmt.Sprint("kept ", n), "--description", incompressible(10_000), "--no-render")
	}
	u.must(t, "db", "backup", "-o", "backup.dump")
	u.must(t, "task", "add", "later")
	before := u.titles(t)
	ballast := filepath.Join(u.root, u.data, "ballast")
	codes := map[string]int{}
	for _, room := range []int{100_000, 1_000_000, 2_000_000} {
		fill(t, ballast, room)
		r := u.run(t, "db", "restore", "backup.dump", "--yes")
		require.NoError(t, os.Remove(ballast))
		if r.code == 0 {
			break
		}
		codes[fmt.Sprint(r.code, " ", firstOf(r.stderr))]++
		require.Equal(t, before, u.sound(t), "%d bytes of room: %s", room, r.stderr)
	}
	t.Logf("refused with %v", codes)
	require.NotEmpty(t, codes, "the disk never was full")
	u.must(t, "db", "restore", "backup.dump", "--yes")
	require.Len(t, u.sound(t), 60)
}

// firstOf shortens what a command said.
func firstOf(text string) string {
	const most = 160
	return text[:min(len(text), most)]
}
