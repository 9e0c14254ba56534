package project

import (
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
)

// IDAlphabet holds the 32 characters of ids: digits and lower-case letters
// without i, l, o and u, which are easily misread. It is Crockford's base 32.
const IDAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// IDLength is the length of stored ids, and MinPrefix the shortest prefix that
// is shown and accepted.
const (
	IDLength  = 8
	MinPrefix = 4
)

// The letters before the ids that people see: "t-7k3f" is a task.
const (
	PrefixTask     = "t-"
	PrefixDecision = "d-"
	PrefixMemory   = "m-"
	PrefixRun      = "r-"
	PrefixHandoff  = "h-"
)

// TaskID returns a task's id as people see it.
func TaskID(id string) string { return PrefixTask + id }

// RunID returns the id of an agent's run as people see it.
func RunID(id string) string { return PrefixRun + id }

// ParseID returns the prefix of a stored id that a person typed: with or
// without the letter before it, in any case, with the characters that are
// easily misread taken for what they look like. kind is one of the Prefix
// constants.
func ParseID(kind, typed string) (string, error) {
	s := strings.ToLower(strings.TrimSpace(typed))
	s = strings.TrimPrefix(s, kind)
	s = strings.NewReplacer("i", "1", "l", "1", "o", "0").Replace(s)
	switch {
	case len(s) < MinPrefix:
		return "", fault.Usage("invalid_id", "%q is too short for an id; it takes at least %d characters, as in %s7k3f", typed, MinPrefix, kind).
			WithHint("copy it from a list, such as `layercake task list`")
	case len(s) > IDLength:
		return "", fault.Usage("invalid_id", "%q is too long for an id; ids have %d characters, as in %s7k3f9m2p", typed, IDLength, kind).
			WithHint("copy it from a list, such as `layercake task list`")
	case strings.Trim(s, IDAlphabet) != "":
		return "", fault.Usage("invalid_id", "%q is not an id; ids look like %s7k3f", typed, kind).
			WithHint("copy it from a list, such as `layercake task list`")
	}
	return s, nil
}

// ShortID returns the shortest prefix of id, at least [MinPrefix] long, that
// neither of its neighbours in the order of all ids shares. Empty neighbours
// stand for none.
func ShortID(id, before, after string) string {
	n := max(MinPrefix, shared(id, before)+1, shared(id, after)+1)
	return id[:min(n, len(id))]
}

func shared(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
