// Package outline says what a source file defines: functions, types, methods and
// so on, with where they are, what they are in, and how they are declared.
//
// Go is read by the parser of its standard library. The other languages are read
// by scanners of one pass over the file: it is cut into tokens by the language's
// rules for comments, strings and brackets, brackets are paired, and what looks
// like a definition where the language allows one is taken as such. A scanner
// needs no valid file, takes time in proportion to the file's length, and does
// not recurse ([why]).
//
// Lines end at "\n" alone, as in git and grep.
//
// [why]: ../../../docs/decisions/0008-outline-without-tree-sitter.md
package outline

import (
	"cmp"
	"slices"
	"strings"
)

// Kind is what a symbol is.
type Kind string

// The kinds.
const (
	Function    Kind = "function"
	Method      Kind = "method"
	Constructor Kind = "constructor"
	Class       Kind = "class"
	Interface   Kind = "interface" // also protocols
	Struct      Kind = "struct"    // also records and unions
	Enum        Kind = "enum"
	Trait       Kind = "trait"  // also type classes
	Object      Kind = "object" // one that is defined, not made
	Type        Kind = "type"   // another name for one, or one of no other kind
	Impl        Kind = "impl"   // methods of a type that is defined elsewhere; also instances and extensions
	Constant    Kind = "constant"
	Variable    Kind = "variable"
	Field       Kind = "field"
	Property    Kind = "property"
	Member      Kind = "member" // one value of an enum
	Module      Kind = "module"
	Namespace   Kind = "namespace"
	Macro       Kind = "macro"
	Heading     Kind = "heading"
	Table       Kind = "table"
	View        Kind = "view"
	Index       Kind = "index"
	Trigger     Kind = "trigger"
	Test        Kind = "test"
	Section     Kind = "section" // a named part of a file of settings
	Target      Kind = "target"  // what a build file makes
)

// Symbol is something that a file defines.
type Symbol struct {
	// Name is as written: "Shutdown".
	Name string
	Kind Kind
	// Parent are the names of what it is in, joined by dots: "Server"; "" at top level.
	Parent string
	// Line and EndLine, counted from 1 and inclusive, are those of the definition
	// itself.
	Line, EndLine int
	// DocLine is the first line of the comments, attributes and decorators that
	// stand before it; Line where there are none.
	DocLine int
	// Signature is the declaration in one line of at most [MaxSignature] bytes.
	Signature string
	// Exported says whether what is outside of the file, or of the class it is in,
	// may use it.
	Exported bool
	// Forward says that it is only declared here, as in a header of C, and defined
	// elsewhere.
	Forward bool
}

// Qualified is the name with those of what it is in.
func (s Symbol) Qualified() string {
	if s.Parent == "" {
		return s.Name
	}
	return s.Parent + "." + s.Name
}

// unqualify takes what a name is in from a name that is written with it, as in
// "defmodule App.Mail.Queue" and "class Mail::Queue". Namespaces stay whole: every
// file of a project says in which it is.
func unqualify(s *Symbol) {
	switch s.Kind {
	case Module, Class, Struct, Interface, Trait, Object, Enum:
	default:
		return
	}
	for _, mark := range []string{"::", "."} {
		at := strings.LastIndex(s.Name, mark)
		if at > 0 && at+len(mark) < len(s.Name) && !strings.ContainsAny(s.Name, " \t\"'/<([{") {
			s.Parent, s.Name = join(s.Parent, strings.ReplaceAll(s.Name[:at], mark, ".")), s.Name[at+len(mark):]
			return
		}
	}
}

// MaxSignature is the length of the longest signature, in bytes.
const MaxSignature = 200

// MaxName is the length of the longest name, in bytes. What is longer is no
// definition that anybody looks for.
const MaxName = 200

// MaxSize is the length of the longest file that is read, in bytes; longer ones
// have no symbols.
const MaxSize = 64 << 20

// Span is a part of a file by lines, counted from 1 and inclusive.
type Span struct{ Line, EndLine int }

// File is what was found in a file.
type File struct {
	// Symbols are in the order of their lines; what holds others comes before them.
	Symbols []Symbol
	// Whole are comments and strings of several lines, in order and not
	// overlapping. A blank line inside of them separates nothing.
	Whole []Span
}

// Of returns what src defines, which is in the language of that ID. Any bytes
// will do; what cannot be read has no symbols.
func Of(lang string, src []byte) (f File) {
	// No input is known that a scanner stumbles over. Should there be one, the file
	// is still found by its words.
	defer func() {
		if recover() != nil {
			f = File{}
		}
	}()
	return of(lang, src)
}

func of(lang string, src []byte) File {
	if len(src) > MaxSize {
		return File{}
	}
	f := scan(lang, src)
	for i := range f.Symbols {
		unqualify(&f.Symbols[i])
	}
	slices.SortStableFunc(f.Symbols, func(a, b Symbol) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(b.EndLine, a.EndLine))
	})
	return f
}
