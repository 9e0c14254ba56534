package cmd

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/markdown"
)

// intakeFileName is the document of the answers.
const intakeFileName = "INTAKE.md"

func newCmdIntake(f *Factory) *cobra.Command {
	var answers string
	cmd := &cobra.Command{
		Use:   "intake",
		Short: "Answer the questions that a project begins with",
		Long: `Answer the questions that a project begins with: what is built, what exists, what
you know, what "done" means, what it is bound to, where it will run. At a
terminal they are asked; otherwise --answers names a YAML file with the keys
what, exists, background, done, constraints, deployment, has_ui and risks. The
file "-" is standard input.`,
		Example: "  layercake intake\n  layercake intake --answers answers.yaml",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, project.Project{})
	cmd.Flags().StringVar(&answers, "answers", "", "a `FILE` with the answers")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, _ []string) error {
		in, err := f.intakeAnswers(ctx, answers)
		if err != nil {
			return err
		}
		k, err := s.Projects.Intake(ctx, s.by(ctx), s.at.Project, *in)
		if err != nil {
			return err
		}
		s.writeIntake(k, in)
		return out.written(k.Slug, k, func(p *printer) { p.line("%s the answers are recorded; see `layercake next`", green.of("✓")) })
	})
	return cmd
}

// intakeAnswers reads the answers from a file or from the person.
func (f *Factory) intakeAnswers(ctx context.Context, file string) (*core.IntakeAnswers, error) {
	if file == "" {
		if !f.IO.canAsk() {
			return nil, fault.Usage("missing_flag", "there is no terminal to ask at").WithHint("add --answers FILE; `layercake intake --help` lists its keys")
		}
		return f.askIntake(ctx)
	}
	r, err := f.input(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // read only
	const most = 1 << 20
	var in core.IntakeAnswers
	dec := yaml.NewDecoder(io.LimitReader(r, most))
	dec.KnownFields(true)
	if err := dec.Decode(&in); err != nil && !errors.Is(err, io.EOF) {
		return nil, fault.Usage("invalid_answers", "%s cannot be read: %v", file, err).WithHint("run `layercake intake --help` for the keys")
	}
	return &in, nil
}

func (f *Factory) askIntake(ctx context.Context) (*core.IntakeAnswers, error) {
	in := &core.IntakeAnswers{}
	into := map[string]*string{
		"what": &in.What, "exists": &in.Exists, "background": &in.Background, "done": &in.Done,
		"constraints": &in.Constraints, "deployment": &in.Deployment,
	}
	for _, q := range core.IntakeQuestions() {
		for {
			answer, err := f.ask(ctx, q.Text)
			if err != nil {
				return nil, err
			}
			if target, ok := into[q.Key]; ok {
				*target = answer
			}
			if answer != "" || !q.Required {
				break
			}
			f.say("this one needs an answer")
		}
	}
	risks, err := f.ask(ctx, "What may go wrong? (several separated by ;)")
	if err != nil {
		return nil, err
	}
	for risk := range strings.SplitSeq(risks, ";") {
		if risk = strings.TrimSpace(risk); risk != "" {
			in.Risks = append(in.Risks, risk)
		}
	}
	return in, nil
}

// writeIntake writes the document of the answers, unless there is one: it
// belongs to the people who work on it.
func (s *session) writeIntake(k *project.Project, in *core.IntakeAnswers) {
	if s.at.Root == "" {
		return
	}
	path := filepath.Join(s.at.Root, filepath.FromSlash(k.DocsDir), intakeFileName)
	_, err := os.Lstat(path)
	if err == nil {
		s.f.warn("%s exists and is left as it is", path)
		return
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = writeFile(path, markdown.RenderIntake(k, *in), 0o644)
	}
	if err != nil {
		s.f.warn("the answers are recorded, but %s was not written: %s", path, err)
		return
	}
	s.f.say("written: %s", path)
}
