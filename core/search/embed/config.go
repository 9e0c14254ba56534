package embed

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/redact"
)

// The providers.
const (
	OpenAI     = "openai"
	Voyage     = "voyage"
	Ollama     = "ollama"
	Compatible = "openai-compatible"
)

// Providers lists them.
func Providers() []string { return []string{OpenAI, Voyage, Ollama, Compatible} }

// Config says whom to ask, and how.
type Config struct {
	// Provider is one of [Providers]. Required.
	Provider string
	// Model defaults to the provider's best for code; Dims to the model's, and BaseURL
	// to the provider's own. For [Compatible], Model and BaseURL are required.
	Model   string
	Dims    int
	BaseURL string
	// KeyEnv names the environment variable that holds the key.
	KeyEnv string
	// Getenv looks up environment variables. Without it there are none.
	Getenv func(name string) string
	// Transport carries the requests. Defaults to one that knows the proxies of the
	// environment.
	Transport http.RoundTripper
	// Timeout is how long one request may take. Defaults to a minute; for Ollama, which
	// may have to load the model first, to five.
	Timeout time.Duration
	// Tries is how often a request is made that fails for a reason that may pass.
	// Defaults to 6.
	Tries int
	// Longest is how long a provider may ask to wait. Defaults to two minutes.
	Longest time.Duration
	// Now and Wait are the clock. Wait waits, or returns why not.
	Now  func() time.Time
	Wait func(ctx context.Context, d time.Duration) error
}

// kind is what is particular to a provider.
type kind struct {
	baseURL, path, model, keyEnv string
	limits                       Limits
	timeout                      time.Duration
}

// kinds lists them. The limits are those that the providers publish, but for the
// number of inputs: a request of 2 048 that fails is a great loss.
func kinds() map[string]kind {
	const (
		usual, loading = time.Minute, 5 * time.Minute
		// OpenAI: 8 191 tokens in each of at most 2 048 inputs, 300 000 in all.
		openAIInput, openAIRequest = 8191, 300_000
		// Voyage: 32 000 in each of at most 1 000, 120 000 in all with its best models.
		voyageInput, voyageRequest = 32_000, 120_000
		// A server of one's own: what most models for code can take, in small portions.
		ownInput, ownRequest = 2048, 32_000
	)
	return map[string]kind{
		OpenAI: {
			baseURL: "https://api.openai.com/v1", path: "/embeddings", model: "text-embedding-3-small", keyEnv: "OPENAI_API_KEY", timeout: usual,
			limits: Limits{InputTokens: openAIInput, RequestTokens: openAIRequest, Inputs: 256, Requests: 4},
		},
		Voyage: {
			baseURL: "https://api.voyageai.com/v1", path: "/embeddings", model: "voyage-code-3", keyEnv: "VOYAGE_API_KEY", timeout: usual,
			limits: Limits{InputTokens: voyageInput, RequestTokens: voyageRequest, Inputs: 128, Requests: 4},
		},
		Ollama: {
			baseURL: "http://localhost:11434", path: "/api/embed", model: "nomic-embed-text", timeout: loading,
			limits: Limits{InputTokens: ownInput, RequestTokens: ownRequest, Inputs: 32, Requests: 2},
		},
		Compatible: {
			path: "/embeddings", timeout: usual,
			limits: Limits{InputTokens: openAIInput, RequestTokens: ownRequest, Inputs: 64, Requests: 4},
		},
	}
}

// Codes of the errors about settings.
const (
	CodeProvider   = "search_provider_unknown"
	CodeSettings   = "search_provider_settings"
	CodeKeyMissing = "search_key_missing"
)

const (
	defaultTries   = 6
	defaultLongest = 2 * time.Minute
	mostDims       = 4000 // what pgvector's halfvec can index
)

// New returns a client for the provider that is configured. It asks nobody: without
// Config.Dims, a model that is not known has Dims zero until [Client.Learn].
func New(cfg Config) (*Client, error) {
	k, ok := kinds()[cfg.Provider]
	if !ok {
		return nil, fault.Usage(CodeProvider, "there is no provider %q of meanings; there are: %s", cfg.Provider, strings.Join(Providers(), ", ")).
			WithHint("run `layercake config list` to see where search.provider is set")
	}
	c := &Client{kind: k, provider: cfg.Provider, model: first(cfg.Model, k.model), asked: cfg.Dims, http: cfg.Transport}
	if c.model == "" {
		return nil, settings("which model of %s to use is not said; set search.model to its name", cfg.Provider)
	}
	known, is := models(cfg.Provider)[baseName(cfg.Provider, c.model)]
	c.known = known
	c.dims = first(cfg.Dims, known.dims)
	if cfg.Dims < 0 || cfg.Dims > mostDims {
		return nil, settings("search.dimensions is %d, and vectors have between 1 and %d numbers", cfg.Dims, mostDims)
	}
	if allowed := []int{256, 512, 1024, 2048}; cfg.Provider == Voyage && cfg.Dims != 0 && !slices.Contains(allowed, cfg.Dims) {
		return nil, settings("search.dimensions is %d, and the vectors of Voyage have 256, 512, 1024 or 2048 numbers", cfg.Dims)
	}
	if err := c.address(first(cfg.BaseURL, k.baseURL), k.baseURL); err != nil {
		return nil, err
	}
	switch {
	case cfg.Provider == Ollama:
		c.price = Price{Known: true, AsOf: "", Source: "your own machine"}
	case is && c.space == cfg.Provider:
		c.price = Price{Known: true, PerMillion: known.price, AsOf: openAIDay, Source: openAIPrices}
		if cfg.Provider == Voyage {
			c.price.AsOf, c.price.Source = voyageDay, voyagePrices
		}
	}
	c.limits = k.limits
	c.limits.InputTokens = first(known.inputTokens, c.limits.InputTokens)
	c.limits.RequestTokens = first(known.requestTokens, c.limits.RequestTokens)
	c.timeout, c.tries, c.longest = first(cfg.Timeout, k.timeout), first(cfg.Tries, defaultTries), first(cfg.Longest, defaultLongest)
	c.now, c.wait = cfg.Now, cfg.Wait
	if c.now == nil {
		c.now = time.Now
	}
	if c.wait == nil {
		c.wait = pause
	}
	if c.http == nil {
		c.http = http.DefaultTransport
	}
	if err := c.key(first(cfg.KeyEnv, k.keyEnv), cfg.Getenv); err != nil {
		return nil, err
	}
	return c, nil
}

// baseName is a model's name without what says which build of it: Ollama's tags.
func baseName(provider, name string) string {
	if provider == Ollama {
		name, _, _ = strings.Cut(name, ":")
	}
	return name
}

// address takes the address to ask.
func (c *Client) address(base, usual string) error {
	if base == "" {
		return settings("where %s answers is not said; set search.base_url to its address, such as http://localhost:8000/v1", c.provider)
	}
	u, err := url.Parse(base)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return settings("search.base_url is no address; it should look like https://host/v1")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return settings("search.base_url may not hold a name, a password or parameters; a key belongs into the environment variable that search.key_env names")
	}
	base = strings.TrimSuffix(base, "/")
	// Where people copy the whole address of the call, the call is meant.
	base = strings.TrimSuffix(base, c.kind.path)
	c.url, c.host, c.space = base+c.kind.path, u.Host, c.provider
	name := u.Hostname()
	ip := net.ParseIP(name)
	c.local = name == "localhost" || ip != nil && ip.IsLoopback()
	if base != usual && c.provider != Ollama {
		c.space += "@" + strings.TrimPrefix(base, u.Scheme+"://")
	}
	if u.Scheme == "http" && !c.local && (c.provider == OpenAI || c.provider == Voyage) {
		return settings("search.base_url begins with http://, which would send your key in clear to %s; it should begin with https://", u.Host)
	}
	return nil
}

// key takes the key from the environment.
func (c *Client) key(name string, getenv func(string) string) error {
	if name == "" {
		return nil
	}
	c.keyEnv = name
	if getenv != nil {
		c.secret = strings.TrimSpace(getenv(name))
	}
	if c.secret == "" {
		return fault.Usage(CodeKeyMissing, "%s needs a key, and the environment variable %s is not set", c.provider, name).
			WithHint("run `export %s=...` with your key; `layercake config set search.provider local` goes on without one", name)
	}
	if strings.ContainsFunc(c.secret, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fault.Usage(CodeKeyMissing, "the environment variable %s holds no key: there are blanks or strange characters in it", name).
			WithHint("run `export %s=...` with your key", name)
	}
	c.hide = redact.NewText(c.secret)
	return nil
}

func settings(format string, args ...any) error {
	return fault.Usage(CodeSettings, format, args...).WithHint("run `layercake config list` to see the settings")
}

// first returns the first value that is one.
func first[T comparable](values ...T) T {
	var zero T
	for _, v := range values {
		if v != zero {
			return v
		}
	}
	return zero
}

// pause waits.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
