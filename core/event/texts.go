package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Use says what a field of a payload is there for, and so what may become of its
// text when a secret turns up in it.
type Use int

const (
	// UseText is what people, agents and tools write. A secret in it can be
	// replaced, and nothing else changes.
	UseText Use = iota
	// UseName is what something is called or found by: a path, a slug, a
	// workflow. Another name would be another thing.
	UseName
	// UseFixed is an id, a state, a sum, a time, a signature: the log makes no
	// sense with another one.
	UseFixed
)

// UseOf returns what a field is there for. path is where it stands in the
// payload, such as "title" or "gates/0/id".
func UseOf(t Type, path string) Use {
	first, _, nested := strings.Cut(path, "/")
	last := path[strings.LastIndexByte(path, '/')+1:]
	switch first {
	case "workflow", "path", "slug", "docs_dir", "id", "subject", "paths":
		return UseName
	case "report", "intake":
		return UseText // whatever tools and people name things inside
	case "signature", "proofs", "gates", "added_gates", "moved_gates", "removed_gates", "deliverables", "added_deliverables",
		"removed_deliverables", "depends_on":
		return UseFixed
	case "key":
		if t == ConstraintSet {
			return UseName
		}
		return UseFixed
	case "name":
		if t == SignerAdded {
			return UseFixed
		}
	case "result":
		if t != TaskCompleted {
			return UseFixed
		}
	case "fields", "origin", "types":
		return UseFixed
	case "rows":
		if t == ChangeUndone {
			return useOfRestored(strings.Split(path, "/"))
		}
	}
	if nested && (last == "id" || last == "blocks" || last == "anchor") {
		return UseFixed
	}
	if !nested && slices.Contains(fixedFields(), first) {
		return UseFixed
	}
	return UseText
}

// fixedFields are the fields that mean the same in every type.
func fixedFields() []string {
	return []string{
		"gate", "gates", "type", "kind", "status", "phase", "from", "to", "level", "priority", "preset", "tier", "deployment_mode",
		"teaching_level", "scope", "severity", "probability", "impact", "parent", "supersedes", "commit", "tree", "tree_before",
		"sha256", "digest", "source_digest", "workflow_digest", "env_digest", "chain_head", "hash", "text_hash", "new_hash", "old_hash", "fingerprint",
		"until", "started_at", "parser", "role", "word", "file", "record", "field", "choice",
		"queue", "provider", "code", "worker", "task", "run", "retry_of", "role_digest", "context_digest", "output", "action", "branch",
	}
}

// Rewrite returns a payload with other strings: fn is given each one and where it
// stands, and returns what it is to be. Keys, numbers and everything between
// stay as they are, to the byte, and so does a payload of which nothing changes.
// fields lists where something changed.
func Rewrite(raw json.RawMessage, fn func(path, text string) string) (changed json.RawMessage, fields []string, err error) {
	dec := jsontext.NewDecoder(bytes.NewReader(raw), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	var out bytes.Buffer
	copied := 0
	for {
		tok, err := dec.ReadToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read a payload: %w", err)
		}
		if tok.Kind() != '"' || isKey(dec) {
			continue
		}
		before := tok.String()
		path := strings.TrimPrefix(string(dec.StackPointer()), "/")
		after := fn(path, before)
		if after == before {
			continue
		}
		end := int(dec.InputOffset())
		start := end - stringLength(raw[:end])
		text, err := encodeString(after)
		if err != nil {
			return nil, nil, err
		}
		out.Write(raw[copied:start])
		out.Write(text)
		copied = end
		fields = append(fields, path)
	}
	if len(fields) == 0 {
		return raw, nil, nil
	}
	out.Write(raw[copied:])
	return out.Bytes(), fields, nil
}

// isKey reports whether the string that was just read names a member.
func isKey(dec *jsontext.Decoder) bool {
	kind, length := dec.StackIndex(dec.StackDepth())
	return kind == '{' && length%2 == 1
}

// stringLength is how many bytes the JSON string takes that ends raw.
func stringLength(raw []byte) int {
	for start := len(raw) - 2; start >= 0; start-- {
		if raw[start] != '"' {
			continue
		}
		escapes := 0
		for i := start - 1; i >= 0 && raw[i] == '\\'; i-- {
			escapes++
		}
		if escapes%2 == 0 {
			return len(raw) - start
		}
	}
	return len(raw)
}

// encodeString writes a text as [Encode] does.
func encodeString(s string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return nil, fmt.Errorf("encode a text: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
