package cmd

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// style is one of the sixteen colours that follow the user's palette.
type style string

// The styles, as parameters of the terminal's SGR sequence.
const (
	plain  style = ""
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
	cyan   style = "36"
)

// styled is text in a style.
type styled struct {
	style style
	text  string
}

func (s style) of(text string) styled { return styled{s, text} }

// printer collects text for people. Whatever is handed to it as an argument
// comes from elsewhere and is made inert; only formats are trusted.
type printer struct {
	buf   bytes.Buffer
	tty   bool
	width int
	color bool
	now   time.Time
}

// line writes one line.
func (p *printer) line(format string, args ...any) {
	inertArgs := make([]any, len(args))
	for i, arg := range args {
		inertArgs[i] = p.argument(arg)
	}
	p.fold(fmt.Sprintf(format, inertArgs...), hanging)
}

// hanging is how far the rest of a line that is too long is indented.
const hanging = 2

// fold writes a line. On a terminal it is broken between words where it is wider
// than the terminal; what follows is indented by so many columns more.
func (p *printer) fold(line string, more int) {
	if !p.tty || ansi.StringWidth(line) <= p.width {
		p.buf.WriteString(line + "\n")
		return
	}
	body := strings.TrimLeft(line, " ")
	indent := len(line) - len(body)
	const leastText = 8
	if p.width-indent-more < leastText {
		indent, more = 0, 0
	}
	first, _, _ := strings.Cut(ansi.Wrap(body, max(leastText, p.width-indent), ""), "\n")
	rest := strings.TrimLeft(strings.TrimPrefix(body, first), " ")
	p.buf.WriteString(strings.Repeat(" ", indent) + strings.TrimRight(first, " ") + "\n")
	for part := range strings.SplitSeq(ansi.Wrap(rest, max(leastText, p.width-indent-more), ""), "\n") {
		p.buf.WriteString(strings.Repeat(" ", indent+more) + strings.TrimRight(part, " ") + "\n")
	}
}

// blank writes an empty line.
func (p *printer) blank() { p.buf.WriteByte('\n') }

// text writes text of several lines, each indented.
func (p *printer) text(indent, text string) {
	for line := range strings.SplitSeq(strings.TrimRight(inertLines(text), "\n"), "\n") {
		if line == "" {
			p.blank()
			continue
		}
		p.fold(indent+line, 0)
	}
}

// prose writes paragraphs that were broken for a terminal of the usual width. A
// narrower one breaks them anew; indented lines stay lines.
func (p *printer) prose(text string) {
	if p.tty && p.width < defaultWidth {
		var b strings.Builder
		open := false // a line that the next one belongs to
		for line := range strings.SplitSeq(text, "\n") {
			goesOn := line != "" && !strings.HasPrefix(line, " ")
			switch {
			case open && goesOn:
				b.WriteByte(' ')
			case b.Len() > 0:
				b.WriteByte('\n')
			}
			b.WriteString(line)
			open = goesOn
		}
		text = b.String()
	}
	p.text("", text)
}

// field writes a labelled value, and nothing when the value is empty.
func (p *printer) field(label string, value any) {
	text := p.argument(value)
	if s, ok := text.(string); ok && s == "" {
		return
	}
	const labelWidth = 14
	p.fold(fmt.Sprintf("%s %v", p.render(dim.of(fmt.Sprintf("%-*s", labelWidth, label+":"))), text), labelWidth+1)
}

// argument makes a value safe to print.
func (p *printer) argument(value any) any {
	switch v := value.(type) {
	case nil:
		return ""
	case styled:
		return p.render(v)
	case string:
		return inert(v)
	case time.Time:
		return p.when(v)
	case *time.Time:
		if v == nil {
			return ""
		}
		return p.when(*v)
	case []string:
		return inert(strings.Join(v, ", "))
	case error:
		return inert(v.Error())
	case fmt.Stringer:
		return inert(v.String())
	}
	if v := reflect.ValueOf(value); v.Kind() == reflect.String {
		return inert(v.String())
	}
	return value
}

// render writes styled text with its colours, if they are allowed.
func (p *printer) render(s styled) string {
	text := inert(s.text)
	if !p.color || s.style == plain || text == "" {
		return text
	}
	return "\x1b[" + string(s.style) + "m" + text + "\x1b[0m"
}

// when writes a time: for people how long ago it was, for programs exactly.
func (p *printer) when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if !p.tty {
		return t.UTC().Format(time.RFC3339)
	}
	return ago(p.now.Sub(t))
}

const (
	day  = 24 * time.Hour
	week = 7 * day
	year = 365 * day
)

// ago names a duration before now, or after it when d is negative.
func ago(d time.Duration) string {
	form := "%d%s ago"
	if d < 0 {
		form, d = "in %d%s", -d
	}
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{year, "y"}, {week, "w"}, {day, "d"}, {time.Hour, "h"}, {time.Minute, "min"}} {
		if d >= unit.size {
			return fmt.Sprintf(form, d/unit.size, unit.name)
		}
	}
	return "just now"
}

// wrap writes words in lines of at most the width, each indented.
func (p *printer) wrap(indent, text string) {
	width := defaultWidth
	if p.tty {
		width = p.width
	}
	p.text(indent, ansi.Wordwrap(inert(text), max(1, width-len(indent)), ""))
}
