package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

// secrets are planted; each begins with what tells its kind. They are put
// together here so that no scanner takes this file for a leak.
func secrets() map[string]string {
	join := func(parts ...string) string { return strings.Join(parts, "") }
	return map[string]string{
		"github-token":  join("gh", "p_", "Zq7Xw2Lm9Rt4Vb6Nc1Ks8Pd3Hf5Gj0YaUeIo"),
		"aws-key":       join("AK", "IA", "Q7ZXW2LM4RT6VB5N"),
		"anthropic-key": join("sk-", "ant-", "api03-Zq7Xw2Lm9Rt4Vb6Nc1Ks8Pd3"),
		"slack-token":   join("xo", "xb-", "713345-Zq7Xw2Lm9Rt4"),
		"url-password":  join("https://ada:", "Zq7Xw2Lm9Rt4Vb6", "@git.example.org/x"),
		"jwt":           join("ey", "JhbGciOiJIUzI1NiJ9.", "eyJzdWIiOiJhZGEyMDI2In0.", "Zq7Xw2Lm9Rt4Vb6Nc1Ks"),
		"env":           "unshaped-value-of-the-environment",
	}
}

// tell is the part of a secret that must turn up nowhere.
func tell(secret string) string {
	if _, after, ok := strings.Cut(secret, "ada:"); ok {
		secret, _, _ = strings.Cut(after, "@")
	}
	return secret[min(len(secret)-12, 24):]
}

// doors are the ways by which a text gets in. Each is given the secret and
// returns a command and what is written to its standard input.
func doors() map[string]func(s string) (args []string, stdin string) {
	call := func(tool, format string) func(string) ([]string, string) {
		return func(s string) ([]string, string) {
			return []string{"call", tool, "--input", "-"}, fmt.Sprintf(format, s)
		}
	}
	cli := func(args ...string) func(string) ([]string, string) {
		return func(s string) ([]string, string) {
			out := make([]string, len(args))
			for i, a := range args {
				out[i] = strings.ReplaceAll(a, "SECRET", s)
			}
			return out, ""
		}
	}
	mcp := func(s string) ([]string, string) {
		return []string{"mcp"}, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}
` + fmt.Sprintf(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"add_note","arguments":{"text":"by mcp %s"}}}
{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"get_tasks","arguments":{"status":"%s"}}}
`, s, s)
	}
	return map[string]func(string) ([]string, string){
		"title":           cli("task", "add", "use SECRET now"),
		"description":     cli("task", "add", "x", "--description", "line\nSECRET\nline"),
		"owner":           cli("task", "add", "x", "--owner", "SECRET"),
		"note":            cli("note", "add", "SECRET"),
		"decision":        cli("decision", "add", "x", "--decision", "SECRET", "--rationale", "(SECRET)"),
		"memory":          cli("memory", "add", "the key is SECRET", "--tag", "SECRET"),
		"risk":            cli("risk", "add", "SECRET leaks"),
		"blocker":         cli("blocker", "add", "SECRET"),
		"question":        cli("question", "ask", "is SECRET right?"),
		"constraint":      cli("project", "constraint", "set", "token", "SECRET", "--reason", "SECRET"),
		"constraint key":  cli("project", "constraint", "set", "SECRET", "x"),
		"project":         cli("project", "create", "Named SECRET", "--description", "SECRET"),
		"slug":            cli("project", "create", "x", "--slug", "SECRET"),
		"unknown command": cli("task", "SECRET"),
		"unknown value":   cli("task", "list", "--status", "SECRET"),
		"unknown id":      cli("task", "show", "t-SECRET"),
		"captured output": cli("proof", "capture", "G6", "test_output", "--", "echo", "SECRET"),
		"captured stderr": cli("proof", "capture", "G6", "test_output", "--", "sh", "-c", "echo SECRET >&2; exit 1"),
		"attestation":     cli("proof", "attest", "G3", "spec_validation", "--statement", "SECRET", "--yes"),
		"evidence": func(s string) ([]string, string) {
			return []string{"proof", "submit", "G6", "test_output", "--file", "-"}, s
		},
		"call":        call("add_note", `{"text":"SECRET? %s"}`),
		"call, wrong": call("get_tasks", `{"status":"%s"}`),
		"mcp":         mcp,
	}
}

// TestSecretsStayOut plants every kind of secret at every door, and looks for it
// in all that there is afterwards.
func TestSecretsStayOut(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, dir := range []string{".layercake", "docs"} {
		require.NoError(t, os.RemoveAll(filepath.Join(s.dir, dir)))
	}
	s.do(t, "layercake", "init", "--yes", "--name", "Open", "--preset", "simple", "--level", "demo")
	s.do(t, "git", "add", "-A")
	s.do(t, "git", "commit", "--quiet", "--message", "Work")
	all := secrets()
	s.env = append(s.env, "DEPLOY_TOKEN="+all["env"])
	var shown bytes.Buffer
	kinds := slices.Sorted(maps.Keys(all))
	ways := doors()
	for i, door := range slices.Sorted(maps.Keys(ways)) {
		// Three kinds at each door, in turn; a title holds no more.
		planted := []string{all[kinds[i%len(kinds)]], all[kinds[(i+1)%len(kinds)]], all[kinds[(i+3)%len(kinds)]]}
		args, stdin := ways[door](strings.Join(planted, " "))
		cmd := s.command(t, "layercake", args...)
		cmd.Stdin = strings.NewReader(stdin)
		out, _ := cmd.CombinedOutput() // some are refused
		for _, secret := range all {
			require.NotContains(t, string(out), tell(secret), door)
		}
		shown.Write(out)
	}
	s.do(t, "layercake", "note", "add", strings.Join(slices.Collect(maps.Values(all)), "\n"))
	s.do(t, "layercake", "task", "add", "use "+all["github-token"]+" now")
	require.Contains(t, shown.String(), "was taken out of title before it was recorded")
	require.Contains(t, shown.String(), "[redacted:jwt]")
	require.Contains(t, shown.String(), "would hold what looks like a secret")
	require.Equal(t, "4\n", s.do(t, "layercake", "proof", "list", "--jq", ".data | length"), "no door for evidence was shut")
	kept := s.everything(t)
	require.Contains(t, kept, "use [redacted:github-token] now")
	for kind, secret := range all {
		at := strings.Index(kept, tell(secret))
		require.Negative(t, at, "%s is in what is kept: %s", kind, around(kept, at))
		require.NotContains(t, strings.ToLower(kept), strings.ToLower(tell(secret)), kind)
	}
	s.do(t, "layercake", "audit", "verify")
	s.do(t, "layercake", "db", "verify")
}

func around(text string, at int) string {
	const most = 200
	if at < 0 {
		return ""
	}
	return text[max(0, at-most):min(len(text), at+most)]
}

// renderings are the markdown files that the database keeps, unpacked.
func (s *shop) renderings(t *testing.T, conn *pgx.Conn) string {
	t.Helper()
	rows, err := conn.Query(t.Context(), "SELECT content FROM layercake.renderings")
	require.NoError(t, err)
	packed, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	require.NoError(t, err)
	require.NotEmpty(t, packed)
	unpacker, err := zstd.NewReader(nil)
	require.NoError(t, err)
	defer unpacker.Close()
	var all strings.Builder
	for _, content := range packed {
		text, err := unpacker.DecodeAll(content, nil)
		require.NoError(t, err)
		all.Write(text)
	}
	return all.String()
}

// everything is all that is kept: every row of the database, every artifact,
// every file of the project.
func (s *shop) everything(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	conn, err := pgx.Connect(t.Context(), s.get("LAYERCAKE_DATABASE_URL"))
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	rows, err := conn.Query(t.Context(), "SELECT tablename::text FROM pg_tables WHERE schemaname = 'layercake'")
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	for _, table := range tables {
		query := "SELECT t::text FROM layercake." + table + " t"
		if table == "renderings" {
			all.WriteString(s.renderings(t, conn))
			query = "SELECT file FROM layercake.renderings"
		}
		rows, err := conn.Query(t.Context(), query)
		require.NoError(t, err)
		texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		all.WriteString(strings.Join(texts, "\n"))
	}
	for _, dir := range []string{s.dir, s.get("LAYERCAKE_DATA_DIR")} {
		require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			text, err := os.ReadFile(path)
			all.WriteString(path + "\n")
			all.Write(text)
			return err
		}))
	}
	return all.String()
}

func (s *shop) get(name string) string {
	for _, entry := range s.env {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}
