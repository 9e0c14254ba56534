package cmd

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/layercake-dev/layercake/core/project"
)

func someTasks() []project.Task {
	return []project.Task{
		{ShortID: "t-7k3f", Title: "Write the migration that moves every order into the new table", Status: project.TaskNotStarted, Ready: true, Priority: project.PriorityHigh, Owner: "backend-developer", UpdatedAt: noon()},
		{ShortID: "t-9m2p", Title: "日本語のタイトル with \x1b[31m and\ttab", Status: project.TaskBlocked, Priority: project.PriorityLow, Gate: "G5", UpdatedAt: noon()},
	}
}

func TestTableFitsTheTerminal(t *testing.T) {
	t.Parallel()
	for width, want := range map[int]string{
		40: "" +
			"ID      STATUS   PRIORITY  TITLE\n" +
			"t-7k3f  ready    high      Write the mi…\n" +
			"t-9m2p  blocked  low       日本語のタイ…\n",
		80: "" +
			"ID      STATUS   PRIORITY  TITLE                              OWNER         GATE\n" +
			"t-7k3f  ready    high      Write the migration that moves e…  backend-dev…\n" +
			"t-9m2p  blocked  low       日本語のタイトル with ␛[31m and …                G5\n",
		200: "" +
			"ID      STATUS   PRIORITY  TITLE                                                          OWNER              GATE  UPDATED\n" +
			"t-7k3f  ready    high      Write the migration that moves every order into the new table  backend-developer        just now\n" +
			"t-9m2p  blocked  low       日本語のタイトル with ␛[31m and tab                                               G5    just now\n",
	} {
		p := &printer{tty: true, width: width, now: noon()}
		printTasks(p, someTasks())
		for line := range strings.Lines(p.buf.String()) {
			require.LessOrEqual(t, ansi.StringWidth(strings.TrimRight(line, "\n")), width, line)
		}
		require.Equal(t, want, p.buf.String(), "%d columns", width)
	}
}

func TestPipedTableIsWhole(t *testing.T) {
	t.Parallel()
	p := &printer{width: 40, now: noon()}
	printTasks(p, someTasks())
	require.Equal(t, ""+
		"t-7k3f\tready\thigh\tWrite the migration that moves every order into the new table\tbackend-developer\t\t2026-05-01T12:00:00Z\n"+
		"t-9m2p\tblocked\tlow\t日本語のタイトル with ␛[31m and tab\t\tG5\t2026-05-01T12:00:00Z\n", p.buf.String())
}

func TestNoTableIsWiderThanItsTerminal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var columns []column
		for range rapid.IntRange(1, 6).Draw(t, "columns") {
			columns = append(columns, column{
				head: rapid.StringN(1, 12, -1).Draw(t, "head"), flexible: rapid.Bool().Draw(t, "flexible"),
				optional: rapid.Bool().Draw(t, "optional"), right: rapid.Bool().Draw(t, "right"),
			})
		}
		table := newTable(columns...)
		for range rapid.IntRange(1, 4).Draw(t, "rows") {
			cells := make([]any, len(columns))
			for i := range cells {
				cells[i] = rapid.String().Draw(t, "cell")
			}
			table.add(cells...)
		}
		p := &printer{tty: true, color: rapid.Bool().Draw(t, "color"), width: rapid.IntRange(20, 200).Draw(t, "width"), now: noon()}
		p.table(table)
		for line := range strings.Lines(p.buf.String()) {
			if w := ansi.StringWidth(strings.TrimRight(line, "\n")); w > p.width {
				t.Fatalf("%d columns in %d: %q", w, p.width, line)
			}
		}
	})
}

func TestAgo(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]string{
		"just now": "10s", "5min ago": "5m20s", "2h ago": "2h59m", "1d ago": "30h", "in 3h": "-3h", "2w ago": "350h", "1y ago": "9000h",
	} {
		require.Equal(t, want, ago(duration(t, d)))
	}
}

func duration(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text)
	require.NoError(t, err)
	return d
}
