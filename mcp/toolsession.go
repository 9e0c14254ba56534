package mcp

import (
	"context"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"unicode"

	"github.com/google/uuid"
	mcpgo "github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

// toolSession is what the server remembers of one client.
type toolSession struct {
	server *Server
	key    string // the session's id in the protocol
	id     string // and in the log
	client func() string
	// elicits says whether the client can put questions to its person, in the
	// protocol in which it says so once.
	elicits func() bool

	mu   sync.Mutex
	show map[string]bool
}

// session returns what is remembered of the client that sent the request. Of one
// that sends requests without a session, nothing is.
func (s *Server) session(ctx context.Context) *toolSession {
	client := server.ClientSessionFromContext(ctx)
	if client == nil {
		return s.newSession("", nil)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.sessions[client.SessionID()]; t != nil {
		return t
	}
	return s.newSession(client.SessionID(), client)
}

// remember begins to remember a client.
func (s *Server) remember(_ context.Context, client server.ClientSession) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[client.SessionID()] = s.newSession(client.SessionID(), client)
}

// newSession begins to remember a client, which may be nil when nothing is known
// of it.
func (s *Server) newSession(key string, client server.ClientSession) *toolSession {
	t := &toolSession{
		server: s, key: key, id: s.config.Session, client: nameOf(client), elicits: elicitsOnce(client), show: maps.Clone(s.initial),
	}
	if t.id == "" {
		t.id = uuid.NewString()
	}
	return t
}

// nameOf returns a function that says what a client calls itself, which it may
// not have said yet.
func nameOf(client server.ClientSession) func() string {
	return func() string {
		if known, ok := client.(server.SessionWithClientInfo); ok {
			return known.GetClientInfo().Name
		}
		return ""
	}
}

// elicitsOnce returns a function that says whether a client told, when it began,
// that it can put questions to its person.
func elicitsOnce(client server.ClientSession) func() bool {
	return func() bool {
		known, ok := client.(server.SessionWithClientInfo)
		return ok && known.GetClientCapabilities().Elicitation != nil
	}
}

// forget drops what is remembered of a client that is gone.
func (s *Server) forget(_ context.Context, client server.ClientSession) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, client.SessionID())
}

// listed reports whether a tool is enabled in the session.
func (t *toolSession) listed(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.show[name]
}

// enable shows the tools of a toolset and returns the names of those that were
// not shown before.
func (t *toolSession) enable(toolset string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	added := []string{}
	for i := range t.server.catalogue.tools {
		tool := &t.server.catalogue.tools[i]
		if tool.Toolset == toolset && t.server.allowed[tool.Name] && !t.show[tool.Name] {
			t.show[tool.Name] = true
			added = append(added, tool.Name)
		}
	}
	return added
}

// defaultRole is the role of agents that were not given one.
const defaultRole = "agent"

// caller returns who makes calls in this session: an agent, whoever started the
// server. Presence is never passed on, because no person sits at this door.
func (t *toolSession) caller(by core.Caller) core.Caller {
	person := by.Actor.OnBehalfOf
	if by.Actor.IsPerson() {
		person = by.Actor.String()
	}
	client := t.clientName()
	by.Presence = project.Presence{AgentSigns: []string{"MCP client " + client}}
	if t.server.config.AsGiven {
		return by
	}
	by.Actor = project.Actor{
		Kind: project.ActorAgent, Name: client + "/" + word(t.server.config.Role, defaultRole), OnBehalfOf: person, Session: t.id,
	}
	return by
}

// clientName is what the client calls itself, as one word.
func (t *toolSession) clientName() string { return word(t.client(), "mcp-client") }

// word turns a name that a client chose into one word for the log.
func word(name, otherwise string) string {
	const most = 60
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_', r == '.':
			return r
		case unicode.IsSpace(r):
			return '-'
		}
		return -1
	}, strings.TrimSpace(name))
	if runes := []rune(name); len(runes) > most {
		name = string(runes[:most])
	}
	if name == "" {
		return otherwise
	}
	return name
}

// changed tells the client that there are other tools than before.
func (t *toolSession) changed(ctx context.Context) {
	err := t.server.mcp.SendNotificationToSpecificClient(t.key, mcpgo.MethodNotificationToolsListChanged, nil)
	if err != nil {
		t.server.logger.DebugContext(ctx, "the client was not told of the tools", slog.String("error", err.Error()))
	}
}
