package mcp_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/markdown"
	"github.com/layercake-dev/layercake/mcp"
)

// rendered makes resources of the project's markdown files, as cmd does.
func rendered(b *bundle) mcp.Env {
	env := b.env()
	env.Render = func(s *core.Snapshot) (map[string][]byte, error) {
		files, err := markdown.Render(s)
		out := map[string][]byte{}
		for _, f := range files {
			out[f.Name] = f.Content
		}
		return out, err
	}
	return env
}

type contents struct {
	Contents []struct {
		URI      string `json:"uri"`
		MIMEType string `json:"mimeType"` //nolint:tagliatelle // the protocol's name
		Text     string `json:"text"`
	} `json:"contents"`
}

// TestResources holds that the pages of a project can be listed and read, and
// are the very files.
func TestResources(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.app.Tasks.Add(t.Context(), b.person, b.at.Project, core.NewTask{Title: "Bake"})
	require.NoError(t, err)
	other, err := b.app.Projects.Create(t.Context(), b.person, core.NewProject{Name: "Garage"})
	require.NoError(t, err)
	c := connect(t, mcp.Config{Env: rendered(b)})
	c.initialize()
	var list struct {
		Resources []struct {
			URI string `json:"uri"`
		} `json:"resources"`
	}
	require.NoError(t, json.Unmarshal(c.request("resources/list", nil), &list))
	require.Len(t, list.Resources, 5)
	snapshot, err := b.app.Snapshot(t.Context(), viewOf(b))
	require.NoError(t, err)
	files, err := rendered(b).Render(snapshot)
	require.NoError(t, err)
	for page, file := range map[string]string{
		"status": "STATUS.md", "gates": "GATES.md", "tasks": "TASKS.md", "decisions": "DECISIONS.md", "memory": "MEMORY.md",
	} {
		for _, id := range []string{"current", "bakery", b.at.Project.String()} {
			var r contents
			uri := "layercake://project/" + id + "/" + page
			require.NoError(t, json.Unmarshal(c.request("resources/read", map[string]any{"uri": uri}), &r))
			require.Equal(t, uri, r.Contents[0].URI)
			require.Equal(t, "text/markdown", r.Contents[0].MIMEType)
			require.Equal(t, string(files[file]), r.Contents[0].Text)
		}
	}
	var r contents
	require.NoError(t, json.Unmarshal(c.request("resources/read", map[string]any{"uri": "layercake://project/" + other.Slug + "/status"}), &r))
	require.Contains(t, r.Contents[0].Text, "Garage")
	require.Contains(t, string(c.request("resources/templates/list", nil)), "layercake://project/{id}/{page}")

	for uri, want := range map[string]string{
		"layercake://project/current/secrets": "there is no resource", "layercake://project/nobody/status": "nobody", "file:///etc/passwd": "",
	} {
		m := c.await(c.send("resources/read", map[string]any{"uri": uri}))
		require.NotNil(t, m.Error, uri)
		require.Contains(t, m.Error.Message, want)
	}

	complete := func(name, value string) string {
		return string(c.request("completion/complete", map[string]any{
			"ref":      map[string]any{"type": "ref/resource", "uri": "layercake://project/{id}/{page}"},
			"argument": map[string]any{"name": name, "value": value},
		}))
	}
	require.Contains(t, complete("page", "de"), `"values":["decisions"]`)
	require.Contains(t, complete("id", ""), `"values":["current","bakery","garage"]`)
	c.close()
}

// TestSearchIsAResource holds that a question can be read as a resource.
func TestSearchIsAResource(t *testing.T) {
	t.Parallel()
	b := setup(t)
	write(t, b.root, "oven/oven.go", shopCode)
	c := connect(t, mcp.Config{Env: rendered(b)})
	c.initialize()
	defer c.close()
	require.Contains(t, string(c.request("resources/templates/list", nil)), `"layercake://project/{id}/search{?q}"`)
	var r contents
	uri := "layercake://project/current/search?q=what%20happens%20when%20the%20fire%20is%20out"
	require.NoError(t, json.Unmarshal(c.request("resources/read", map[string]any{"uri": uri}), &r))
	require.Equal(t, uri, r.Contents[0].URI)
	require.Equal(t, "application/json", r.Contents[0].MIMEType)
	require.Contains(t, r.Contents[0].Text, `"path":"oven/oven.go"`)
	for uri, says := range map[string]string{
		"layercake://project/current/search":       "the address asks nothing; it should look like layercake://project/current/search?q=",
		"layercake://project/current/search?q=":    "empty_query",
		"layercake://project/current/search?q=%28": "no_words",
	} {
		m := c.await(c.send("resources/read", map[string]any{"uri": uri}))
		require.NotNil(t, m.Error, uri)
		require.Contains(t, m.Error.Message, says)
	}
}

// TestResourcesWithoutMarkdown holds that resources are there without a
// renderer, and say what is wrong without a database.
func TestResourcesWithoutMarkdown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := connect(t, mcp.Config{Env: b.env()})
	for _, page := range []string{"status", "gates", "tasks", "decisions", "memory"} {
		var r contents
		require.NoError(t, json.Unmarshal(c.request("resources/read", map[string]any{"uri": "layercake://project/bakery/" + page}), &r))
		require.Equal(t, "application/json", r.Contents[0].MIMEType)
		require.True(t, json.Valid([]byte(r.Contents[0].Text)))
	}
	c.close()

	d := connect(t, mcp.Config{Env: down()})
	m := d.await(d.send("resources/read", map[string]any{"uri": "layercake://project/current/status"}))
	require.Contains(t, m.Error.Message, "the database does not answer; run `layercake doctor` (database_unreachable)")
	d.close()
}
