package cmd

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sources parses the program's own files, without tests and generated ones.
func sources(t *testing.T) (*token.FileSet, []*ast.File) {
	t.Helper()
	set := token.NewFileSet()
	var files []*ast.File
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "testdata" || name == "dbsqlc" || (strings.HasPrefix(name, ".") && name != "..") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(set, path, nil, 0)
		files = append(files, file)
		return err
	})
	require.NoError(t, err)
	require.Greater(t, len(files), 100)
	return set, files
}

// method returns the receiver and the name of a call such as x.F().
func method(n ast.Node) (ast.Expr, string) {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return nil, ""
	}
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return nil, ""
	}
	return s.X, s.Sel.Name
}

// TestEveryErrorHasAHint looks at each place that makes an error for people: a
// hint is given there, or to the variable that the error is kept in.
func TestEveryErrorHasAHint(t *testing.T) {
	t.Parallel()
	set, files := sources(t)
	makers := []string{"New", "Usage", "NotFound", "NotAllowed", "Conflict", "Failed"}
	seen := 0
	for _, file := range files {
		if file.Name.Name == "fault" {
			continue
		}
		hinted := map[ast.Node]bool{}
		variables := map[string]bool{}
		ast.Inspect(file, func(n ast.Node) bool {
			on, name := method(n)
			if name == "WithHint" || name == "WithNearest" {
				for ; on != nil; on, _ = method(on) {
					hinted[on] = true
					if v, ok := on.(*ast.Ident); ok {
						variables[v.Name] = true
					}
				}
			}
			if a, ok := n.(*ast.AssignStmt); ok {
				if s, ok := a.Lhs[0].(*ast.SelectorExpr); ok && s.Sel.Name == "Hint" {
					if v, ok := s.X.(*ast.Ident); ok {
						variables[v.Name] = true
					}
				}
			}
			return true
		})
		ast.Inspect(file, func(n ast.Node) bool {
			if a, ok := n.(*ast.AssignStmt); ok && len(a.Lhs) == 1 && len(a.Rhs) == 1 {
				if v, ok := a.Lhs[0].(*ast.Ident); ok && variables[v.Name] {
					for on := a.Rhs[0]; on != nil; on, _ = method(on) {
						hinted[on] = true
					}
				}
			}
			on, name := method(n)
			if v, ok := on.(*ast.Ident); ok && v.Name == "fault" && slices.Contains(makers, name) {
				seen++
				if !hinted[n] {
					t.Errorf("%s: this error has no hint", set.Position(n.Pos()))
				}
			}
			return true
		})
	}
	require.Greater(t, seen, 150)
}

// hintTexts collects what is written as a hint, by where it stands.
func hintTexts(t *testing.T) map[string]string {
	t.Helper()
	set, files := sources(t)
	texts := map[string]string{}
	literal := func(e ast.Expr) {
		ast.Inspect(e, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				text, err := strconv.Unquote(l.Value)
				require.NoError(t, err)
				texts[set.Position(l.Pos()).String()] = text
			}
			return true
		})
	}
	names := []string{"Hint", "Fix", "Command", "Next"}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if _, name := method(n); (name == "WithHint" || name == "WithNearest") && len(n.Args) > 0 {
					literal(n.Args[0])
					literal(n.Args[len(n.Args)-1])
				}
			case *ast.KeyValueExpr:
				if k, ok := n.Key.(*ast.Ident); ok && slices.Contains(names, k.Name) {
					literal(n.Value)
				}
			case *ast.AssignStmt:
				if s, ok := n.Lhs[0].(*ast.SelectorExpr); ok && slices.Contains(names, s.Sel.Name) {
					literal(n.Rhs[0])
				}
			}
			return true
		})
	}
	return texts
}

// TestHintsCanBeRunAndDestroyNothing parses each command in a hint by the
// command that it is.
func TestHintsCanBeRunAndDestroyNothing(t *testing.T) {
	t.Parallel()
	command := regexp.MustCompile("`layercake( [^`]*)?`|'layercake( [^']*)?'|^layercake( .*)?$")
	destructive := regexp.MustCompile(`project delete|doc delete|db stop|--overwrite|--force|\brm\b|git (reset|clean|checkout|restore)|DROP|--yes\b`)
	// These say what they do, or keep a copy.
	wanted := []string{"layercake setup --yes", "layercake init --yes", "layercake project render --overwrite"}
	f := newFactory(setup(t).process)
	found := 0
	for at, text := range hintTexts(t) {
		for _, quoted := range command.FindAllString(text, -1) {
			found++
			line := strings.Trim(quoted, "`'")
			if !slices.Contains(wanted, line) {
				require.NotRegexp(t, destructive, line, at)
			}
			err := parses(f, line)
			assert.NoError(t, err, "%s: %s", at, line) //nolint:testifylint // all of them are wanted
		}
	}
	require.Greater(t, found, 150)
}

// parses reports whether a command line is one that could be run. What is put
// in for a placeholder is an id or the name of a group.
func parses(f *Factory, line string) (err error) {
	for _, word := range []string{"G1", "task"} {
		filled := strings.NewReplacer("%s", word, "%q", word, "%d", "1", "…", word, "...", word, "COMMAND", word).Replace(line)
		if strings.HasSuffix(filled, " ") {
			filled += word // what follows is put together
		}
		root := newCmdRoot(newFactory(f.process)) // flags keep their values
		root.InitDefaultHelpCmd()
		found, rest, findErr := root.Find(splitWords(filled)[1:])
		if err = findErr; err != nil {
			continue
		}
		if err = found.ParseFlags(rest); errors.Is(err, pflag.ErrHelp) {
			return nil
		}
		if err != nil {
			continue
		}
		args := found.Flags().Args()
		if found.HasSubCommands() && len(args) > 0 {
			err = unknownCommand(found, args[0])
			continue
		}
		if err = found.ValidateArgs(args); err == nil {
			return nil
		}
	}
	return err
}
