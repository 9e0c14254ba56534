package agent

import (
	"sync"
	"unicode/utf8"
)

// live hands deltas to who follows, one at a time and none after the end.
type live struct {
	mu     sync.Mutex
	follow func(Delta)
}

func newLive(follow func(Delta)) *live { return &live{follow: follow} }

func (l *live) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.follow = nil
}

// send hands on a delta; a long text of an answer in pieces.
func (l *live) send(d Delta) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.follow == nil {
		return
	}
	pieces := d.Kind == DeltaText || d.Kind == DeltaThinking
	for pieces && len(d.Text) > MaxDelta {
		part := d
		part.Text = head(d.Text, MaxDelta)
		d.Text = d.Text[len(part.Text):]
		l.follow(part)
	}
	d.Text = cutText(d.Text, MaxDelta)
	l.follow(d)
}

// head returns the first bytes of a text, at most n, without half a sign at its end.
func head(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for i := n; i > 0 && i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(text[i]) {
			return text[:i]
		}
	}
	return text[:n]
}

// tail returns the last bytes of a text, at most n, without half a sign at its beginning.
func tail(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for i := len(text) - n; i < len(text); i++ {
		if utf8.RuneStart(text[i]) {
			return text[i:]
		}
	}
	return ""
}

// cutText returns a text of at most n bytes, with … where it was cut.
func cutText(text string, n int) string {
	const more = "…"
	if len(text) <= n {
		return text
	}
	return head(text, n-len(more)) + more
}
