package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// column is a column of a table.
type column struct {
	head string
	// flexible columns give up width first.
	flexible bool
	// optional columns are left out, the last one first, where there is too
	// little room.
	optional bool
	// right aligns numbers.
	right bool
}

func col(head string) column { return column{head: head} }

func (c column) flex() column    { c.flexible = true; return c }
func (c column) ifRoom() column  { c.optional = true; return c }
func (c column) toRight() column { c.right = true; return c }

// table is rows under headings.
type table struct {
	columns []column
	rows    [][]any
}

func newTable(columns ...column) *table { return &table{columns: columns} }

func (t *table) add(cells ...any) { t.rows = append(t.rows, cells) }

const (
	columnGap = 2
	ellipsis  = "…"
	// A flexible column is left this wide before optional columns are left
	// out, and gives up more only when there is nothing left to leave out.
	wideEnough       = 32
	wideEnoughIfRoom = 12
	leastFlexible    = 8
)

// table writes a table: on a terminal aligned, with headings, within the width;
// elsewhere separated by tabs, whole and without headings.
func (p *printer) table(t *table) {
	if !p.tty {
		for _, row := range t.rows {
			for j := range t.columns {
				if j > 0 {
					p.buf.WriteByte('\t')
				}
				p.buf.WriteString(p.cell(row[j]))
			}
			p.buf.WriteByte('\n')
		}
		return
	}
	if len(t.rows) == 0 {
		p.line("%s", dim.of("none"))
		return
	}
	rows := make([][]string, len(t.rows))
	for i, row := range t.rows {
		rows[i] = make([]string, len(t.columns))
		for j := range t.columns {
			rows[i][j] = p.cell(row[j])
		}
	}
	heads := make([]string, len(t.columns))
	for i, c := range t.columns {
		heads[i] = c.head
	}
	widths := t.fit(p.width, slices.Concat([][]string{heads}, rows))
	for i, head := range heads {
		heads[i] = p.render(dim.of(head))
	}
	p.tableRow(t, widths, heads)
	for _, row := range rows {
		p.tableRow(t, widths, row)
	}
}

// cell returns the text of a value.
func (p *printer) cell(value any) string {
	value = p.argument(value)
	if s, ok := value.(string); ok {
		return s
	}
	return fmt.Sprint(value)
}

// fit returns the width of each column; 0 leaves the column out.
func (t *table) fit(width int, rows [][]string) []int {
	widths := make([]int, len(t.columns))
	for i := range t.columns {
		for _, row := range rows {
			widths[i] = max(widths[i], ansi.StringWidth(row[i]))
		}
	}
	for i := len(widths) - 1; i >= 0 && total(t.floor(widths)) > width; i-- {
		if t.columns[i].optional {
			widths[i] = 0
		}
	}
	t.shrink(widths, width)
	// Not even the least widths fit: all give up what they can, the last first.
	for i := len(widths) - 1; i >= 0; i-- {
		if over := total(widths) - width; over > 0 && widths[i] > 1 {
			widths[i] -= min(over, widths[i]-1)
		}
	}
	return widths
}

// floor is how narrow each column may become before columns are left out.
func (t *table) floor(widths []int) []int {
	floor := slices.Clone(widths)
	for i, c := range t.columns {
		if c.flexible {
			enough := wideEnough
			if c.optional {
				enough = wideEnoughIfRoom
			}
			floor[i] = min(floor[i], enough)
		}
	}
	return floor
}

// shrink takes width from the flexible columns until the table fits: first from
// those that are optional, then from the widest.
func (t *table) shrink(widths []int, width int) {
	floor := t.floor(widths)
	for over := total(widths) - width; over > 0; over-- {
		widest, spare := -1, 0
		for i, c := range t.columns {
			if !c.flexible || widths[i] <= leastFlexible {
				continue
			}
			// What is above the floor goes first.
			s := widths[i]
			if widths[i] > floor[i] {
				s += width
			}
			if c.optional {
				s += width
			}
			if s > spare {
				widest, spare = i, s
			}
		}
		if widest < 0 {
			return
		}
		widths[widest]--
	}
}

// total is the width of a row.
func total(widths []int) int {
	sum := -columnGap
	for _, w := range widths {
		if w > 0 {
			sum += w + columnGap
		}
	}
	return sum
}

func (p *printer) tableRow(t *table, widths []int, row []string) {
	var line strings.Builder
	first := true
	for i, cell := range row {
		if widths[i] == 0 {
			continue
		}
		if !first {
			line.WriteString(strings.Repeat(" ", columnGap))
		}
		first = false
		cell = ansi.Truncate(cell, widths[i], ellipsis)
		padding := strings.Repeat(" ", max(0, widths[i]-ansi.StringWidth(cell)))
		if t.columns[i].right {
			line.WriteString(padding + cell)
		} else {
			line.WriteString(cell + padding)
		}
	}
	p.buf.WriteString(strings.TrimRight(line.String(), " ") + "\n")
}
