package cmd

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search"
	"github.com/layercake-dev/layercake/core/search/embed"
)

// whenIndexed asks the index. Where there is none yet, or one that was cut off at
// its first making, it is made before.
func whenIndexed[T any](ctx context.Context, s *session, update search.Update, ask func() (T, *search.Freshness, error)) (T, error) {
	var none T
	answer, fresh, err := ask()
	missing := fault.CodeOf(err) == search.CodeNotIndexed
	switch {
	case err != nil && !missing, update == search.UpdateNever:
		return answer, err
	case !missing && fresh.IndexedAt != nil:
		return answer, nil
	case !missing:
		if run, err := s.running(ctx); err != nil || run != nil {
			if run != nil {
				s.f.warn("process %d on %s is making the index: what is found is in the first %d of %d files",
					run.PID, run.Host, run.FilesDone, run.FilesTotal)
			}
			return answer, err
		}
	}
	s.f.say("indexing %s, once; later searches read what changed", s.at.Root)
	if _, err := s.index(ctx, search.IndexOptions{Local: true}, progressAuto); err != nil {
		return none, err
	}
	answer, _, err = ask()
	return answer, err
}

// running is the indexing of the project's folder that is under way, or nil.
func (s *session) running(ctx context.Context) (*search.Run, error) {
	all, err := s.Search.Indexes(ctx, s.at.Project)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Root == s.at.Root && all[i].Host == s.Search.Host {
			return s.Search.Running(ctx, all[i].ID)
		}
	}
	return nil, nil //nolint:nilnil // as documented
}

// progressMode says how progress is shown.
type progressMode string

const (
	progressAuto progressMode = "auto"
	progressJSON progressMode = "json"
	progressOff  progressMode = "off"
)

func progressModes() []progressMode { return []progressMode{progressAuto, progressJSON, progressOff} }

// index brings the index up to date, and shows how far it is.
func (s *session) index(ctx context.Context, opts search.IndexOptions, mode progressMode) (*search.Indexed, error) {
	show := s.f.newProgress(mode)
	opts.Progress = show.tell
	opts.Estimated = func(by embed.Space, e embed.Estimate) {
		show.clear()
		s.f.sayEstimate(by, e)
	}
	done, err := s.Search.Index(ctx, s.at.InSearch(), opts)
	show.clear()
	if err == nil && done.VectorsMissing != "" && !wantsJSON(s.f.process.Args) {
		s.f.warn("code is found by its words and names only: %s", done.VectorsMissing)
		s.f.say("`layercake setup` installs pgvector; then run `layercake search index`")
	}
	return done, err
}

// progress shows how far an indexing is, on the error stream.
type progress struct {
	f     *Factory
	mode  progressMode
	bar   bool
	drawn bool
}

func (f *Factory) newProgress(mode progressMode) *progress {
	p := &progress{f: f, mode: mode}
	p.bar = mode == progressAuto && f.IO.ErrTTY && !f.flags.quiet && !wantsJSON(f.process.Args) && f.env.get("TERM") != "dumb"
	return p
}

// progressView is progress as scripts see it, a line for each.
type progressView struct {
	search.Progress

	RemainingMS int64 `json:"remaining_ms"`
}

func (p *progress) tell(now search.Progress) {
	switch {
	case p.mode == progressJSON:
		raw, err := encodeJSON(progressView{now, now.Remaining.Milliseconds()})
		if err == nil {
			_, _ = p.f.IO.Err.Write(append(raw, '\n')) // nothing can be said about it
		}
	case p.bar && now.Phase != search.PhaseDone:
		text := ansi.Truncate(progressText(now, p.f.IO.ErrWidth), p.f.IO.ErrWidth-1, ellipsis)
		_, _ = p.f.IO.Err.Write([]byte("\r" + inert(text) + "\x1b[K")) // as above
		p.drawn = true
	}
}

// clear takes the bar away.
func (p *progress) clear() {
	if p.drawn {
		_, _ = p.f.IO.Err.Write([]byte("\r\x1b[K")) // as above
		p.drawn = false
	}
}

// progressText says how far an indexing is, in one line.
func progressText(now search.Progress, width int) string {
	switch now.Phase {
	case search.PhaseWait:
		text := "waiting for another process that indexes"
		if w := now.Waiting; w != nil {
			text = fmt.Sprintf("waiting for process %d on %s: %d of %d files", w.PID, w.Host, now.FilesDone, now.FilesTotal)
		}
		return text
	case search.PhaseScan:
		return "looking for files that changed"
	case search.PhaseFit:
		return "learning which words mean the same"
	case search.PhaseVectors:
		return "keeping what the code means"
	case search.PhaseCompact:
		return "putting the index together"
	case search.PhaseProvider:
		return fmt.Sprintf("asking a provider what the code means: %d of %d pieces", now.VectorsDone, now.VectorsTotal)
	case search.PhaseRead, search.PhaseDone:
	}
	text := fmt.Sprintf(" %d of %d files, %s", now.FilesDone, now.FilesTotal, megabytes(now.BytesDone))
	if now.BytesPerSecond > 0 {
		text += fmt.Sprintf(", %s/s", megabytes(int64(now.BytesPerSecond)))
	}
	if now.Remaining >= time.Second {
		text += fmt.Sprintf(", %s left", now.Remaining.Round(time.Second))
	}
	return bar(now.BytesDone, now.BytesTotal, width-len("reading [] ")-len(text)) + text
}

// bar draws a share, if there is room for it.
func bar(done, total int64, room int) string {
	const least, most = 10, 30
	if room < least || total <= 0 {
		return "reading"
	}
	width := min(room, most)
	full := min(width, int(done*int64(width)/total))
	return "reading [" + strings.Repeat("#", full) + strings.Repeat(".", width-full) + "]"
}

func megabytes(n int64) string {
	const mega = 1e6
	return fmt.Sprintf("%.1f MB", float64(n)/mega)
}
