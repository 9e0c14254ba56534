package outline

import (
	"bytes"
	"strings"
)

//nolint:gochecknoglobals // a fixed table, never written to
var sqlRules = &rules{special: map[byte]special{
	'-': lineComment("--"), '/': blockComment("/*", "*/", true), '#': lineComment("# "), '\'': str(quoted{begin: "'", end: "'", doubled: true, lines: true}),
	'"': str(quoted{begin: `"`, end: `"`, doubled: true}), '`': str(quoted{begin: "`", end: "`"}), '$': sqlDollar,
}}

// sqlDollar is a text such as $x$text$x$.
func sqlDollar(l *lexer) bool {
	at := l.pos + 1
	for at < len(l.src) && l.classes[l.src[at]] == letter {
		at++
	}
	if at >= len(l.src) || l.src[at] != '$' {
		return false
	}
	mark := l.src[l.pos : at+1]
	if n := bytes.Index(l.src[at+1:], mark); n >= 0 {
		l.takeText(at + 1 + n + len(mark))
	} else {
		l.takeText(len(l.src))
	}
	return true
}

//nolint:gochecknoglobals // a fixed table, never written to
var sqlKinds = map[string]Kind{
	"TABLE": Table, "VIEW": View, "FUNCTION": Function, "PROCEDURE": Function, "AGGREGATE": Function, "INDEX": Index, "TRIGGER": Trigger, "TYPE": Type,
	"DOMAIN": Type, "SEQUENCE": Variable, "SCHEMA": Namespace, "MACRO": Macro, "POLICY": Constant, "EVENT": Trigger, "DATABASE": Namespace,
}

// sql has statements; those that create something define it. A comment
// "-- name: X" names the statement behind it.
func sql(src []byte) File {
	l := lex(src, sqlRules)
	r := newReader(l)
	for i := 0; i < len(r.tokens); {
		end := i
		for end < len(r.tokens) && !r.punct(end, ';') {
			end = r.past(end)
		}
		end = min(end, len(r.tokens)-1)
		if strings.EqualFold(r.word(i), "CREATE") {
			sqlCreate(r, i, end)
		} else if name := sqlName(r, src, i); name != "" {
			r.add(found{name: name, kind: Function, start: i, attr: i, end: end})
		}
		i = end + 1
	}
	return File{Symbols: r.symbols, Whole: l.whole}
}

// sqlName is the name that the comment above a statement gives it.
func sqlName(r *reader, src []byte, i int) string {
	if !r.first(i) {
		return ""
	}
	lines := src[:r.tokens[i].start]
	for range 20 {
		lines = bytes.TrimRight(lines, " \t\r\n")
		line := lines[bytes.LastIndexByte(lines, '\n')+1:]
		rest, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("--"))
		if !ok {
			return ""
		}
		if name, ok := bytes.CutPrefix(bytes.TrimSpace(rest), []byte("name:")); ok {
			for field := range bytes.FieldsSeq(name) {
				return string(field)
			}
		}
		lines = lines[:len(lines)-len(line)]
	}
	return ""
}

func sqlCreate(r *reader, i, end int) {
	for at := i + 1; at < end && at < i+8; at++ {
		kind, ok := sqlKinds[strings.ToUpper(r.word(at))]
		if !ok {
			continue
		}
		name := at + 1
		for strings.EqualFold(r.word(name), "IF") || strings.EqualFold(r.word(name), "NOT") || strings.EqualFold(r.word(name), "EXISTS") ||
			strings.EqualFold(r.word(name), "CONCURRENTLY") {
			name++
		}
		if name > end || !r.isWord(name) && r.tokens[name].kind != text || strings.EqualFold(r.word(name), "ON") {
			return
		}
		parent := ""
		for r.punct(name+1, '.') && name+2 <= end {
			parent = join(parent, r.name(name))
			name += 2
		}
		f := found{name: r.name(name), kind: kind, parent: parent, start: i, attr: i, end: end}
		body := name + 1
		for body < end && !r.punct(body, '(') && !strings.EqualFold(r.word(body), "AS") {
			body++
		}
		if kind == Table || kind == View {
			f.head = body
		}
		r.add(f)
		if kind == Table && r.punct(body, '(') {
			sqlColumns(r, body, join(parent, f.name))
		}
		return
	}
}

func sqlColumns(r *reader, open int, table string) {
	end := r.pair(open)
	for at := open + 1; at < end; {
		next := at
		for next < end && !r.punct(next, ',') {
			next = r.past(next)
		}
		switch strings.ToUpper(r.word(at)) {
		case "PRIMARY", "UNIQUE", "FOREIGN", "CONSTRAINT", "CHECK", "KEY", "INDEX", "EXCLUDE", "LIKE", "FULLTEXT", "PERIOD":
		default:
			if (r.isWord(at) || at < len(r.tokens) && r.tokens[at].kind == text) && next > at+1 {
				r.add(found{name: r.name(at), kind: Field, parent: table, start: at, attr: at, end: next - 1})
			}
		}
		at = next + 1
	}
}
