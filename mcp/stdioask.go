package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	mcpgo "github.com/mark3labs/mcp-go/mcp"
)

// askedPrefix begins the ids of requests that the server sends to the client.
const askedPrefix = "layercake-"

// reply is a client's answer to a request of the server.
type reply struct {
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// ask sends a request to the client and waits for the answer, for as long as ctx
// lasts: a person may have to type it.
func (c *stdioConn) ask(ctx context.Context, method mcpgo.MCPMethod, params any) (json.RawMessage, error) {
	answer := make(chan *reply, 1)
	c.mu.Lock()
	c.lastAsked++
	id := askedPrefix + strconv.Itoa(c.lastAsked)
	c.asked[id] = answer
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.asked, id)
	}()
	c.answer(struct {
		JSONRPC string          `json:"jsonrpc"`
		ID      string          `json:"id"`
		Method  mcpgo.MCPMethod `json:"method"`
		Params  any             `json:"params"`
	}{mcpgo.JSONRPC_VERSION, id, method, params})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-answer:
		if r.Error != nil {
			return nil, fmt.Errorf("the client refused %s: %s", method, r.Error.Message)
		}
		return r.Result, nil
	}
}

// replied hands an answer of the client to whoever waits for it, and reports
// whether the message was one.
func (c *stdioConn) replied(line json.RawMessage, e *envelope) bool {
	id, ok := e.ID.(string)
	if !ok || e.Method != "" {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	waits := c.asked[id]
	if waits == nil {
		return false
	}
	delete(c.asked, id)
	r := &reply{}
	if err := json.Unmarshal(line, r); err != nil {
		return false // not even an object; the handler says so
	}
	waits <- r
	return true
}

// RequestElicitation has the client put a question to its person, in the
// protocol in which servers send requests.
func (s *stdioSession) RequestElicitation(ctx context.Context, request mcpgo.ElicitationRequest) (*mcpgo.ElicitationResult, error) {
	raw, err := s.ask(ctx, mcpgo.MethodElicitationCreate, request.Params)
	if err != nil {
		return nil, err
	}
	var answer mcpgo.ElicitationResult
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, fmt.Errorf("the client's answer cannot be read: %w", err)
	}
	return &answer, nil
}
