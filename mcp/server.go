package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	mcpgo "github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/layercake-dev/layercake/core/fault"
)

// Config is what a [Server] is made of.
type Config struct {
	// Env is what the tools work with.
	Env Env
	// Version is LayerCake's version, told to clients.
	Version string
	// Role is the role that agents here play, such as "qa-engineer". Defaults
	// to "agent".
	Role string
	// Session names the session in the log, such as the client's own session
	// id. Defaults to a new id.
	Session string
	// AsGiven says that whoever [Env.Open] names makes the calls. Otherwise it is an agent
	// that is named by its client, with Role and Session.
	AsGiven bool
	// Select says which tools are shown.
	Select Selection
	// Logger is told of what goes wrong. Defaults to nothing. It must not write
	// to the stream that is served.
	Logger *slog.Logger
}

// Server shows the catalogue to one or more MCP clients.
type Server struct {
	config    Config
	catalogue *catalogue
	allowed   map[string]bool // the tools that may be called at all
	initial   map[string]bool // those that are listed from the start
	mcp       *server.MCPServer
	logger    *slog.Logger

	questions questions

	mu       sync.Mutex
	sessions map[string]*toolSession
}

// serverName is how the server names itself.
const serverName = "layercake"

// New returns a server. It fails when the selection names tools or toolsets
// that do not exist.
func New(cfg Config) (*Server, error) {
	c, err := newCatalogue()
	if err != nil {
		return nil, err
	}
	s := &Server{config: cfg, catalogue: c, logger: cfg.Logger, sessions: map[string]*toolSession{}}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	if s.allowed, s.initial, err = cfg.Select.resolve(c); err != nil {
		return nil, err
	}
	hooks := &server.Hooks{}
	hooks.AddAfterListTools(s.keepListed)
	hooks.AddOnRequestInitialization(s.refuseUnknown)
	hooks.AddOnRegisterSession(s.remember)
	hooks.AddOnUnregisterSession(s.forget)
	s.mcp = server.NewMCPServer(serverName, cfg.Version,
		server.WithTitle("LayerCake"),
		server.WithInstructions(instructions(c, s.initial, s.allowed)),
		server.WithToolCapabilities(true),
		server.WithHooks(hooks),
		server.WithLogger(s.logger),
		server.WithRecovery(),
		server.WithResourceRecovery(),
		server.WithResourceCapabilities(false, false),
		server.WithCompletions(),
		server.WithResourceCompletionProvider(completer{s}),
		server.WithPromptCapabilities(false),
		server.WithPromptCompletionProvider(promptCompleter{s}),
	)
	for i := range c.tools {
		if t := &c.tools[i]; s.allowed[t.Name] {
			declared, err := t.declare()
			if err != nil {
				return nil, err
			}
			s.mcp.AddTool(declared, s.handler(t))
		}
	}
	s.addResources()
	s.addPrompts()
	return s, nil
}

// MCP returns the protocol server, for other transports than a stream.
func (s *Server) MCP() *server.MCPServer { return s.mcp }

// Keys of Claude Code in the metadata of tools; other clients ignore them.
const (
	metaAlwaysLoad = "anthropic/alwaysLoad"
	metaSearchHint = "anthropic/searchHint"
)

// declare returns the tool as the protocol has it.
func (t *Tool) declare() (mcpgo.Tool, error) {
	in, err := encode(t.Input)
	if err != nil {
		return mcpgo.Tool{}, err
	}
	out, err := encode(t.Output)
	if err != nil {
		return mcpgo.Tool{}, err
	}
	meta := map[string]any{}
	if t.AlwaysLoad {
		meta[metaAlwaysLoad] = true
	}
	if t.SearchHint != "" {
		meta[metaSearchHint] = t.SearchHint
	}
	declared := mcpgo.Tool{
		Name: t.Name, Title: t.Title, Description: t.Description, RawInputSchema: in, RawOutputSchema: out,
		Annotations: mcpgo.ToolAnnotation{
			Title: t.Title, ReadOnlyHint: &t.Hints.ReadOnly, DestructiveHint: &t.Hints.Destructive,
			IdempotentHint: &t.Hints.Idempotent, OpenWorldHint: &t.Hints.OpenWorld,
		},
	}
	if len(meta) > 0 {
		declared.Meta = mcpgo.NewMetaFromMap(meta)
	}
	return declared, nil
}

// handler answers calls of a tool. What goes wrong is part of the answer, so
// that the model sees it.
func (s *Server) handler(t *Tool) server.ToolHandlerFunc {
	return func(ctx context.Context, req mcpgo.CallToolRequest) (*mcpgo.CallToolResult, error) {
		session := s.session(ctx)
		if !session.listed(t.Name) {
			return s.failed(notEnabled(t)), nil
		}
		in, err := arguments(&req)
		if err != nil {
			return s.failed(invalidInput(t, err.Error())), nil
		}
		c := &call{
			env: s.config.Env, session: session, catalogue: s.catalogue, progress: s.progress(ctx, &req),
			elicits: elicits(session, &req), answers: req.Params.InputResponses, state: req.Params.RequestState,
		}
		out, err := t.call(ctx, c, in)
		if ask, ok := errors.AsType[*asking](err); ok {
			return ask.result(), nil
		}
		if err != nil {
			return s.failed(err), nil
		}
		content := []mcpgo.Content{mcpgo.NewTextContent(string(out))}
		if note := c.cleanedNote(""); note != "" {
			content = append(content, mcpgo.NewTextContent(note))
		}
		return &mcpgo.CallToolResult{Content: content, StructuredContent: out}, nil
	}
}

// arguments returns the arguments as they were sent.
func arguments(req *mcpgo.CallToolRequest) (json.RawMessage, error) {
	if len(req.Params.RawArguments) > 0 {
		return req.Params.RawArguments, nil
	}
	return encode(req.Params.Arguments)
}

// failed is the answer to a call that failed. Messages quote what was sent, which
// may be a secret.
func (s *Server) failed(err error) *mcpgo.CallToolResult {
	text := s.config.Env.discreet(sentences(err))
	return &mcpgo.CallToolResult{Content: []mcpgo.Content{mcpgo.NewTextContent(text)}, IsError: true}
}

func notEnabled(t *Tool) *fault.Error {
	return fault.NotAllowed("toolset_not_enabled", "%s is in toolset %s, which is not enabled in this session", t.Name, t.Toolset).
		WithHint(`call enable_toolset {"toolset": %q}, then call %s again`, t.Toolset, t.Name)
}

// progress tells the client that a call is alive, if it asked to be told.
func (s *Server) progress(ctx context.Context, req *mcpgo.CallToolRequest) func(time.Duration, string) {
	if req.Params.Meta == nil || req.Params.Meta.ProgressToken == nil {
		return func(time.Duration, string) {}
	}
	token := req.Params.Meta.ProgressToken
	return func(elapsed time.Duration, message string) {
		err := s.mcp.SendNotificationToClient(ctx, "notifications/progress", map[string]any{
			"progressToken": token, "progress": elapsed.Seconds(), "message": message,
		})
		if err != nil {
			s.logger.DebugContext(ctx, "progress was not sent", slog.String("error", err.Error()))
		}
	}
}

// keepListed takes the tools from a list that are not enabled in the session.
func (s *Server) keepListed(ctx context.Context, _ any, _ *mcpgo.ListToolsRequest, result *mcpgo.ListToolsResult) {
	session := s.session(ctx)
	kept := make([]mcpgo.Tool, 0, len(result.Tools))
	for i := range result.Tools {
		if session.listed(result.Tools[i].Name) {
			kept = append(kept, result.Tools[i])
		}
	}
	result.Tools = kept
}

// refuseUnknown answers calls of tools that do not exist with the name that was
// probably meant.
func (s *Server) refuseUnknown(_ context.Context, _, message any) error {
	raw, ok := message.(json.RawMessage)
	if !ok {
		return nil
	}
	var req struct {
		Method string `json:"method"`
		Params struct {
			Name string `json:"name"`
		} `json:"params"`
	}
	// What cannot be read has no method, and is refused elsewhere.
	_ = json.Unmarshal(raw, &req)
	if req.Method != string(mcpgo.MethodToolsCall) || s.allowed[req.Params.Name] {
		return nil
	}
	if t := s.catalogue.byName[req.Params.Name]; t != nil {
		return fmt.Errorf("%s is excluded by the options with which this server was started", t.Name)
	}
	e := unknownTool(s.catalogue, req.Params.Name)
	return fmt.Errorf("%s; %s", e.Message, e.Hint)
}
