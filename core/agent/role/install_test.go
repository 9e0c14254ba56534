package role_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/agent/role"
	"github.com/layercake-dev/layercake/core/fault"
)

// environ is an environment in which git knows nobody's settings.
func environ(t *testing.T) []string {
	t.Helper()
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.org",
	}
}

// source is a repository with roles in it.
type source struct {
	t   *testing.T
	dir string
	env []string
}

func newSource(t *testing.T, files map[string]string) *source {
	t.Helper()
	s := &source{t: t, dir: filepath.Join(t.TempDir(), "shared"), env: environ(t)}
	require.NoError(t, os.Mkdir(s.dir, 0o750))
	s.git("init", "-q", "-b", "main")
	s.commit(files)
	return s
}

func (s *source) git(args ...string) string {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), "git", args...)
	cmd.Dir, cmd.Env = s.dir, s.env
	out, err := cmd.CombinedOutput()
	require.NoError(s.t, err, string(out))
	return strings.TrimSpace(string(out))
}

// commit writes files and commits everything; it returns the commit.
func (s *source) commit(files map[string]string) string {
	s.t.Helper()
	for name, text := range files {
		write(s.t, s.dir, name, text)
	}
	s.git("add", "-A")
	s.git("commit", "-q", "--allow-empty", "-m", "C")
	return s.git("rev-parse", "HEAD")
}

// install installs the repository into a project.
func (s *source) install(root string, change func(*role.Install)) (*role.Installed, error) {
	s.t.Helper()
	in := role.Install{Root: root, Dir: root, Source: s.dir, Env: s.env}
	if change != nil {
		change(&in)
	}
	return in.Install(s.t.Context())
}

func TestInstall(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	s := newSource(t, map[string]string{
		"agents/botanist.md": titled("Botanist"), "agents/zoologist.md": titled("Zoologist"), "agents/deep/other.md": "no role",
		"agents/README.md": "read me", "notes.md": "no role", "agents/run.sh": "#!/bin/sh\ntouch ran\n",
	})
	first := s.git("rev-parse", "HEAD")
	dry, err := s.install(root, func(in *role.Install) { in.DryRun = true })
	require.NoError(t, err)
	assert.Equal(t, []string{"botanist", "zoologist"}, dry.Added)
	assert.NoDirExists(t, filepath.Join(root, ".layercake"))

	done, err := s.install(root, nil)
	require.NoError(t, err)
	assert.Equal(t, dry.Digest, done.Digest)
	assert.Equal(t, first, done.Commit)
	assert.Equal(t, []string{"README.md"}, done.Skipped)
	entries, err := os.ReadDir(filepath.Join(root, role.Dir, "shared"))
	require.NoError(t, err)
	assert.Len(t, entries, 2, "nothing but the roles is copied")
	set := load(t, root)
	assert.Empty(t, set.Broken)
	r, err := set.Get("botanist")
	require.NoError(t, err)
	assert.Equal(t, "collection shared@"+first[:12], r.Source.String())

	// What changed comes when it is asked for, and is told.
	second := s.commit(map[string]string{"agents/botanist.md": titled("Best botanist"), "agents/geologist.md": titled("Geologist")})
	s.git("rm", "-q", "agents/zoologist.md")
	third := s.commit(nil)
	require.NotEqual(t, second, third)
	r, err = load(t, root).Get("botanist")
	require.NoError(t, err)
	assert.Equal(t, "Botanist", r.Title)
	done, err = s.install(root, nil)
	require.NoError(t, err)
	assert.Equal(t, first, done.Before)
	assert.Equal(t, third, done.Commit)
	assert.Equal(t, [][]string{{"geologist"}, {"botanist"}, {"zoologist"}, nil}, [][]string{done.Added, done.Changed, done.Removed, done.Unchanged})
	assert.NoFileExists(t, filepath.Join(root, role.Dir, "shared", "zoologist.md"))

	// An earlier commit, a tag and a branch can be named.
	s.git("tag", "-m", "T", "v1", first)
	s.git("branch", "old", second)
	for ref, want := range map[string]string{"v1": first, "old": second, "main": third} {
		done, err = s.install(root, func(in *role.Install) { in.Ref = ref })
		require.NoError(t, err, ref)
		assert.Equal(t, want, done.Commit, ref)
	}
	_, err = s.install(root, func(in *role.Install) { in.Ref = "nope" })
	require.Equal(t, "collection_ref", fault.CodeOf(err), "%v", err)

	list, err := role.Collections(root)
	require.NoError(t, err)
	require.Len(t, list, 1)
	_, err = role.Remove(root, "shred", false, false)
	require.Equal(t, "collection_not_found", fault.CodeOf(err))
	_, err = role.Remove(root, "shared", false, true)
	require.NoError(t, err)
	require.DirExists(t, filepath.Join(root, role.Dir, "shared"))
	_, err = role.Remove(root, "shared", false, false)
	require.NoError(t, err)
	left, err := os.ReadDir(filepath.Join(root, role.Dir))
	require.NoError(t, err)
	assert.Empty(t, left)
}

// TestInstallFolder installs from a folder outside of git, and by an address.
func TestInstallFolder(t *testing.T) {
	t.Parallel()
	root, dir := t.TempDir(), t.TempDir()
	write(t, dir, "tools/botanist.md", titled("Botanist"))
	in := role.Install{Root: root, Dir: dir, Source: "./tools", Env: environ(t)}
	done, err := in.Install(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "tools", done.Name)
	assert.Empty(t, done.Commit)
	in.Ref = "main"
	_, err = in.Install(t.Context())
	require.Equal(t, role.CodeSource, fault.CodeOf(err))

	s := newSource(t, map[string]string{"zoologist.md": titled("Zoologist")})
	s.git("clone", "-q", "--bare", s.dir, s.dir+".git")
	done, err = s.install(root, func(in *role.Install) { in.Source = "file://" + s.dir + ".git" })
	require.NoError(t, err)
	assert.Equal(t, "shared", done.Name)
	done, err = s.install(root, func(in *role.Install) { in.Source, in.Name = s.dir+".git", "bare"; in.DryRun = true })
	require.Equal(t, role.CodeTwice, fault.CodeOf(err), "%v %v", done, err)
}

// TestInstallRunsNothing gives git every occasion to run something of the source.
func TestInstallRunsNothing(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	s := newSource(t, map[string]string{"agents/botanist.md": titled("Botanist"), ".gitattributes": "*.md filter=evil\n", ".lfsconfig": "[lfs]\nurl = http://127.0.0.1:1/\n"})
	mark := filepath.Join(t.TempDir(), "ran")
	script := "#!/bin/sh\necho \"$0\" >>" + mark + "\ncat\n"
	for _, hook := range []string{"post-checkout", "post-merge", "reference-transaction", "pre-auto-gc"} {
		write(t, s.dir, ".git/hooks/"+hook, script)
		require.NoError(t, os.Chmod(filepath.Join(s.dir, ".git/hooks", hook), 0o700))
	}
	write(t, s.dir, "evil.sh", script)
	require.NoError(t, os.Chmod(filepath.Join(s.dir, "evil.sh"), 0o700))
	for _, set := range [][]string{
		{"filter.evil.smudge", s.dir + "/evil.sh"}, {"core.fsmonitor", s.dir + "/evil.sh"}, {"uploadpack.packObjectsHook", s.dir + "/evil.sh"},
	} {
		s.git("config", set[0], set[1])
	}
	// The settings of the person who installs name hooks and filters as well.
	write(t, s.dir, "../hooks/post-checkout", script)
	write(t, s.dir, "../hooks/reference-transaction", script)
	for _, hook := range []string{"post-checkout", "reference-transaction"} {
		require.NoError(t, os.Chmod(filepath.Join(s.dir, "../hooks", hook), 0o700))
	}
	home := strings.TrimPrefix(s.env[1], "HOME=")
	write(t, home, ".gitconfig", "[core]\n\thooksPath = "+filepath.Join(s.dir, "../hooks")+"\n[filter \"evil\"]\n\tsmudge = "+s.dir+"/evil.sh\n")
	_, err := s.install(root, nil)
	require.NoError(t, err)
	assert.NoFileExists(t, mark)
}

// TestInstallRefuses tries what a source must not do.
func TestInstallRefuses(t *testing.T) {
	t.Parallel()
	many := map[string]string{}
	for _, a := range "abcdefghijk" {
		for _, b := range "abcdefghij" {
			many["agents/"+string(a)+string(b)+".md"] = titled("Many")
		}
	}
	for name, test := range map[string]struct {
		files  map[string]string
		change func(*source)
		code   string
	}{
		"nothing":   {map[string]string{"README.md": "x"}, nil, "collection_empty"},
		"no role":   {map[string]string{"agents/botanist.md": "You are"}, nil, role.CodeInvalid},
		"hidden":    {map[string]string{"agents/botanist.md": titled("B") + "a\u202eb\n"}, nil, role.CodeInvalid},
		"built-in":  {map[string]string{"agents/architect.md": titled("A")}, nil, "role_builtin"},
		"large":     {map[string]string{"agents/botanist.md": titled("B") + strings.Repeat("x", role.MaxSize)}, nil, "collection_too_large"},
		"many":      {many, nil, "collection_too_large"},
		"link":      {map[string]string{"x": "y"}, func(s *source) { s.link("/etc/hostname", "agents/botanist.md") }, "collection_no_file"},
		"submodule": {map[string]string{"x": "y"}, func(s *source) { s.module("agents/botanist.md") }, "collection_no_file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			s := newSource(t, test.files)
			if test.change != nil {
				test.change(s)
			}
			_, err := s.install(root, nil)
			require.Equal(t, test.code, fault.CodeOf(err), "%v", err)
			assert.NoDirExists(t, filepath.Join(root, role.Dir, "shared"))
		})
	}
}

// link commits a symbolic link.
func (s *source) link(to, name string) {
	require.NoError(s.t, os.MkdirAll(filepath.Dir(filepath.Join(s.dir, name)), 0o750))
	require.NoError(s.t, os.Symlink(to, filepath.Join(s.dir, name)))
	s.commit(nil)
}

// module commits a submodule.
func (s *source) module(name string) {
	s.git("update-index", "--add", "--cacheinfo", "160000,"+s.git("rev-parse", "HEAD")+","+name)
	s.git("commit", "-q", "-m", "M")
}

func TestInstallRefusesAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"", "ext::sh -c touch% ran", "http://example.org/a.git", "git://example.org/a.git", "https://user:pass@example.org/a.git",
		"https://token@example.org/a.git", "ftp://example.org/a.git", "file://host/a.git", "https://example.org/a.git?x=1", "a\x1bb",
	} {
		_, err := role.Install{Root: t.TempDir(), Dir: t.TempDir(), Source: address, Name: "x", Env: environ(t)}.Install(t.Context())
		require.Equal(t, role.CodeSource, fault.CodeOf(err), "%q: %v", address, err)
		assert.NotContains(t, err.Error(), "pass@", address)
	}
	for _, path := range []string{"./nowhere", "--upload-pack=x"} {
		_, err := role.Install{Root: t.TempDir(), Dir: t.TempDir(), Source: path, Name: "x", Env: environ(t)}.Install(t.Context())
		require.Equal(t, fault.KindNotFound, fault.KindOf(err), path)
	}
	for _, ref := range []string{"--upload-pack=x", "-x", "a b", "a:b", "+main"} {
		s := newSource(t, map[string]string{"agents/botanist.md": titled("B")})
		_, err := s.install(t.TempDir(), func(in *role.Install) { in.Ref = ref })
		require.Equal(t, role.CodeSource, fault.CodeOf(err), "%q: %v", ref, err)
	}
	s := newSource(t, map[string]string{"agents/botanist.md": titled("B")})
	for _, name := range []string{"..", "a/b", "A", "."} {
		_, err := s.install(t.TempDir(), func(in *role.Install) { in.Name = name })
		require.Equal(t, "collection_name", fault.CodeOf(err), name)
	}
}

// TestTamperedCollection makes sure that nobody plays a role that is not as it was
// installed, and that what was changed is not lost by the way.
func TestTamperedCollection(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	s := newSource(t, map[string]string{"agents/botanist.md": titled("Botanist"), "agents/architect.md": titled("Theirs")})
	all := func(in *role.Install) { in.ReplaceBuiltin = true }
	_, err := s.install(root, all)
	require.NoError(t, err)
	file := filepath.Join(role.Dir, "shared", "architect.md")
	write(t, root, file, titled("Changed"))
	write(t, root, filepath.Join(role.Dir, "shared", "spy.md"), titled("Spy"))
	write(t, root, filepath.Join(role.Dir, "stranger", "thief.md"), titled("Thief"))
	set := load(t, root)
	for _, id := range []string{"architect", "spy"} {
		_, err = set.Get(id)
		require.Equal(t, role.CodeTampered, fault.CodeOf(err), "%s: %v", id, err)
	}
	_, err = set.Get("thief")
	require.Equal(t, fault.KindNotFound, fault.KindOf(err))
	_, err = set.Get("botanist")
	require.NoError(t, err)
	require.Len(t, set.Broken, 3)

	_, err = s.install(root, all)
	require.Equal(t, "collection_edited", fault.CodeOf(err))
	_, err = role.Remove(root, "shared", false, false)
	require.Equal(t, "collection_edited", fault.CodeOf(err))
	require.FileExists(t, filepath.Join(root, file))
	_, err = s.install(root, func(in *role.Install) { in.ReplaceBuiltin, in.DiscardEdits = true, true })
	require.NoError(t, err)
	r, err := load(t, root).Get("architect")
	require.NoError(t, err)
	assert.Equal(t, "Theirs", r.Title)

	// The lock may not be bent to fit, nor be nonsense.
	lock := filepath.Join(root, role.Dir, "collections.json")
	text, err := os.ReadFile(lock)
	require.NoError(t, err)
	for _, bad := range []string{"{", strings.Replace(string(text), `"files"`, `"fils"`, 1), strings.Replace(string(text), `"digest": "`, `"digest": "0`, 1)} {
		require.NoError(t, os.WriteFile(lock, []byte(bad), 0o600))
		_, err = role.Load(root)
		require.Equal(t, "collections_lock_invalid", fault.CodeOf(err), bad)
	}
}

// TestProjectCountsBeforeCollection makes sure that a role of its own is the one that
// a project gets.
func TestProjectCountsBeforeCollection(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, root, role.Dir+"/botanist.md", titled("Own"))
	s := newSource(t, map[string]string{"agents/botanist.md": titled("Theirs")})
	done, err := s.install(root, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"botanist"}, done.Shadowed)
	r, err := load(t, root).Get("botanist")
	require.NoError(t, err)
	assert.Equal(t, "Own", r.Title)

	other := newSource(t, map[string]string{"agents/botanist.md": titled("Others'")})
	_, err = other.install(root, func(in *role.Install) { in.Name = "other" })
	require.Equal(t, role.CodeTwice, fault.CodeOf(err))
	require.ErrorContains(t, err, "collections shared and other both bring a role botanist")
	_, err = other.install(root, nil)
	require.Equal(t, "collection_exists", fault.CodeOf(err))
}
