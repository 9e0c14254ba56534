//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"
)

const sectionMCP, sectionMemory = "MCP over stdio", "Memory"

// conversation is with an MCP server as clients spawn it.
type conversation struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	id  int
}

// spawn starts a server and shakes hands.
func (r *rig) spawn(ctx context.Context, s *subject) (*conversation, error) {
	c := &conversation{cmd: r.command(ctx, s.dir, []string{r.binary, "mcp"})}
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("pipe: %w", err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("pipe: %w", err)
	}
	c.out = bufio.NewReader(out)
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the MCP server: %w", err)
	}
	_, err = c.ask("initialize", map[string]any{
		"protocolVersion": "2025-11-25", "capabilities": map[string]any{}, "clientInfo": map[string]any{"name": "bench", "version": "1"},
	})
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(c.in, `{"jsonrpc":"2.0","method":"notifications/initialized"}`+"\n")
	return c, err
}

// ask sends a request and waits for its answer, which is an error unless the
// call succeeded.
func (c *conversation) ask(method string, params map[string]any) (time.Duration, error) {
	c.id++
	line, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": c.id, "method": method, "params": params})
	if err != nil {
		return 0, fmt.Errorf("encode: %w", err)
	}
	began := time.Now()
	if _, err := c.in.Write(append(line, '\n')); err != nil {
		return 0, fmt.Errorf("ask the MCP server: %w", err)
	}
	want := fmt.Appendf(nil, `"id":%d`, c.id)
	for {
		answer, err := c.out.ReadBytes('\n')
		if err != nil {
			return 0, fmt.Errorf("read from the MCP server: %w", err)
		}
		if !bytes.Contains(answer, want) {
			continue // a notice
		}
		took := time.Since(began)
		var reply struct {
			ID     int             `json:"id"`
			Error  json.RawMessage `json:"error"`
			Result struct {
				IsError bool `json:"isError"` //nolint:tagliatelle // the protocol's name
			} `json:"result"`
		}
		if err := json.Unmarshal(answer, &reply); err != nil {
			return 0, fmt.Errorf("read the answer: %w", err)
		}
		if reply.ID != c.id {
			continue
		}
		if reply.Error != nil || reply.Result.IsError {
			return 0, fmt.Errorf("%s %v: %.500s", method, params, answer)
		}
		return took, nil
	}
}

func (c *conversation) call(tool string, args map[string]any) func() (time.Duration, error) {
	return func() (time.Duration, error) {
		return c.ask("tools/call", map[string]any{"name": tool, "arguments": args})
	}
}

func (c *conversation) end() error {
	if err := c.in.Close(); err != nil {
		return fmt.Errorf("close the pipe: %w", err)
	}
	return c.cmd.Wait()
}

// mcp measures the server from its start to its tools.
func (r *rig) mcp(ctx context.Context) ([]*figure, error) {
	const spawns, start = 40, 300
	first, err := r.race(ctx, r.rounds(spawns), func() (time.Duration, error) {
		began := time.Now()
		c, err := r.spawn(ctx, r.big)
		if err != nil {
			return 0, err
		}
		if _, err := c.ask("tools/list", map[string]any{}); err != nil {
			return 0, err
		}
		took := time.Since(began)
		return took, c.end()
	})
	if err != nil {
		return nil, err
	}
	figures := []*figure{
		newFigure(sectionMCP, "spawn to the answer to tools/list, p50", millis, first[0].at(half)),
		newFigure(sectionMCP, "spawn to the answer to tools/list, p99", millis, first[0].at(nearly)).goal(start),
	}
	calls, err := r.calls(ctx)
	return append(figures, calls...), err
}

// calls measures tools on projects of two sizes, and then the server's memory.
func (r *rig) calls(ctx context.Context) ([]*figure, error) {
	small, err := r.spawn(ctx, r.small)
	if err != nil {
		return nil, err
	}
	big, err := r.spawn(ctx, r.big)
	if err != nil {
		return nil, err
	}
	var figures []*figure
	const rounds, read, write, page = 200, 10, 25, 20
	for _, t := range []struct {
		tool  string
		args  map[string]any
		limit float64
	}{
		{"get_tasks", map[string]any{"limit": page}, read},
		{"get_gates", map[string]any{}, read},
		{"get_status", map[string]any{}, read},
		{"get_context_summary", map[string]any{}, read},
		{"get_gate_readiness", map[string]any{"gate": "G1"}, read},
		{"create_task", map[string]any{"title": "Bake"}, write},
		{"log_progress", map[string]any{"text": "It is in the oven."}, write},
	} {
		r.say("MCP %s", t.tool)
		s, err := r.race(ctx, r.rounds(rounds), func() (time.Duration, error) { return small.ask("ping", map[string]any{}) },
			small.call(t.tool, t.args), big.call(t.tool, t.args))
		if err != nil {
			return nil, err
		}
		size := float64(r.small.tasks)
		figures = append(figures,
			newFigure(sectionMCP, t.tool+", p50", millis, s[1].at(half)).besides("ping", s[0].at(half), nan).tenfold(size, s[2].at(half)),
			newFigure(sectionMCP, t.tool+", p99", millis, s[1].at(nearly)).goal(t.limit).besides("ping", s[0].at(nearly), nan).tenfold(size, s[2].at(nearly)))
	}
	busy := newFigure(sectionMemory, "MCP server after all of these calls, peak", megabytes, peakNow(small.cmd.Process.Pid)).
		tenfold(float64(r.small.tasks), peakNow(big.cmd.Process.Pid))
	if err := errors.Join(small.end(), big.end()); err != nil {
		return nil, err
	}
	idle, err := r.idle(ctx)
	return append(figures, idle, busy), err
}

// idle measures a server that has answered one call.
func (r *rig) idle(ctx context.Context) (*figure, error) {
	const limit = 60
	c, err := r.spawn(ctx, r.big)
	if err != nil {
		return nil, err
	}
	if _, err := c.ask("tools/list", map[string]any{}); err != nil {
		return nil, err
	}
	if _, err := c.call("get_gates", map[string]any{})(); err != nil {
		return nil, err
	}
	mb := peakNow(c.cmd.Process.Pid)
	return newFigure(sectionMemory, "MCP server, idle after one call, peak", megabytes, mb).goal(limit), c.end()
}
