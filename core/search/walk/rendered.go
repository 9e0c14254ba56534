package walk

import "bytes"

// What the last line of a file that LayerCake rendered begins with, what is in it, and
// how it ends.
const (
	stampBegin, stampMiddle, stampEnd = "<!-- layercake: project=", " sha256=", " -->"
	// stampTail is where it is looked for: people may have written behind it.
	stampTail = 4096
	hashSize  = 64
)

// isRendered tells whether a file is a rendering of a project's records: what stands
// in it is in the database, in words that every question about the project has.
func isRendered(text []byte) bool {
	tail := text[max(0, len(text)-stampTail):]
	for line := range bytes.Lines(tail) {
		line = bytes.TrimRight(line, "\r\n")
		if !bytes.HasPrefix(line, []byte(stampBegin)) || !bytes.HasSuffix(line, []byte(stampEnd)) {
			continue
		}
		if _, hash, ok := bytes.Cut(line, []byte(stampMiddle)); ok && len(hash) == hashSize+len(stampEnd) {
			return true
		}
	}
	return false
}
