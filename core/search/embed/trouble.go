package embed

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/layercake-dev/layercake/core/fault"
)

// what went wrong.
type what int

const (
	unreachable what = iota // no answer, or only a part of one
	slow                    // no answer in time
	busy                    // asks to come again later
	refused                 // the texts are not taken
	keyRefused
	quota
	unknownModel
	wrongAddress
	wrongDims
	nonsense // an answer that is none
	other
)

// trouble is a request that failed.
type trouble struct {
	what   what
	status int
	// said is what the provider said, without the key.
	said string
	dims int
	err  error
	// after is how long the provider asks to wait, or negative.
	after time.Duration
	// passing says of a kind of trouble that does not pass that this one may; final the
	// opposite.
	passing, final bool
}

// Codes of the errors of providers.
const (
	CodeUnreachable  = "search_provider_unreachable"
	CodeSlow         = "search_provider_slow"
	CodeBusy         = "search_provider_busy"
	CodeRefused      = "search_text_refused"
	CodeKeyRefused   = "search_key_refused"
	CodeQuota        = "search_quota_used_up"
	CodeModel        = "search_model_unknown"
	CodeAddress      = "search_provider_address"
	CodeDimensions   = "search_dimensions_differ"
	CodeNonsense     = "search_provider_answer"
	CodeProviderSays = "search_provider_failed"
)

// Refused reports whether a provider did not take the texts.
func Refused(err error) bool { return fault.CodeOf(err) == CodeRefused }

// hopeless reports whether trying again is of no use.
func hopeless(err error, local bool) bool {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var certificate *tls.CertificateVerificationError
	return local && errors.Is(err, syscall.ECONNREFUSED) || errors.As(err, &unknown) || errors.As(err, &name) || errors.As(err, &certificate)
}

// statusOverloaded is what some gateways send in place of 503.
const statusOverloaded = 529

// refusal says what a status other than 200 means.
func (c *Client) refusal(resp *http.Response, body []byte) *trouble {
	said, code := message(body)
	t := &trouble{what: other, status: resp.StatusCode, said: c.clean(said), after: retryAfter(resp.Header, c.now())}
	about := strings.ToLower(said + " " + code)
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		t.what = keyRefused
	case http.StatusPaymentRequired:
		t.what = quota
	case http.StatusTooManyRequests:
		t.what = busy
		// OpenAI says with the same status that there is no money left: that does not pass.
		if code == "insufficient_quota" || strings.Contains(about, "exceeded your current quota") {
			t.what = quota
		}
	case http.StatusNotFound:
		t.what = wrongAddress
		if strings.Contains(about, "model") {
			t.what = unknownModel
		}
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		t.what = refused
		switch {
		case code == "model_not_found", strings.Contains(about, "model") && (strings.Contains(about, "not exist") || strings.Contains(about, "not supported") ||
			strings.Contains(about, "not found")):
			t.what = unknownModel
		case strings.Contains(about, "dimension"), strings.Contains(about, "encoding_format"):
			t.what = other
		}
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusConflict, statusOverloaded,
		http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		t.what = busy
		// Some versions of Ollama say so of a text that is too long.
		if strings.Contains(about, "context length") {
			t.what = refused
		}
	}
	if resp.StatusCode/100 == http.StatusMultipleChoices/100 {
		t.what, t.said = wrongAddress, "it sends on to "+c.clean(resp.Header.Get("Location"))
	}
	return t
}

// message takes what a provider says out of its error: {"error":{"message","code"}} is
// OpenAI's, {"detail"} Voyage's, {"error"} Ollama's.
func message(body []byte) (said, code string) {
	var e struct {
		Error   json.RawMessage `json:"error"`
		Detail  any             `json:"detail"`
		Message string          `json:"message"`
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return strings.TrimSpace("no JSON" + page(body)), ""
	}
	var inner struct {
		Message string `json:"message"`
		Code    any    `json:"code"`
		Type    string `json:"type"`
	}
	_ = json.Unmarshal(e.Error, &inner) // not all have it
	code, _ = inner.Code.(string)
	code = first(code, inner.Type)
	var plain string
	_ = json.Unmarshal(e.Error, &plain) // likewise
	detail, _ := e.Detail.(string)
	return first(inner.Message, plain, detail, e.Message), code
}

const mostSaid = 300

// clean makes what others say fit to be shown: on one line, short, without the key.
func (c *Client) clean(said string) string {
	if c.hide != nil {
		said = c.hide.Replace(said)
	}
	said = strings.Join(strings.FieldsFunc(said, func(r rune) bool { return r < ' ' || r == 0x7f || r == ' ' }), " ")
	if len(said) > mostSaid {
		said = strings.ToValidUTF8(said[:mostSaid], "") + "..."
	}
	return said
}

// says is what the provider said, as the end of a sentence.
func (t *trouble) says() string {
	if t.said == "" {
		return ""
	}
	return ": " + strings.TrimSuffix(t.said, ".")
}

// fault is the trouble in a sentence, with a way out.
func (c *Client) fault(t *trouble, tries int) error {
	who := c.provider + " at " + c.host
	const list = "run `layercake config list` to see where it is set"
	switch t.what {
	case unreachable:
		e := fault.Failed(CodeUnreachable, "%s cannot be reached (tried %d times): %s", who, tries, c.clean(t.err.Error()))
		if c.provider == Ollama {
			return e.WithHint("start it with `ollama serve`, and get the model with `ollama pull %s`", c.model)
		}
		return e.WithHint("run `curl -sSI %s` to see why; searches answer without it meanwhile", c.url)
	case slow:
		return fault.New(fault.KindTimeout, CodeSlow, "%s did not answer within %s (tried %d times)", who, c.timeout, tries).
			WithHint("run `layercake search index` later: what is done is kept")
	case busy:
		return fault.Failed(CodeBusy, "%s has no time (status %d, tried %d times)%s%s", who, t.status, tries, t.says(), c.waits(t)).
			WithHint("run `layercake search index` later: what is done is kept")
	case refused:
		return fault.Failed(CodeRefused, "%s does not take a text (status %d)%s", who, t.status, t.says()).
			WithHint("run `layercake search status` to see what has no vector: it is found by its words all the same")
	case keyRefused:
		if c.keyEnv == "" {
			return fault.NotAllowed(CodeKeyRefused, "%s wants a key (status %d)%s", who, t.status, t.says()).
				WithHint("run `layercake config set search.key_env NAME` with the name of the environment variable that holds it")
		}
		return fault.NotAllowed(CodeKeyRefused, "%s does not accept the key in the environment variable %s (status %d)%s", who, c.keyEnv, t.status, t.says()).
			WithHint("run `export %s=...` with a key that is valid there", c.keyEnv)
	case quota:
		return fault.NotAllowed(CodeQuota, "the account at %s has nothing left to pay with (status %d)%s", who, t.status, t.says()).
			WithHint("pay in there, and run `layercake search index` again: what is done is kept")
	case unknownModel:
		e := fault.NotFound(CodeModel, "%s has no model %q%s", who, c.model, t.says())
		if c.provider == Ollama {
			return e.WithHint("get it with `ollama pull %s`", c.model)
		}
		return e.WithHint("search.model names it; " + list)
	case wrongAddress:
		return fault.NotFound(CodeAddress, "at %s nobody makes vectors (status %d)%s", c.url, t.status, t.says()).
			WithHint("search.base_url is the address; " + list)
	case wrongDims:
		return fault.Failed(CodeDimensions, "the vectors of %s from %s have %d numbers, and %d were expected", c.model, who, t.dims, c.dims).
			WithHint("run `layercake config set search.dimensions %d`; the next `layercake search index` then makes all vectors with it, and until they are there "+
				"searches answer without", t.dims)
	case nonsense:
		e := fault.Failed(CodeNonsense, "the answer of %s cannot be used: %s", who, c.clean(t.said))
		if t.err != nil {
			e = fault.Failed(CodeNonsense, "the answer of %s cannot be used: %s (%s)", who, c.clean(t.said), c.clean(t.err.Error()))
		}
		return e.WithHint("search.base_url is the address that was asked; " + list)
	case other:
	}
	return fault.Failed(CodeProviderSays, "%s refuses (status %d)%s", who, t.status, t.says()).WithHint("run `layercake config list` to see the settings")
}

// waits says how long the provider asks to wait, where that is too long.
func (c *Client) waits(t *trouble) string {
	if t.after > c.longest {
		return "; it asks to wait " + t.after.Round(time.Second).String()
	}
	return ""
}
