package embed_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search/embed"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	with := func(value string) func(string) string { return func(string) string { return value } }
	for _, x := range []struct {
		name string
		cfg  embed.Config
		code string
		says string
	}{
		{"provider", embed.Config{Provider: "opanai"}, embed.CodeProvider, "openai, voyage, ollama, openai-compatible"},
		{"no key", embed.Config{Provider: embed.OpenAI}, embed.CodeKeyMissing, "OPENAI_API_KEY is not set"},
		{"empty key", embed.Config{Provider: embed.Voyage, Getenv: with("  ")}, embed.CodeKeyMissing, "VOYAGE_API_KEY is not set"},
		{"own variable", embed.Config{Provider: embed.OpenAI, KeyEnv: "MINE"}, embed.CodeKeyMissing, "MINE is not set"},
		{"strange key", embed.Config{Provider: embed.OpenAI, Getenv: with("sk\nHost: x")}, embed.CodeKeyMissing, "holds no key"},
		{"no model", embed.Config{Provider: embed.Compatible, BaseURL: "http://x/v1"}, embed.CodeSettings, "search.model"},
		{"no address", embed.Config{Provider: embed.Compatible, Model: "m"}, embed.CodeSettings, "search.base_url"},
		{"no URL", embed.Config{Provider: embed.Compatible, Model: "m", BaseURL: "localhost:80"}, embed.CodeSettings, "https://host/v1"},
		{"key in URL", embed.Config{Provider: embed.Compatible, Model: "m", BaseURL: "https://me:sekret@x/v1"}, embed.CodeSettings, "may not hold"},
		{"key in query", embed.Config{Provider: embed.Compatible, Model: "m", BaseURL: "https://x/v1?key=sekret"}, embed.CodeSettings, "may not hold"},
		{"clear", embed.Config{Provider: embed.OpenAI, BaseURL: "http://example.com/v1", Getenv: with("k")}, embed.CodeSettings, "in clear"},
		{"dimensions", embed.Config{Provider: embed.OpenAI, Dims: 5000, Getenv: with("k")}, embed.CodeSettings, "between 1 and 4000"},
		{"voyage dimensions", embed.Config{Provider: embed.Voyage, Dims: 1536, Getenv: with("k")}, embed.CodeSettings, "256, 512, 1024 or 2048"},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			_, err := embed.New(x.cfg)
			require.Error(t, err)
			f := fault.From(err)
			assert.Equal(t, x.code, f.Code)
			assert.Contains(t, f.Message, x.says)
			assert.NotEmpty(t, f.Hint)
			assert.NotContains(t, f.Error(), "sekret")
		})
	}
}

func TestPrices(t *testing.T) {
	t.Parallel()
	key := func(string) string { return "k" }
	c := client(t, embed.Config{Provider: embed.OpenAI, Getenv: key})
	assert.InDelta(t, 0.02, c.Price().Cost(1_000_000), 1e-9)
	assert.Contains(t, c.Price().String(), "as of 2026-07-03")
	c = client(t, embed.Config{Provider: embed.OpenAI, Model: "text-embedding-9", Getenv: key})
	assert.False(t, c.Price().Known)
	assert.Zero(t, c.Space().Dims)
	c = client(t, embed.Config{Provider: embed.OpenAI, BaseURL: "https://proxy.example/v1", Getenv: key})
	assert.False(t, c.Price().Known, "what another one takes is not known")
	c = client(t, embed.Config{Provider: embed.Ollama, Model: "nomic-embed-text:v1.5"})
	assert.Equal(t, "free", c.Price().String())
	assert.Equal(t, 768, c.Space().Dims)
}
