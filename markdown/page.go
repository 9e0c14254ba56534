package markdown

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/layercake-dev/layercake/core/workflow"
)

// page is a file in the making.
type page struct {
	b strings.Builder
	// gapEnd is where the last empty line of ours ends.
	gapEnd int
	placed *placed
}

// line writes text of ours, or text that was made safe, as a line.
func (p *page) line(parts ...string) {
	for _, s := range parts {
		p.b.WriteString(s)
	}
	p.b.WriteByte('\n')
}

// gap leaves one empty line, unless there is one already.
func (p *page) gap() {
	if p.b.Len() == 0 || p.b.Len() == p.gapEnd {
		return
	}
	p.b.WriteByte('\n')
	p.gapEnd = p.b.Len()
}

// endLine ends a line that was written in pieces.
func (p *page) endLine() { p.b.WriteByte('\n') }

// title begins a page: heading, and paragraphs that say what the page is.
func (p *page) title(title string, paragraphs ...string) {
	p.line("# ", inline(title, inHeading))
	for _, s := range paragraphs {
		p.gap()
		p.line(s)
	}
}

// section begins a section.
func (p *page) section(title string) {
	p.gap()
	p.line("## ", title)
	p.gap()
}

// part begins a part of a section.
func (p *page) part(title string) {
	p.gap()
	p.line("### ", title)
	p.gap()
}

// text writes what somebody wrote under a label: on the label's line if it fits,
// otherwise as a quote below. An empty text is left out.
func (p *page) text(indent, label, body string) {
	switch {
	case strings.TrimSpace(body) == "":
	case oneLine(body):
		p.line(indent, "- ", label, ": ", inline(body, inLine))
	default:
		p.line(indent, "- ", label, ":")
		p.quote(indent+"  ", body)
	}
}

// oneLine reports whether a text can stand in one line without changing: short
// enough to read there, and not markdown that needs the beginning of a line.
func oneLine(s string) bool {
	const fits = 160
	return !strings.ContainsAny(s, "\n\r") && utf8.RuneCountInString(s) <= fits && s == strings.TrimSpace(s)
}

// table writes a table. The cells must be safe for cells.
func (p *page) table(header []string, rows [][]string) {
	p.row(header)
	p.row(slices.Repeat([]string{"---"}, len(header)))
	for _, row := range rows {
		p.row(row)
	}
}

func (p *page) row(cells []string) {
	for _, c := range cells {
		p.b.WriteString("| ")
		p.b.WriteString(c)
		if c != "" {
			p.b.WriteByte(' ')
		}
	}
	p.b.WriteString("|\n")
}

// attributes is a line of attributes in the making; it is there once it has one.
type attributes struct {
	p      *page
	indent string
	begun  bool
}

// attributes begins a line of attributes.
func (p *page) attributes(indent string) *attributes { return &attributes{p: p, indent: indent} }

// key begins one attribute.
func (a *attributes) key(key string) {
	b := &a.p.b
	if a.begun {
		b.WriteString(" · ")
	} else {
		b.WriteString(a.indent)
		b.WriteString("- ")
	}
	a.begun = true
	b.WriteString(key)
	b.WriteString(": ")
}

// add appends a value; an empty one is left out.
func (a *attributes) add(key, value string) {
	if value != "" {
		a.key(key)
		a.p.b.WriteString(inline(value, inAttribute))
	}
}

// list appends several values; none are left out.
func (a *attributes) list(key string, values []string) {
	for i, v := range values {
		if i == 0 {
			a.key(key)
		} else {
			a.p.b.WriteString(", ")
		}
		a.p.b.WriteString(inline(v, inAttribute|inList))
	}
}

// end ends the line.
func (a *attributes) end() {
	if a.begun {
		a.p.endLine()
	}
}

// code returns a text as code, in as many backticks as it takes.
func code(s string) string {
	s = strings.ReplaceAll(visible(s, false), "\n", hiddenOpen+"000A⟩")
	longest := 0
	for i := 0; i < len(s); i++ {
		if s[i] == '`' {
			n := runLength(s, i)
			longest = max(longest, n)
			i += n - 1
		}
	}
	ticks := strings.Repeat("`", longest+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || strings.TrimSpace(s) == "" {
		s = " " + s + " "
	}
	return ticks + s + ticks
}

// command returns an argument vector as code that can be read as one.
func command(args []string) string {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = a
		if a == "" || strings.ContainsAny(a, " \t\n\r\"'\\$&|;<>()*?~#`") {
			words[i] = strconv.Quote(a)
		}
	}
	return code(strings.Join(words, " "))
}

// moment writes a time, in UTC so that it is the same on every machine.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// momentOf writes a time that may not be known.
func momentOf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return moment(*t)
}

// day writes the day of a time.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// human writes a name of ours as words.
func human[T ~string](name T) string { return strings.ReplaceAll(string(name), "_", " ") }

// phaseTitle writes a phase as the title of a section.
func phaseTitle(p workflow.Phase) string {
	switch p {
	case "":
		return "Without a phase"
	case workflow.PhaseMLDevelopment:
		return "ML development"
	default:
		return capital(human(p))
	}
}

// capital writes the first letter of an ASCII word large.
func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// count writes a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// by writes who did something when.
func by(who string, when time.Time) string { return who + " on " + moment(when) }

// head begins the row of a record that is one text without a title: the text
// itself if it fits into the line. Otherwise rest has to follow.
func (p *page) head(id, body string) {
	p.line(strings.TrimRight("- **"+id+"** "+headText(body), " "))
}

// rest writes what head had no room for.
func (p *page) rest(body string) {
	if headText(body) == "" {
		p.quote(indentItem, body)
	}
}

func headText(body string) string {
	if oneLine(body) {
		return inline(body, inLine)
	}
	return ""
}
