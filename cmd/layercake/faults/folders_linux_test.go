package faults

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// readOnly mounts $1 read-only.
const readOnly = `mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"`

// TestReadOnlyFolders takes away the right to write, which holds for root as
// well when the mount says so.
func TestReadOnlyFolders(t *testing.T) {
	t.Parallel()

	t.Run("repository", func(t *testing.T) {
		u, _ := newUserOnServer(t)
		u.init(t)
		count := newTally()
		newBox(t, readOnly, u.dir).move(u)
		count.ask("all the same")
		r := u.run(t, "task", "add", "all the same", "--json")
		require.Zero(t, r.code, r.stderr)
		require.Contains(t, r.stderr, "the change is recorded, but the markdown files were not written")
		count.done("all the same")
		for _, args := range [][]string{{"project", "render"}, {"config", "set", "--local", "render", "off"}} {
			r = u.run(t, append(args, "--json")...)
			require.Contains(t, r.refused(t).Message, "read-only file system")
		}
		u.wrap, u.root = nil, ""
		count.check(t, u.sound(t))
	})

	t.Run("repository that is no project yet", func(t *testing.T) {
		u, _ := newUserOnServer(t)
		out, err := exec.CommandContext(t.Context(), "git", "init", "--quiet", u.dir).CombinedOutput()
		require.NoError(t, err, string(out))
		newBox(t, readOnly, u.dir).move(u)
		r := u.run(t, "init", "--yes", "--name", "Shop", "--json")
		require.Contains(t, r.refused(t).Message, "read-only file system")
		u.wrap, u.root = nil, ""
		require.Equal(t, "0\n", u.must(t, "project", "list", "--jq", ".data | length"), "no project without a folder")
		u.must(t, "init", "--yes", "--name", "Shop")
	})

	t.Run("home", func(t *testing.T) {
		u, _ := newUserOnServer(t)
		u.init(t)
		newBox(t, readOnly, u.home).move(u)
		u.must(t, "task", "add", "all the same")
		r := u.run(t, "config", "set", "render", "off", "--json")
		require.Contains(t, r.refused(t).Message, "read-only file system")
		require.Len(t, u.sound(t), 1)
	})

	t.Run("data", func(t *testing.T) {
		u := newUser(t)
		u.init(t)
		u.must(t, "task", "add", "before")
		u.must(t, "db", "stop")
		was := *u
		newBox(t, readOnly, u.data).move(u)
		r := u.run(t, "task", "list", "--json")
		require.Equal(t, "data_dir_unusable", r.refused(t).Code)
		require.Equal(t, 6, r.code)
		require.Equal(t, []string{"before"}, was.sound(t))
		// Evidence has a place in the same folder.
		*u = was
	})
}

// nobody is an account that owns nothing.
const nobody = 65534

// asNobody gives everything of a user's to an account without rights, and runs
// their commands as that account. Where the tests themselves run without rights
// nothing is to be done.
func asNobody(t *testing.T, u *user, url string) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	if _, err := exec.LookPath("setpriv"); err != nil {
		t.Skip("there is no setpriv to give up root's rights with")
	}
	require.NoError(t, filepath.WalkDir(u.top, func(path string, _ os.DirEntry, err error) error {
		require.NoError(t, err)
		return os.Lchown(path, nobody, nobody)
	}))
	u.wrap = []string{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"}
	// The socket of the tests' server lets in its own user and root only.
	u.set("LAYERCAKE_DATABASE_URL", newProxy(t, url, func(bool, []byte) bool { return false }).url)
}

// TestForbiddenFolders takes rights away from files and folders one by one. After
// each of them the rights come back, and all is as it was.
func TestForbiddenFolders(t *testing.T) {
	t.Parallel()
	u, url := newUserOnServer(t)
	asNobody(t, u, url)
	u.init(t)
	u.must(t, "config", "set", "--local", "render", "on")
	u.must(t, "config", "set", "render", "on")
	count := newTally()
	add := func(title string) result {
		count.ask(title)
		r := u.run(t, "task", "add", title, "--json")
		if r.code == 0 {
			count.done(title)
		}
		return r
	}
	const warned, refused = "warned", "refused"
	cases := []struct {
		path string
		mode os.FileMode
		want string
	}{
		{"shop/.layercake", 0, refused},
		{"shop/.layercake/project.yaml", 0, refused},
		{"shop/.layercake/config.yaml", 0, refused},
		{"home/.config/layercake/config.yaml", 0, refused},
		{"home/.config/layercake", 0, refused},
		{"shop/.layercake/sync.lock", 0, warned},
		{"shop/docs", 0, warned},
		{"shop/docs", 0o555, warned},
		{"shop/docs/TASKS.md", 0, warned},
		{"shop", 0o555, ""},
		{"home", 0, refused},
	}
	for _, c := range cases {
		path := filepath.Join(u.top, c.path)
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.NoError(t, os.Chmod(path, c.mode))
		r := add(c.path + " " + c.mode.String())
		require.NoError(t, os.Chmod(path, info.Mode()))
		t.Logf("%s: %s", c.path, r.stderr)
		switch c.want {
		case refused:
			require.Contains(t, r.refused(t).Message, filepath.Join(u.top, c.path), "the message names the file")
		case warned:
			require.Zero(t, r.code, r.stderr)
			require.Contains(t, r.stderr, "the change is recorded, but the markdown files were not written")
		default:
			require.Zero(t, r.code, r.stderr)
		}
	}
	count.check(t, u.sound(t))
}

// TestMissingSurroundings runs commands where things are not that usually are.
func TestMissingSurroundings(t *testing.T) {
	t.Parallel()
	u, _ := newUserOnServer(t)
	u.init(t)
	count := newTally()
	add := func(u *user, title string) {
		t.Helper()
		count.ask(title)
		r := u.run(t, "task", "add", title, "--json")
		require.Zero(t, r.code, r.stderr)
		require.Empty(t, r.stderr)
		count.done(title)
	}
	add(u.also("HOME", ""), "no HOME")
	add(u.also("HOME", filepath.Join(u.top, "gone")), "a HOME that does not exist")
	add(u.also("HOME", "relative"), "a HOME that is no absolute path")
	add(u.also("TMPDIR", filepath.Join(u.top, "gone")), "a TMPDIR that does not exist")
	add(u.also("PATH", ""), "no PATH")
	add(u.also("PATH", filepath.Join(u.top, "gone")), "no git")
	none := *u
	none.env = []string{"LAYERCAKE_DATABASE_URL=" + lookup(u.env, "LAYERCAKE_DATABASE_URL")}
	add(&none, "no environment")

	homeless := u.also("HOME", "")
	r := homeless.run(t, "config", "set", "render", "on", "--json")
	require.Equal(t, "no_home", r.refused(t).Code)
	homeless.set("LAYERCAKE_DATA_DIR", "")
	homeless.set("LAYERCAKE_DATABASE_URL", "")
	if os.Getuid() != 0 { // root's data has a place of its own
		r = homeless.run(t, "task", "list", "--json")
		require.Equal(t, "no_home", r.refused(t).Code)
		evidence := filepath.Join(u.top, "evidence")
		require.NoError(t, os.WriteFile(evidence, []byte("all is well"), 0o600))
		r = none.run(t, "proof", "submit", "G6", "test_output", "--file", evidence, "--json")
		require.Equal(t, "no_home", r.refused(t).Code)
	}
	other := *u
	other.dir = filepath.Join(u.top, "new")
	require.NoError(t, os.Mkdir(other.dir, 0o755))
	r = other.also("PATH", filepath.Join(u.top, "gone")).run(t, "init", "--yes", "--name", "New", "--json")
	require.Contains(t, r.refused(t).Message, "git")

	// A folder that is removed under the feet of a command.
	gone := *u
	gone.wrap = []string{"sh", "-c", `mkdir "$1" && cd "$1" && rmdir "$1" && shift && exec "$@"`, "sh", filepath.Join(u.top, "under-us")}
	r = gone.run(t, "task", "list", "--json")
	require.Equal(t, "no_project", r.refused(t).Code)
	count.check(t, u.sound(t))
}

func lookup(env []string, name string) string {
	for _, entry := range env {
		if len(entry) > len(name) && entry[:len(name)+1] == name+"=" {
			return entry[len(name)+1:]
		}
	}
	return ""
}
