package cmd

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/anchor"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/signature"
)

func newCmdSigner(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "signer",
		Aliases: []string{"signers"},
		Short:   "Enroll the keys that sign decisions",
		Long: `Enroll the SSH keys with which people, and machines for named gates, sign what
they decide. "layercake help approvals" tells how that fits together.`,
		Example: "  layercake signer add ~/.ssh/id_ed25519_sk.pub",
	}, newCmdSignerAdd(f), newCmdSignerList(f), newCmdSignerRemove(f))
}

func newCmdSignerAdd(f *Factory) *cobra.Command {
	var in core.NewSigner
	var yes bool
	cmd := &cobra.Command{
		Use:   "add KEYFILE",
		Short: "Enroll a key",
		Long: `Enroll an SSH key, whose signatures count from then on. The first person signs
with that very key; after that, somebody signs who is enrolled already.

A key in a security key (FIDO; "ssh-keygen -t ed25519-sk" makes one) signs only
when it is touched. Any other can be used by whatever runs under your account,
agents included, unless it has a passphrase that they do not know.

--gate makes it the key of a machine, such as a CI pipeline, which may approve
those gates when they are ready: "layercake gate approve GATE --ci".`,
		Example: "  layercake signer add ~/.ssh/id_ed25519_sk.pub\n" +
			"  layercake signer add ci.pub --name github-actions --gate G5",
		Args: exactly("KEYFILE"),
	}
	out := addOutput(cmd, f, project.Signer{})
	flags := cmd.Flags()
	flags.StringVar(&in.Name, "name", "", "whose it is; by default the comment in the key")
	flags.StringSliceVar(&in.Gates, "gate", nil, "a `GATE` that a machine may approve with it; can be repeated")
	_ = cmd.RegisterFlagCompletionFunc("gate", f.completed(completeGates)) // defined above
	flags.BoolVarP(&yes, "yes", "y", false, "do not ask; decides only in projects of level demo")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		file := args[0]
		if !filepath.IsAbs(file) {
			file = filepath.Join(f.process.Dir, file)
		}
		key, err := f.readKey(ctx, file)
		if err != nil {
			return err
		}
		in.Key = []byte(key.Line + " " + key.Comment)
		name := in.Name
		if name == "" {
			name = key.Comment
		}
		if name == "" {
			return fault.Usage("missing_flag", "the key has no comment that says whose it is; name it with --name").WithHint("%s", usageHint(cmd))
		}
		by, err := s.decideSigned(ctx, yes, ifEnrolled, fmt.Sprintf("Type %q to let the key %s sign for %s.", "enroll", key.Fingerprint, name))
		if err != nil {
			return err
		}
		if err := refused(s, by, "enroll"); err != nil {
			return err
		}
		if by.Sign == nil && len(in.Gates) == 0 {
			by.Sign = s.firstSigner(ctx, &by, file)
		}
		k, err := s.Signers.Add(ctx, by, s.at.Project, in)
		if err != nil {
			return err
		}
		return out.written(k.Fingerprint, k, func(p *printer) {
			p.line("%s %s can sign for %s", green.of("✓"), k.Fingerprint, k.Name)
			if k.Kind == project.ActorPerson && !k.Presence {
				p.line("It is not in a security key, so whatever may use the file may sign with it.")
			}
		})
	})
	return cmd
}

// firstSigner lets the first person sign with the key that they enroll.
func (s *session) firstSigner(ctx context.Context, by *core.Caller, file string) func(context.Context, []byte) ([]byte, error) {
	p, err := s.project(ctx)
	if err != nil || p.Level == project.LevelDemo || !by.Actor.IsPerson() || !by.Presence.Terminal || len(by.Presence.AgentSigns) > 0 {
		return nil // the rules say why not
	}
	return s.f.signer(signature.PrivateFile(file))
}

func newCmdSignerList(f *Factory) *cobra.Command {
	var all, allowed bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List whose signatures count",
		Long: `List the keys whose signatures count, or with --all also those that did.
--allowed-signers prints them as ssh-keygen reads them, to check signatures
without LayerCake.`,
		Example: "  layercake signer list\n  layercake signer list --allowed-signers",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, project.Signer{})
	when := addMoment(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "also those that were removed")
	cmd.Flags().BoolVar(&allowed, "allowed-signers", false, "in the form of an allowed_signers file (see `man ssh-keygen`)")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		at, err := when.resolve(f.process.Now())
		if err != nil {
			return err
		}
		list, err := s.Signers.List(ctx, core.View{Project: s.at.Project, At: at}, all)
		if err != nil {
			return err
		}
		return out.show(list, func(p *printer) {
			if allowed {
				printAllowedSigners(p, list)
				return
			}
			t := newTable(col("KEY"), col("KIND"), col("NAME").flex(), col("MAY"), col("ADDED").ifRoom(), col("BY").flex().ifRoom())
			for i := range list {
				k := &list[i]
				t.add(bold.of(k.Fingerprint), signerKind(k), k.Name, signerMay(k), k.AddedAt, k.AddedBy)
			}
			p.table(t)
		})
	})
	return cmd
}

// printAllowedSigners prints keys in the form of OpenSSH's allowed_signers. The
// principal there has no spaces and no commas.
func printAllowedSigners(p *printer, list []project.Signer) {
	for i := range list {
		principal := strings.NewReplacer(" ", "_", ",", "_", "\t", "_", "\"", "_", "*", "_", "?", "_", "!", "_").Replace(list[i].Name)
		p.line("%s namespaces=\"%s,%s\" %s", principal, signature.Namespace, anchor.Namespace, list[i].Key)
	}
}

func signerKind(k *project.Signer) string {
	switch {
	case k.Kind == project.ActorCI:
		return "machine"
	case k.Presence:
		return "person, by touch"
	}
	return "person"
}

func signerMay(k *project.Signer) string {
	switch {
	case !k.Active():
		return "no longer sign"
	case k.Kind == project.ActorCI:
		return "approve " + strings.Join(k.Gates, ", ")
	}
	return "decide"
}

func newCmdSignerRemove(f *Factory) *cobra.Command {
	var reason string
	var yes bool
	cmd := &cobra.Command{
		Use:   "remove SIGNER",
		Short: "Let a key no longer sign",
		Long: `Let a key no longer sign. SIGNER is a name, a fingerprint or the beginning of
one. What it signed before stays signed. Somebody who is enrolled signs this,
with the key itself if need be.`,
		Example:           "  layercake signer remove ada@laptop --reason \"the laptop was stolen\"",
		Args:              exactly("SIGNER"),
		ValidArgsFunction: f.completed(completeSigners),
	}
	out := addOutput(cmd, f, project.Signer{})
	cmd.Flags().StringVar(&reason, "reason", "", "why (required)")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask; decides only in projects of level demo")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		if reason == "" {
			return fault.Usage("missing_flag", "%s needs --reason", cmd.CommandPath()).WithHint("%s", usageHint(cmd))
		}
		k, err := s.Signers.Find(ctx, s.at.Project, args[0])
		if err != nil {
			return err
		}
		by, err := s.decideSigned(ctx, yes, ifEnrolled, fmt.Sprintf("Type %q to let %s no longer sign for %s.", "remove", k.Fingerprint, k.Name))
		if err != nil {
			return err
		}
		if err := refused(s, by, "remove"); err != nil {
			return err
		}
		if err := s.Signers.Remove(ctx, by, s.at.Project, k.Fingerprint, reason); err != nil {
			return err
		}
		return out.written(k.Fingerprint, k, func(p *printer) { p.line("%s %s no longer signs for %s", green.of("✓"), k.Fingerprint, k.Name) })
	})
	return cmd
}

func completeSigners(ctx context.Context, s *session) ([]string, error) {
	signers, err := s.Signers.List(ctx, s.view(), false)
	var list []string
	for i := range signers {
		list = append(list, cobra.CompletionWithDesc(signers[i].Fingerprint, inert(signers[i].Name)))
	}
	return list, err
}

func newCmdProjectLevel(f *Factory) *cobra.Command {
	var reason string
	var yes bool
	cmd := &cobra.Command{
		Use:   "level LEVEL",
		Short: "Change how decisions are made",
		Long: `Change how decisions are made in a project: terminal, signed or elicited. It is
decided in the way that counts until now: where decisions are signed, this one
is. Whether a project is a demonstration is fixed when it is created.
"layercake help approvals" says what each level is worth.`,
		Example:   "  layercake project level signed",
		Args:      exactly("LEVEL"),
		ValidArgs: words(project.ChosenLevels()),
	}
	out := addOutput(cmd, f, project.Project{})
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask; decides only in projects of level demo")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		to := project.Level(strings.ToLower(args[0]))
		by, err := s.decideSigned(ctx, yes, ifEnrolled, fmt.Sprintf("Type %q to have decisions made at this level from now on.", to))
		if err != nil {
			return err
		}
		if err := refused(s, by, string(to)); err != nil {
			return err
		}
		k, err := s.Projects.SetLevel(ctx, by, s.at.Project, to, reason)
		if err != nil {
			return err
		}
		return out.written(k.Slug, k, func(p *printer) { p.line("%s decisions in %s are now: %s", green.of("✓"), k.Slug, k.Level) })
	})
	return cmd
}
