// Command reference writes the reference of the MCP tools into a file.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/layercake-dev/layercake/mcp"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err) //nolint:forbidigo // a main owns its process
		os.Exit(1)                                 //nolint:forbidigo // as above
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: reference FILE")
	}
	var b bytes.Buffer
	if err := mcp.WriteReference(&b); err != nil {
		return err
	}
	const folder, file = 0o755, 0o644                                  // documentation is for everybody
	if err := os.MkdirAll(filepath.Dir(args[0]), folder); err != nil { //nolint:gosec // the file is the one named
		return err
	}
	return os.WriteFile(args[0], b.Bytes(), file) //nolint:gosec // as above; the file is the one named
}
