package cmd

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/anchor"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/signature"
)

// anchored is what came of anchoring.
type anchored struct {
	// File is where the anchor is; "-" is the standard output.
	File   string `json:"file"`
	Signer string `json:"signer"`
	Key    string `json:"key"`
	Heads  int    `json:"heads"`
	// Recorded is in how many logs it was noted.
	Recorded int `json:"recorded"`
}

// toStdout stands for the standard output where a file can be named.
const toStdout = "-"

func newCmdAuditAnchor(f *Factory) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "anchor",
		Short: "Sign where the logs end",
		Long: `Sign where the logs of all projects in the database end, or with --project that
of one, with your SSH key: signing_key of the configuration, the key that git
signs with, or one in ~/.ssh that is enrolled. The logs are checked first.

The anchor is a small file that is best kept outside of the database: commit it
to git, send it to a colleague. Somebody who owns the database can write a log
anew with all its hashes; no such log fits an anchor made before. By default the
file lies in .layercake/anchors of the project, where "layercake audit verify"
looks. It names projects by their ids alone. Each log gets an event that says so.

Only a person can, and nothing is asked but what ssh-keygen asks.`,
		Example: "  layercake audit anchor\n  layercake audit anchor --project shop -o -",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, anchored{})
	cmd.Flags().StringVarP(&file, "output", "o", "", "the `FILE` to write; - is the standard output")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if file == toStdout && out.structured() {
			return bothOnStdout("the anchor")
		}
		done, err := f.anchor(cmd.Context(), file)
		if err != nil {
			return err
		}
		if file == toStdout {
			return nil
		}
		return out.written(done.File, done, func(p *printer) {
			p.line("%s %s signed by %s: %s", green.of("✓"), count(done.Heads, "log"), done.Signer, done.File)
			p.line("Keep it outside of the database: commit it, or send it to somebody.")
		})
	}
	return cmd
}

// bothOnStdout refuses to write two things to the standard output.
func bothOnStdout(what string) error {
	return fault.Usage("conflicting_flags", "the standard output cannot hold both %s and an answer", what).WithHint("leave out -o -, or --json")
}

func (f *Factory) anchor(ctx context.Context, file string) (*anchored, error) {
	here, err := f.place()
	if err != nil {
		return nil, err
	}
	if file == "" && here.root == "" {
		return nil, fault.Usage("missing_flag", "there is no project here beside which the anchor could lie").
			WithHint("say where to write it: `layercake audit anchor -o FILE`")
	}
	if file != "" && file != toStdout && exists(f.absolute(file)) {
		return nil, fault.Conflict("file_exists", "%s exists; an anchor is not written over", file).WithHint("name another file; `ls -l %s`", file)
	}
	app, err := f.App(ctx)
	if err != nil {
		return nil, err
	}
	streams, err := f.streams(ctx, app)
	if err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, 0, len(streams))
	var signers []project.Signer
	for _, s := range streams {
		ids = append(ids, s.id)
		more, err := app.Signers.List(ctx, core.View{Project: s.id}, false)
		if err != nil {
			return nil, err
		}
		signers = append(signers, slices.DeleteFunc(more, func(k project.Signer) bool { return k.Kind != project.ActorPerson })...)
	}
	by := f.caller(ctx)
	in := core.NewAnchor{Projects: ids, Signer: f.person(ctx)}
	if by.Actor.IsPerson() { // others are refused before anything is signed
		key, err := f.anchorKey(ctx, signers)
		if err != nil {
			return nil, err
		}
		in.Sign = f.signerIn(anchor.Namespace, key)
	}
	made, err := app.Anchors.Make(ctx, by, in)
	if err != nil {
		return nil, err
	}
	done := &anchored{File: file, Signer: in.Signer, Key: made.Key.Fingerprint, Heads: len(made.Heads)}
	content, err := made.File.Encode()
	if err != nil {
		return nil, err
	}
	if done.File, err = f.keepAnchor(here, file, content); err != nil {
		return nil, err
	}
	if !counts(made.Key, signers) {
		f.warn("the key %s is not enrolled, so `layercake audit verify` needs --signers to trust the anchor", made.Key.Fingerprint)
	}
	done.Recorded, err = app.Anchors.Record(ctx, by, made)
	return done, err
}

// keepAnchor writes the anchor where it was asked for.
func (f *Factory) keepAnchor(here *place, file string, content []byte) (string, error) {
	switch file {
	case "":
		return f.writeAnchor(here.root, content)
	case toStdout:
		return file, f.write(content)
	}
	const perm = 0o644
	if err := writeNew(f.absolute(file), content, perm); err != nil {
		return "", notWritten(file, err)
	}
	return file, nil
}

// absolute returns the path of a file that the user named.
func (f *Factory) absolute(file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(f.process.Dir, file)
}

// writeNew writes a file that does not exist yet, whole or not at all.
func writeNew(file string, content []byte, perm os.FileMode) error {
	w, err := newFile(file, perm)
	if err != nil {
		return err
	}
	if _, err := w.Write(content); err != nil {
		w.abandon()
		return err
	}
	return w.keep()
}

// anchorKey finds the key that an anchor is signed with.
func (f *Factory) anchorKey(ctx context.Context, signers []project.Signer) (string, error) {
	c, err := f.config()
	if err != nil {
		return "", err
	}
	if c.SigningKey != "" {
		return f.ownKey(ctx, c.SigningKey, nil)
	}
	if file := f.gitSigningKey(ctx); file != "" && exists(signature.PrivateFile(file)) {
		return signature.PrivateFile(file), nil
	}
	file, err := f.ownKey(ctx, "", signers)
	if err == nil && file == "" {
		return "", fault.NotFound("missing_key", "no key of yours is known to sign with").
			WithHint("name the file of your private key: `layercake config set signing_key ~/.ssh/id_ed25519`")
	}
	return file, err
}
