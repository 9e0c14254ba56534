package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
)

// inProject makes the bundle's folder a project with a configuration file.
func (b *bundle) inProject(t *testing.T, config string) string {
	t.Helper()
	require.NoError(t, writeProjectFile(b.process.Dir, projectFile{Version: 1, ID: uuid.New(), Slug: "shop"}))
	path := filepath.Join(b.process.Dir, core.StateDir, configFileName)
	require.NoError(t, os.WriteFile(path, []byte(config), 0o600))
	return path
}

func (b *bundle) userConfig(t *testing.T, config string) string {
	t.Helper()
	path := newFactory(b.process).userConfigPath()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(config), 0o600))
	return path
}

func TestConfigPrecedence(t *testing.T) {
	t.Parallel()
	b := setup(t, "LAYERCAKE_DATA_DIR=/from/env")
	user := b.userConfig(t, "idle_timeout: 1h\nrender: off\ndata_dir: /from/user\n")
	here := b.inProject(t, "idle_timeout: 2h\n")
	c, err := newFactory(b.process).config()
	require.NoError(t, err)
	require.Equal(t, 2*time.Hour, c.IdleTimeout)
	require.Equal(t, renderOff, c.Render)
	require.Equal(t, "/from/env", c.DataDir)
	require.Empty(t, c.DatabaseURL)
	for key := range c.origins {
		if strings.HasPrefix(key, "agents.") || strings.HasPrefix(key, keyQueues) {
			require.Equal(t, "default", c.origins[key], key)
			delete(c.origins, key)
		}
	}
	require.Equal(t, map[string]string{
		keyIdleTimeout: here + ":1", keyRender: user + ":2", keyDataDir: "LAYERCAKE_DATA_DIR", keyDatabaseURL: "default", keyPostgresBin: "default", keyGitCommit: "default", keyGitTagGates: "default",
		keySigningKey: "default", keySearchProvider: "default", keySearchModel: "default", keySearchDimensions: "default", keySearchBaseURL: "default",
		keySearchKeyEnv: "default", keySearchMaxCost: "default",
	}, c.origins)
}

func TestRepositoryMayNotChooseTheDatabase(t *testing.T) {
	t.Parallel()
	b := setup(t)
	path := b.inProject(t, "database_url: postgres://evil/x\nrender: off\n")
	f := newFactory(b.process)
	c, err := f.config()
	require.NoError(t, err)
	require.Empty(t, c.DatabaseURL)
	require.Equal(t, renderOff, c.Render)
	require.Contains(t, b.err.String(), "ignored until you accept it")

	file, err := readConfigFile(path)
	require.NoError(t, err)
	require.NoError(t, f.trustConfig(file))
	c, err = newFactory(b.process).config()
	require.NoError(t, err)
	require.Equal(t, "postgres://evil/x", c.DatabaseURL)

	// Trust is for the content, not for the name.
	require.NoError(t, os.WriteFile(path, []byte("database_url: postgres://evil/y\n"), 0o600))
	c, err = newFactory(b.process).config()
	require.NoError(t, err)
	require.Empty(t, c.DatabaseURL)
}

func TestWrongConfigNamesFileAndLine(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]string{
		"# mine\nrendr: on\n":         ":2: there is no configuration key \"rendr\"",
		"render: maybe\n":             ":1: render cannot be \"maybe\": it should be on or off",
		"render: on\nrender: off\n":   ":2: render is set twice",
		"\nidle_timeout: [1h]\n":      ":2: idle_timeout takes one value",
		"- render\n":                  ":1: the file should hold keys with values",
		"idle_timeout: -1h\n":         "it should be a duration",
		"data_dir: here\n":            "it should be an absolute path",
		"database_url: mysql://x/y\n": "it should look like postgres://",
		"render: [\n":                 "yaml",
		"Render: on\n":                "there is no configuration key \"Render\"",
	} {
		b := setup(t)
		path := b.userConfig(t, config)
		_, err := newFactory(b.process).config()
		require.ErrorContains(t, err, want, config)
		require.ErrorContains(t, err, path)
		require.Equal(t, 2, known(err).Kind.ExitCode())
	}
	b := setup(t, "LAYERCAKE_RENDER=maybe")
	_, err := newFactory(b.process).config()
	require.ErrorContains(t, err, "LAYERCAKE_RENDER cannot be")
	b = setup(t)
	b.userConfig(t, "# nothing but words\n")
	_, err = newFactory(b.process).config()
	require.NoError(t, err)
}

func TestSetKeepsTheRestOfTheFile(t *testing.T) {
	t.Parallel()
	for before, after := range map[string]string{
		"":                                   "render: \"off\"\n",
		"# mine":                             "# mine\nrender: \"off\"\n",
		"# a\nrender: on # b\n\n# c\nx: y\n": "# a\nrender: \"off\" # b\n\n# c\nx: y\n",
		"render:   'on'\n":                   "render:   \"off\"\n",
		"render: \"on\"   \r\n# é\n":         "render: \"off\"   \r\n# é\n",
		"idle_timeout: 1h # one\n":           "idle_timeout: 1h # one\nrender: \"off\"\n",
		"{idle_timeout: 1h}\n":               "{idle_timeout: 1h, render: off}\n",
		"render: >-\n  on\n":                 "render: off\n",
		"render:\n":                          "render: off\n",
	} {
		path := filepath.Join(t.TempDir(), "config.yaml")
		if before != "" {
			require.NoError(t, os.WriteFile(path, []byte(before), 0o644))
		}
		require.NoError(t, setInFile(path, keyRender, renderOff))
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, after, string(got))
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	path := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(path, []byte("- list\n"), 0o600))
	require.Error(t, setInFile(path, keyRender, renderOff))
}

func TestPlace(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	deep := filepath.Join(top, "a", "b")
	require.NoError(t, os.MkdirAll(deep, 0o700))
	require.NoError(t, writeProjectFile(top, projectFile{Version: 1, ID: uuid.New(), Slug: "top"}))
	p, err := findPlace(deep)
	require.NoError(t, err)
	require.Empty(t, p.root, "outside of a git repository only the folder itself counts")

	require.NoError(t, os.Mkdir(filepath.Join(top, ".git"), 0o700))
	p, err = findPlace(deep)
	require.NoError(t, err)
	require.Equal(t, top, p.root)
	require.Equal(t, top, p.gitRoot)
	require.Equal(t, "top", p.project.Slug)

	require.NoError(t, writeProjectFile(filepath.Join(top, "a"), projectFile{Version: 1, ID: uuid.New(), Slug: "a"}))
	p, err = findPlace(deep)
	require.NoError(t, err)
	require.Equal(t, "a", p.project.Slug, "the nearest one")

	require.NoError(t, os.Mkdir(filepath.Join(deep, ".git"), 0o700))
	p, err = findPlace(deep)
	require.NoError(t, err)
	require.Empty(t, p.root, "a repository of its own is another place")

	require.NoError(t, writeProjectFile(deep, projectFile{Version: 99, ID: uuid.New()}))
	_, err = findPlace(deep)
	require.ErrorContains(t, err, "newer LayerCake")
	require.NoError(t, writeProjectFile(deep, projectFile{Version: 1}))
	_, err = findPlace(deep)
	require.ErrorContains(t, err, "has no project id")
}
