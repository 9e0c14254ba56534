package outline

import "bytes"

//nolint:gochecknoglobals // fixed tables, never written to
var (
	java = &dialect{
		rules: &rules{inWord: "$", special: map[byte]special{
			'/': slashes(false), '\'': quote("'"),
			'"': oneOf(str(quoted{begin: `"""`, end: `"""`, escape: '\\', lines: true}), quote(`"`)),
		}},
		modifiers: set("public private protected static final abstract native synchronized transient volatile strictfp default sealed non record"),
		types:     map[string]Kind{"class": Class, "interface": Interface, "enum": Enum, "record": Struct},
		show:      set("public"),
	}
	groovy = &dialect{
		rules: &rules{inWord: "$", special: map[byte]special{
			'/': slashes(false), '\'': oneOf(str(quoted{begin: `'''`, end: `'''`, escape: '\\', lines: true}), quote("'")),
			'"': oneOf(str(quoted{begin: `"""`, end: `"""`, escape: '\\', lines: true}), quote(`"`)),
		}},
		modifiers: set("public private protected static final abstract def"),
		types:     map[string]Kind{"class": Class, "interface": Interface, "enum": Enum, "trait": Trait, "record": Struct},
		hide:      set("private protected"),
	}
	csharp = &dialect{
		rules: &rules{inWord: "@", preprocessor: true, special: map[byte]special{
			'/': slashes(false), '\'': charOr, '"': oneOf(csharpRaw, quote(`"`)), '@': csharpVerbatim, '$': csharpInterpolated,
		}},
		modifiers: set("public private protected internal static readonly abstract virtual override sealed async partial extern unsafe new const " +
			"volatile ref required file event fixed implicit explicit"),
		types: map[string]Kind{
			"class": Class, "interface": Interface, "enum": Enum, "struct": Struct, "record": Struct, "namespace": Namespace, "delegate": Type,
		},
		show: set("public"), brackets: true, properties: true,
	}
	dart = &dialect{
		rules: &rules{inWord: "$", special: map[byte]special{
			'/': slashes(true), 'r': dartRaw,
			'\'': oneOf(str(quoted{begin: `'''`, end: `'''`, escape: '\\', lines: true, code: "${", closer: '}'}),
				str(quoted{begin: `'`, end: `'`, escape: '\\', code: "${", closer: '}'})),
			'"': oneOf(str(quoted{begin: `"""`, end: `"""`, escape: '\\', lines: true, code: "${", closer: '}'}),
				str(quoted{begin: `"`, end: `"`, escape: '\\', code: "${", closer: '}'})),
		}},
		modifiers: set("static final const abstract external late covariant factory get set base sealed interface var"),
		types:     map[string]Kind{"class": Class, "mixin": Trait, "enum": Enum, "extension": Impl, "typedef": Type},
		hide:      map[string]bool{},
	}
)

// csharpRaw is a string of several lines, such as """text""".
func csharpRaw(l *lexer) bool {
	n := 0
	for l.peek(n) == '"' {
		n++
	}
	if n < 3 {
		return false
	}
	mark := l.src[l.pos : l.pos+n]
	end := bytes.Index(l.src[l.pos+n:], mark)
	if end < 0 {
		l.takeText(len(l.src))
		return true
	}
	end += l.pos + n + n
	for end < len(l.src) && l.src[end] == '"' {
		end++
	}
	l.takeText(end)
	return true
}

// csharpVerbatim is a string such as @"text"; it may also be a word.
func csharpVerbatim(l *lexer) bool {
	switch {
	case l.at(`@"`):
		l.stringFrom(quoted{begin: `@"`, end: `"`, doubled: true, lines: true}, l.pos+2, nil)
		return true
	case l.at(`@$"`):
		return csharpInterpolated(l)
	}
	return false
}

// csharpInterpolated is a string with code in it, such as $"{code}".
func csharpInterpolated(l *lexer) bool {
	at := l.pos
	verbatim := false
	dollars := 0
	for at < len(l.src) && (l.src[at] == '$' || l.src[at] == '@') {
		verbatim = verbatim || l.src[at] == '@'
		if l.src[at] == '$' {
			dollars++
		}
		at++
	}
	if at >= len(l.src) || l.src[at] != '"' {
		return false
	}
	if bytes.HasPrefix(l.src[at:], []byte(`"""`)) || dollars > 1 {
		start := l.pos
		l.pos = at
		if csharpRaw(l) {
			l.tokens[len(l.tokens)-1].start = int32(start) //nolint:gosec // files are shorter than MaxSize
			return true
		}
		l.pos = start
		return false
	}
	l.interpolated(at+1, verbatim)
	return true
}

// interpolated goes on with such a string; braces that stand twice are text.
func (l *lexer) interpolated(at int, verbatim bool) {
	for at < len(l.src) {
		c := l.src[at]
		switch {
		case c == '\\' && !verbatim:
			at += 2
		case c == '\n' && !verbatim:
			l.takeText(at)
			return
		case c == '"' && verbatim && at+1 < len(l.src) && l.src[at+1] == '"', c == '{' && at+1 < len(l.src) && l.src[at+1] == '{':
			at += 2
		case c == '"':
			l.takeText(at + 1)
			return
		case c == '{':
			l.takeText(at)
			if l.beginFrame(1, '}', func(l *lexer) { l.interpolated(l.pos, verbatim) }) {
				return
			}
			at = l.pos + 1
		default:
			at++
		}
	}
	l.takeText(len(l.src))
}

func dartRaw(l *lexer) bool {
	q := l.peek(1)
	if q != '"' && q != '\'' {
		return false
	}
	s := string(q)
	if triple := s + s + s; bytes.HasPrefix(l.src[l.pos+1:], []byte(triple)) {
		l.stringFrom(quoted{end: triple, lines: true}, l.pos+4, nil)
	} else {
		l.stringFrom(quoted{end: s}, l.pos+2, nil)
	}
	return true
}
