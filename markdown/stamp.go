package markdown

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"sync"

	"github.com/google/uuid"
)

// rendererVersion is the version of the format. It grows when the same state
// begins to give other bytes. Files of earlier versions are still read.
const rendererVersion = 2

// stampStart is how every stamp begins.
const stampStart = "<!-- layercake: "

// Stamp is what the last line of a rendering says about it.
type Stamp struct {
	// Project is whose state was rendered.
	Project uuid.UUID
	// Database is the database that the state was read from; zero in files of
	// the first version.
	Database uuid.UUID
	// Version is the version of the project's log at which the bytes before
	// the stamp last changed.
	Version int64
	// Renderer is the version of the format.
	Renderer int
	// SHA256 is the hash of the bytes before the stamp.
	SHA256 [sha256.Size]byte
}

//nolint:gochecknoglobals // compiled when it is first used; starting takes no longer for it
var stampPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(
		`^<!-- layercake: project=([0-9a-f-]{36})(?: database=([0-9a-f-]{36}))? version=(0|[1-9][0-9]{0,18}) renderer=([1-9][0-9]{0,8}) sha256=([0-9a-f]{64}) -->$`)
})

// String returns the stamp as a line without its end.
func (s Stamp) String() string {
	database := ""
	if s.Database != uuid.Nil || s.Renderer >= 2 {
		database = fmt.Sprintf(" database=%s", s.Database)
	}
	return fmt.Sprintf("%sproject=%s%s version=%d renderer=%d sha256=%x -->", stampStart, s.Project, database, s.Version, s.Renderer, s.SHA256)
}

// ParseStamp returns the stamp of a file, which need not be its last line any
// more when somebody added to the end. It returns false if there is none.
func ParseStamp(content []byte) (Stamp, bool) {
	s, _, _, ok := findStamp(unixLines(content))
	return s, ok
}

// Edited reports whether a file is not as it was rendered: the hash in its
// stamp does not match, something follows the stamp, or there is none. Line ends
// do not count, because git may change them.
func Edited(content []byte) bool {
	content = unixLines(content)
	s, start, end, ok := findStamp(content)
	return !ok || len(content) > end || sha256.Sum256(content[:start]) != s.SHA256
}

// stamped returns a body with its stamp, in which all but the hash is given.
func stamped(body string, s Stamp) []byte {
	const longest = 256 // of a stamp
	content := append(make([]byte, 0, len(body)+longest), body...)
	s.Renderer, s.SHA256 = rendererVersion, sha256.Sum256(content)
	return append(content, s.String()+"\n"...)
}

// bodyOf returns the bytes before the stamp, or everything.
func bodyOf(content []byte) []byte {
	if _, start, _, ok := findStamp(content); ok {
		return content[:start]
	}
	return content
}

// findStamp finds the last line that is a stamp, and where it begins and ends.
func findStamp(content []byte) (s Stamp, start, end int, ok bool) {
	for end = len(content); end > 0; end = start {
		start = bytes.LastIndexByte(content[:end-1], '\n') + 1
		if s, ok = parseStampLine(bytes.TrimSuffix(content[start:end], []byte("\n"))); ok {
			return s, start, end, true
		}
	}
	return Stamp{}, 0, 0, false
}

func parseStampLine(line []byte) (Stamp, bool) {
	if !bytes.HasPrefix(line, []byte(stampStart)) {
		return Stamp{}, false
	}
	m := stampPattern().FindSubmatch(line)
	if m == nil {
		return Stamp{}, false
	}
	var s Stamp
	var errs [4]error
	s.Project, errs[0] = uuid.ParseBytes(m[1])
	if len(m[2]) > 0 {
		s.Database, errs[1] = uuid.ParseBytes(m[2])
	}
	s.Version, errs[2] = strconv.ParseInt(string(m[3]), 10, 64)
	s.Renderer, errs[3] = strconv.Atoi(string(m[4]))
	if errs != [4]error{} {
		return Stamp{}, false
	}
	_, err := hex.Decode(s.SHA256[:], m[5])
	return s, err == nil
}

// unixLines returns content with \n for \r\n. A rendering never holds a \r, so
// nothing is lost. Content without any is returned as it is.
func unixLines(content []byte) []byte {
	if bytes.IndexByte(content, '\r') < 0 {
		return content
	}
	return bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
}
