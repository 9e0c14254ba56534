package cmd

import (
	"bytes"

	"github.com/spf13/cobra"
)

func newCmdCompletion(f *Factory) *cobra.Command {
	shells := map[string]func(root *cobra.Command, to *bytes.Buffer) error{
		"bash":       func(root *cobra.Command, to *bytes.Buffer) error { return root.GenBashCompletionV2(to, true) },
		"zsh":        func(root *cobra.Command, to *bytes.Buffer) error { return root.GenZshCompletion(to) },
		"fish":       func(root *cobra.Command, to *bytes.Buffer) error { return root.GenFishCompletion(to, true) },
		"powershell": func(root *cobra.Command, to *bytes.Buffer) error { return root.GenPowerShellCompletionWithDesc(to) },
	}
	load := map[string]string{
		"bash":       "source <(layercake completion bash)",
		"zsh":        "layercake completion zsh > \"${fpath[1]}/_layercake\"",
		"fish":       "layercake completion fish > ~/.config/fish/completions/layercake.fish",
		"powershell": "layercake completion powershell | Out-String | Invoke-Expression",
	}
	cmd := &cobra.Command{
		Use:     "completion",
		Short:   "Print the completion script of a shell",
		Long:    "Print the completion script of a shell. Ids, names and states are completed, too.",
		Example: "  layercake completion bash",
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		cmd.AddCommand(&cobra.Command{
			Use:     shell,
			Short:   "Print the completion script for " + shell,
			Long:    "Print the completion script for " + shell + ". To load it:\n\n  " + load[shell],
			Example: "  layercake completion " + shell,
			Args:    exactly(),
			RunE: func(cmd *cobra.Command, _ []string) error {
				var script bytes.Buffer
				if err := shells[shell](cmd.Root(), &script); err != nil {
					return err
				}
				return f.write(script.Bytes())
			},
		})
	}
	return group(cmd)
}
