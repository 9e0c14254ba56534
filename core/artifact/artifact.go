// Package artifact keeps evidence by the hash of its content: what was stored
// under a hash is that content, or it is an error.
package artifact

import (
	"context"
	"io"

	"github.com/layercake-dev/layercake/core/fault"
)

// The codes of this package's errors.
const (
	// CodeBadDigest: a hash that is not 64 lower-case hexadecimal digits.
	CodeBadDigest = "artifact_bad_digest"
	// CodeMissing: nothing is stored under the hash.
	CodeMissing = "artifact_missing"
	// CodeAltered: what is stored under the hash is not that content.
	CodeAltered = "artifact_altered"
	// CodeTooLarge: the content is larger than the store takes.
	CodeTooLarge = "artifact_too_large"
	// CodeStore: the store could not be read or written.
	CodeStore = "artifact_store_failed"
)

// Ref names a stored artifact.
type Ref struct {
	// SHA256 is the hash of the content: 64 lower-case hexadecimal digits.
	SHA256 string `json:"sha256"`
	// Size is the length of the content in bytes.
	Size int64 `json:"size"`
}

// Store keeps artifacts. All methods refuse a malformed hash with
// [CodeBadDigest] and report an unknown one as [CodeMissing].
type Store interface {
	// Put stores what r yields and returns its name. Storing the same
	// content again is not an error. When r, the context or the store fails
	// nothing is left behind.
	Put(ctx context.Context, r io.Reader) (Ref, error)
	// Open returns the content. The reader checks it: at its end it returns
	// [CodeAltered] instead of io.EOF when the content is not what the hash
	// says.
	Open(ctx context.Context, sha string) (io.ReadCloser, error)
	// Stat returns the name and size of an artifact without reading it.
	Stat(ctx context.Context, sha string) (Ref, error)
	// Verify hashes the stored content anew and returns [CodeMissing] or
	// [CodeAltered] if it is not there or not that content.
	Verify(ctx context.Context, sha string) error
	// Remove takes the content away for good, because it must not be kept.
	// That there is none is not an error.
	Remove(ctx context.Context, sha string) error
}

// Local is a store whose artifacts are files on this machine.
type Local interface {
	Store
	// Path returns where the artifact's file is, or would be.
	Path(sha string) (string, error)
}

const shaLen = 64

// CheckDigest returns [CodeBadDigest] unless sha is 64 lower-case hexadecimal
// digits. It is what keeps a hash from being a path to somewhere else.
func CheckDigest(sha string) error {
	ok := len(sha) == shaLen
	for i := 0; ok && i < len(sha); i++ {
		c := sha[i]
		ok = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')
	}
	if ok {
		return nil
	}
	const shown = 80
	if len(sha) > shown {
		sha = sha[:shown] + "…"
	}
	return fault.Usage(CodeBadDigest, "%q is not the hash of an artifact: 64 lower-case hexadecimal digits are expected", sha).
		WithHint("layercake proof list")
}

func missing(sha string) *fault.Error {
	return fault.NotFound(CodeMissing, "artifact %s is not in the store", sha).WithHint("layercake proof list")
}

func altered(sha, why string) *fault.Error {
	return fault.Conflict(CodeAltered, "artifact %s was altered: %s", sha, why).WithHint("run `layercake proof list` to see which proof it belongs to")
}
