package core

import (
	"context"
	"strings"

	"github.com/layercake-dev/layercake/core/agent/role"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/search"
)

// Briefings puts together what an agent is told.
type Briefings struct{ a *App }

// DefaultBriefing is how many tokens a briefing may have when nothing else is said.
const DefaultBriefing = 16_000

// BriefingParams asks for a briefing.
type BriefingParams struct {
	// Role is the id of the role. Required.
	Role string
	// Task is the task, as people type it. Optional.
	Task string
	// Instructions are what a person said besides. Optional.
	Instructions string
	// Attempts are earlier tries of the same run, oldest first.
	Attempts []BriefingAttempt
	// Budget is the most tokens, as [search.Tokens] estimates them. Defaults to
	// [DefaultBriefing].
	Budget int
}

// BriefingAttempt is an earlier try.
type BriefingAttempt struct {
	Number int
	// Error says how it ended, and Output is the end of what it said.
	Error, Output string
}

// Briefing is what an agent is told. The same state gives the same words.
type Briefing struct {
	Role *role.Role
	// Task is the task, or nil.
	Task *project.Task
	// System is who it is and what holds always; it depends on the role alone, so
	// that providers can keep it. Prompt is the rest.
	System, Prompt string
	Parts          []BriefingPart
	// Tokens is an estimate of all of it, rather too high than too low, and never
	// more than Budget.
	Tokens, Budget int
	// Version is the end of the log that it is about.
	Version int64
}

// BriefingPart is a part of a briefing.
type BriefingPart struct {
	// Name is one of task, gate, decisions and so on; Place is system or prompt.
	Name, Place string
	// Tokens are those of what is told, Whole those of all there is.
	Tokens, Whole int
	// Entries are the records in it, and LeftOut those for which there was no
	// room. Shortened says that the last one was cut.
	Entries, LeftOut int
	Shortened        bool
}

// Assemble makes the briefing for a role, and for a task if one is named.
func (s *Briefings) Assemble(ctx context.Context, at Place, p BriefingParams) (*Briefing, error) {
	r, err := s.a.Roles.Get(at.Root, p.Role)
	if err != nil {
		return nil, err
	}
	if p.Budget == 0 {
		p.Budget = DefaultBriefing
	}
	m := &material{a: s.a, at: at, role: r, params: p}
	if err := m.read(ctx); err != nil {
		return nil, err
	}
	b := &Briefing{Role: r, Task: m.task, Budget: p.Budget, Version: m.state.Head.Version}
	own, told := m.system(), m.prompt(ctx)
	mark := markFor(append([]string{p.Role, m.state.Project.ID.String()}, texts(own, told)...))
	if err := b.fill(own, told, mark); err != nil {
		return nil, err
	}
	return b, nil
}

// fill shares the budget out and writes the texts.
func (b *Briefing) fill(own, told []*briefPart, mark string) error {
	all := append(append([]*briefPart{}, own...), told...)
	intro := opening(mark)
	besides := search.Tokens(intro) + leftOutTokens
	if least := leastBudget(all, besides, b.Budget, mark); least > b.Budget {
		return fault.Usage("briefing_budget", "%d tokens are too few for role %s: the least is %d", b.Budget, b.Role.ID, least).
			WithHint("allow more with --budget; `layercake agent context --help`")
	}
	share(all, b.Budget-besides, b.Budget, mark)
	var system, prompt strings.Builder
	prompt.WriteString(intro)
	var missing []string
	for _, p := range all {
		text, part := p.write(mark, p.allotted)
		part.Place = "prompt"
		if p.ours {
			part.Place = "system"
			system.WriteString(text)
		} else {
			prompt.WriteString(text)
		}
		if text == "" && len(p.entries) > 0 {
			missing = append(missing, p.name)
		}
		b.Parts = append(b.Parts, part)
	}
	if len(missing) > 0 {
		prompt.WriteString(leftOut(missing))
	}
	b.System, b.Prompt = strings.TrimSpace(system.String())+"\n", strings.TrimSpace(prompt.String())+"\n"
	b.Tokens = search.Tokens(b.System) + search.Tokens(b.Prompt)
	return nil
}
