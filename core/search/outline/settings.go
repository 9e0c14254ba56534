package outline

import "bytes"

//nolint:gochecknoglobals // fixed tables, never written to
var (
	goSource = &grammar{
		rules: &rules{special: map[byte]special{
			'/': slashes(false), '"': quote(`"`), '\'': quote("'"), '`': str(quoted{begin: "`", end: "`", lines: true}),
		}},
		forms: map[string]form{"func": {kind: Function, name: goFuncName}, "type": {kind: Type}, "const": {kind: Constant}, "var": {kind: Variable}},
		lines: true,
	}
	proto = &grammar{
		rules: &rules{special: map[byte]special{'/': slashes(false), '"': quote(`"`), '\'': quote("'"), '#': lineComment("#")}},
		forms: map[string]form{
			"message": {kind: Struct, holds: true}, "enum": {kind: Enum, holds: true}, "service": {kind: Interface, holds: true},
			"rpc": {kind: Method}, "struct": {kind: Struct}, "exception": {kind: Struct}, "union": {kind: Struct}, "interface": {kind: Interface, holds: true},
			"namespace": {kind: Namespace},
		},
	}
	graphql = &grammar{
		rules: &rules{special: map[byte]special{
			'#': lineComment("#"), '"': oneOf(str(quoted{begin: `"""`, end: `"""`, lines: true}), quote(`"`)),
		}},
		forms: map[string]form{
			"type": {kind: Type}, "input": {kind: Struct}, "enum": {kind: Enum}, "interface": {kind: Interface}, "union": {kind: Type},
			"scalar": {kind: Type}, "query": {kind: Function}, "mutation": {kind: Function}, "subscription": {kind: Function}, "fragment": {kind: Function},
		},
		lines: true,
	}
	hcl = &grammar{
		rules: &rules{inWord: "-", special: map[byte]special{
			'#': lineComment("#"), '/': slashes(false), '"': str(quoted{begin: `"`, end: `"`, escape: '\\', code: "${", closer: '}'}),
		}},
		forms: map[string]form{
			"resource": {kind: Section, name: hclName}, "data": {kind: Section, name: hclName}, "variable": {kind: Variable, name: hclName},
			"output": {kind: Variable, name: hclName}, "module": {kind: Module, name: hclName}, "provider": {kind: Section, name: hclName},
			"model": {kind: Struct}, "enum": {kind: Enum}, "datasource": {kind: Section}, "generator": {kind: Section},
		},
		lines: true,
	}
	solidity = &grammar{
		rules: &rules{special: map[byte]special{'/': slashes(false), '"': quote(`"`), '\'': quote("'")}},
		forms: map[string]form{
			"contract": {kind: Class, holds: true}, "library": {kind: Class, holds: true}, "interface": {kind: Interface, holds: true},
			"struct": {kind: Struct}, "enum": {kind: Enum}, "function": {kind: Function, inside: Method}, "modifier": {kind: Method}, "event": {kind: Member},
			"error": {kind: Member},
		},
	}
)

// goFuncName reads files that go/parser does not.
func goFuncName(r *reader, i int) (string, int) {
	if !r.punct(i+1, '(') {
		return oneWord(r, i)
	}
	end := r.pair(i + 1)
	receiver := ""
	for at := i + 2; at < end; at = r.past(at) {
		if r.isWord(at) {
			receiver = r.name(at)
		}
	}
	if !r.isWord(end + 1) {
		return "", i
	}
	return receiver + "." + r.name(end+1), end + 2
}

// hclName is "type.name" of a block such as resource "type" "name".
func hclName(r *reader, i int) (string, int) {
	name := ""
	at := i + 1
	for at < len(r.tokens) && (r.tokens[at].kind == text || r.isWord(at)) && at < i+3 {
		name = join(name, r.name(at))
		at++
	}
	if !r.punct(at, '{') {
		return "", i
	}
	return name, at
}

// embedded reads the scripts in a page; all else counts as blank.
func embedded(src []byte) File {
	code := bytes.Clone(src)
	at := 0
	for at < len(code) {
		start := bytes.Index(code[at:], []byte("<script"))
		if start < 0 {
			break
		}
		start += at
		open := bytes.IndexByte(code[start:], '>')
		if open < 0 {
			break
		}
		from := start + open + 1
		to := len(code)
		if n := bytes.Index(code[from:], []byte("</script")); n >= 0 {
			to = from + n
		}
		blankOut(code[at:from])
		at = to
	}
	blankOut(code[at:])
	return typescript(code)
}

func blankOut(text []byte) {
	for i, c := range text {
		if c != '\n' {
			text[i] = ' '
		}
	}
}
