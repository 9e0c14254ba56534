package core

import (
	"context"
	"sync"
	"time"

	"github.com/layercake-dev/layercake/core/agent"
)

const (
	// liveEvery is how long what a run says is gathered before it is kept, and
	// livePiece how much of it at most.
	liveEvery = 150 * time.Millisecond
	livePiece = 32 << 10
	// liveMost is how much of it is kept in all. The whole answer is an artifact.
	liveMost = 16 << 20
	// liveTime bounds the keeping of what was gathered.
	liveTime = 5 * time.Second
)

// live keeps what a run says for those who follow it. What it holds is bounded,
// and so is what it keeps.
type live struct {
	a   *App
	ref RunRef

	mu      sync.Mutex
	pieces  []OutputPiece
	size    int
	total   int
	cut     bool
	flushed chan struct{}
	wake    chan struct{}
	stop    chan struct{}
}

// newLive begins to keep what a run says; close ends it.
func newLive(ctx context.Context, a *App, ref RunRef) *live {
	l := &live{a: a, ref: ref, flushed: make(chan struct{}), wake: make(chan struct{}, 1), stop: make(chan struct{})}
	go l.keep(context.WithoutCancel(ctx))
	return l
}

// kindsOf names what people see of a run, by the kinds of deltas.
func kindsOf(d *agent.Delta) string {
	switch d.Kind {
	case agent.DeltaText:
		return "text"
	case agent.DeltaThinking:
		return "thinking"
	case agent.DeltaToolUse:
		return "tool"
	case agent.DeltaToolResult:
		if d.IsError {
			return "error"
		}
		return "result"
	case agent.DeltaRetry, agent.DeltaNotice:
		return "note"
	}
	return ""
}

// delta takes what the agent package tells.
func (l *live) delta(d agent.Delta) {
	kind := kindsOf(&d)
	if kind == "" {
		return
	}
	text := d.Text
	if d.Tool != "" && kind == "tool" {
		text = d.Tool + " " + text
	}
	l.add(kind, text)
}

// note tells those who follow something about the run.
func (l *live) note(text string) { l.add("note", text) }

func (l *live) add(kind, text string) {
	if text == "" {
		return
	}
	text = l.a.cleaner.redactor.String(text)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total > liveMost {
		if !l.cut {
			l.cut = true
			l.pieces = append(l.pieces, OutputPiece{Kind: "note", Text: "what comes after this is not shown: there is too much of it", At: l.a.now()})
		}
		return
	}
	l.total += len(text)
	l.size += len(text)
	if n := len(l.pieces); n > 0 && l.pieces[n-1].Kind == kind && (kind == "text" || kind == "thinking") && len(l.pieces[n-1].Text) < livePiece {
		l.pieces[n-1].Text += text
	} else {
		l.pieces = append(l.pieces, OutputPiece{Kind: kind, Text: text, At: l.a.now()})
	}
	if l.size >= livePiece {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

func (l *live) keep(ctx context.Context) {
	defer close(l.flushed)
	tick := time.NewTicker(liveEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-l.wake:
		case <-l.stop:
			l.flush(ctx)
			return
		}
		l.flush(ctx)
	}
}

// flush keeps what was gathered. What cannot be kept is let go: it is for people to
// look at, and must not hold up the work.
func (l *live) flush(ctx context.Context) {
	l.mu.Lock()
	pieces := l.pieces
	l.pieces, l.size = nil, 0
	l.mu.Unlock()
	if len(pieces) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, liveTime)
	defer cancel()
	_ = l.a.store.Runs().AddOutput(ctx, l.ref, pieces)
}

// close keeps the rest.
func (l *live) close() {
	close(l.stop)
	<-l.flushed
}
