// Package role holds what agents are asked to be: fourteen roles that come with
// LayerCake, those that a project writes itself or puts in their place, and
// collections of roles that projects share.
//
// A role is a file: settings in YAML between two lines of "---", then the words
// that the agent is given, in markdown. It is data. Reading one runs nothing, and
// what it says about tools can only take away from what agents may do.
package role

import (
	"slices"
	"time"

	"github.com/layercake-dev/layercake/core/fault"
)

// Role is what an agent is asked to be.
type Role struct {
	// ID names the role: "qa-engineer". It is the name of the file.
	ID string
	// Title names it for people, and Purpose says in one sentence what for.
	Title   string
	Purpose string
	// Phases are those in which the role has work, and Gates those that it is
	// responsible for.
	Phases []string
	Gates  []string
	// Inputs are what it reads first, and Outputs what it leaves behind.
	Inputs  []Output
	Outputs []Output
	// DependsOn are the roles whose work it needs, and HandsOffTo those that go
	// on with its own.
	DependsOn  []string
	HandsOffTo []string
	// Tools are the toolsets and tools of the catalogue that it may use; those
	// with a hyphen before the name it may not.
	Tools []string
	// Tier is the kind of model that the work needs: 1 fast, 2 balanced, 3 powerful.
	Tier int
	// Queue is where its runs wait: critical, high, medium or low.
	Queue string
	// Time is how long a run may take.
	Time time.Duration
	// Proofs are the types of proofs that its work has to stand.
	Proofs []string
	// Body is what the agent is told, in markdown, and Text the whole file.
	Body string
	Text string
	// Source says where the role comes from.
	Source Source
	// Digest is the SHA-256 of the file.
	Digest [32]byte
}

// Output is a file, or anything else, that a role reads or leaves behind.
type Output struct {
	// Path is relative to the project's folder; a folder ends in "/". It is
	// empty for what is no file.
	Path string
	// Shape says what is in it.
	Shape string
	// Gate is the gate that asks for it, and Deliverable its name there. Both
	// may be empty.
	Gate        string
	Deliverable string
}

// Source says where a role comes from.
type Source struct {
	Kind SourceKind
	// Collection and Commit name the collection that the role was installed
	// from. Commit is empty when that was a folder without a repository.
	Collection, Commit string
	// Path is the file, relative to the project's folder; empty for built-in
	// roles.
	Path string
	// Replaces says that a built-in role of the same name is not used.
	Replaces bool
}

// SourceKind is a kind of place that roles come from.
type SourceKind string

// The kinds of sources.
const (
	SourceBuiltin    SourceKind = "builtin"
	SourceProject    SourceKind = "project"
	SourceCollection SourceKind = "collection"
)

// String returns "builtin", "project", or "collection NAME@COMMIT".
func (s Source) String() string {
	const short = 12
	switch {
	case s.Kind != SourceCollection:
		return string(s.Kind)
	case s.Commit == "":
		return string(s.Kind) + " " + s.Collection
	default:
		return string(s.Kind) + " " + s.Collection + "@" + s.Commit[:min(short, len(s.Commit))]
	}
}

// The tiers of models.
const (
	TierFast     = 1
	TierBalanced = 2
	TierPowerful = 3
)

// TierName returns "fast", "balanced" or "powerful".
func TierName(tier int) string {
	switch tier {
	case TierFast:
		return "fast"
	case TierBalanced:
		return "balanced"
	case TierPowerful:
		return "powerful"
	}
	return ""
}

// Queues lists the queues that runs wait in, the most urgent first.
func Queues() []string { return []string{"critical", "high", "medium", "low"} }

// Find returns the role with an id, or an error of kind not_found that names the
// nearest.
func Find(roles []Role, id string) (*Role, error) {
	if i := slices.IndexFunc(roles, func(r Role) bool { return r.ID == id }); i >= 0 {
		return &roles[i], nil
	}
	return nil, fault.NotFound("role_not_found", "there is no agent role %q", clip(id)).
		WithNearest(id, IDs(roles), "layercake agent list")
}

// IDs lists the ids of roles.
func IDs(roles []Role) []string {
	ids := make([]string, len(roles))
	for i := range roles {
		ids[i] = roles[i].ID
	}
	return ids
}
