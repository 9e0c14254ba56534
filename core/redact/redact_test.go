package redact_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/layercake-dev/layercake/core/redact"
)

// join builds credentials at run time, so that no scanner of this repository
// takes the test data for real ones.
func join(parts ...string) string { return strings.Join(parts, "") }

const body = "Ab3dEf6hIj9lMn2pQr5tUv8xYz1Ab4dEf7hIj0l"

func jwt() string {
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + enc([]byte(`{"sub":"1234567890"}`)) + "." + enc([]byte("signature-bytes-here"))
}

func TestShapes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in, want string
	}{
		{"aws id", "id " + join("AK", "IAIOSFODNN7EXAMPLE") + " end", "id [redacted:aws-key] end"},
		{"aws secret", "aws_secret_access_key = " + join("wJalrXUtnFEMI/K7MDENG/", "bPxRfiCYEXAMPLEKEY") + "\n", "aws_secret_access_key = [redacted:aws-secret-key]\n"},
		{"aws secret json", `{"SecretAccessKey": "` + join("wJalrXUtnFEMI/K7MDENG/", "bPxRfiCYEXAMPLEKEY") + `"}`, `{"SecretAccessKey": "[redacted:aws-secret-key]"}`},
		{"github", "t=" + join("gh", "p_", body[:36]) + ";", "t=[redacted:github-token];"},
		{"github fine", join("github", "_pat_", "11ABCDEFG0abcdefghijkl_", body) + "\n", "[redacted:github-token]\n"},
		{"gitlab", join("gl", "pat-", body[:20]), "[redacted:gitlab-token]"},
		{"slack", `"` + join("xo", "xb-123456789012-", body[:24]) + `"`, `"[redacted:slack-token]"`},
		{"openai", "OPENAI " + join("s", "k-", body), "OPENAI [redacted:openai-key]"},
		{"openai project", join("s", "k-proj-", body, "_", body), "[redacted:openai-key]"},
		{"anthropic", join("s", "k-ant-api03-", body, "-AA") + " x", "[redacted:anthropic-key] x"},
		{"stripe", join("s", "k_live_", body[:24]) + "," + join("r", "k_live_", body[:24]), "[redacted:stripe-key],[redacted:stripe-key]"},
		{"google", "key=" + join("AI", "zaSyA", body[:32]) + "&x=1", "key=[redacted:google-key]&x=1"},
		{"npm", "//registry/:_authToken=" + join("np", "m_", body[:36]), "//registry/:_authToken=[redacted:npm-token]"},
		{"jwt", "cookie=" + jwt() + "; path=/", "cookie=[redacted:jwt]; path=/"},
		{"header", "Authorization: Bearer abcdef123456\r\n", "Authorization: Bearer [redacted:authorization]\r\n"},
		{"header lower", "> authorization: basic dXNlcjpwYXNzd29yZDE=\n", "> authorization: basic [redacted:authorization]\n"},
		{"header json", `{"Authorization":["Bearer abcdef1234567890"]}`, `{"Authorization":["Bearer [redacted:authorization]"]}`},
		{"header json string", `{"Authorization":"Bearer abcdef1234567890"}`, `{"Authorization":"Bearer [redacted:authorization]"}`},
		{"bearer", "using Bearer 0123456789abcdef0123.", "using Bearer [redacted:authorization]"},
		{"url", "postgres://app:s3cr3t@db:5432/x?y=1", "postgres://app:[redacted:url-password]@db:5432/x?y=1"},
		{"url slash", "postgres://app:s3/c#r3t@db/x", "postgres://app:[redacted:url-password]@db/x"},
		{"url at", "redis://:p@ss@h:6379", "redis://:[redacted:url-password]@h:6379"},
		{"url user is token", "https://" + join("gh", "p_", body[:36]) + ":x-oauth@h/", "https://[redacted:github-token]:[redacted:url-password]@h/"},
		{"after json escape", `{"Output":"\n` + join("AK", "IAIOSFODNN7EXAMPLE") + `\n"}`, `{"Output":"\n[redacted:aws-key]\n"}`},
		{"after colour", "\x1b[31m" + join("s", "k-", body) + "\x1b[0m", "\x1b[31m[redacted:openai-key]\x1b[0m"},
		{"after unicode escape", `"\u003c` + join("AK", "IAIOSFODNN7EXAMPLE") + `\u003e"`, `"\u003c[redacted:aws-key]\u003e"`},
	}
	r := redact.New(nil)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, r.String(tt.in))
			requireSameWhenCut(t, r, tt.in)
		})
	}
}

// requireSameWhenCut checks that every way to cut the text in two, and byte by
// byte, gives what String gives.
func requireSameWhenCut(t *testing.T, r *redact.Redactor, in string) {
	t.Helper()
	want := r.String(in)
	write := func(pieces ...string) string {
		var out bytes.Buffer
		w := r.Writer(&out)
		for _, p := range pieces {
			n, err := w.Write([]byte(p))
			require.NoError(t, err)
			require.Equal(t, len(p), n)
		}
		require.NoError(t, w.Close())
		return out.String()
	}
	require.Equal(t, want, write(strings.Split(in, "")...), "byte by byte")
	read, err := io.ReadAll(r.Reader(iotest.OneByteReader(strings.NewReader(in))))
	require.NoError(t, err)
	require.Equal(t, want, string(read), "read byte by byte")
	step := 1 + len(in)/400
	for i := 0; i <= len(in); i += step {
		require.Equal(t, want, write(in[:i], in[i:]), "cut at %d", i)
	}
}

func TestLeavesAlone(t *testing.T) {
	t.Parallel()
	raw := make([]byte, 48<<10)
	_, err := rand.Read(raw)
	require.NoError(t, err)
	texts := []string{
		"commit 67a99edc0ffee1234567890abcdef1234567890ab\n",
		"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"id 01890a5d-ac96-774b-bcce-b302099a8057 and 550E8400-E29B-41D4-A716-446655440000",
		"h1:w5Yh8mVd1YzJXj3cJ6fTgIYb1tvfS0lUsk0M4RI2b0E= github.com/x/y v1.2.3/go.mod",
		"integrity sha512-oRjTw/97aTBN0RHbYCdtF1MQfvusSIBQM0IZEgzl6426+8jSC0nF1a/GmnVLpfB9yyr6g6FTqWqiZVbxrtaCIg==",
		"listening on http://localhost:8080/@scope/pkg and https://example.com/a:b@c",
		"http://[::1]:8080/@x, http://host:8080/x?y=a@b, mailto:a@b.c, ssh://git@github.com/x/y",
		"class sk-folding-cube, task-run-abcdefghijklmnopqrstuvwxyz, risk_test_authenticationflow1",
		"Bearer authentication is required; the bearer of authenticationcredentials; Authorization: Bearer <token>",
		"-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ2V0LXRlc3QwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJ\n-----END CERTIFICATE-----\n",
		`{"Time":"2026-01-02T03:04:05.123Z","Action":"pass","Package":"example.com/secret/authorization","Elapsed":0.01}`,
		"secret: none; secrets, bears, authors, eyJust, npm_config_registry=x, github_path_x, sk-",
		base64.StdEncoding.EncodeToString(raw),
		base64.RawURLEncoding.EncodeToString(raw),
		fmt.Sprintf("%x", raw),
		"",
		"eyJ",
		"https://u:",
	}
	r := redact.New([]string{"PATH=/usr/bin:/bin", "LANG=en_US.UTF-8", "API_KEY=short", "PGPASSWORD=postgres", "HOMEPAGE=https://example.com/x"})
	for _, text := range texts {
		require.Equal(t, text, r.String(text))
		if len(text) < 1000 {
			requireSameWhenCut(t, r, text)
		}
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	multi := "first-line-of-a-secret\nsecond \"line\" <of> it & more"
	r := redact.New([]string{
		"STRIPE_API_KEY=hush-hush-1",
		"SESSION_SECRET=hush-hush-1-and-longer",
		"OVERLAP_TOKEN=longer-tail",
		"LAYERCAKE_DATABASE_URL=postgres://u:pa%2Fss-word@h/db",
		"THING_DSN=host=h password=dsn-pass-1 user=u",
		"WIDE_SECRET=" + multi,
		"broken",
	})
	encoded, err := json.Marshal(map[string]string{"k": multi})
	require.NoError(t, err)
	for in, want := range map[string]string{
		"a hush-hush-1 b":                "a [redacted:env] b",
		"hush-hush-1-and-longer":         "[redacted:env]",
		"hush-hush-1-and-longer-tail.":   "[redacted:env].",
		"hush-hush-1hush-hush-1":         "[redacted:env][redacted:env]",
		"postgres://u:pa%2Fss-word@h/db": "[redacted:env]",
		"password is pa/ss-word":         "password is [redacted:env]",
		"dsn-pass-1":                     "[redacted:env]",
		multi:                            "[redacted:env]",
		"log: first-line-of-a-secret":    "log: [redacted:env]",
		string(encoded):                  `{"k":"[redacted:env]"}`,
		base64.StdEncoding.EncodeToString([]byte(multi)): "[redacted:env]",
		"hush-hush": "hush-hush",
	} {
		require.Equal(t, want, r.String(in))
		requireSameWhenCut(t, r, in)
	}
}

func TestSecretName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"API_KEY", "APIKEY", "GH_TOKEN", "github_token", "DB_PASSWORD", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY", "X_CREDENTIALS", "SSH_PASSPHRASE", "AZURE_PAT"} {
		require.True(t, redact.SecretName(name), name)
	}
	for _, name := range []string{"PATH", "PWD", "OLDPWD", "HOME", "KEYBOARD", "KEY_REPEAT_MONKEY1", "TERM", "GOFLAGS", "AUTHOR", "COMPASS"} {
		require.Equal(t, name == "KEY_REPEAT_MONKEY1", redact.SecretName(name), name)
	}
}

func privateKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}

func TestPrivateKey(t *testing.T) {
	t.Parallel()
	key := privateKey(t)
	r := redact.New(nil)
	requireGone := func(out string) {
		for line := range strings.Lines(key) {
			if line = strings.TrimSpace(line); len(line) >= 16 {
				require.NotContains(t, out, line)
			}
		}
	}

	in := "before\n" + key + "after\n"
	require.Equal(t, "before\n[redacted:private-key]\nafter\n", r.String(in))
	requireSameWhenCut(t, r, in)

	quoted, err := json.Marshal(in)
	require.NoError(t, err)
	require.Equal(t, `"before\n[redacted:private-key]\nafter\n"`, r.String(string(quoted)))
	requireSameWhenCut(t, r, string(quoted))

	// The way `go test -json` writes it: one event per line.
	var events strings.Builder
	enc := json.NewEncoder(&events)
	for line := range strings.Lines(in) {
		require.NoError(t, enc.Encode(map[string]string{"Action": "output", "Package": "example.com/a/b", "Output": line}))
	}
	out := r.String(events.String())
	requireGone(out)
	requireSameWhenCut(t, r, events.String())
	n := 0
	for dec := json.NewDecoder(strings.NewReader(out)); dec.More(); n++ {
		var e map[string]string
		require.NoError(t, dec.Decode(&e), "redaction must leave JSON whole")
		require.Equal(t, "example.com/a/b", e["Package"])
	}
	require.Equal(t, strings.Count(in, "\n"), n)
	require.Contains(t, out, `"Output":"after\n"`)

	// A header without a body hides nothing else.
	prose := "the file must begin with -----BEGIN PRIVATE KEY----- but it has sha 67a99edc0ffee1234567890abcdef1234567890ab\nFAIL\n"
	require.Equal(t, strings.Replace(prose, "-----BEGIN PRIVATE KEY-----", "[redacted:private-key]", 1), r.String(prose))

	// A footer that never comes ends somewhere.
	endless := strings.Split(key, "-----END")[0] + strings.Repeat("word ", 40<<10) + "tail."
	require.Contains(t, r.String(endless), "tail.")
	var split bytes.Buffer
	w := r.Writer(&split)
	for i := 0; i < len(endless); i += 1000 {
		_, err := w.Write([]byte(endless[i:min(i+1000, len(endless))]))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.Equal(t, r.String(endless), split.String())
}

func TestWriter(t *testing.T) {
	t.Parallel()
	r := redact.New(nil)

	t.Run("passes plain text on at once", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		w := r.Writer(&out)
		_, err := w.Write([]byte("progress 42%\n"))
		require.NoError(t, err)
		require.Equal(t, "progress 42%\n", out.String())
	})
	t.Run("an endless token is not kept", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		w := r.Writer(&out)
		_, err := w.Write([]byte(join("gh", "p_") + strings.Repeat("a", 1<<20)))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		require.Equal(t, "[redacted:github-token]", out.String())
	})
	t.Run("reports errors", func(t *testing.T) {
		t.Parallel()
		w := r.Writer(failing{})
		_, err := w.Write([]byte("x\n"))
		require.ErrorIs(t, err, errDisk)
		_, err = w.Write([]byte("x"))
		require.ErrorIs(t, err, errDisk)
		require.ErrorIs(t, w.Close(), errDisk)
		_, err = w.Write([]byte("x"))
		require.Error(t, err)
	})
}

var errDisk = fmt.Errorf("disk full")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errDisk }

// fragments are what the property test below builds texts of.
func fragments() []string {
	return []string{
		"plain text ", "\n", "\\n", "\"", "=", ".", "-----", "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\n",
		"MIIEpAIBAAKCAQEA7", strings.Repeat("Ab1+", 16), "Ab1=", "://", "https://user:", "p@", "@host/", ":80", "/", join("gh", "p_"), body, body[:36], "s", "k-", "ant-", "eyJ", jwt(),
		"Authorization", ": ", "Bearer ", "basic ", "secret_access_key", "hush-hush-1", "hush-", "hush-1-and-longer", "longer-tail", "\x1b[0m", "é🙂", "AK", "IA", "[", "12",
	}
}

func TestCutsDoNotMatter(t *testing.T) {
	t.Parallel()
	r := redact.New([]string{"A_KEY=hush-hush-1", "B_KEY=hush-hush-1-and-longer", "C_KEY=longer-tail"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom(fragments())).Draw(t, "text"), "")
		var out bytes.Buffer
		w := r.Writer(&out)
		for rest := text; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "n")
			_, err := w.Write([]byte(rest[:n]))
			require.NoError(t, err)
			rest = rest[n:]
		}
		require.NoError(t, w.Close())
		require.Equal(t, r.String(text), out.String())
		require.NotContains(t, out.String(), "hush-hush-1")
		require.Equal(t, r.String(text), string(r.Bytes([]byte(text))))
	})
}

func FuzzWriter(f *testing.F) {
	for _, s := range fragments() {
		f.Add([]byte(s+s), uint8(3))
	}
	r := redact.New([]string{"A_KEY=hush-hush-1"})
	f.Fuzz(func(t *testing.T, text []byte, step uint8) {
		var out bytes.Buffer
		w := r.Writer(&out)
		for rest := text; len(rest) > 0; {
			n := min(len(rest), int(step)+1)
			_, err := w.Write(rest[:n])
			require.NoError(t, err)
			rest = rest[n:]
		}
		require.NoError(t, w.Close())
		require.Equal(t, string(r.Bytes(text)), out.String())
	})
}

func BenchmarkWriter(b *testing.B) {
	var log bytes.Buffer
	for i := 0; log.Len() < 1<<20; i++ {
		fmt.Fprintf(&log, `{"Time":"2026-01-02T03:04:05.%06dZ","Action":"output","Package":"example.com/shop/core/search","Test":"TestSearch/case_%d","Output":"    search_test.go:%d: parsed the request, used 12 bytes\n"}`+"\n", i, i, i)
	}
	r := redact.New([]string{"API_KEY=0123456789abcdef", "DB_PASSWORD=correct-horse"})
	b.SetBytes(int64(log.Len()))
	var out bytes.Buffer
	for b.Loop() {
		out.Reset()
		w := r.Writer(&out)
		if _, err := w.Write(log.Bytes()); err != nil {
			b.Fatal(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
