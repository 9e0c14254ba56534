package cmd

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

func newCmdDeliverable(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "deliverable",
		Aliases: []string{"deliverables"},
		Short:   "Hand in and accept what gates ask for",
		Long:    "Hand in and accept what gates ask for besides proofs. Only a person can accept.",
		Example: "  layercake deliverable list --gate G2",
	}, newCmdDeliverableList(f), newCmdDeliverableShow(f), newCmdDeliverableSubmit(f), newCmdDeliverableJudge(f, true), newCmdDeliverableJudge(f, false))
}

func deliverableStatus(status project.DeliverableStatus) styled {
	switch status {
	case project.DeliverableAccepted:
		return green.of(string(status))
	case project.DeliverableSubmitted:
		return cyan.of(string(status))
	case project.DeliverableRejected:
		return red.of(string(status))
	case project.DeliverablePending:
	}
	return plain.of(string(status))
}

func newCmdDeliverableList(f *Factory) *cobra.Command {
	var gate string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the deliverables",
		Long:    "List the deliverables by gate.",
		Example: "  layercake deliverable list --gate G2",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, project.Deliverable{})
	when := addMoment(cmd)
	cmd.Flags().StringVar(&gate, "gate", "", "only those of this `GATE`")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		at, err := when.resolve(f.process.Now())
		if err != nil {
			return err
		}
		all, err := s.Deliverables.List(ctx, core.View{Project: s.at.Project, At: at})
		if err != nil {
			return err
		}
		list := []project.Deliverable{}
		for i := range all {
			if gate == "" || strings.EqualFold(all[i].Gate, gate) {
				list = append(list, all[i])
			}
		}
		return out.show(list, func(p *printer) {
			t := newTable(col("ID"), col("GATE"), col("STATUS"), col("TITLE").flex(), col("PATH").flex().ifRoom(), col("ROLE").ifRoom())
			for i := range list {
				d := &list[i]
				t.add(bold.of(d.ID), d.Gate, deliverableStatus(d.Status), d.Title, d.Path, d.Role)
			}
			p.table(t)
		})
	})
	return cmd
}

func newCmdDeliverableShow(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "show DELIVERABLE",
		Short:             "Show one deliverable",
		Long:              "Show one deliverable and whether its file is there as it was handed in.",
		Example:           "  layercake deliverable show intake",
		Args:              exactly("DELIVERABLE"),
		ValidArgsFunction: f.completed(completeDeliverables),
	}
	out := addOutput(cmd, f, core.DeliverableView{})
	when := addMoment(cmd)
	cmd.RunE = f.reading(func(ctx context.Context, s *session, args []string) error {
		v, err := when.view(s)
		if err != nil {
			return err
		}
		d, err := s.deliverable(ctx, v, args[0])
		if err != nil {
			return err
		}
		return out.show(d, func(p *printer) {
			p.line("%s %s", bold.of(d.ID), d.Title)
			p.field("status", deliverableStatus(d.Status))
			p.field("gate", d.Gate)
			p.field("kind", d.Kind)
			p.field("role", d.Role)
			p.field("path", d.Path)
			if v.At.IsNow() {
				p.field("file", fileState(d))
			}
			p.field("sha256", d.SHA256)
			p.field("note", d.Note)
			p.field("decided by", d.DecidedBy)
			p.field("updated", d.UpdatedAt)
		})
	})
	return cmd
}

// deliverable returns a deliverable. Its file is looked at as it is now, and not for
// an earlier moment.
func (s *session) deliverable(ctx context.Context, v core.View, id string) (*core.DeliverableView, error) {
	if v.At.IsNow() {
		return s.Deliverables.Get(ctx, s.at, id)
	}
	d, err := s.Deliverables.Find(ctx, v, id)
	if err != nil {
		return nil, err
	}
	return &core.DeliverableView{Deliverable: *d}, nil
}

// fileState says what is where the deliverable should be.
func fileState(d *core.DeliverableView) string {
	switch {
	case d.Path == "":
		return ""
	case d.File.Problem != "":
		return d.File.Problem
	case !d.File.Exists:
		return "missing"
	case d.SHA256 != "" && d.File.SHA256 != d.SHA256:
		return "changed since it was handed in"
	}
	return "there"
}

func newCmdDeliverableSubmit(f *Factory) *cobra.Command {
	var path, note string
	cmd := &cobra.Command{
		Use:               "submit DELIVERABLE",
		Short:             "Hand a deliverable in",
		Long:              "Hand a deliverable in, as its file is now. --path says that it is elsewhere than the workflow expects.",
		Example:           "  layercake deliverable submit intake\n  layercake deliverable submit prd --path docs/product.md",
		Args:              exactly("DELIVERABLE"),
		ValidArgsFunction: f.completed(completeDeliverables),
	}
	out := addOutput(cmd, f, core.DeliverableView{})
	cmd.Flags().StringVar(&path, "path", "", "the `FILE`, when it is elsewhere")
	cmd.Flags().StringVar(&note, "note", "", "words about it")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		if path != "" {
			var err error
			if path, err = s.inside(path); err != nil {
				return err
			}
		}
		d, err := s.Deliverables.Submit(ctx, s.by(ctx), s.at, args[0], path, note)
		if err != nil {
			return err
		}
		return out.written(d.ID, d, func(p *printer) { p.line("%s is %s", bold.of(d.ID), deliverableStatus(d.Status)) })
	})
	return cmd
}

func newCmdDeliverableJudge(f *Factory, accept bool) *cobra.Command {
	var note string
	var yes bool
	word, short, long := "accept", "Accept a deliverable", "Accept a deliverable, as its file is now. Only a person can."
	if !accept {
		word, short, long = "reject", "Send a deliverable back", "Send a deliverable back, with what is to be changed. Only a person can."
	}
	cmd := &cobra.Command{
		Use:               word + " DELIVERABLE",
		Short:             short,
		Long:              long,
		Example:           "  layercake deliverable " + word + " intake --note \"read it\"",
		Args:              exactly("DELIVERABLE"),
		ValidArgsFunction: f.completed(completeDeliverables),
	}
	out := addOutput(cmd, f, core.DeliverableView{})
	cmd.Flags().StringVar(&note, "note", "", "words about it")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask; decides only in projects of level demo")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		if !accept && note == "" {
			return fault.Usage("missing_flag", "%s needs --note", cmd.CommandPath()).WithHint("%s", usageHint(cmd))
		}
		by, err := s.decide(ctx, yes, fmt.Sprintf("Type %q to %s %s.", word, word, args[0]))
		if err != nil {
			return err
		}
		if err := refused(s, by, word); err != nil {
			return err
		}
		d, err := s.Deliverables.Judge(ctx, by, s.at, args[0], accept, note)
		if err != nil {
			return err
		}
		return out.written(d.ID, d, func(p *printer) { p.line("%s is %s", bold.of(d.ID), deliverableStatus(d.Status)) })
	})
	return cmd
}
