package redact

import (
	"bytes"
	"strings"
)

// token is a credential that is known by a fixed prefix.
type token struct {
	prefix string
	kind   string
	// body is what at least length bytes after the prefix consist of.
	body   *class
	length int
	// rest is what may follow after that and belongs to the token. Nil means
	// that the length is exact and no letter or digit may follow.
	rest *class
	// bare says that the prefix is short enough to turn up inside a longer
	// word, so that a word must begin there.
	bare bool
	// mixed asks for a digit or a capital in the body, for prefixes that
	// ordinary hyphenated words share.
	mixed bool
}

// The kinds of credentials by shape, as they appear in replacements.
const (
	kindAWS       = "aws-key"
	kindAWSSecret = "aws-secret-key"
	kindGitHub    = "github-token"
	kindGitLab    = "gitlab-token"
	kindSlack     = "slack-token"
	kindOpenAI    = "openai-key"
	kindAnthropic = "anthropic-key"
	kindStripe    = "stripe-key"
	kindGoogle    = "google-key"
	kindNPM       = "npm-token"
	kindJWT       = "jwt"
	kindPEM       = "private-key"
	kindURL       = "url-password"
	kindAuth      = "authorization"
)

// knownTokens lists the prefixes. Of those with a common beginning the longer
// comes first.
func knownTokens(set *classes) []token {
	const (
		awsLen, googleLen          = 16, 35
		githubLen, gitlabLen       = 36, 20
		slackLen, apiLen, patLen   = 10, 20, 22
		stripeLen, npmLen, appsLen = 16, 36, 20
	)
	var list []token
	add := func(t token, prefixes ...string) {
		for _, p := range prefixes {
			t.prefix = p
			list = append(list, t)
		}
	}
	add(token{kind: kindAWS, body: set.base32, length: awsLen, bare: true}, "AKIA", "ASIA", "ABIA", "ACCA")
	add(token{kind: kindGoogle, body: set.url64, length: googleLen, bare: true}, "AIza")
	add(token{kind: kindGitHub, body: set.alnum, length: githubLen, rest: set.alnum}, "ghp_", "gho_", "ghu_", "ghs_", "ghr_")
	add(token{kind: kindGitHub, body: set.word, length: patLen, rest: set.word}, "github_pat_")
	add(token{kind: kindGitLab, body: set.url64, length: gitlabLen, rest: set.jwt, mixed: true},
		"glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "gloas-", "glsoat-")
	add(token{kind: kindSlack, body: set.dashed, length: slackLen, rest: set.dashed, mixed: true},
		"xoxa-", "xoxb-", "xoxc-", "xoxd-", "xoxe-", "xoxe.", "xoxo-", "xoxp-", "xoxr-", "xoxs-")
	add(token{kind: kindSlack, body: set.dashed, length: appsLen, rest: set.dashed, bare: true, mixed: true}, "xapp-")
	add(token{kind: kindAnthropic, body: set.url64, length: apiLen, rest: set.url64, mixed: true}, "sk-ant-")
	add(token{kind: kindOpenAI, body: set.url64, length: apiLen, rest: set.url64, bare: true, mixed: true},
		"sk-proj-", "sk-svcacct-", "sk-admin-", "sk-or-v1-")
	add(token{kind: kindOpenAI, body: set.alnum, length: apiLen, rest: set.url64, bare: true, mixed: true}, "sk-")
	add(token{kind: kindStripe, body: set.alnum, length: stripeLen, rest: set.alnum, bare: true, mixed: true},
		"sk_live_", "rk_live_", "sk_test_", "rk_test_")
	add(token{kind: kindNPM, body: set.alnum, length: npmLen, rest: set.alnum}, "npm_")
	return list
}

// match is a credential found: the text between from and to is to be replaced,
// and so are the following bytes in rest, if any.
type match struct {
	from, to int
	kind     string
	rest     *class
	pem      pemMode
}

// token looks for a prefixed token at buf[i].
func (sc *scanner) token(buf []byte, i int, final bool) (m match, ok, more bool) {
	for _, t := range sc.r.tokens[buf[i]] {
		body := buf[i:]
		if !bytes.HasPrefix(body, []byte(t.prefix)) {
			if !final && len(body) < len(t.prefix) && t.prefix[:len(body)] == string(body) {
				return match{}, false, true
			}
			continue
		}
		if t.bare && !sc.wordBegins(buf, i) {
			continue
		}
		body = body[len(t.prefix):]
		n := t.body.run(body, t.length)
		if n < t.length {
			if n == len(body) && !final {
				return match{}, false, true
			}
			continue
		}
		if t.mixed && !mixed(body[:n]) {
			continue
		}
		if t.rest == nil {
			if n == len(body) && !final {
				return match{}, false, true
			}
			if n < len(body) && sc.r.set.url64[body[n]] {
				continue
			}
		}
		return match{from: i, to: i + len(t.prefix) + n, kind: t.kind, rest: t.rest}, true, false
	}
	return match{}, false, false
}

// mixed reports whether b has a digit or a capital letter.
func mixed(b []byte) bool {
	return bytes.ContainsAny(b, digits+uppers)
}

// lookBehind is how much of what went before is needed to tell whether a word
// begins: the longest terminal colour sequence of interest.
const lookBehind = 32

// wordBegins reports whether a word begins at buf[i]. Letters that belong to an
// escape (\n, \u003c, %3D, terminal colours) do not count as part of a word.
func (sc *scanner) wordBegins(buf []byte, i int) bool {
	if i == 0 {
		return true
	}
	prev := buf[i-1]
	if !sc.r.set.word[prev] {
		return true
	}
	if i >= 2 && buf[i-2] == '\\' && strings.IndexByte("nrtbfv", prev) >= 0 {
		return true
	}
	const percentLen, unicodeLen = 3, 6
	if i >= percentLen && buf[i-percentLen] == '%' {
		return true
	}
	if i >= unicodeLen && buf[i-unicodeLen] == '\\' && buf[i-unicodeLen+1] == 'u' {
		return true
	}
	// ESC [ 3 1 m, however the ESC is spelled.
	for j := i - 2; j >= 0 && j > i-lookBehind; j-- {
		switch c := buf[j]; {
		case c == '[':
			return prev == 'm' || prev == 'K'
		case c != ';' && !sc.r.set.digit[c]:
			return false
		}
	}
	return false
}
