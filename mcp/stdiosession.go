package mcp

import (
	"context"
	"encoding/json"
	"slices"
	"sync"

	mcpgo "github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// notificationsKept bounds the notices that wait to be written; more than that
// are dropped, which only happens when the client has stopped reading.
const notificationsKept = 256

// stdioSession is one client at the other end of a stream. mcp-go's own session
// is one per process and knows nothing of subscriptions.
type stdioSession struct {
	id            string
	notifications chan mcpgo.JSONRPCNotification
	// ask sends a request to the client and returns its answer.
	ask func(ctx context.Context, method mcpgo.MCPMethod, params any) (json.RawMessage, error)

	mu           sync.Mutex
	initialized  bool
	client       mcpgo.Implementation
	capabilities mcpgo.ClientCapabilities
	version      string
	// modern says that the client speaks the protocol in which notices are
	// sent only to those who listen; filter is what it listens to, and listens
	// are its requests to do so.
	modern  bool
	filter  mcpgo.SubscriptionFilter
	listens []any
}

var (
	_ server.SessionWithClientInfo         = (*stdioSession)(nil)
	_ server.SessionWithElicitation        = (*stdioSession)(nil)
	_ server.SessionWithProtocolVersion    = (*stdioSession)(nil)
	_ server.SessionWithSubscriptionFilter = (*stdioSession)(nil)
)

func newStdioSession(id string) *stdioSession {
	return &stdioSession{id: id, notifications: make(chan mcpgo.JSONRPCNotification, notificationsKept)}
}

// SessionID returns the session's id.
func (s *stdioSession) SessionID() string { return s.id }

// NotificationChannel returns where notices to the client go.
func (s *stdioSession) NotificationChannel() chan<- mcpgo.JSONRPCNotification { return s.notifications }

// Initialize says that the client is ready for notices.
func (s *stdioSession) Initialize() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.initialized = true
}

// Initialized reports whether the client is ready for notices.
func (s *stdioSession) Initialized() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.initialized
}

// GetClientInfo returns what the client says of itself.
func (s *stdioSession) GetClientInfo() mcpgo.Implementation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.client
}

// SetClientInfo keeps what the client says of itself.
func (s *stdioSession) SetClientInfo(client mcpgo.Implementation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.client = client
}

// GetClientCapabilities returns what the client can do.
func (s *stdioSession) GetClientCapabilities() mcpgo.ClientCapabilities {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.capabilities
}

// SetClientCapabilities keeps what the client can do.
func (s *stdioSession) SetClientCapabilities(capabilities mcpgo.ClientCapabilities) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.capabilities = capabilities
}

// ProtocolVersion returns the version agreed on by a handshake, or "".
func (s *stdioSession) ProtocolVersion() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version
}

// SetProtocolVersion keeps the version agreed on.
func (s *stdioSession) SetProtocolVersion(version string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version = version
}

// SetSubscriptionFilter keeps what the client listens to.
func (s *stdioSession) SetSubscriptionFilter(filter mcpgo.SubscriptionFilter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.filter = filter
}

// SubscriptionFilter returns what the client listens to, and whether it gets
// only that.
func (s *stdioSession) SubscriptionFilter() (filter mcpgo.SubscriptionFilter, only bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.filter, s.modern || len(s.listens) > 0
}

// speaks notes which protocol the client speaks.
func (s *stdioSession) speaks(modern bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.modern = modern
}

// listen notes a request to listen, until the function returned is called.
func (s *stdioSession) listen(id any) (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listens = append(s.listens, id)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if i := slices.Index(s.listens, id); i >= 0 {
			s.listens = slices.Delete(s.listens, i, i+1)
		}
	}
}

// addressed returns a notice as it is sent: to a client that listens, it
// carries the id of the request by which it does, once for each; a client that
// could listen and does not gets nothing.
func (s *stdioSession) addressed(n mcpgo.JSONRPCNotification) []mcpgo.JSONRPCNotification {
	s.mu.Lock()
	defer s.mu.Unlock()
	var wanted bool
	switch n.Method {
	case mcpgo.MethodNotificationToolsListChanged:
		wanted = s.filter.ToolsListChanged
	case mcpgo.MethodNotificationResourcesListChanged:
		wanted = s.filter.ResourcesListChanged
	case mcpgo.MethodNotificationPromptsListChanged:
		wanted = s.filter.PromptsListChanged
	default:
		return []mcpgo.JSONRPCNotification{n}
	}
	switch {
	case !s.modern && len(s.listens) == 0:
		return []mcpgo.JSONRPCNotification{n}
	case !wanted:
		return nil
	}
	out := make([]mcpgo.JSONRPCNotification, len(s.listens))
	for i, id := range s.listens {
		out[i] = n
		out[i].Params.Meta = map[string]any{mcpgo.MetaKeySubscriptionID: id}
	}
	return out
}
