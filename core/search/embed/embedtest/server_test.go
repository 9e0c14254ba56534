package embedtest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/search/embed/embedtest"
)

// TestServerIsStrict holds what is refused, and in which words.
func TestServerIsStrict(t *testing.T) {
	t.Parallel()
	s := embedtest.New()
	defer s.Close()
	const good = `{"model":"text-embedding-3-small","input":["a","b"],"dimensions":3}`
	for _, c := range []struct {
		method, path, key, body string
		status                  int
		says                    string
	}{
		{"POST", "/v1/embeddings", embedtest.Key, good, 200, `"usage":{"prompt_tokens":2,"total_tokens":2}`},
		{"GET", "/v1/embeddings", embedtest.Key, "", 405, "method_not_supported"},
		{"POST", "/embeddings", embedtest.Key, good, 404, "Invalid URL (POST /embeddings)"},
		{"POST", "/v1/embeddings", "sk-wrong", good, 401, `"code":"invalid_api_key"`},
		{"POST", "/v1/embeddings", "", good, 401, "You didn't provide an API key"},
		{"POST", "/v1/embeddings", embedtest.Key, `{"model":"x","input":"a"}`, 404, "model_not_found"},
		{"POST", "/v1/embeddings", embedtest.Key, `{"input":"a"}`, 400, "you must provide a model parameter"},
		{"POST", "/v1/embeddings", embedtest.Key, `{"model":"text-embedding-3-small","input":[]}`, 400, "between 1 and 2048"},
		{"POST", "/v1/embeddings", embedtest.Key, `{"model":"text-embedding-3-small","input":["a",""]}`, 400, "'$.input' is invalid"},
		{"POST", "/v1/embeddings", embedtest.Key, `{"model":"text-embedding-3-small","input":["a"],"truncate":true}`, 400, "Unrecognized request argument supplied: truncate"},
		{"POST", "/v1/embeddings", embedtest.Key, `{"model":"text-embedding-3-small","input":["` + strings.Repeat("word ", 9000) + `"]}`, 400, "maximum context length"},
		{"POST", "/v1/embeddings", embedtest.Key, `{"model":"text-embedding-ada-002","input":["a"],"dimensions":3}`, 400, "does not support specifying dimensions"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, s.URL+c.path, strings.NewReader(c.body))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/json")
		if c.key != "" {
			req.Header.Set("Authorization", "Bearer "+c.key)
		}
		resp, err := s.Client().Do(req)
		require.NoError(t, err)
		said, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, c.status, resp.StatusCode, "%s", said)
		require.Contains(t, string(said), c.says)
	}
	require.Equal(t, 2, s.Paid(), "what is refused is not paid for")
	require.Empty(t, s.Twice())
}
