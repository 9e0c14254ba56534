package git

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Trailers are the lines at the end of a commit's message that lead from it to
// the log of events.
type Trailers struct {
	// Project is the id of the project.
	Project string `json:"project"`
	// From and To are the first and the last event whose traces the commit holds;
	// 0 when there are none.
	From int64 `json:"from"`
	To   int64 `json:"to"`
	// Head is the hash of the last of them, in hexadecimal.
	Head string `json:"head"`
}

// The names of the trailers.
const (
	trailerProject = "LayerCake-Project"
	trailerEvents  = "LayerCake-Events"
	trailerHead    = "LayerCake-Head"
)

// String returns the lines.
func (t Trailers) String() string {
	text := fmt.Sprintf("%s: %s\n", trailerProject, t.Project)
	switch {
	case t.To == 0:
		return text
	case t.From == t.To:
		text += fmt.Sprintf("%s: %d\n", trailerEvents, t.To)
	default:
		text += fmt.Sprintf("%s: %d-%d\n", trailerEvents, t.From, t.To)
	}
	return text + fmt.Sprintf("%s: %s\n", trailerHead, t.Head)
}

// ParseTrailers finds them in a message. It returns false when it names no
// project.
func ParseTrailers(message string) (Trailers, bool) {
	message = strings.TrimSpace(strings.ReplaceAll(message, "\r\n", "\n"))
	var t Trailers
	for line := range strings.SplitSeq(message[strings.LastIndex(message, "\n\n")+1:], "\n") {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch name {
		case trailerProject:
			t.Project = value
		case trailerHead:
			t.Head = value
		case trailerEvents:
			from, to, several := strings.Cut(value, "-")
			if !several {
				to = from
			}
			first, err1 := strconv.ParseInt(from, 10, 64)
			last, err2 := strconv.ParseInt(to, 10, 64)
			if err1 == nil && err2 == nil && 0 < first && first <= last {
				t.From, t.To = first, last
			}
		}
	}
	return t, t.Project != ""
}

// ReadMessage returns the message of what a name stands for: of an annotated tag,
// or of a commit.
func ReadMessage(ctx context.Context, root, name string) (string, error) {
	r, err := Open(ctx, root)
	if err != nil {
		return "", err
	}
	if id, err := r.line(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{tag}"); err == nil {
		message, err := r.message(ctx, "tag", id)
		for _, kind := range []string{"PGP SIGNATURE", "PGP MESSAGE", "SSH SIGNATURE", "SIGNED MESSAGE"} {
			message, _, _ = strings.Cut(message, "-----BEGIN "+kind+"-----\n") // it stands below the message
		}
		return message, err
	}
	id, err := r.Commit(ctx, name)
	if err != nil {
		return "", err
	}
	return r.message(ctx, "commit", id)
}

// message reads the message of an object, however the repository names its objects.
func (r *Repo) message(ctx context.Context, kind, id string) (string, error) {
	content, err := r.Run(ctx, "cat-file", kind, id)
	_, message, _ := strings.Cut(string(content), "\n\n")
	return message, err
}
