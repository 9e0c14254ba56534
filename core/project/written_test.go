package project_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/event"
)

// TestReservedTypesAreThoseThatNothingWrites looks in the source of everything
// that may write a log for the payloads that it makes. The catalogue marks a type
// as reserved if, and only if, there is none: docs/reference/events.md says so.
func TestReservedTypesAreThoseThatNothingWrites(t *testing.T) {
	t.Parallel()
	made := map[event.Type]string{}
	for _, folder := range []string{"..", "../../db", "../../markdown"} {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			name := filepath.ToSlash(path)
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") ||
				strings.HasPrefix(name, "../event/") || strings.Contains(name, "/projecttest/") {
				return err
			}
			source, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(source, func(n ast.Node) bool {
				if literal, ok := n.(*ast.CompositeLit); ok {
					if kind, ok := literal.Type.(*ast.SelectorExpr); ok {
						if of, ok := kind.X.(*ast.Ident); ok && of.Name == "event" && strings.HasSuffix(kind.Sel.Name, "Payload") {
							made[event.Type(strings.TrimSuffix(kind.Sel.Name, "Payload"))] = path
						}
					}
				}
				return true
			})
			return nil
		})
		require.NoError(t, err)
	}
	require.Greater(t, len(made), 50)
	for _, spec := range event.Catalogue() {
		where, written := made[spec.Type]
		delete(made, spec.Type)
		require.Equal(t, !written, spec.Reserved, "%s is made in %q; mark it in core/event/catalogue.go as it is", spec.Type, where)
	}
	require.Empty(t, made, "payloads of types that are not in the catalogue")
}
