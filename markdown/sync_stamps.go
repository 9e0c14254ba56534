package markdown

import (
	"bytes"

	"github.com/google/uuid"
)

// stampsOf returns the stamps at the end of a file. One has several when git put
// the renderings of two databases together line by line.
func stampsOf(content []byte) []Stamp {
	var stamps []Stamp
	for line := range bytes.Lines(content) {
		if s, ok := parseStampLine(bytes.TrimRight(line, "\r\n")); ok {
			stamps = append(stamps, s)
		}
	}
	return stamps
}

// oneStamp returns a file with one of its stamps, at the end.
func oneStamp(content []byte, keep Stamp) []byte {
	out := make([]byte, 0, len(content))
	for line := range bytes.Lines(content) {
		if _, ok := parseStampLine(bytes.TrimRight(line, "\r\n")); !ok {
			out = append(out, line...)
		}
	}
	return append(out, keep.String()+"\n"...)
}

// mine picks the stamp whose rendering the file counts as made from: that of this
// database, if there is one.
func mine(stamps []Stamp, database uuid.UUID) Stamp {
	for _, s := range stamps {
		if s.Database == database || s.Database == uuid.Nil {
			return s
		}
	}
	return stamps[0]
}
