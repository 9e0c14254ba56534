package cmd

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
)

func newCmdRedact(f *Factory) *cobra.Command {
	var target core.Target
	var match, reason string
	var yes, dryRun bool
	cmd := &cobra.Command{
		Use:   "redact",
		Short: "Take a secret out of the log",
		Long: `Take a secret out of the log, and of everything that was made from it. Each
event that holds the text gets a new payload with [redacted] in its place; an
event of its own says so, and the hash chain still holds. Earlier moments are
shown without the text, too. Only a person can.

The text is asked for at the terminal, where it is not shown; or it is read from
standard input (--match -) or a file (--match @FILE). As an argument it would
stay in the history of your shell. With --seq and without --match whole fields
of one event go.

Evidence that holds the text is removed with --drop-evidence; proofs that rest
on it count no more. What was pushed, copied or backed up before is out of
reach, as are actors' names, and the hash of the old text stays: a secret that
got out has to be changed.`,
		Example: "  layercake redact --seq 1 --field description --dry-run",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, core.RedactionPlan{})
	flags := cmd.Flags()
	flags.StringVar(&match, "match", "", "the `TEXT`; better: @FILE, or - for standard input")
	flags.Int64Var(&target.Seq, "seq", 0, "only event `N`")
	flags.StringVar(&target.Field, "field", "", "only this `FIELD` of the event, such as title")
	flags.StringVar(&reason, "reason", "", "why; do not repeat the secret")
	flags.BoolVar(&target.DropEvidence, "drop-evidence", false, "remove artifacts that hold the text")
	flags.BoolVarP(&yes, "yes", "y", false, "do not ask; decides only in projects of level demo")
	flags.BoolVar(&dryRun, "dry-run", false, "say what would be done, and do nothing")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, _ []string) error {
		if !dryRun && strings.TrimSpace(reason) == "" {
			return fault.Usage("missing_reason", "say why with --reason").WithHint("run `layercake redact --help`")
		}
		var err error
		if target.Text, err = f.secretText(ctx, match, target.Seq); err != nil {
			return err
		}
		plan, err := s.Redactions.Plan(ctx, s.at.Project, target)
		if err != nil {
			return err
		}
		if dryRun {
			return out.show(plan, func(p *printer) { printRedaction(p, plan, &target, false) })
		}
		if plan.Empty() {
			return out.written("0", plan, func(p *printer) { printRedaction(p, plan, &target, false) })
		}
		if f.IO.canAsk() && !yes && !out.structured() {
			if err := f.emit(func(p *printer) { printRedaction(p, plan, &target, false) }); err != nil {
				return err
			}
		}
		by, err := s.decide(ctx, yes, `Type "yes" to take it out for good.`)
		if err != nil {
			return err
		}
		if plan, err = s.Redactions.Redact(ctx, by, s.at.Project, target, reason); err != nil {
			return err
		}
		return out.written(strconv.FormatInt(plan.Last, 10), plan, func(p *printer) { printRedaction(p, plan, &target, true) })
	})
	return cmd
}

// secretText returns the text to look for, without asking for it on a command
// line.
func (f *Factory) secretText(ctx context.Context, match string, seq int64) (string, error) {
	file, isFile := strings.CutPrefix(match, "@")
	switch {
	case match == "" && seq != 0:
		return "", nil
	case match == "" && f.IO.canAsk(), match == "-" && f.IO.canAsk():
		return f.askHidden(ctx, "The text to take out (it is not shown):")
	case match == "":
		return "", fault.Usage("missing_text", "it is not said what to take out").WithHint("write it to standard input and add `--match -`")
	case !isFile && match != "-":
		f.warn("the text stands in the history of your shell now; --match @FILE or - avoids that")
		return match, nil
	case match == "-":
		file = "-"
	}
	r, err := f.input(file)
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }() // read only
	return core.ReadSecret(r)
}

// askHidden asks for a text that the terminal does not show.
func (f *Factory) askHidden(ctx context.Context, question string) (string, error) {
	terminal, ok := f.IO.In.(descriptor)
	if !ok {
		return "", fault.Usage("missing_text", "there is no terminal to ask at").WithHint("write it to standard input and add `--match -`")
	}
	p := f.printer()
	p.line("%s", bold.of(question))
	if err := f.write(p.buf.Bytes()); err != nil {
		return "", err
	}
	fd := int(terminal.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("look at the terminal: %w", err)
	}
	type answer struct {
		text []byte
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		got <- answer{text, err}
	}()
	select {
	case <-ctx.Done():
		_ = term.Restore(fd, before) // or the shell would not show what is typed
		return "", ctx.Err()
	case a := <-got:
		if a.err != nil {
			return "", fault.New(fault.KindInterrupted, "interrupted", "no answer; nothing was changed").
				WithHint("run it again when you have an answer").Wrap(a.err)
		}
		return string(a.text), nil
	}
}

// printRedaction says what a redaction changes or changed, and what it cannot
// reach.
func printRedaction(p *printer, plan *core.RedactionPlan, t *core.Target, done bool) {
	if plan.Empty() {
		p.line("nothing of that can be taken out; nothing was changed")
	}
	table := newTable(col("#").toRight(), col("EVENT"), col("REDACTED").flex(), col("STAYS").flex().ifRoom())
	for _, e := range plan.Events {
		table.add(e.Version, bold.of(string(e.Type)), strings.Join(e.Fields, ", "), strings.Join(e.Kept, ", "))
	}
	p.table(table)
	for _, file := range plan.Renderings {
		p.line("kept text of %s", file)
	}
	for _, sha := range plan.Artifacts {
		switch {
		case plan.Dropped:
			p.line("artifact %s: removed", sha)
		case t.DropEvidence:
			p.line("artifact %s: is removed", sha)
		default:
			p.line("%s artifact %s holds it and stays; --drop-evidence removes it", yellow.of("warning:"), sha)
		}
	}
	if done {
		record := fmt.Sprintf("events %d to %d record it", plan.First, plan.Last)
		if plan.First == plan.Last {
			record = fmt.Sprintf("event %d records it", plan.Last)
		}
		if plan.First == 0 {
			record = "the log held nothing of it"
		}
		p.line("%s redacted; %s", green.of("✓"), record)
		p.line("Out of reach: what git, backups and other clones hold, and old pages of the database until `VACUUM FULL`.")
		p.line("%s", bold.of("Change the secret: it was written down."))
	}
}
