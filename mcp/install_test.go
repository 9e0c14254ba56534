package mcp_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/mcp"
)

// TestInstall holds what becomes of configuration files as people have them.
func TestInstall(t *testing.T) {
	t.Parallel()
	const own = `{
      "type": "stdio",
      "command": "layercake",
      "args": [
        "mcp",
        "--toolsets",
        "all"
      ]
    }`
	for _, tt := range []struct {
		name, before, after, action string
	}{
		{"empty object", "{}", "{\n  \"mcpServers\": {\n    \"layercake\": " + own + "\n  }\n}", mcp.ActionAdded},
		{"empty file", "\n", "{\n  \"mcpServers\": {\n    \"layercake\": " + own + "\n  }\n}\n", mcp.ActionAdded},
		{
			"others stay as they are",
			"{\n  \"mcpServers\": {\n    \"git\":   {\"command\":\"git-mcp\",\"args\":[ ]}\n  },\n  \"x\": 1e3\n}\n",
			"{\n  \"mcpServers\": {\n    \"git\":   {\"command\":\"git-mcp\",\"args\":[ ]},\n    \"layercake\": " + own + "\n  },\n  \"x\": 1e3\n}\n",
			mcp.ActionAdded,
		},
		{
			"no servers yet", "{\n  \"theme\": \"dark\"\n}\n",
			"{\n  \"theme\": \"dark\",\n  \"mcpServers\": {\n    \"layercake\": " + own + "\n  }\n}\n", mcp.ActionAdded,
		},
		{
			"empty servers", "{\n  \"mcpServers\": {}\n}\n",
			"{\n  \"mcpServers\": {\n    \"layercake\": " + own + "\n  }\n}\n", mcp.ActionAdded,
		},
		{
			"tabs", "{\n\t\"mcpServers\": {\n\t\t\"a\": {}\n\t}\n}",
			"{\n\t\"mcpServers\": {\n\t\t\"a\": {},\n\t\t\"layercake\": " + strings.NewReplacer("\n      ", "\n\t\t\t", "\n    ", "\n\t\t", "  ", "\t").Replace(
				strings.ReplaceAll(own, "\n        ", "\n\t\t\t\t")) + "\n\t}\n}",
			mcp.ActionAdded,
		},
		{
			"windows", "{\r\n  \"theme\": 1\r\n}\r\n",
			"{\r\n  \"theme\": 1,\r\n  \"mcpServers\": {\r\n    \"layercake\": " + strings.ReplaceAll(own, "\n", "\r\n") + "\r\n  }\r\n}\r\n", mcp.ActionAdded,
		},
		{
			"there already, written otherwise",
			`{"mcpServers":{"layercake":{"args":["mcp","--toolsets","all"],"env":{"A":"b"},"command":"layercake"}}}`,
			`{"mcpServers":{"layercake":{"args":["mcp","--toolsets","all"],"env":{"A":"b"},"command":"layercake"}}}`,
			mcp.ActionUnchanged,
		},
		{
			"starts something else",
			"{\n  \"mcpServers\": {\n    \"layercake\": {\"command\": \"/old/layercake\", \"args\": [], \"env\": {\"A\": \"b\"}},\n    \"z\": {}\n  }\n}\n",
			"{\n  \"mcpServers\": {\n    \"layercake\": " + strings.TrimSuffix(own, "\n    }") +
				",\n      \"env\": {\n        \"A\": \"b\"\n      }\n    },\n    \"z\": {}\n  }\n}\n",
			mcp.ActionUpdated,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			file := filepath.Join(root, ".mcp.json")
			require.NoError(t, os.WriteFile(file, []byte(tt.before), 0o640))
			require.NoError(t, os.Chmod(file, 0o640))
			dry, err := mcp.Install(mcp.InstallParams{Root: root, DryRun: true})
			require.NoError(t, err)
			require.Equal(t, tt.action, dry.Action)
			require.Equal(t, tt.before, read(t, file))

			r, err := mcp.Install(mcp.InstallParams{Root: root})
			require.NoError(t, err)
			require.Equal(t, tt.action, r.Action)
			require.Equal(t, tt.after, read(t, file))
			require.True(t, json.Valid(r.Entry))
			info, err := os.Stat(file)
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o640), info.Mode().Perm())

			r, err = mcp.Install(mcp.InstallParams{Root: root})
			require.NoError(t, err)
			require.Equal(t, mcp.ActionUnchanged, r.Action)
			require.Equal(t, tt.after, read(t, file))
			entries, err := os.ReadDir(root)
			require.NoError(t, err)
			require.Len(t, entries, 1, "nothing is left behind")
		})
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(text)
}

// TestInstallMinified holds that a file on one line, as Claude Code writes it,
// keeps what it says.
func TestInstallMinified(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	target := filepath.Join(home, "dotfiles.json")
	require.NoError(t, os.WriteFile(target, []byte(`{"numStartups":12345678901234567890,"mcpServers":{"a":{"command":"x"}},"tip":"<&>"}`), 0o600))
	require.NoError(t, os.Symlink(target, filepath.Join(home, ".claude.json")))
	r, err := mcp.Install(mcp.InstallParams{Scope: mcp.ScopeUser, Home: home, Command: "/opt/bin/layercake", Args: []string{"mcp"}})
	require.NoError(t, err)
	require.Equal(t, mcp.ActionAdded, r.Action)
	info, err := os.Lstat(filepath.Join(home, ".claude.json"))
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&os.ModeSymlink, "a link stays a link")
	text := read(t, target)
	require.Contains(t, text, `"numStartups":12345678901234567890`)
	require.Contains(t, text, `"tip":"<&>"`)
	var doc struct {
		Servers map[string]struct {
			Command string `json:"command"`
		} `json:"mcpServers"` //nolint:tagliatelle // the protocol's name
	}
	require.NoError(t, json.Unmarshal([]byte(text), &doc))
	require.Equal(t, "x", doc.Servers["a"].Command)
	require.Equal(t, "/opt/bin/layercake", doc.Servers["layercake"].Command)
}

func TestInstallRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ content, want string }{
		{"{\n  \"mcpServers\": {\n    // mine\n  }\n}\n", "line 3"},
		{"{\n  \"mcpServers\": {\n", "line"},
		{"[]", "does not hold a JSON object"},
		{`{"mcpServers": []}`, "is not a JSON object"},
	} {
		root := t.TempDir()
		file := filepath.Join(root, ".mcp.json")
		require.NoError(t, os.WriteFile(file, []byte(tt.content), 0o600))
		_, err := mcp.Install(mcp.InstallParams{Root: root})
		require.Equal(t, "invalid_json", fault.CodeOf(err), tt.content)
		require.ErrorContains(t, err, tt.want)
		require.Equal(t, tt.content, read(t, file))
	}
	root := t.TempDir()
	r, err := mcp.Install(mcp.InstallParams{Root: root})
	require.NoError(t, err)
	require.Equal(t, mcp.ActionCreated, r.Action)
	require.Equal(t, filepath.Join(root, ".mcp.json"), r.File)
	for code, p := range map[string]mcp.InstallParams{
		"unknown_client": {Root: root, Client: "emacs"}, "unknown_scope": {Root: root, Scope: "planet"}, "no_folder": {},
	} {
		_, err := mcp.Install(p)
		require.Equal(t, code, fault.CodeOf(err))
	}
}

// FuzzInstall holds that whatever valid file there is, all that it says is
// still said afterwards.
func FuzzInstall(f *testing.F) {
	f.Add([]byte(`{"mcpServers":{"a":{}},"b":[1,{"mcpServers":2}]}`))
	f.Add([]byte("{ \"a\" : 1 ,\n\"mcpServers\":{ }\t}"))
	f.Add([]byte(`{"\u006dcpServers":{"layercake":7}}`))
	f.Fuzz(func(t *testing.T, before []byte) {
		root := t.TempDir()
		file := filepath.Join(root, ".mcp.json")
		require.NoError(t, os.WriteFile(file, before, 0o600))
		if _, err := mcp.Install(mcp.InstallParams{Root: root}); err != nil {
			require.Equal(t, string(before), read(t, file))
			return
		}
		after := map[string]any{}
		require.NoError(t, json.Unmarshal([]byte(read(t, file)), &after))
		servers, _ := after["mcpServers"].(map[string]any)
		entry, _ := servers["layercake"].(map[string]any)
		require.Equal(t, "layercake", entry["command"])
		if strings.TrimSpace(string(before)) == "" {
			return
		}
		was := map[string]any{}
		require.NoError(t, json.Unmarshal(before, &was))
		delete(servers, "layercake")
		if old, ok := was["mcpServers"].(map[string]any); ok {
			delete(old, "layercake")
		} else {
			delete(after, "mcpServers")
		}
		require.Equal(t, was, after)
	})
}
