// Command reference writes the reference of the event types into a file: what is
// in the catalogue, with the comments of the payloads' fields.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err) //nolint:forbidigo // a main owns its process
		os.Exit(1)                                 //nolint:forbidigo // as above
	}
}

// Where things are, below the root of the repository.
const (
	eventFolder   = "core/event"
	sampleFolder  = "core/event/testdata/samples"
	referenceFile = "docs/reference/events.md"
)

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: reference ROOT")
	}
	text, err := reference(args[0])
	if err != nil {
		return err
	}
	const file = 0o644                                                     // documentation is for everybody
	return os.WriteFile(filepath.Join(args[0], referenceFile), text, file) //nolint:gosec // as above; the folder is the one named
}
