package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/agent/role"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/mcp"
)

// agentTools gives a model the tools of its role, in this process.
func (f *Factory) agentTools(_ context.Context, at core.Place, r *role.Role, by core.Caller) (core.Toolbox, error) {
	env := mcp.Env{
		Open: func(ctx context.Context) (*core.App, core.Place, core.Caller, error) {
			app, err := f.App(ctx)
			return app, at, by, err
		},
		Discreet: f.discreet, Queues: doorQueues{f},
	}
	return mcp.NewToolbox(env, r, by, at)
}

// mcpConfig is the file that tells programs of MCP servers.
type mcpConfig struct {
	Servers map[string]mcpServer `json:"mcpServers"` //nolint:tagliatelle // the name that programs look for
}

type mcpServer struct {
	Command string            `json:"command"`
	Args    []string          `json:"args"`
	Env     map[string]string `json:"env"`
}

// serveTools writes the file by which a program reaches the tools as the agent of a
// run. It names the database, so nobody else can read it, and it is gone with the run.
func (f *Factory) serveTools(_ context.Context, at core.Place, r *role.Role, by core.Caller) (path string, remove func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, fault.Failed("no_program", "the program's own file is not known").WithHint("run `layercake doctor`").Wrap(err)
	}
	server := mcpServer{
		Command: self,
		Args: []string{
			"mcp", "--run", project.RunID(by.Actor.Session), "--root", at.Root,
			"--only-tools", strings.Join(withoutEditor(mcp.RoleTools(r.Tools)), ","),
		},
		Env: f.serverEnv(at),
	}
	text, err := json.MarshalIndent(mcpConfig{map[string]mcpServer{"layercake": server}}, "", "  ")
	if err != nil {
		return "", nil, fmt.Errorf("write the servers of the agent: %w", err)
	}
	dir, err := os.MkdirTemp("", "layercake-agent-") // private by itself
	if err != nil {
		return "", nil, cannotServe(err)
	}
	path = filepath.Join(dir, "mcp.json")
	remove = func() { _ = os.RemoveAll(dir) } // the folder of temporary files is emptied anyway
	const private = 0o600
	if err := os.WriteFile(path, text, private); err != nil {
		remove()
		return "", nil, cannotServe(err)
	}
	return path, remove, nil
}

func cannotServe(err error) error {
	return fault.Failed("cannot_write", "the file that tells the agent of its tools cannot be written").
		WithHint("run `df %s` to see what is free", os.TempDir()).Wrap(err)
}

// withoutEditor leaves out the tools of the toolset files: programs have their own.
func withoutEditor(tools []string) []string {
	editor := mcp.RoleTools([]string{"files"})
	return slices.DeleteFunc(tools, func(name string) bool { return slices.Contains(editor, name) })
}

// serverEnv is what the server needs to find the project and its database. Programs
// hand little of their own environment on, and secrets are taken out of theirs.
func (f *Factory) serverEnv(at core.Place) map[string]string {
	env := map[string]string{}
	for name, value := range f.env.values {
		configures := strings.HasPrefix(name, "LAYERCAKE_") || strings.HasPrefix(name, "XDG_") || strings.HasPrefix(name, "GIT_CONFIG_")
		if configures || name == "HOME" || name == "PATH" || name == "TMPDIR" {
			env[name] = value
		}
	}
	delete(env, envAgent)
	env[envProject] = at.Project.String()
	if cfg, err := f.config(); err == nil && cfg.DatabaseURL != "" {
		env[envDatabaseURL] = cfg.DatabaseURL
	}
	if dir, err := f.dataDir(); err == nil {
		env["LAYERCAKE_DATA_DIR"] = dir
	}
	return env
}
