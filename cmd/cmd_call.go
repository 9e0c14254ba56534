package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/mcp"
)

func newCmdCall(f *Factory) *cobra.Command {
	var input string
	cmd := &cobra.Command{
		Use:   "call TOOL",
		Short: "Run any tool of the MCP server from a script",
		Long: `Run any tool of the MCP server, with arguments in JSON, and print its reply in
JSON. --input is the JSON itself, @FILE for a file, or - for standard input.`,
		Example: "  layercake call get_status\n" +
			"  layercake call get_tasks --input '{\"status\":\"blocked\"}'",
		Args:              exactly("TOOL"),
		ValidArgsFunction: completeTools,
	}
	out := addOutput(cmd, f, struct{}{})
	cmd.Flags().StringVar(&input, "input", "", "the arguments: `JSON`, @FILE or -")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		in, err := f.callInput(input)
		if err != nil {
			return err
		}
		reply, err := f.call(cmd.Context(), args[0], in)
		if err != nil {
			return err
		}
		if out.structured() {
			return out.show(reply, nil)
		}
		return f.writeJSON(reply)
	}
	return cmd
}

// callInput reads the arguments of a call.
func (f *Factory) callInput(input string) (json.RawMessage, error) {
	text := []byte(input)
	if file, isFile := strings.CutPrefix(input, "@"); isFile || input == "-" {
		r, err := f.input(file)
		if err != nil {
			return nil, err
		}
		defer func() { _ = r.Close() }() // read only
		const most = 8 << 20
		if text, err = io.ReadAll(io.LimitReader(r, most)); err != nil {
			return nil, fmt.Errorf("read the input: %w", err)
		}
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return json.RawMessage("{}"), nil
	}
	if !json.Valid(text) {
		return nil, fault.Usage("invalid_input", "the input is not JSON").WithHint("write it as --input '{\"name\": \"value\"}', @FILE or -")
	}
	return text, nil
}

func (f *Factory) call(ctx context.Context, tool string, in json.RawMessage) (json.RawMessage, error) {
	d := newDoor(f)
	go d.render(context.WithoutCancel(ctx))
	defer d.close()
	return mcp.Call(ctx, d.env(), tool, in)
}

// writeJSON writes a document by itself, indented for people.
func (f *Factory) writeJSON(raw json.RawMessage) error {
	if f.IO.OutTTY {
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, raw, "", "  "); err != nil {
			return fmt.Errorf("write the reply: %w", err)
		}
		raw = pretty.Bytes()
	}
	return f.write(append(bytes.Clone(raw), '\n'))
}

func completeTools(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var list []string
	tools, err := mcp.Catalogue()
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for i := range tools {
		list = append(list, cobra.CompletionWithDesc(tools[i].Name, tools[i].Title))
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}
