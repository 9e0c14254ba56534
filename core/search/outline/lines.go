package outline

import (
	"bytes"
	"strings"
)

// mark is how a line starts that defines something.
type mark struct {
	prefix string
	kind   Kind
}

//nolint:gochecknoglobals // a fixed table, never written to
var marks = map[string][]mark{
	"perl":  {{"sub ", Function}, {"package ", Module}},
	"cmake": {{"function(", Function}, {"macro(", Macro}, {"add_library(", Target}, {"add_executable(", Target}},
	"vim":   {{"function! ", Function}, {"function ", Function}, {"command! ", Function}},
	"julia": {
		{"function ", Function}, {"macro ", Macro}, {"struct ", Struct},
		{"mutable struct ", Struct}, {"abstract type ", Type}, {"module ", Module},
	},
	"clojure": {
		{"(defn- ", Function}, {"(defn ", Function}, {"(defmacro ", Macro}, {"(def ", Variable},
		{"(defprotocol ", Interface}, {"(defrecord ", Struct}, {"(ns ", Namespace}, {"(deftest ", Test}, {"(defmulti ", Function},
	},
	"lisp": {
		{"(defun ", Function}, {"(defmacro ", Macro}, {"(defvar ", Variable}, {"(defcustom ", Variable},
		{"(defconst ", Constant}, {"(defclass ", Class}, {"(defparameter ", Variable}, {"(defmethod ", Method},
	},
	"scheme":     {{"(define (", Function}, {"(define ", Variable}, {"(define-syntax ", Macro}, {"(define-record-type ", Struct}},
	"tcl":        {{"proc ", Function}},
	"powershell": {{"function ", Function}, {"class ", Class}, {"Function ", Function}},
	"ocaml": {
		{"let rec ", Function}, {"let ", Function}, {"type ", Type}, {"module type ", Interface},
		{"module ", Module}, {"val ", Function}, {"class ", Class}, {"exception ", Type},
	},
	"fsharp":   {{"let rec ", Function}, {"let ", Function}, {"type ", Type}, {"module ", Module}},
	"elm":      {{"type alias ", Type}, {"type ", Type}, {"port ", Function}},
	"nim":      {{"proc ", Function}, {"func ", Function}, {"template ", Macro}, {"macro ", Macro}, {"method ", Method}, {"iterator ", Function}},
	"pascal":   {{"procedure ", Function}, {"function ", Function}, {"constructor ", Constructor}},
	"latex":    {{`\section{`, Heading}, {`\subsection{`, Heading}, {`\chapter{`, Heading}},
	"ini":      {{"[", Section}},
	"toml":     {{"[[", Section}, {"[", Section}},
	"asciidoc": {{"= ", Heading}, {"== ", Heading}, {"=== ", Heading}, {"==== ", Heading}},
	"org":      {{"* ", Heading}, {"** ", Heading}, {"*** ", Heading}},
}

// marked finds the lines at the left margin that start like a definition; it goes
// up to the next of them.
func marked(lang string, src []byte) File {
	var f File
	forEachLine(src, func(number int, line []byte) {
		for _, m := range marks[lang] {
			rest, ok := bytes.CutPrefix(line, []byte(m.prefix))
			if !ok {
				continue
			}
			end := bytes.IndexAny(rest, "( \t{)=:;]}\"<,")
			if m.kind == Heading && m.prefix[0] != '\\' || m.kind == Section {
				end = bytes.IndexByte(rest, ']')
			}
			if end < 0 {
				end = len(rest)
			}
			f.mark(string(rest[:end]), m.kind, number, line)
			break
		}
	}, func(last int) { f.markEnd(last) })
	return f
}

func (f *File) mark(name string, kind Kind, number int, line []byte) {
	name = strings.ToValidUTF8(strings.TrimSpace(name), "")
	if name == "" || len(name) > MaxName {
		return
	}
	f.markEnd(number - 1)
	f.Symbols = append(f.Symbols, Symbol{
		Name: name, Kind: kind, Line: number, EndLine: number, DocLine: number, Signature: signature(line), Exported: true,
	})
}

// markEnd ends the last symbol.
func (f *File) markEnd(line int) {
	if n := len(f.Symbols); n > 0 {
		f.Symbols[n-1].EndLine = max(f.Symbols[n-1].Line, line)
	}
}

func forEachLine(src []byte, do func(number int, line []byte), end func(last int)) {
	number := 0
	for line := range bytes.Lines(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))) {
		number++
		do(number, bytes.TrimRight(line, "\r\n"))
	}
	end(number)
}

// yaml has sections by its keys at the left margin.
func yaml(src []byte) File {
	var f File
	forEachLine(src, func(number int, line []byte) {
		if len(line) == 0 || line[0] <= ' ' || strings.IndexByte("#-{[]}%.\"'", line[0]) >= 0 {
			return
		}
		if key, rest, ok := bytes.Cut(line, []byte(":")); ok && (len(rest) == 0 || rest[0] == ' ') {
			f.mark(string(key), Section, number, line)
		}
	}, func(last int) { f.markEnd(last) })
	return f
}

// makefile has targets and variables.
func makefile(src []byte) File {
	var f File
	forEachLine(src, func(number int, line []byte) {
		if len(line) == 0 || line[0] <= ' ' || line[0] == '#' || line[0] == '.' {
			return
		}
		name, rest, ok := bytes.Cut(line, []byte(":"))
		if ok && !bytes.HasPrefix(rest, []byte("=")) && bytes.IndexByte(name, '=') < 0 && bytes.IndexByte(name, '$') < 0 {
			f.mark(string(name), Target, number, line)
		}
	}, func(last int) { f.markEnd(last) })
	return f
}

// dockerfile has stages.
func dockerfile(src []byte) File {
	var f File
	forEachLine(src, func(number int, line []byte) {
		fields := strings.Fields(string(line))
		const named = 4 // FROM image AS name
		if len(fields) < 2 || !strings.EqualFold(fields[0], "FROM") {
			return
		}
		name := fields[1]
		if len(fields) >= named && strings.EqualFold(fields[2], "AS") {
			name = fields[3]
		}
		f.mark(name, Target, number, line)
	}, func(last int) { f.markEnd(last) })
	return f
}

// rst has headings, which are underlined.
func rst(src []byte) File {
	var f File
	var before []byte
	forEachLine(src, func(number int, line []byte) {
		const least = 3
		if len(line) >= least && strings.IndexByte("=-~^\"'#*+`:._", line[0]) >= 0 && len(bytes.Trim(line, string(line[:1]))) == 0 &&
			len(before) > 0 && len(line)+2 >= len(before) && before[0] > ' ' && before[0] != line[0] {
			f.mark(string(before), Heading, number-1, before)
			line = nil
		}
		before = bytes.TrimRight(line, " ")
	}, func(last int) { f.markEnd(last) })
	return f
}
