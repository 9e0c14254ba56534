package outline

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"strings"
)

// goFile reads a file of Go that parses; one that does not is left to the
// scanner.
func goFile(src []byte) (File, bool) {
	set := gotoken.NewFileSet()
	file, err := parser.ParseFile(set, "", src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return File{}, false
	}
	g := &goReader{src: src, file: set.File(file.Pos())}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			g.function(d)
		case *ast.GenDecl:
			g.general(d)
		}
	}
	return File{Symbols: g.symbols, Whole: g.whole(file)}, true
}

type goReader struct {
	src     []byte
	file    *gotoken.File
	symbols []Symbol
}

// line is the line in the file, whatever "//line" comments say.
func (g *goReader) line(p gotoken.Pos) int { return g.file.PositionFor(p, false).Line }

func (g *goReader) text(from, to gotoken.Pos) string {
	start, end := g.file.Offset(from), g.file.Offset(to)
	return signature(g.src[start:min(end, len(g.src))])
}

func (g *goReader) add(name *ast.Ident, kind Kind, parent string, node ast.Node, doc *ast.CommentGroup, sig string) {
	if name.Name == "_" {
		return
	}
	s := Symbol{
		Name: name.Name, Kind: kind, Parent: parent, Line: g.line(node.Pos()), EndLine: g.line(node.End()),
		Signature: sig, Exported: name.IsExported(),
	}
	s.DocLine = s.Line
	if doc != nil {
		s.DocLine = min(s.Line, g.line(doc.Pos()))
	}
	g.symbols = append(g.symbols, s)
}

func (g *goReader) function(d *ast.FuncDecl) {
	kind, parent := Function, ""
	if d.Recv != nil && len(d.Recv.List) > 0 {
		kind, parent = Method, goTypeName(d.Recv.List[0].Type)
	}
	end := d.End()
	if d.Body != nil {
		end = d.Body.Pos()
	}
	g.add(d.Name, kind, parent, unDoc{d.Pos(), d.End()}, d.Doc, g.text(d.Pos(), end))
}

// unDoc is where a declaration is without its comment.
type unDoc struct{ from, to gotoken.Pos }

func (u unDoc) Pos() gotoken.Pos { return u.from }
func (u unDoc) End() gotoken.Pos { return u.to }

// goTypeName is the name of a receiver's type.
func goTypeName(e ast.Expr) string {
	for {
		switch t := e.(type) {
		case *ast.StarExpr:
			e = t.X
		case *ast.ParenExpr:
			e = t.X
		case *ast.IndexExpr:
			e = t.X
		case *ast.IndexListExpr:
			e = t.X
		case *ast.SelectorExpr:
			return t.Sel.Name
		case *ast.Ident:
			return t.Name
		default:
			return ""
		}
	}
}

func (g *goReader) general(d *ast.GenDecl) {
	for _, spec := range d.Specs {
		var node ast.Node = spec
		doc := d.Doc
		if d.Lparen.IsValid() {
			doc = nil
		} else {
			node = unDoc{d.TokPos, d.End()}
		}
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Doc != nil {
				doc = s.Doc
			}
			g.typ(s, node, doc)
		case *ast.ValueSpec:
			if s.Doc != nil {
				doc = s.Doc
			}
			kind := Variable
			if d.Tok == gotoken.CONST {
				kind = Constant
			}
			for _, name := range s.Names {
				g.add(name, kind, "", node, doc, d.Tok.String()+" "+strings.TrimPrefix(g.text(s.Pos(), s.End()), d.Tok.String()+" "))
			}
		}
	}
}

func (g *goReader) typ(s *ast.TypeSpec, node ast.Node, doc *ast.CommentGroup) {
	kind, head := Type, s.End()
	var members *ast.FieldList
	switch t := s.Type.(type) {
	case *ast.StructType:
		kind, head, members = Struct, t.Fields.Pos(), t.Fields
	case *ast.InterfaceType:
		kind, head, members = Interface, t.Methods.Pos(), t.Methods
	}
	g.add(s.Name, kind, "", node, doc, "type "+g.text(s.Pos(), head))
	if members == nil {
		return
	}
	for _, m := range members.List {
		kind := Field
		if _, ok := m.Type.(*ast.FuncType); ok && s.Type != nil {
			if _, ok := s.Type.(*ast.InterfaceType); ok {
				kind = Method
			}
		}
		for _, name := range m.Names {
			g.add(name, kind, s.Name.Name, m, m.Doc, g.text(m.Pos(), m.End()))
		}
	}
}

// whole are the comments and strings of several lines.
func (g *goReader) whole(file *ast.File) []Span {
	var spans []Span
	add := func(n ast.Node) {
		if from, to := g.line(n.Pos()), g.line(n.End()); to > from {
			spans = append(spans, Span{from, to})
		}
	}
	for _, c := range file.Comments {
		add(c)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == gotoken.STRING {
			add(lit)
		}
		return true
	})
	return spans
}
