package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
)

// comments are what the source of a package says of its types, its constants and
// the fields of its types, the latter as "Type.Field".
type comments map[string]string

func readComments(folder string) (comments, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, fmt.Errorf("list the sources in %s: %w", folder, err)
	}
	found := comments{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			return nil, fmt.Errorf("read the source: %w", err)
		}
		for _, decl := range source.Decls {
			if general, ok := decl.(*ast.GenDecl); ok {
				found.declaration(general)
			}
		}
	}
	return found, nil
}

func (c comments) declaration(decl *ast.GenDecl) {
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				c[name.Name] = words(decl.Doc)
			}
		case *ast.TypeSpec:
			c[spec.Name.Name] = words(decl.Doc)
			if fields, ok := spec.Type.(*ast.StructType); ok {
				c.fields(spec.Name.Name, fields)
			}
		}
	}
}

func (c comments) fields(of string, fields *ast.StructType) {
	for _, field := range fields.Fields.List {
		for _, name := range field.Names {
			c[of+"."+name.Name] = words(field.Doc)
		}
	}
}

// words are a comment on one line.
func words(doc *ast.CommentGroup) string { return strings.Join(strings.Fields(doc.Text()), " ") }
