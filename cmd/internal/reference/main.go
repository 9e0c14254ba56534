// Command reference writes what is made from the tree of commands: the reference
// in markdown, the manual pages, and the completions.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/cmd"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err) //nolint:forbidigo // a main owns its process
		os.Exit(1)                                 //nolint:forbidigo // as above
	}
}

// Where things go, below the root of the repository.
const (
	referenceFile     = "docs/reference/cli.md"
	manualFolder      = "docs/man"
	completionsFolder = "completions"
)

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: reference ROOT")
	}
	files := map[string][]byte{}
	files[referenceFile] = markdown(cmd.Tree())
	if err := manual(cmd.Tree(), files); err != nil {
		return err
	}
	if err := completions(cmd.Tree(), files); err != nil {
		return err
	}
	return replace(args[0], files)
}

// completions makes the script of each shell.
func completions(root *cobra.Command, files map[string][]byte) error {
	for name, generate := range map[string]func(*bytes.Buffer) error{
		"layercake.bash": func(b *bytes.Buffer) error { return root.GenBashCompletionV2(b, true) },
		"_layercake":     func(b *bytes.Buffer) error { return root.GenZshCompletion(b) },
		"layercake.fish": func(b *bytes.Buffer) error { return root.GenFishCompletion(b, true) },
		"layercake.ps1":  func(b *bytes.Buffer) error { return root.GenPowerShellCompletionWithDesc(b) },
	} {
		var script bytes.Buffer
		if err := generate(&script); err != nil {
			return fmt.Errorf("make %s: %w", name, err)
		}
		files[completionsFolder+"/"+name] = script.Bytes()
	}
	return nil
}

// replace writes the files below root, and removes the manual pages of commands
// that are gone.
func replace(root string, files map[string][]byte) error {
	old, err := filepath.Glob(filepath.Join(root, manualFolder, "*.1"))
	if err != nil {
		return fmt.Errorf("list the manual pages: %w", err)
	}
	for _, path := range old {
		if _, stays := files[manualFolder+"/"+filepath.Base(path)]; !stays {
			if err := os.Remove(path); err != nil { //nolint:gosec // a page in the folder that was named
				return err
			}
		}
	}
	for name, content := range files {
		path := filepath.Join(root, name)
		const folder, file = 0o755, 0o644                               // documentation is for everybody
		if err := os.MkdirAll(filepath.Dir(path), folder); err != nil { //nolint:gosec // the folder is the one named
			return err
		}
		if err := os.WriteFile(path, content, file); err != nil { //nolint:gosec // as above
			return err
		}
	}
	return nil
}
