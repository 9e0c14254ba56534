package role

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
)

// Create writes a file for a role of the project's own in the folder root: a copy of
// the built-in role of that name, or a template with comments. It returns the file,
// relative to root. One that exists is left alone.
func Create(root, id string) (string, error) {
	if !ValidID(id) {
		return "", fault.Usage("role_name", "%q is no name for a role: lower-case letters, digits and hyphens, such as data-steward", clip(id)).
			WithHint("run `layercake agent list` to see names that are")
	}
	text, builtin := Raw(id)
	if !builtin {
		text = template(id)
	}
	if err := makeDir(root, false); err != nil {
		return "", err
	}
	dir, err := openDir(root)
	if err != nil {
		return "", err
	}
	defer func() { _ = dir.Close() }() // what is written is written
	const mode = 0o644
	file := path.Join(Dir, id+extension)
	f, err := dir.OpenFile(id+extension, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return "", fault.Conflict("role_exists", "there is a file %s already", file).WithHint("see `layercake agent show %s`", id)
	}
	if err != nil {
		return "", unwritable(id+extension, err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return "", unwritable(id+extension, err)
	}
	return file, nil
}

// template is a role to begin with. It is one that can be used as it is.
func template(id string) string {
	title := strings.ToUpper(id[:1]) + strings.ReplaceAll(id[1:], "-", " ")
	return fmt.Sprintf(`---
# What people call the role, and in one sentence what for.
title: %s
purpose: Says in one sentence what this role is for.
# When it has work, and the gates that it is responsible for. None is allowed.
phases: [development]
gates: []
# What it reads first, and what it leaves behind: path (none for what is no file),
# shape, and where there is one the gate and the name of the deliverable.
inputs:
  - path: docs/PRD.md
    shape: The requirements
outputs:
  - path: docs/EXAMPLE.md
    shape: What is in it, so that somebody else could check it
# Whose work it needs, and who goes on with its own.
depends_on: [architect]
hands_off_to: [qa-engineer]
# The toolsets and tools that it may use; "layercake mcp tools" lists them. A hyphen
# before a name takes it away.
tools: [core, tasks, files, code]
# The model: 1 fast, 2 balanced, 3 powerful. The queue: critical, high, medium, low.
# The time that a run may take.
tier: 2
queue: medium
time: 30m
# The proofs that its work has to stand. LayerCake makes them, not the agent.
proofs: [test_output]
---

## Method

1. Call `+"`get_context_summary`"+`, then `+"`claim_task`"+`.
2. The steps of the work, each naming the tool or the file that it is done with.

## Definition of done

- What has to be true, so that somebody else can check it.
- The proofs of the gate are captured by LayerCake (`+"`capture_command_output`"+`). What the agent writes is no proof.

## Ask a person

- What only a person can decide (`+"`ask_person`"+`).

## Hand off

- To qa-engineer: when, and with what.
`, title)
}
