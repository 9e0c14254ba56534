package cmd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/layercake-dev/layercake/core"
)

// bookkeeping are fields that change with every change, and say nothing to people.
func bookkeeping() []string {
	return []string{"version", "updated_at", "created_version", "since_version", "rank"}
}

// changes writes how records differ: for people a heading for each record and a
// line for each field, in a pipe one line for each field.
func (p *printer) changes(records []core.RecordChange) {
	if !p.tty {
		t := newTable(col("RECORD"), col("ID"), col("CHANGE"), col("FIELD"), col("FROM"), col("TO"))
		for i := range records {
			r := &records[i]
			for _, f := range r.Fields {
				t.add(r.Record, r.ID, r.Change, f.Field, p.fieldValue(f.From), p.fieldValue(f.To))
			}
			if len(r.Fields) == 0 {
				t.add(r.Record, r.ID, r.Change, "", "", "")
			}
		}
		p.table(t)
		return
	}
	for i := range records {
		p.change(&records[i])
	}
}

func (p *printer) change(r *core.RecordChange) {
	sign := yellow.of("~")
	switch r.Change {
	case "added":
		sign = green.of("+")
	case "removed":
		sign = red.of("-")
	}
	p.line("%s %s %s %s", sign, r.Record, bold.of(r.ID), r.Title)
	widest := 0
	for _, f := range r.Fields {
		widest = max(widest, len(f.Field))
	}
	for _, f := range r.Fields {
		if slices.Contains(bookkeeping(), f.Field) || r.Change == "removed" {
			continue
		}
		name := p.render(dim.of(fmt.Sprintf("    %-*s", widest, strings.ReplaceAll(f.Field, "_", " "))))
		room := max(leastFlexible, p.width-widest-len("      "))
		if r.Change == "added" {
			p.buf.WriteString(name + "  " + ansi.Truncate(p.fieldValue(f.To), room, ellipsis) + "\n")
			continue
		}
		half := (room - len(" -> ")) / 2
		from, to := p.fieldValue(f.From), p.fieldValue(f.To)
		if over := ansi.StringWidth(from) + ansi.StringWidth(to) - 2*half; over > 0 {
			from = ansi.Truncate(from, max(half, 2*half-ansi.StringWidth(to)), ellipsis)
			to = ansi.Truncate(to, max(half, 2*half-ansi.StringWidth(from)), ellipsis)
		}
		p.buf.WriteString(name + "  " + from + " → " + to + "\n")
	}
}

// fieldValue writes a value of a field on one line.
func (p *printer) fieldValue(v any) string {
	switch v := v.(type) {
	case nil:
		return "(none)"
	case string:
		return orNone(inert(v))
	case []string:
		return orNone(inert(strings.Join(v, ", ")))
	case bool:
		return yesNo(v)
	case time.Time:
		return v.UTC().Format(time.RFC3339)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return inert(fmt.Sprint(v))
}

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}
