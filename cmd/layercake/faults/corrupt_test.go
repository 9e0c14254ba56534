//go:build unix

package faults

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// bomb is a document of 1 kB that stands for billions of words.
func bomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n")
	for i := byte('1'); i <= '9'; i++ {
		b.WriteString("a" + string(i) + ": &a" + string(i) + " [" + strings.Repeat("*a"+string(i-1)+", ", 9) + "lol]\n")
	}
	return b.String()
}

// nonsense is what may stand where a file of settings should be.
func nonsense() map[string]func(path string) error {
	write := func(text string) func(string) error {
		return func(path string) error { return os.WriteFile(path, []byte(text), 0o600) }
	}
	binary := make([]byte, 4096)
	_, _ = rand.Read(binary) // never fails
	return map[string]func(path string) error{
		"binary":            write(string(binary)),
		"NUL":               write("version: 1\x00\n"),
		"10 MB":             write("version: 1\nname: " + strings.Repeat("x", 10<<20)),
		"a bomb":            write(bomb()),
		"recursive alias":   write("version: &v\n  - *v\n"),
		"a list":            write("- 1\n- 2\n"),
		"a word":            write("hello\n"),
		"unclosed":          write("version: [1, 2\nid: {"),
		"tabs":              write("version:\n\t- 1\n"),
		"two documents":     write("---\nrender: 7\n---\nrender: on\n"),
		"invalid UTF-8":     write("version: \xff\xfe\n"),
		"wrong types":       write("version: {a: b}\nid: [1]\nrender: {on: off}\n"),
		"a conflict of git": write("<<<<<<< HEAD\nversion: 1\n=======\nversion: 2\n>>>>>>> main\n"),
		"a folder":          func(path string) error { return os.Mkdir(path, 0o755) },
		"a pipe":            func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a link to itself":  func(path string) error { return os.Symlink(filepath.Base(path), path) },
		"an endless file":   func(path string) error { return os.Symlink("/dev/zero", path) },
	}
}

// TestCorruptFiles puts nonsense into the places of the files that people write.
// Commands refuse it with the file's name, at once, and change nothing; what looks
// for troubles goes on.
func TestCorruptFiles(t *testing.T) {
	t.Parallel()
	u, _ := newUserOnServer(t)
	u.init(t)
	u.must(t, "config", "set", "render", "on")
	u.must(t, "config", "set", "--local", "render", "on")
	u.must(t, "task", "add", "before")
	files := []struct {
		path string
		read []string
	}{
		{"home/.config/layercake/config.yaml", []string{"task", "list"}},
		{"shop/.layercake/config.yaml", []string{"task", "list"}},
		{"shop/.layercake/project.yaml", []string{"task", "list"}},
		{"shop/.layercake/workflow.yaml", []string{"trust", "--dry-run"}},
	}
	for _, file := range files {
		path := filepath.Join(u.top, file.path)
		was, err := os.ReadFile(path)
		require.NoError(t, err)
		for name, put := range nonsense() {
			require.NoError(t, os.Remove(path))
			require.NoError(t, put(path))
			r := u.run(t, append(file.read, "--json")...)
			said := r.refused(t)
			require.Contains(t, said.Message, filepath.Base(path), "%s in %s: %+v", name, file.path, said)
			require.Less(t, len(r.stderr), 4000, "%s in %s", name, file.path)
			doctor := u.run(t, "doctor", "--json")
			require.NotEmpty(t, doctor.stdout, "%s in %s: %s", name, file.path, doctor.stderr)
			if strings.HasSuffix(path, "config.yaml") {
				set := []string{"config", "set", "idle_timeout", "1h", "--json"}
				if strings.Contains(path, "shop") {
					set = append(set, "--local")
				}
				info, err := os.Stat(path)
				text := err == nil && info.Mode().IsRegular()
				var before []byte
				if text {
					before, err = os.ReadFile(path)
					require.NoError(t, err)
				}
				r = u.run(t, set...)
				r.refused(t)
				if text {
					after, err := os.ReadFile(path)
					require.NoError(t, err)
					require.Equal(t, before, after, "%s in %s was written over", name, file.path)
				}
			}
			require.NoError(t, os.RemoveAll(path))
			require.NoError(t, os.WriteFile(path, was, 0o600))
		}
	}
	require.Equal(t, []string{"before"}, u.sound(t))
}

// TestOddFiles holds that what editors of other systems write is read: the mark at
// the beginning, line ends of two characters, no line end.
func TestOddFiles(t *testing.T) {
	t.Parallel()
	u, _ := newUserOnServer(t)
	u.init(t)
	u.must(t, "config", "set", "--local", "render", "on")
	for _, name := range []string{"project.yaml", "config.yaml", "workflow.yaml"} {
		path := filepath.Join(u.dir, ".layercake", name)
		was, err := os.ReadFile(path)
		require.NoError(t, err)
		text := "\ufeff" + strings.TrimRight(strings.ReplaceAll(string(was), "\n", "\r\n"), "\r\n")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	u.must(t, "task", "add", "with odd files")
	u.must(t, "trust", "--dry-run")
	u.must(t, "config", "set", "--local", "render", "off")
	require.Equal(t, "off\n", u.must(t, "config", "get", "render"))
	u.must(t, "config", "set", "--local", "idle_timeout", "45m")
	require.Equal(t, "45m\n", u.must(t, "config", "get", "idle_timeout"))
	require.Len(t, u.sound(t), 1)
}

// TestCorruptEvidence alters, empties and removes kept evidence: it is told, and
// never taken for what it was.
func TestCorruptEvidence(t *testing.T) {
	t.Parallel()
	u, _ := newUserOnServer(t)
	u.init(t)
	evidence := filepath.Join(u.dir, "evidence.txt")
	for name, spoil := range map[string]func(path string) error{
		"altered":  func(path string) error { return os.WriteFile(path, []byte("all is well?"), 0o600) },
		"emptied":  func(path string) error { return os.Truncate(path, 0) },
		"removed":  os.Remove,
		"a folder": func(path string) error { return replaced(path, os.Mkdir(path+".d", 0o755), path+".d") },
		"a link":   func(path string) error { return replaced(path, os.Symlink("/etc/passwd", path+".l"), path+".l") },
		"a pipe":   func(path string) error { return replaced(path, syscall.Mkfifo(path+".p", 0o600), path+".p") },
	} {
		require.NoError(t, os.WriteFile(evidence, []byte("all is well: "+name), 0o600))
		proof := jsonOf[struct {
			ID     string `json:"id"`
			SHA256 string `json:"sha256"`
		}](t, u.must(t, "proof", "submit", "G6", "test_output", "--file", evidence, "--json"))
		u.must(t, "proof", "verify", proof.ID)
		path := filepath.Join(u.data, "artifacts/sha256", proof.SHA256[:2], proof.SHA256[2:])
		require.NoError(t, os.Chmod(path, 0o600))
		require.NoError(t, spoil(path))
		r := u.run(t, "proof", "verify", proof.ID, "--json")
		require.NotZero(t, r.code, "%s: %s", name, r.stdout)
		r = u.run(t, "proof", "show", proof.ID, "--content")
		require.NotZero(t, r.code, "%s: %s", name, r.stdout)
		require.NotContains(t, r.stdout, "root:", name)

		// Handed in again, it is whole again.
		require.NoError(t, os.RemoveAll(path))
		u.must(t, "proof", "submit", "G6", "test_output", "--file", evidence)
		u.must(t, "proof", "verify", proof.ID)
	}
	u.sound(t)
}

// replaced puts one thing in the place of another.
func replaced(path string, err error, with string) error {
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return os.Rename(with, path)
}
