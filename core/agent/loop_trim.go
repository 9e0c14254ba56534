package agent

import (
	"fmt"
	"strings"
)

// trimmedResult stands for a result that was left out.
const trimmedResult = "[This result was left out because the conversation had become too long. Call the tool again if you need it.]"

// shortAnswer is how long an answer may be when a longer one does not fit, in tokens.
const shortAnswer = 4096

// shortenAnswer asks for shorter answers from here on, once, when the provider says that
// prompt and answer together are too long. It reports whether it did.
func (l *loop) shortenAnswer(e *Error) bool {
	together := strings.Contains(e.Message, "max_tokens") || strings.Contains(e.Message, "in the completion")
	if !together || l.Limits.Answer <= shortAnswer {
		return false
	}
	l.Limits.Answer = shortAnswer
	return true
}

// shorten leaves out the results of the older half of the turns, once in a run. It
// reports whether that made the conversation shorter.
func (l *loop) shorten(t *Turn) bool {
	if l.trimmed > 0 {
		return false
	}
	before := l.bytes()
	l.trim((len(l.turns) + 1) / 2)
	t.Trimmed = l.trimmed
	if after := l.bytes(); after >= before {
		return false
	}
	l.live.send(Delta{
		Kind: DeltaNotice, Turn: t.Number,
		Text: fmt.Sprintf("The conversation was too long. Results of tools of the first %d turns are left out of it from here on.", l.trimmed),
	})
	return true
}

// trim leaves out the results of the first turns.
func (l *loop) trim(turns int) {
	l.trimmed, l.counted = turns, 0
	results := map[string]bool{}
	for _, t := range l.turns[:min(turns, len(l.turns))] {
		for _, b := range t.Reply.Blocks {
			results[b.ID] = b.Type == BlockToolResult
		}
	}
	for i, m := range l.messages {
		blocks := make([]Block, len(m.Blocks))
		for j, b := range m.Blocks {
			if b.Type == BlockToolResult && results[b.ID] && len(b.Result) > len(trimmedResult) {
				b.Result = trimmedResult
			}
			blocks[j] = b
		}
		l.messages[i].Blocks = blocks
	}
}

func (l *loop) bytes() int64 {
	var n int64
	for _, m := range l.messages {
		n += sizeOf(m)
	}
	return n
}

func (l *loop) tooLong(e *Error) error {
	long := *e
	if l.trimmed > 0 {
		long.Message += "; leaving out older results of tools did not help"
	}
	return &long
}
