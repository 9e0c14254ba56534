package cmd

import (
	"strings"

	"github.com/spf13/cobra"
)

// FieldsAnnotation is where [Tree] notes the JSON fields of a command,
// separated by commas.
const FieldsAnnotation = "layercake-json-fields"

// Tree returns every command, for the documents and completions that are made
// from them. They are not to be run.
func Tree() *cobra.Command {
	f := newFactory(Process{})
	root := newCmdRoot(f)
	for cmd, out := range f.outputs {
		if cmd.Annotations == nil {
			cmd.Annotations = map[string]string{}
		}
		cmd.Annotations[FieldsAnnotation] = strings.Join(out.fields(), ",")
	}
	return root
}

// Topics returns the texts of `layercake help TOPIC` by their names.
func Topics() map[string]string { return topics() }
