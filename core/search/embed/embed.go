// Package embed asks a provider what texts mean: OpenAI, Voyage, Ollama, or any
// server that speaks as OpenAI does. It knows their limits and prices, asks for many
// texts at a time, waits when it is told to, and never pays twice for the same text.
//
// A [Client] makes one request. An [Embedder] takes any number of texts, looks into a
// [Cache] first, and keeps to a budget.
package embed

import (
	"context"
	"crypto/sha256"
)

// Purpose is what a text is embedded for. Some models place questions elsewhere than
// what answers them.
type Purpose string

// The purposes.
const (
	Document Purpose = "document"
	Query    Purpose = "query"
)

// Space names what makes vectors comparable: those of different spaces are not.
type Space struct {
	// Provider is its name, with the address if that is not its own.
	Provider string `json:"provider"`
	Model    string `json:"model"`
	Dims     int    `json:"dims"`
}

// Limits are what one request may hold.
type Limits struct {
	// InputTokens is how long one text may be, RequestTokens all of them together, and
	// Inputs how many they may be.
	InputTokens, RequestTokens, Inputs int
	// Requests is how many are made at a time.
	Requests int
}

// Reply is what a provider answered.
type Reply struct {
	// Vectors have the length one, and the order of the texts.
	Vectors [][]float32
	// Tokens is what is paid for. Where the provider does not say, it is estimated.
	Tokens int64
}

// Provider makes vectors of texts.
type Provider interface {
	// Embed makes one request, again if it failed for a reason that may pass. An
	// error for which [Refused] is true is about the texts.
	Embed(ctx context.Context, texts []string, p Purpose) (*Reply, error)
	// Space says which vectors these are.
	Space() Space
	// Limits says how much may be asked for at once.
	Limits() Limits
	// Price says what it costs.
	Price() Price
}

// Key is what a vector is kept under: a hash of the text as it was embedded, and of
// what for.
func Key(text string, p Purpose) []byte {
	h := sha256.New()
	_, _ = h.Write([]byte(p))
	_, _ = h.Write([]byte{0})
	_, _ = h.Write([]byte(text))
	return h.Sum(nil)
}
