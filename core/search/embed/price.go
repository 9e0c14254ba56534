package embed

import "fmt"

// Price is what a million tokens cost.
type Price struct {
	// Known says that the rest is; the price of other models is nobody's guess.
	Known bool `json:"known"`
	// PerMillion is in US dollars.
	PerMillion float64 `json:"per_million"`
	// AsOf is the day on which it was so, and Source who said it.
	AsOf   string `json:"as_of"`
	Source string `json:"source"`
}

const million = 1e6

// Cost is the price of tokens in US dollars, zero when the price is not known.
func (p Price) Cost(tokens int64) float64 { return p.PerMillion * float64(tokens) / million }

// String says the price in words.
func (p Price) String() string {
	switch {
	case !p.Known:
		return "price unknown"
	case p.PerMillion == 0:
		return "free"
	}
	return fmt.Sprintf("$%g per million tokens (%s, as of %s)", p.PerMillion, p.Source, p.AsOf)
}

// What the prices were taken from.
const (
	// The standard tier on each model's page, as recorded there on the day.
	openAIPrices, openAIDay = "developers.openai.com/api/docs/models", "2026-07-03"
	// The table of text embeddings; the tokens that every account has free are not
	// counted. Read from lists that others made of that page in 2026: the day is not known.
	voyagePrices, voyageDay = "docs.voyageai.com/docs/pricing, as others quote it", "2026"
)

// model is what is known of a provider's model.
type model struct {
	dims  int
	price float64 // US dollars per million tokens
	// inputTokens is how long one text may be, requestTokens all of one request; zero
	// is the provider's usual.
	inputTokens, requestTokens int
	// prefixes stand before questions and documents, as the model was trained.
	query, document string
}

// arctic and nomic are how these models were trained to be asked, by their cards.
const (
	arcticQuery                = "Represent this sentence for searching relevant passages: "
	nomicQuery, nomicDocuments = "search_query: ", "search_document: "
)

// models lists those that are known, by provider. Dimensions and limits are those of
// the providers' own tables of models.
func models(provider string) map[string]model {
	switch provider {
	case OpenAI:
		return map[string]model{
			"text-embedding-3-small": {dims: 1536, price: 0.02},
			"text-embedding-3-large": {dims: 3072, price: 0.13},
			"text-embedding-ada-002": {dims: 1536, price: 0.10},
		}
	case Voyage:
		return map[string]model{
			"voyage-code-3":  {dims: 1024, price: 0.18, requestTokens: 120_000},
			"voyage-3-large": {dims: 1024, price: 0.18, requestTokens: 120_000},
			"voyage-3.5":     {dims: 1024, price: 0.06, requestTokens: 320_000},
			"voyage-4-large": {dims: 1024, price: 0.12, requestTokens: 120_000},
			"voyage-4":       {dims: 1024, price: 0.06, requestTokens: 320_000},
			"voyage-4-lite":  {dims: 1024, price: 0.02, requestTokens: 1_000_000},
		}
	case Ollama:
		return map[string]model{
			"nomic-embed-text":       {dims: 768, inputTokens: 2048, query: nomicQuery, document: nomicDocuments},
			"mxbai-embed-large":      {dims: 1024, inputTokens: 512, query: arcticQuery},
			"snowflake-arctic-embed": {dims: 1024, inputTokens: 512, query: arcticQuery},
			"all-minilm":             {dims: 384, inputTokens: 256},
			"bge-m3":                 {dims: 1024, inputTokens: 8192},
		}
	}
	return nil
}
