package markdown

import (
	"regexp"
	"strings"
	"sync"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// outline is a file as its blocks, without what is in its lines. What a list,
// a code fence or a comment holds is never taken for something at the top.
type outline struct {
	src []byte
	// all is src, for the pieces of it that are kept.
	all  string
	odd  oddStarts
	root ast.Node
}

// piece is a block with the whole lines that it takes, up to the next one. Each
// item of a list is a piece, the list itself is none.
type piece struct {
	node       ast.Node
	start, end int
}

// readOutline finds the blocks of a source whose lines end with \n.
func readOutline(src []byte) *outline {
	o := &outline{src: src, all: string(src), odd: oddStarts{}}
	ctx := parser.NewContext()
	ctx.Set(oddStartsKey, o.odd)
	o.root = blockParser().Parse(text.NewReader(src), parser.WithContext(ctx))
	return o
}

// blockParser reads blocks and nothing else: no links, no emphasis.
//
//nolint:gochecknoglobals // built once, when it is first needed, as it takes a while; it is not changed by parsing
var blockParser = sync.OnceValue(func() parser.Parser {
	return parser.NewParser(parser.WithBlockParsers(inOrder(
		parser.NewSetextHeadingParser(),
		parser.NewThematicBreakParser(),
		shallow{parser.NewListParser()},
		parser.NewListItemParser(),
		parser.NewCodeBlockParser(),
		parser.NewATXHeadingParser(),
		parser.NewFencedCodeBlockParser(),
		quoteParser{},
		htmlParser{parser.NewHTMLBlockParser()},
		parser.NewParagraphParser(),
	)...))
})

// inOrder lets parsers try in this order.
func inOrder(parsers ...parser.BlockParser) []util.PrioritizedValue {
	list := make([]util.PrioritizedValue, len(parsers))
	for i, p := range parsers {
		list[i] = util.Prioritized(recorded{p}, i)
	}
	return list
}

// oddStarts holds where blocks begin behind half a tab, for which [ast.Node.Pos]
// may point behind the line.
type oddStarts map[ast.Node]int

//nolint:gochecknoglobals // a name, never written to
var oddStartsKey = parser.NewContextKey()

// recorded notes such beginnings.
type recorded struct{ parser.BlockParser }

// Open opens a block as the parser in it does.
func (r recorded) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	_, at := reader.Position()
	node, state := r.BlockParser.Open(parent, reader, pc)
	if node != nil && at.Padding > 0 {
		if odd, ok := pc.Get(oddStartsKey).(oddStarts); ok {
			odd[node] = at.Start
		}
	}
	return node, state
}

// shallow keeps lists from nesting without end: what is deeper is text, and a
// line of nothing but list markers takes no longer than another.
type shallow struct{ parser.BlockParser }

const deepest = 12 // blocks in each other

// Open opens a list unless it is too deep.
func (s shallow) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	if len(pc.OpenedBlocks()) >= deepest {
		return nil, parser.NoChildren
	}
	return s.BlockParser.Open(parent, reader, pc)
}

// htmlParser ends blocks of tags where a heading, a record or the stamp begins,
// even without an empty line between: a forgotten one must not hide them.
// Comments go on to their end.
type htmlParser struct{ parser.BlockParser }

//nolint:gochecknoglobals // compiled when it is first used; starting takes no longer for it
var rowPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:## |[-*+] +(?:\[.\] +)?\*\*[tmn]-|` + stampStart + `)`)
})

// Continue takes the next line unless something else begins there.
func (h htmlParser) Continue(node ast.Node, reader text.Reader, pc parser.Context) parser.State {
	block, ok := node.(*ast.HTMLBlock)
	if ok && (block.HTMLBlockType == ast.HTMLBlockType6 || block.HTMLBlockType == ast.HTMLBlockType7) {
		if line, _ := reader.PeekLine(); rowPattern().Match(line) {
			return parser.Close
		}
	}
	return h.BlockParser.Continue(node, reader, pc)
}

// quoteParser takes the lines of a block quote as they are. What a quote holds
// matters to nobody here, and whatever it is, the quote ends where its marks
// do: a line without one is not part of it.
type quoteParser struct{}

func (quoteParser) Trigger() []byte { return []byte{'>'} }

func (quoteParser) Open(_ ast.Node, reader text.Reader, _ parser.Context) (ast.Node, parser.State) {
	if !atQuote(reader) {
		return nil, parser.NoChildren
	}
	return ast.NewBlockquote(), parser.NoChildren
}

func (quoteParser) Continue(_ ast.Node, reader text.Reader, _ parser.Context) parser.State {
	if !atQuote(reader) {
		return parser.Close
	}
	return parser.Continue | parser.NoChildren
}

// atQuote reports whether the reader is at a line of a quote, and passes it.
func atQuote(reader text.Reader) bool {
	const indented = 4 // columns, from which on it is code
	line, _ := reader.PeekLine()
	width, pos := util.IndentWidth(line, reader.LineOffset())
	if width >= indented || pos >= len(line) || line[pos] != '>' {
		return false
	}
	reader.AdvanceToEOL()
	return true
}

func (quoteParser) Close(ast.Node, text.Reader, parser.Context) {}
func (quoteParser) CanInterruptParagraph() bool                 { return true }
func (quoteParser) CanAcceptIndentedLine() bool                 { return false }

// pieces returns the blocks in a block that takes the lines from start to end.
func (o *outline) pieces(parent ast.Node, start, end int) []piece {
	var list []piece
	add := func(n ast.Node) {
		at := o.lineStart(n)
		if len(list) == 0 {
			at = start
		} else {
			list[len(list)-1].end = at
		}
		list = append(list, piece{node: n, start: at, end: end})
	}
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		if n.Kind() != ast.KindList {
			add(n)
			continue
		}
		for item := n.FirstChild(); item != nil; item = item.NextSibling() {
			add(item)
		}
	}
	return list
}

// lineStart returns where the line begins that a block begins in.
func (o *outline) lineStart(n ast.Node) int {
	pos := n.Pos()
	if len(o.odd) > 0 {
		if at, odd := o.odd[n]; odd {
			pos = at
		}
	}
	if lines := n.Lines(); (pos < 0 || n.Kind() == ast.KindParagraph || n.Kind() == ast.KindTextBlock) && lines.Len() > 0 {
		pos = lines.At(0).Start
	}
	pos = min(max(pos, 0), len(o.src))
	return strings.LastIndexByte(o.all[:pos], '\n') + 1
}

// lines returns the lines from start to end, without their ends.
func (o *outline) lines(start, end int) []string {
	s := strings.TrimSuffix(o.all[start:end], "\n")
	list := make([]string, 0, strings.Count(s, "\n")+1)
	for {
		line, rest, found := strings.Cut(s, "\n")
		list = append(list, line)
		if !found {
			return list
		}
		s = rest
	}
}

// firstLine returns the first line of a paragraph or heading, without what is
// before its text.
func (o *outline) firstLine(n ast.Node) string {
	if n.Lines().Len() == 0 {
		return ""
	}
	seg := n.Lines().At(0)
	return strings.TrimRight(o.all[seg.Start:seg.Stop], " \t\n")
}

// isParagraph reports whether a block is plain lines of text.
func isParagraph(n ast.Node) bool {
	return n != nil && (n.Kind() == ast.KindParagraph || n.Kind() == ast.KindTextBlock)
}
