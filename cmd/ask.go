package cmd

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// ask asks a person at the terminal and returns what they typed.
func (f *Factory) ask(ctx context.Context, question string) (string, error) {
	p := f.printer()
	p.line("%s", bold.of(question))
	p.buf.WriteString("> ")
	if err := f.write(p.buf.Bytes()); err != nil {
		return "", err
	}
	line, err := f.IO.readLine(ctx)
	if errors.Is(err, io.EOF) {
		return "", fault.New(fault.KindInterrupted, "interrupted", "no answer; nothing was changed").
			WithHint("run it again when you have an answer")
	}
	return strings.TrimSpace(line), err
}

// yesWord is what --yes stands for in projects of level demo.
const yesWord = "yes"

// decide returns the caller of a decision that only a person can take. The word
// is typed at the terminal; --yes stands in for it in projects of level demo
// alone. What stands against the person is found out by the rules, after that:
// without a terminal nothing is asked, and they refuse.
func (s *session) decide(ctx context.Context, yes bool, question string) (core.Caller, error) {
	return s.decideSigned(ctx, yes, ifAsked, question)
}

// decideSigned is decide for decisions that say themselves when they are signed.
func (s *session) decideSigned(ctx context.Context, yes bool, when signs, question string) (core.Caller, error) {
	by := s.by(ctx)
	p, err := s.project(ctx)
	if err != nil {
		return by, err
	}
	switch {
	case yes && p.Level == project.LevelDemo:
		by.Presence.Word = yesWord
		if !by.Actor.IsPerson() {
			// Anybody decides in a demonstration, also where an agent is seen.
			// The log names nobody for it, and on whose behalf: the agent seen.
			by.Actor = project.Actor{Kind: project.ActorPerson, Name: "demo", OnBehalfOf: by.Actor.String(), Session: by.Actor.Session}
		}
	case yes:
		return by, fault.NotAllowed("yes_not_enough", "--yes decides only in projects of level demo; in %s a person types the word", p.Slug).
			WithHint("run the same command without --yes in a terminal")
	case s.f.IO.canAsk() && by.Actor.IsPerson():
		if err := s.prepareToSign(ctx, &by, p, when); err != nil {
			return by, err
		}
		by.Presence.Word, err = s.f.ask(ctx, question)
	case p.Level == project.LevelDemo && by.Actor.IsPerson():
		return by, fault.Usage("confirmation_required", "there is no terminal to ask at").WithHint("add --yes; it decides in projects of level demo")
	}
	return by, err
}

// confirm asks before something that cannot be taken back.
func (f *Factory) confirm(ctx context.Context, yes bool, question string) error {
	if yes {
		return nil
	}
	if !f.IO.canAsk() {
		return fault.Usage("confirmation_required", "there is no terminal to ask at").WithHint("add --yes, or --dry-run to see what would be done")
	}
	answer, err := f.ask(ctx, question+" [y/N]")
	if err != nil {
		return err
	}
	if a := strings.ToLower(answer); a != "y" && a != yesWord {
		return fault.New(fault.KindInterrupted, "declined", "nothing was changed").
			WithHint("run it again and answer y to do it")
	}
	return nil
}
