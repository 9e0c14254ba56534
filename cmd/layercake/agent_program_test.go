package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	mcpgo "github.com/mark3labs/mcp-go/mcp"
)

// agentProgram is a program that does the work of an agent with the tools that
// LayerCake serves it, as coding agents do: it starts the server that the file names,
// and speaks the protocol with it. What it does is fixed; what comes of each call is on
// its standard error, in a file beside the project.
func agentProgram() {
	if err := workByTools(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("It is done by tools.")
}

func workByTools() error {
	prompt, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	path := os.Getenv("LAYERCAKE_MCP_CONFIG")
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var config struct {
		Servers map[string]struct {
			Command string            `json:"command"`
			Args    []string          `json:"args"`
			Env     map[string]string `json:"env"`
		} `json:"mcpServers"` //nolint:tagliatelle // the name that programs look for
	}
	if err := json.Unmarshal(text, &config); err != nil {
		return err
	}
	server := config.Servers["layercake"]
	var env []string
	for name, value := range server.Env {
		env = append(env, name+"="+value)
	}
	log, err := os.OpenFile(os.Getenv("AGENT_LOG"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	fmt.Fprintln(log, "config", path, info.Mode().Perm())
	stdio := transport.NewStdio(server.Command, env, server.Args...)
	c := client.NewClient(stdio)
	ctx := context.Background()
	if err := c.Start(ctx); err != nil {
		return err
	}
	defer c.Close()
	if stderr, ok := client.GetStderr(c); ok {
		go func() { _, _ = io.Copy(log, stderr) }()
	}
	begin := mcpgo.InitializeRequest{}
	begin.Params.ProtocolVersion = mcpgo.LATEST_PROTOCOL_VERSION
	begin.Params.ClientInfo = mcpgo.Implementation{Name: "a-program", Version: "1"}
	if _, err := c.Initialize(ctx, begin); err != nil {
		return err
	}
	tools, err := c.ListTools(ctx, mcpgo.ListToolsRequest{})
	if err != nil {
		return err
	}
	names := make([]string, len(tools.Tools))
	for i := range tools.Tools {
		names[i] = tools.Tools[i].Name
	}
	fmt.Fprintln(log, "tools", strings.Join(names, " "))
	if slices.Contains(names, "read_file") {
		return errors.New("a program has an editor of its own")
	}
	task := strings.TrimPrefix(os.Getenv("LAYERCAKE_TASK"), "t-")
	for _, call := range []struct {
		name string
		args map[string]any
	}{
		{"get_context_summary", nil},
		{"create_task", map[string]any{"title": "Found by an agent"}},
		{"capture_command_output", map[string]any{"gate": "G5", "type": "test_output"}},
		{"approve_gate", map[string]any{"gate": "G1"}},
		{"undo_change", nil},
		{"complete_task", map[string]any{"id": task, "result": "by tools"}},
	} {
		request := mcpgo.CallToolRequest{}
		request.Params.Name, request.Params.Arguments = call.name, call.args
		r, err := c.CallTool(ctx, request)
		if err != nil {
			fmt.Fprintln(log, "call", call.name, "refused:", err)
			continue
		}
		content, _ := json.Marshal(r.Content)
		fmt.Fprintln(log, "call", call.name, "error:", r.IsError, string(content))
	}
	return os.WriteFile("made.txt", prompt, 0o600) // in the work tree
}
