package mcp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/layercake-dev/layercake/core/fault"
)

// Clients and scopes for [Install].
const (
	// ClientClaude is Claude Code.
	ClientClaude = "claude"
	// ScopeProject writes the project's .mcp.json, which is shared by git.
	ScopeProject = "project"
	// ScopeUser writes the user's ~/.claude.json.
	ScopeUser = "user"
)

// InstallParams says where to tell a client of the server.
type InstallParams struct {
	// Client is the program. Defaults to [ClientClaude], the only one so far.
	Client string
	// Scope is for whom. Defaults to [ScopeProject].
	Scope string
	// Root is the project's folder, for [ScopeProject].
	Root string
	// Home is the user's home folder, for [ScopeUser].
	Home string
	// Command starts LayerCake. Defaults to "layercake", found on PATH on every
	// machine that shares the project.
	Command string
	// Args come after it. Defaults to "mcp --toolsets all": Claude Code loads
	// only those tools that it needs.
	Args []string
	// DryRun says what would be done and does nothing.
	DryRun bool
}

// What [Install] did to the entry.
const (
	ActionCreated   = "created"   // the file was not there
	ActionAdded     = "added"     // the file had no entry
	ActionUpdated   = "updated"   // the entry started something else
	ActionUnchanged = "unchanged" // all was as it should be
)

// InstallResult says what was done.
type InstallResult struct {
	Client string `json:"client"`
	Scope  string `json:"scope"`
	File   string `json:"file"`
	Action string `json:"action"`
	DryRun bool   `json:"dry_run"`
	// Entry is the entry as it stands in the file now.
	Entry json.RawMessage `json:"entry"`
	// Next says what the person does now.
	Next string `json:"next"`
}

const (
	claudeProjectFile = ".mcp.json"
	claudeUserFile    = ".claude.json"
	claudeServers     = "mcpServers"
)

// Install tells an MCP client of this server, by adding an entry to its
// configuration. Everything else in the file stays byte for byte as it is; of an
// entry that is there, only what starts the server is changed. A file that is not
// valid JSON is refused.
func Install(p InstallParams) (*InstallResult, error) {
	file, err := p.complete()
	if err != nil {
		return nil, err
	}
	r := &InstallResult{Client: p.Client, Scope: p.Scope, File: file, DryRun: p.DryRun}
	r.Next = "start Claude Code in the project; it asks once whether to trust the server. `claude mcp list` shows it"
	if p.Scope == ScopeUser {
		r.Next = "start Claude Code in any project; `claude mcp list` shows the server"
	}
	old, err := os.ReadFile(file)
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
		return nil, fault.Failed("file_unreadable", "cannot read %s", file).
			WithHint("run `ls -l %s`", file).Wrap(err)
	}
	changed, err := r.merge(old, &p)
	if err != nil {
		return nil, err
	}
	if missing && r.Action == ActionAdded {
		r.Action = ActionCreated
	}
	if p.DryRun || bytes.Equal(changed, old) {
		return r, nil
	}
	return r, replaceFile(file, old, changed)
}

// complete fills in the defaults and returns the file to change.
func (p *InstallParams) complete() (string, error) {
	if p.Client == "" {
		p.Client = ClientClaude
	}
	if p.Client != ClientClaude {
		return "", fault.Usage("unknown_client", "cannot install into %q; %s is what is known", p.Client, ClientClaude).
			WithHint("any client that speaks MCP over stdio can start `layercake mcp`; its own documentation says where that is written")
	}
	if p.Command == "" {
		p.Command = serverName
	}
	if p.Args == nil {
		p.Args = []string{"mcp", "--toolsets", selectAll}
	}
	dir, name := p.Root, claudeProjectFile
	switch p.Scope {
	case "", ScopeProject:
		p.Scope = ScopeProject
	case ScopeUser:
		dir, name = p.Home, claudeUserFile
	default:
		return "", fault.Usage("unknown_scope", "a scope is %s or %s, not %q", ScopeProject, ScopeUser, p.Scope).
			WithHint("run `layercake mcp install --help`")
	}
	if dir == "" {
		return "", fault.Usage("no_folder", "the folder for scope %s is not known here", p.Scope).
			WithHint("run it inside the project, or use --scope %s", ScopeUser)
	}
	file := filepath.Join(dir, name)
	if target, err := filepath.EvalSymlinks(file); err == nil {
		file = target // people keep their configuration elsewhere and link to it
	}
	return file, nil
}

// entry is what the client is told.
type entry struct {
	Type    string   `json:"type"`
	Command string   `json:"command"`
	Args    []string `json:"args"`
}

// merge returns the file's content with the entry in it.
func (r *InstallResult) merge(old []byte, p *InstallParams) ([]byte, error) {
	want := entry{Type: "stdio", Command: p.Command, Args: p.Args}
	doc, err := openDocument(r.File, old)
	if err != nil {
		return nil, err
	}
	servers, there, err := doc.object(claudeServers)
	if err != nil {
		return nil, err
	}
	if !there {
		r.Action = ActionAdded
		if r.Entry, err = encode(want); err != nil {
			return nil, err
		}
		return doc.insert(doc.root, claudeServers, map[string]any{serverName: want})
	}
	m := servers.find(serverName)
	if m == nil {
		r.Action = ActionAdded
		if r.Entry, err = encode(want); err != nil {
			return nil, err
		}
		return doc.insert(servers, serverName, want)
	}
	return r.update(doc, m, want)
}

// update changes what starts the server in an entry that is there, and leaves
// its environment and settings.
func (r *InstallResult) update(doc *document, m *member, want entry) ([]byte, error) {
	raw := doc.text[m.start:m.end]
	var have entry
	var all map[string]json.RawMessage
	// One of another shape starts nothing. Keys are looked up one by one, because
	// clients tell "Command" from "command" and Go does not.
	_ = json.Unmarshal(raw, &all)
	_ = json.Unmarshal(all["type"], &have.Type)
	_ = json.Unmarshal(all["command"], &have.Command)
	_ = json.Unmarshal(all["args"], &have.Args)
	if have.Command == want.Command && slices.Equal(have.Args, want.Args) && (have.Type == "" || have.Type == want.Type) {
		r.Action, r.Entry = ActionUnchanged, compact(raw)
		return doc.text, nil
	}
	r.Action = ActionUpdated
	var next ordered
	next.add("type", want.Type)
	next.add("command", want.Command)
	next.add("args", want.Args)
	keys := make([]string, 0, len(all))
	for k := range all {
		if k != "type" && k != "command" && k != "args" && k != "url" && k != "headers" {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	for _, k := range keys {
		next.add(k, all[k])
	}
	text, err := next.MarshalJSON()
	if err != nil {
		return nil, err
	}
	r.Entry = text
	return doc.replace(m, text), nil
}

func compact(raw []byte) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return raw
	}
	return b.Bytes()
}

// replaceFile writes a file whole or not at all, unless somebody else changed
// it meanwhile.
func replaceFile(file string, old, changed []byte) error {
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(file); err == nil {
		mode = info.Mode().Perm()
	}
	temp, err := os.CreateTemp(filepath.Dir(file), ".layercake-*")
	if err != nil {
		return fault.Failed("file_unwritable", "cannot write %s", file).
			WithHint("run `ls -ld %s` to see who may write there", filepath.Dir(file)).Wrap(err)
	}
	defer func() { _ = os.Remove(temp.Name()) }() // gone already when all went well
	_, err = temp.Write(changed)
	err = errors.Join(err, temp.Chmod(mode), temp.Sync(), temp.Close())
	if err != nil {
		return fault.Failed("file_unwritable", "cannot write %s", file).
			WithHint("run `df %s` to see what is free", filepath.Dir(file)).Wrap(err)
	}
	now, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Failed("file_unreadable", "cannot read %s", file).
			WithHint("run `ls -l %s`", file).Wrap(err)
	}
	if !bytes.Equal(now, old) {
		return fault.Conflict("file_changed", "%s was changed by another program just now; nothing was written", file).
			WithHint("run `layercake mcp install` again")
	}
	if err := os.Rename(temp.Name(), file); err != nil {
		return fault.Failed("file_unwritable", "cannot write %s", file).
			WithHint("run `ls -ld %s` to see who may write there", filepath.Dir(file)).Wrap(err)
	}
	return nil
}

// invalidJSON says where a file stops being JSON.
func invalidJSON(file string, text []byte, err error) error {
	offset := int64(len(text))
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = min(syntax.Offset, offset)
	}
	line := 1 + bytes.Count(text[:offset], []byte("\n"))
	return fault.Conflict("invalid_json", "%s is not valid JSON at line %d, so it is left as it is", file, line).Wrap(err).
		WithHint("mend it first: `%s`", fmt.Sprintf("python3 -m json.tool %q", file))
}
