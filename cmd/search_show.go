package cmd

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search"
	"github.com/layercake-dev/layercake/core/search/language"
	"github.com/layercake-dev/layercake/core/search/rank"
)

// shownPath is a path of the project as it is named from the folder at hand.
func (f *Factory) shownPath(root, path string) string {
	full := filepath.Join(root, filepath.FromSlash(path))
	if rel, err := filepath.Rel(f.process.Dir, full); err == nil {
		return rel
	}
	return full
}

// printHits writes hits: for people with their surroundings, in a pipe as grep does.
func (f *Factory) printHits(p *printer, root string, v *searchView, marker *search.Marker, in *searchFlags) {
	for i := range v.Hits {
		h := &v.Hits[i]
		path := f.shownPath(root, h.Path)
		if !p.tty {
			p.grepped(path, h, i > 0)
			if in.explain {
				p.buf.WriteString(inert(path) + ":" + strconv.Itoa(h.Line) + ":" + explained(h) + "\n")
			}
			continue
		}
		if i > 0 {
			p.blank()
		}
		p.head(path, h)
		if in.explain {
			p.line("  %s", dim.of(explained(h)))
		}
		var marks func(line string) []search.Mark
		if marker != nil {
			marks = marker.Marks
		}
		p.code(h.Text, h.TextLine, h.Line, marks)
	}
}

// head writes where a hit is, and what it is in.
func (p *printer) head(path string, h *hitView) {
	line := p.render(bold.of(path + ":" + strconv.Itoa(h.Line)))
	if h.Symbol != "" {
		line += "  " + p.render(cyan.of(h.Symbol))
	}
	lang, _ := language.ByID(h.Language)
	about := lang.Name
	if h.Kind != "" {
		about = h.Kind + ", " + about
	}
	if h.Stale {
		about += ", changed since it was indexed"
	}
	p.fold(line+"  "+p.render(dim.of(about)), hanging)
}

// grepped writes a hit as grep does: the line that fits best behind a colon, those
// around it behind a hyphen.
func (p *printer) grepped(path string, h *hitView, again bool) {
	lines := strings.Split(h.Text, "\n")
	if len(lines) > 1 && again {
		p.buf.WriteString("--\n")
	}
	for i, text := range lines {
		sign := "-"
		if h.TextLine+i == h.Line {
			sign = ":"
		}
		p.buf.WriteString(inert(path) + sign + strconv.Itoa(h.TextLine+i) + sign + clean(strings.TrimSuffix(text, "\r"), "\t") + "\n")
	}
}

// tabWidth is how wide a tab is shown on terminals.
const tabWidth = 4

// code writes numbered lines, no wider than the terminal. The line at which to look
// has a colon behind its number, the others a hyphen. marks finds what is emphasised.
func (p *printer) code(text string, first, look int, marks func(line string) []search.Mark) {
	lines := strings.Split(text, "\n")
	digits := len(strconv.Itoa(first + len(lines) - 1))
	for i, line := range lines {
		line = strings.TrimSuffix(line, "\r")
		sign := "-"
		if first+i == look {
			sign = ":"
		}
		var shown strings.Builder
		at := 0
		if marks != nil {
			for _, m := range marks(line) {
				shown.WriteString(spread(line[at:m.From]) + p.render(bold.of(line[m.From:m.To])))
				at = m.To
			}
		}
		shown.WriteString(spread(line[at:]))
		gutter := fmt.Sprintf("  %*d%s ", digits, first+i, sign)
		body := ansi.Truncate(shown.String(), max(leastFlexible, p.width-len(gutter)), ellipsis)
		p.buf.WriteString(strings.TrimRight(p.render(dim.of(gutter))+body, " ") + "\n")
	}
}

// spread is a part of a line, inert, with tabs as spaces.
func spread(text string) string {
	return inert(strings.ReplaceAll(text, "\t", strings.Repeat(" ", tabWidth)))
}

// explained says why a hit is where it is.
func explained(h *hitView) string {
	var parts []string
	for _, s := range signals(&h.Signals) {
		if s.value != 0 {
			parts = append(parts, fmt.Sprintf("%s %.2f", s.name, s.value))
		}
	}
	text := fmt.Sprintf("%.2f = %s", h.Score, strings.Join(parts, " + "))
	if h.Signals.Factor != 1 {
		text = fmt.Sprintf("%.2f = (%s) × %.2f", h.Score, strings.Join(parts, " + "), h.Signals.Factor)
	}
	return text
}

type signal struct {
	name  string
	value float64
}

func signals(s *rank.Signals) []signal {
	return []signal{
		{"words", s.Words}, {"file", s.File}, {"meaning", s.Latent}, {"subject", s.Subject}, {"provider", s.Provider}, {"names", s.Named}, {"path", s.Located},
		{"definition", s.Defines},
	}
}

// printMatches writes lines that were found in the files.
func (f *Factory) printMatches(p *printer, root string, v *searchView) {
	if !p.tty {
		for i := range v.Hits {
			p.grepped(f.shownPath(root, v.Hits[i].Path), &v.Hits[i], false)
		}
		return
	}
	before := ""
	for i := range v.Hits {
		h := &v.Hits[i]
		if h.Path != before {
			if before != "" {
				p.blank()
			}
			before = h.Path
			p.line("%s", bold.of(f.shownPath(root, h.Path)))
		}
		where := ""
		if h.Symbol != "" {
			where = h.Symbol
		}
		if h.Kind != "" {
			where = h.Kind
		}
		p.matched(h, where)
	}
}

// matched writes a line that was found, and where there is room what it is in.
func (p *printer) matched(h *hitView, where string) {
	const numberWidth, aside = 6, 24
	text := strings.TrimSpace(spread(strings.TrimSuffix(h.Text, "\r")))
	room := p.width - numberWidth - len(": ")
	if where != "" && room > 2*aside {
		where = ansi.Truncate(inert(where), aside, ellipsis)
		text = ansi.Truncate(text, room-ansi.StringWidth(where)-2, ellipsis)
		text += "  " + p.render(dim.of(where))
	}
	p.buf.WriteString(p.render(dim.of(fmt.Sprintf("%*d:", numberWidth, h.Line))) + " " + ansi.Truncate(text, room, ellipsis) + "\n")
}

// sayMore says what the answer does not show.
func (f *Factory) sayMore(out *output, v *searchView) {
	if len(v.Hits)+v.LeftOut == 0 && !out.structured() {
		f.say("nothing found")
		var names []string
		for _, c := range out.cmd.Commands() {
			names = append(names, c.Name())
		}
		if near := fault.Nearest(v.Query, names); near != "" {
			f.say("%s did you mean `%s %s`?", cyan.of("hint:"), out.cmd.CommandPath(), near)
		}
	}
	if v.LeftOut > 0 && !out.structured() {
		f.say("%d more would have gone beyond --max-tokens", v.LeftOut)
	}
	if v.NextCursor != "" && v.LeftOut == 0 && f.IO.OutTTY && !out.structured() {
		f.say("further ones: add --cursor %s", v.NextCursor)
	}
}

// sayFresh says how far the index is behind.
func (f *Factory) sayFresh(fresh *search.Freshness, update search.Update) {
	switch behind := fresh.Changed + fresh.New + fresh.Removed; {
	case behind > 0:
		f.say("the index is behind by %s: `layercake search index` reads them", behindBy(fresh))
	case !fresh.Checked && update != search.UpdateNever && fresh.IndexedAt != nil:
		f.say("the index is from %s; it has so many files that only `layercake search index` looks whether they changed",
			ago(time.Since(*fresh.IndexedAt)))
	}
}

// behindBy says what changed since an index was made.
func behindBy(fresh *search.Freshness) string {
	var parts []string
	for _, part := range []struct {
		n    int
		name string
	}{{fresh.Changed, "changed"}, {fresh.New, "new"}, {fresh.Removed, "removed"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.name))
		}
	}
	files := "files"
	if fresh.Changed+fresh.New+fresh.Removed == 1 {
		files = "file"
	}
	return strings.Join(parts, ", ") + " " + files
}
