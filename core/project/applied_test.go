package project_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/project"
)

var update = flag.Bool("update", false, "write testdata/applied.txt anew")

// TestEveryVersionIsAppliedAsEver applies the stored sample of each type and
// version, and compares what it changes with what it changed when it was added:
// an event of long ago means today what it meant then.
func TestEveryVersionIsAppliedAsEver(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	for _, spec := range event.Catalogue() {
		for v := 1; v <= spec.Version; v++ {
			raw, err := os.ReadFile(filepath.Join("..", "event", "testdata", "samples", fmt.Sprintf("%s.v%d.json", spec.Type, v)))
			require.NoError(t, err)
			e := event.Envelope{
				ProjectID: uuid.Nil, Version: 42, Type: spec.Type, SchemaVersion: v, Payload: raw, Actor: "person:ada",
				RecordedAt: time.Date(2026, time.May, 1, 10, 0, 0, 0, time.UTC),
			}
			changes, err := project.Apply(&e)
			require.NoError(t, err, "%s version %d", spec.Type, v)
			fmt.Fprintf(&text, "%s v%d\n", spec.Type, v)
			for i := range changes {
				writeChange(&text, &changes[i])
			}
			if spec.Reserved {
				require.Empty(t, changes, "%s is reserved, and changes rows", spec.Type)
			}
		}
	}
	const file = "testdata/applied.txt"
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o700))
		require.NoError(t, os.WriteFile(file, text.Bytes(), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), text.String(), "an old event would mean something else now; if that is right, run: go test ./core/project -run AppliedAsEver -update")
}

func writeChange(b *bytes.Buffer, c *project.Change) {
	switch c.Op {
	case project.OpInsert, project.OpPut:
		fmt.Fprintf(b, "  %s %v is\n", c.Table.Name, c.Key)
		for i, column := range c.Table.Columns {
			fmt.Fprintf(b, "    %s %#v\n", column.Name, plain(c.Row[i]))
		}
	case project.OpSet:
		fmt.Fprintf(b, "  %s %v has\n", c.Table.Name, c.Key)
		for i, at := range c.Columns {
			fmt.Fprintf(b, "    %s %#v\n", c.Table.Columns[at].Name, plain(c.Values[i]))
		}
	case project.OpDelete:
		fmt.Fprintf(b, "  %s %v is gone\n", c.Table.Name, c.Key)
	}
}

// plain writes a time as people do.
func plain(v any) any {
	if at, ok := v.(time.Time); ok {
		return at.Format(time.RFC3339Nano)
	}
	return v
}
