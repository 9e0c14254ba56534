package role_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/agent/role"
	"github.com/layercake-dev/layercake/core/fault"
)

// write writes a file below a folder.
func write(t *testing.T, root, name, text string) {
	t.Helper()
	file := filepath.Join(root, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o750))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
}

func titled(title string) string {
	return "---\ntitle: " + title + "\npurpose: To be tested.\ntools: [core]\n---\nDo it.\n"
}

func load(t *testing.T, root string) *role.Set {
	t.Helper()
	set, err := role.Load(root)
	require.NoError(t, err)
	return set
}

func TestLoadWithoutFiles(t *testing.T) {
	t.Parallel()
	for _, root := range []string{"", t.TempDir()} {
		set := load(t, root)
		assert.Equal(t, role.IDs(role.Builtin()), role.IDs(set.Roles))
		assert.Empty(t, set.Broken)
	}
}

// TestLoadProject makes sure that a role of the project stands in the place of the
// built-in one, whole, and that others come behind.
func TestLoadProject(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, root, role.Dir+"/architect.md", titled("Our architect"))
	write(t, root, role.Dir+"/zoologist.md", titled("Zoologist"))
	write(t, root, role.Dir+"/botanist.md", titled("Botanist"))
	write(t, root, role.Dir+"/README.md", "What these are.")
	set := load(t, root)
	assert.Empty(t, set.Broken)
	assert.Equal(t, append(role.IDs(role.Builtin()), "botanist", "zoologist"), role.IDs(set.Roles))
	r, err := set.Get("architect")
	require.NoError(t, err)
	assert.Equal(t, "Our architect", r.Title)
	assert.Empty(t, r.Gates, "nothing is left of the built-in role")
	assert.Equal(t, role.Source{Kind: role.SourceProject, Path: ".layercake/agents/architect.md", Replaces: true}, r.Source)
}

// TestBrokenOverrideIsNotIgnored makes sure that a role whose file is wrong is not
// played by the built-in one, of which the project wanted to be rid.
func TestBrokenOverrideIsNotIgnored(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, root, role.Dir+"/architect.md", strings.Replace(titled("X"), "purpose", "porpose", 1))
	set := load(t, root)
	require.Len(t, set.Broken, 1)
	assert.NotContains(t, role.IDs(set.Roles), "architect")
	_, err := set.Get("architect")
	require.ErrorContains(t, err, `.layercake/agents/architect.md:3: unknown field "porpose" in the settings; did you mean "purpose"?`)
	_, err = set.Get("qa-engineer")
	require.NoError(t, err)
}

// TestLoadRefusesWhatIsNoFile makes sure that a repository cannot put files of the
// machine before a model, nor have it wait for ever.
func TestLoadRefusesWhatIsNoFile(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	write(t, outside, "secret.md", titled("Secret"))
	for name, put := range map[string]func(t *testing.T, dir string) error{
		"link outside": func(_ *testing.T, dir string) error {
			return os.Symlink(filepath.Join(outside, "secret.md"), filepath.Join(dir, "spy.md"))
		},
		"link inside": func(t *testing.T, dir string) error {
			t.Helper()
			write(t, dir, "../own.md", titled("Own"))
			return os.Symlink("../own.md", filepath.Join(dir, "spy.md"))
		},
		"pipe":   func(_ *testing.T, dir string) error { return syscall.Mkfifo(filepath.Join(dir, "spy.md"), 0o600) },
		"folder": func(_ *testing.T, dir string) error { return os.Mkdir(filepath.Join(dir, "spy.md"), 0o750) },
		"large": func(t *testing.T, dir string) error {
			t.Helper()
			write(t, dir, "spy.md", titled("Large")+strings.Repeat("x", role.MaxSize))
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			dir := filepath.Join(root, role.Dir)
			require.NoError(t, os.MkdirAll(dir, 0o750))
			require.NoError(t, put(t, dir))
			set := load(t, root)
			assert.NotContains(t, role.IDs(set.Roles), "spy")
			require.Len(t, set.Broken, 1)
			_, err := set.Get("spy")
			require.Error(t, err)
		})
	}
}

func TestLoadRefusesLinkedFolder(t *testing.T) {
	t.Parallel()
	root, outside := t.TempDir(), t.TempDir()
	write(t, outside, "spy.md", titled("Spy"))
	require.NoError(t, os.Mkdir(filepath.Join(root, ".layercake"), 0o750))
	require.NoError(t, os.Symlink(outside, filepath.Join(root, role.Dir)))
	_, err := role.Load(root)
	require.Equal(t, role.CodeUnreadable, fault.CodeOf(err))
}

func TestCreate(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, id := range []string{"data-steward", "qa-engineer"} {
		file, err := role.Create(root, id)
		require.NoError(t, err)
		require.Equal(t, role.Dir+"/"+id+".md", file)
		r, err := load(t, root).Get(id)
		require.NoError(t, err, "what was written can be used as it is")
		require.Equal(t, role.SourceProject, r.Source.Kind)
		_, err = role.Create(root, id)
		require.Equal(t, "role_exists", fault.CodeOf(err))
	}
	builtin, err := role.Find(role.Builtin(), "qa-engineer")
	require.NoError(t, err)
	r, err := load(t, root).Get("qa-engineer")
	require.NoError(t, err)
	assert.Equal(t, builtin.Digest, r.Digest, "an override begins as a copy")
	for _, id := range []string{"", "../x", "Data", "a b", "-x", strings.Repeat("x", 41)} {
		_, err := role.Create(root, id)
		require.Equal(t, "role_name", fault.CodeOf(err), id)
	}
}
