package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/project"
)

const head = `# Event types

<!-- Made by ` + "`go generate ./core`" + `; changes are made in core/event. -->

Everything that happens in a project is an event of one of these types: ` + "`layercake log --json`" + ` shows them as they are
stored. This page says what each payload holds, as JSON Schema. The envelope around it, and how events are chained, is
described in [the event chain](event-chain.md); how to look through them, in [History](../history.md).

* **Versions.** A payload is written in the newest version of its type. Older ones stay in the log as they are, and are
  lifted when they are read. A program refuses versions and types that it does not know; it never guesses.
* **Samples.** One payload of each type and version is kept in [` + sampleFolder + `](../../` + sampleFolder + `) and read in
  a test for ever: what was written once can be read by all later programs.
* **Reserved types** are fixed, but nothing writes them yet, and they change nothing. The rooms that they belong to are not built.

`

// reference writes the page.
func reference(root string) ([]byte, error) {
	said, err := readComments(filepath.Join(root, filepath.FromSlash(eventFolder)))
	if err != nil {
		return nil, err
	}
	catalogue := event.Catalogue()
	written := 0
	for i := range catalogue {
		if !catalogue[i].Reserved {
			written++
		}
	}
	var b bytes.Buffer
	b.WriteString(head)
	fmt.Fprintf(&b, "There are %d types: %d that are written today, and %d that are reserved.\n", len(catalogue), written, len(catalogue)-written)
	b.WriteString("\n| type | version | | can be undone | in these events |\n|---|---|---|---|---|\n")
	for i := range catalogue {
		s := &catalogue[i]
		fmt.Fprintf(&b, "| [%s](#%s) | %d | %s | %s | %s |\n",
			s.Type, strings.ToLower(string(s.Type)), s.Version, use(s), undoable(s), meaning(s, said))
	}
	for i := range catalogue {
		if err := section(&b, &catalogue[i], said); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

func use(s *event.Spec) string {
	if s.Reserved {
		return "reserved"
	}
	return "written"
}

// undoable says whether events of the type can be taken back.
func undoable(s *event.Spec) string {
	if project.CanBeUndone(s.Type) {
		return "yes"
	}
	return ""
}

// meaning is what the type's comment says after "the type of the events in which".
func meaning(s *event.Spec, said comments) string {
	_, rest, ok := strings.Cut(said[string(s.Type)], " is the type of the events in which ")
	if !ok {
		return ""
	}
	return rest
}

func section(b *bytes.Buffer, s *event.Spec, said comments) error {
	schema, err := schemaOf(s, said)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(schema); err != nil {
		return fmt.Errorf("write the schema of %s: %w", s.Type, err)
	}
	fmt.Fprintf(b, "\n## %s\n\nThe events in which %s", s.Type, meaning(s, said))
	if !strings.HasSuffix(meaning(s, said), ".") {
		b.WriteString(".")
	}
	if s.Reserved {
		b.WriteString(" Reserved: nothing writes it yet.")
	}
	b.WriteString(" Samples:")
	for v := 1; v <= s.Version; v++ {
		fmt.Fprintf(b, " [version %d](../../%s/%s.v%d.json)", v, sampleFolder, s.Type, v)
	}
	fmt.Fprintf(b, ".\n\n```json\n%s```\n", text.String())
	return nil
}
