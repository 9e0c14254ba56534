package outline

//nolint:gochecknoglobals // a fixed table, never written to
var shellRules = &rules{inWord: "-.", special: map[byte]special{
	'#': shellComment, '\'': str(quoted{begin: "'", end: "'", lines: true}), '"': str(quoted{begin: `"`, end: `"`, escape: '\\', lines: true}),
	'`': str(quoted{begin: "`", end: "`", escape: '\\', lines: true}), '<': shellHeredoc, '\\': shellEscape, '$': shellDollar,
}}

// shellComment starts a word.
func shellComment(l *lexer) bool {
	if l.pos > 0 {
		if before := l.src[l.pos-1]; before > ' ' && before != ';' && before != '&' && before != '(' && before != '|' {
			return false
		}
	}
	return lineComment("#")(l)
}

func shellEscape(l *lexer) bool {
	l.punct('\\')
	if l.pos < len(l.src) && l.src[l.pos] != '\n' {
		l.pos++
	}
	return true
}

// shellDollar is a variable in braces, or a text with escapes.
func shellDollar(l *lexer) bool {
	if l.at(`$'`) {
		l.stringFrom(quoted{end: "'", escape: '\\', lines: true}, l.pos+2, nil)
		return true
	}
	if l.at("$#") || l.at("${#") {
		l.punct('$')
		l.pos++
		return true
	}
	return false
}

func shellHeredoc(l *lexer) bool {
	if l.at("<<<") {
		l.pos += 2
		l.punct('<')
		return true
	}
	if !l.at("<<") {
		return false
	}
	at := l.pos + 2
	indented := at < len(l.src) && l.src[at] == '-'
	if indented {
		at++
	}
	for at < len(l.src) && l.src[at] == ' ' {
		at++
	}
	q := byte(0)
	if at < len(l.src) && (l.src[at] == '\'' || l.src[at] == '"' || l.src[at] == '\\') {
		q = l.src[at]
		at++
	}
	start := at
	for at < len(l.src) && l.classes[l.src[at]] == letter || at < len(l.src) && at > start && l.classes[l.src[at]] == digit {
		at++
	}
	if at == start {
		return false
	}
	l.heredocs = append(l.heredocs, heredoc{word: string(l.src[start:at]), indented: indented})
	if q == '\'' || q == '"' {
		at++
	}
	l.takeText(at)
	return true
}

// shell has functions, and variables that are set at the left margin.
func shell(src []byte) File {
	l := lex(src, shellRules)
	r := newReader(l)
	for i := 0; i < len(r.tokens); i++ {
		if !r.isWord(i) || !r.first(i) && !r.anyPunct(i-1, ";{") && !r.is(i-1, "function") {
			continue
		}
		start, name, after := i, i, i+1
		keyword := r.is(i, "function") && r.isWord(i+1)
		if keyword {
			name, after = i+1, i+2
		}
		parens := r.punct(after, '(') && r.punct(after+1, ')')
		if parens {
			after += 2
		}
		body := r.anyPunct(after, "{(")
		switch {
		case (parens || keyword) && body:
			end := r.pair(after)
			r.add(found{name: r.name(name), kind: Function, start: start, attr: start, head: after, end: end})
			i = after
		case r.isConstant(i):
			r.add(found{name: r.name(i), kind: Variable, start: i, attr: i, end: shellEnd(r, i), hidden: true})
		case (r.is(i, "readonly") || r.is(i, "export") || r.is(i, "declare")) && r.isConstant(i+1):
			r.add(found{name: r.name(i + 1), kind: Variable, start: i, attr: i, end: shellEnd(r, i+1)})
		}
	}
	return File{Symbols: r.symbols, Whole: l.whole}
}

// isConstant tells whether a variable is set at i, at the left margin.
func (r *reader) isConstant(i int) bool {
	return r.isWord(i) && r.punct(i+1, '=') && r.tokens[i].end == r.tokens[i+1].start && r.indent(i) == 0 && isUpper(r.word(i))
}

func shellEnd(r *reader, i int) int {
	last := i
	for at := i; at < len(r.tokens) && (at == i || !r.first(at)); at = r.past(at) {
		last = min(r.past(at), len(r.tokens)) - 1
	}
	return last
}
