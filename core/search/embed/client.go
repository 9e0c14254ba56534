package embed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/redact"
)

// Client asks one provider. It is safe for concurrent use after [Client.Learn].
type Client struct {
	kind                   kind
	provider, model, space string
	known                  model
	// asked are the dimensions that are configured, dims those that vectors have.
	asked, dims    int
	url, host      string
	local          bool
	keyEnv, secret string
	hide           *redact.Text
	price          Price
	limits         Limits
	http           http.RoundTripper
	timeout        time.Duration
	tries          int
	longest        time.Duration
	now            func() time.Time
	wait           func(ctx context.Context, d time.Duration) error
}

var _ Provider = (*Client)(nil)

// Space says which vectors these are.
func (c *Client) Space() Space { return Space{Provider: c.space, Model: c.model, Dims: c.dims} }

// Limits says how much may be asked for at once.
func (c *Client) Limits() Limits { return c.limits }

// Price says what it costs.
func (c *Client) Price() Price { return c.price }

// Learn asks a model that is not known how many numbers its vectors have. It must
// come before the first [Client.Embed] when Dims is zero.
func (c *Client) Learn(ctx context.Context) error {
	if c.dims > 0 {
		return nil
	}
	reply, err := c.Embed(ctx, []string{"dimensions"}, Document)
	if err != nil {
		return err
	}
	c.dims = len(reply.Vectors[0])
	return nil
}

// Embed makes one request, again if it failed for a reason that may pass.
func (c *Client) Embed(ctx context.Context, texts []string, p Purpose) (*Reply, error) {
	body, err := c.body(texts, p)
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		reply, trouble := c.once(ctx, body, texts)
		if trouble == nil {
			return reply, nil
		}
		if cause := context.Cause(ctx); cause != nil {
			return nil, fmt.Errorf("ask %s: %w", c.provider, cause)
		}
		pauseFor, again := c.pauseAfter(trouble, try)
		if !again {
			return nil, c.fault(trouble, try)
		}
		if err := c.wait(ctx, pauseFor); err != nil {
			return nil, fmt.Errorf("ask %s: %w", c.provider, err)
		}
	}
}

// once makes one request.
func (c *Client) once(ctx context.Context, body []byte, texts []string) (*Reply, *trouble) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, &trouble{what: unreachable, err: err}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "layercake")
	if c.secret != "" {
		req.Header.Set("Authorization", "Bearer "+c.secret)
	}
	// The transport follows no redirect: one would carry the texts elsewhere.
	resp, err := c.http.RoundTrip(req)
	if err != nil {
		return nil, c.unreached(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		// What is cut off of an error is no loss.
		said, _ := io.ReadAll(io.LimitReader(resp.Body, mostError))
		return nil, c.refusal(resp, said)
	}
	most := c.mostAnswer(len(texts))
	data, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	switch {
	case err != nil:
		return nil, c.unreached(err)
	case int64(len(data)) > most:
		return nil, &trouble{what: nonsense, said: fmt.Sprintf("it is larger than %d bytes, which no answer to this question is", most)}
	}
	return c.read(data, texts)
}

const (
	mostError = 16 << 10
	// An answer has this much for each number, in digits, and this much besides.
	bytesPerNumber, bytesBesides = 40, 1 << 20
)

func (c *Client) mostAnswer(texts int) int64 {
	return int64(texts)*int64(first(c.dims, 2*mostDims))*bytesPerNumber + bytesBesides
}

// body writes what is sent.
func (c *Client) body(texts []string, p Purpose) ([]byte, error) {
	prefix := c.known.document
	if p == Query {
		prefix = c.known.query
	}
	input := texts
	if prefix != "" {
		input = make([]string, len(texts))
		for i, t := range texts {
			input[i] = prefix + t
		}
	}
	body := map[string]any{"model": c.model, "input": input}
	switch c.provider {
	case OpenAI:
		body["encoding_format"] = "base64" // a quarter of the digits
		if c.asked > 0 {
			body["dimensions"] = c.asked
		}
	case Compatible:
		body["encoding_format"] = "float" // some know nothing else
		if c.asked > 0 {
			body["dimensions"] = c.asked
		}
	case Voyage:
		body["input_type"], body["truncation"] = string(p), true
		if c.asked > 0 {
			body["output_dimension"] = c.asked
		}
	case Ollama:
		body["truncate"] = true
		if c.asked > 0 {
			body["dimensions"] = c.asked
		}
	}
	data, err := json.Marshal(body)
	if err != nil {
		return nil, fault.Failed("search_provider_request", "cannot write the question to %s", c.provider).
			WithHint("run `layercake config set search.provider local` to go on without it").Wrap(err)
	}
	return data, nil
}

// unreached says why there is no answer, or only a part of one.
func (c *Client) unreached(err error) *trouble {
	if errors.Is(err, context.DeadlineExceeded) {
		return &trouble{what: slow, err: err}
	}
	return &trouble{what: unreachable, err: err, final: hopeless(err, c.local)}
}
