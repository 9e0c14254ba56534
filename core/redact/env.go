package redact

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

const (
	// minSecret is the least length of a value taken for a secret. Shorter
	// ones would turn ordinary words into holes.
	minSecret = 8
	// minSecretLine is the least length of a line of a multi-line secret
	// that is looked for by itself.
	minSecretLine = 16
)

// SecretName reports whether a variable of that name is expected to hold a
// secret: one of its words, split at underscores, is or ends in KEY, TOKEN,
// SECRET, PASSWORD, PASSWD, PASSPHRASE or CREDENTIAL(S).
func SecretName(name string) bool {
	for word := range strings.FieldsFuncSeq(strings.ToUpper(name), notAlnum) {
		switch word {
		case "KEYS", "TOKENS", "SECRETS", "PASSWORDS", "CREDENTIALS", "CREDS", "PAT", "PASS":
			return true
		}
		for _, end := range []string{"KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL"} {
			if strings.HasSuffix(word, end) && !strings.HasSuffix(word, "MONKEY") {
				return true
			}
		}
	}
	return false
}

func notAlnum(r rune) bool {
	return (r < 'A' || r > 'Z') && (r < '0' || r > '9')
}

// Secrets returns the secret values in env, sorted, each once: values of
// variables with a secret name, passwords inside URLs, and connection strings
// that hold a password, whatever their variable is called.
func Secrets(env []string) []string {
	var found []string
	for _, pair := range env {
		name, value, ok := strings.Cut(pair, "=")
		value = strings.TrimSpace(value)
		if !ok || len(value) < minSecret {
			continue
		}
		if SecretName(name) && !harmless(value) {
			found = append(found, value)
		}
		if password := urlPassword(value); password != "" {
			found = append(found, value)
			if len(password) >= minSecret && !harmless(password) {
				found = append(found, password)
			}
		}
		if password := dsnPassword(value); len(password) >= minSecret && !harmless(password) {
			found = append(found, password)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// harmless reports whether a value is a switch or a well-known default rather
// than a secret; hiding it everywhere would only make evidence unreadable.
func harmless(value string) bool {
	switch strings.ToLower(value) {
	case "disabled", "required", "optional", "postgres", "password", "changeme", "undefined", "anonymous", "localhost":
		return true
	}
	return false
}

// urlPassword returns the password of the userinfo of a URL, decoded, or "".
func urlPassword(value string) string {
	if !strings.Contains(value, "://") || !strings.Contains(value, "@") {
		return ""
	}
	u, err := url.Parse(value)
	if err != nil {
		// Passwords with unescaped signs are common; take what stands
		// between the first colon and the last at sign.
		_, rest, _ := strings.Cut(value, "://")
		userinfo, _, _ := cutLast(rest, "@")
		_, password, _ := strings.Cut(userinfo, ":")
		return password
	}
	if u.User == nil {
		return ""
	}
	password, _ := u.User.Password()
	return password
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// dsnPassword returns the password of a "host=… password=…" connection string.
func dsnPassword(value string) string {
	_, rest, ok := strings.Cut(value, "password=")
	if !ok {
		return ""
	}
	if quoted, isQuoted := strings.CutPrefix(rest, "'"); isQuoted {
		rest, _, _ = strings.Cut(quoted, "'")
		return rest
	}
	if i := strings.IndexAny(rest, " \t&;"); i >= 0 {
		rest = rest[:i]
	}
	return rest
}

// variants returns the spellings under which a value turns up in output.
func variants(value string) []string {
	all := []string{
		value,
		url.QueryEscape(value),
		url.PathEscape(value),
		base64.StdEncoding.EncodeToString([]byte(value)),
		jsonText(value, true),
		jsonText(value, false),
	}
	if strings.ContainsAny(value, "\r\n") {
		for line := range strings.Lines(value) {
			// The frame of a private key is no secret, and the matcher for
			// private keys must get to see it.
			if line = strings.TrimSpace(line); len(line) >= minSecretLine && !strings.HasPrefix(line, pemDashes) {
				all = append(all, line)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// jsonText is how JSON writes value between its quotes.
func jsonText(value string, escapeHTML bool) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(escapeHTML)
	if err := enc.Encode(value); err != nil {
		return value
	}
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(b.String(), "\n"), `"`), `"`)
}
