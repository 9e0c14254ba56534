package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/layercake-dev/layercake/core/fault"
)

// Call runs a tool with JSON arguments and returns its structured reply: every
// tool from a script. Errors are of type [*fault.Error].
func Call(ctx context.Context, env Env, name string, in json.RawMessage) (json.RawMessage, error) {
	c, err := newCatalogue()
	if err != nil {
		return nil, err
	}
	t := c.byName[name]
	if t == nil {
		return nil, unknownTool(c, name)
	}
	return t.call(ctx, &call{env: env, catalogue: c, progress: func(time.Duration, string) {}}, in)
}

// call runs the tool and encodes its reply.
func (t *Tool) call(ctx context.Context, c *call, in json.RawMessage) (json.RawMessage, error) {
	out, err := t.run(ctx, c, in)
	if ask, ok := errors.AsType[*asking](err); ok {
		return nil, ask
	}
	if err != nil {
		return nil, fault.From(err)
	}
	return encode(out)
}
