package cmd

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/git"
)

// checkRepository says what keeps LayerCake's files from being committed.
func (f *Factory) checkRepository(ctx context.Context) diagnosis {
	here, err := f.place()
	if err != nil || here.root == "" {
		return skipped("this folder is not in a project")
	}
	repo, err := git.OpenWith(ctx, here.root, f.env.list)
	if err != nil {
		return skipped(fault.From(err).Message)
	}
	h, err := repo.Hindrances(ctx)
	if err != nil {
		return failed(err)
	}
	c, err := f.config()
	commits := err == nil && c.GitCommit != commitOff
	tags := err == nil && c.GitTagGates == renderOn
	switch {
	case len(h.Locks) > 0:
		return locked(h.Locks, f.process.Now())
	case commits && h.Format != "":
		return diagnosis{
			Status:  checkWarning,
			Message: fmt.Sprintf("git.commit is %s, and LayerCake cannot commit where objects are named by %s", c.GitCommit, h.Format),
			Fix:     "commit the files yourself, and run `layercake config set --local git.commit off`",
		}
	case tags && h.Format != "":
		return diagnosis{
			Status:  checkWarning,
			Message: "git.tag_gates is on, and LayerCake cannot tag where objects are named by " + h.Format,
			Fix:     "tag the gates yourself, and run `layercake config set --local git.tag_gates off`",
		}
	case commits && h.CutShort:
		return diagnosis{
			Status: checkWarning, Message: "a commit of LayerCake's files was cut short; they are staged", Fix: "run `layercake sync`, which makes it",
		}
	}
	return good("nothing is in the way of a commit")
}

// locked tells of git's locks. Whether a command still runs that holds them is for a
// person to find out.
func locked(locks []git.Lock, now time.Time) diagnosis {
	d := diagnosis{Status: checkWarning}
	var quoted []string
	for _, l := range locks {
		quoted = append(quoted, strconv.Quote(l.Path))
	}
	d.Message = fmt.Sprintf("a git command is at work, or left its lock behind when it was killed %s ago: %s",
		max(0, now.Sub(locks[0].Since)).Round(time.Second), locks[0].Path)
	if len(locks) > 1 {
		d.Message += fmt.Sprintf(" (and %d more)", len(locks)-1)
	}
	d.Fix = "when no git command runs in this repository: rm " + strings.Join(quoted, " ")
	return d
}
