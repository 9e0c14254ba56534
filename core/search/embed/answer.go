package embed

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
)

// answer is what providers send: OpenAI, Voyage and their like Data and Usage, Ollama
// the others.
type answer struct {
	Data []struct {
		Index     *int            `json:"index"`
		Embedding json.RawMessage `json:"embedding"`
	} `json:"data"`
	Usage struct {
		PromptTokens int64 `json:"prompt_tokens"`
		TotalTokens  int64 `json:"total_tokens"`
	} `json:"usage"`
	Embeddings      []json.RawMessage `json:"embeddings"`
	PromptEvalCount int64             `json:"prompt_eval_count"`
}

// read takes the vectors out of an answer.
func (c *Client) read(data []byte, texts []string) (*Reply, *trouble) {
	if t := bytes.TrimSpace(data); len(t) == 0 || t[0] != '{' {
		return nil, &trouble{what: nonsense, said: "it is no JSON" + page(t)}
	}
	var a answer
	if err := json.Unmarshal(data, &a); err != nil {
		// A server that died in the middle may live again.
		var syntax *json.SyntaxError
		torn := errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &syntax) && syntax.Offset >= int64(len(data))
		return nil, &trouble{what: nonsense, said: "it is broken JSON", err: err, passing: torn}
	}
	raw, t := a.inOrder(len(texts))
	if t != nil {
		return nil, t
	}
	reply := &Reply{Vectors: make([][]float32, len(raw)), Tokens: max(a.Usage.TotalTokens, a.Usage.PromptTokens, a.PromptEvalCount)}
	for i := range raw {
		v, err := vector(raw[i])
		switch {
		case err != nil:
			return nil, &trouble{what: nonsense, said: fmt.Sprintf("vector %d is none: %v", i, err)}
		case c.dims > 0 && len(v) != c.dims:
			return nil, &trouble{what: wrongDims, dims: len(v)}
		case len(v) == 0 || len(v) > mostDims || len(v) != len(reply.Vectors[0]) && i > 0:
			return nil, &trouble{what: nonsense, said: fmt.Sprintf("vector %d has %d numbers", i, len(v))}
		}
		reply.Vectors[i] = v
	}
	if reply.Tokens <= 0 {
		for _, text := range texts {
			reply.Tokens += int64(Tokens(text))
		}
	}
	return reply, nil
}

// inOrder puts the vectors into the order of the texts.
func (a *answer) inOrder(texts int) ([]json.RawMessage, *trouble) {
	if len(a.Data) == 0 {
		if len(a.Embeddings) != texts {
			return nil, count(len(a.Embeddings), texts)
		}
		return a.Embeddings, nil
	}
	if len(a.Data) != texts {
		return nil, count(len(a.Data), texts)
	}
	raw := make([]json.RawMessage, texts)
	for i := range a.Data {
		at := i
		if a.Data[i].Index != nil {
			at = *a.Data[i].Index
		}
		if at < 0 || at >= texts || raw[at] != nil {
			return nil, &trouble{what: nonsense, said: fmt.Sprintf("the number %d of a vector is one too much or comes twice", at)}
		}
		raw[at] = a.Data[i].Embedding
		if raw[at] == nil {
			return nil, &trouble{what: nonsense, said: fmt.Sprintf("vector %d is missing", at)}
		}
	}
	return raw, nil
}

func count(got, want int) *trouble {
	return &trouble{what: nonsense, said: fmt.Sprintf("it has %d vectors for %d texts", got, want)}
}

// page says that an answer is a page for people, as proxies send.
func page(data []byte) string {
	if bytes.HasPrefix(data, []byte("<")) {
		return " but a web page"
	}
	return ""
}

const floatBytes = 4

// vector reads numbers, in digits or in base64, and brings them to the length one.
func vector(raw json.RawMessage) ([]float32, error) {
	var v []float32
	if len(raw) > 0 && raw[0] == '"' {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, errors.New("it is no text")
		}
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(data)%floatBytes != 0 {
			return nil, errors.New("it is no base64 of numbers")
		}
		v = make([]float32, len(data)/floatBytes)
		for i := range v {
			v[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[floatBytes*i:]))
		}
	} else {
		// A null among numbers would be read as zero.
		var digits []*float32
		if err := json.Unmarshal(raw, &digits); err != nil {
			return nil, errors.New("it is no list of numbers")
		}
		v = make([]float32, len(digits))
		for i, d := range digits {
			if d == nil {
				return nil, errors.New("a number is missing")
			}
			v[i] = *d
		}
	}
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if math.IsNaN(sum) || math.IsInf(sum, 0) {
		return nil, errors.New("there is something in it that is no number")
	}
	if sum == 0 && len(v) > 0 {
		return nil, errors.New("all its numbers are zero")
	}
	length := float32(math.Sqrt(sum))
	for i := range v {
		v[i] /= length
	}
	return v, nil
}
