package core

import (
	"encoding/json"
	"slices"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/redact"
)

// cleaner keeps secrets out of the log. It stands in the one place through which
// every event comes.
type cleaner struct{ redactor *redact.Redactor }

// command returns a command whose events hold no secrets. found is told where
// some were taken out.
func (c *cleaner) command(cmd project.Command, found *[]string) project.Command {
	return &cleanCommand{Command: cmd, cleaner: c, found: found}
}

// actor takes secrets out of the names that a client gives.
func (c *cleaner) actor(a project.Actor) project.Actor {
	a.Name, a.OnBehalfOf, a.Session = c.redactor.String(a.Name), c.redactor.String(a.OnBehalfOf), c.redactor.String(a.Session)
	return a
}

// cleanCommand decides like the command that it wraps, and cleans the events.
type cleanCommand struct {
	project.Command

	cleaner *cleaner
	found   *[]string
}

// MarshalJSON makes it the same request as the command that it wraps.
func (c *cleanCommand) MarshalJSON() ([]byte, error) { return json.Marshal(c.Command) } //nolint:wrapcheck // a pass-through

// Decide decides, and takes the secrets out.
func (c *cleanCommand) Decide(s *project.State, m project.Meta) ([]event.Payload, error) {
	payloads, err := c.Command.Decide(s, m)
	if err != nil {
		return nil, err
	}
	*c.found = nil
	for i, p := range payloads {
		clean, fields, err := c.cleaner.payload(p)
		if err != nil {
			return nil, err
		}
		payloads[i] = clean
		for _, field := range fields {
			if !slices.Contains(*c.found, field) {
				*c.found = append(*c.found, field)
			}
		}
	}
	return payloads, nil
}

// payload returns a payload without secrets, and where there were some. One in a
// name, or in a text that somebody signed, cannot be taken out: it is refused.
func (c *cleaner) payload(p event.Payload) (event.Payload, []string, error) {
	raw, err := event.Encode(p)
	if err != nil {
		return nil, nil, err
	}
	var named string
	clean, fields, err := event.Rewrite(raw, func(path, text string) string {
		use := event.UseOf(p.EventType(), path)
		if use == event.UseFixed {
			return text
		}
		without := c.redactor.String(text)
		if without != text && use == event.UseName {
			named = path
		}
		return without
	})
	switch {
	case err != nil:
		return nil, nil, err
	case len(fields) == 0:
		return p, nil, nil
	case named != "":
		return nil, nil, fault.NotAllowed("secret_in_name", "%s would hold what looks like a secret, and it is kept as it is; nothing was recorded", named).
			WithHint("take the secret out; `layercake help environment` says how programs get theirs")
	}
	if s, ok := p.(event.Signable); ok && s.How().Signature != nil {
		return nil, nil, fault.NotAllowed("secret_in_decision", "%s holds what looks like a secret, and a text that is signed stays as it is", fields[0]).
			WithHint("run the same command again without the secret")
	}
	out, err := event.Decode(p.EventType(), event.CurrentVersion(p.EventType()), clean)
	return out, fields, err
}
