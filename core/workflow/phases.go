package workflow

import (
	"fmt"
	"slices"
	"strings"
)

// Phases lists all phases in the order in which a project goes through them,
// and "blocked", which has no place in that order, last.
func Phases() []Phase { return append(orderedPhases(), PhaseBlocked) }

// orderedPhases lists the phases that have a place in the order. Work on
// models comes before development because it leads into it.
func orderedPhases() []Phase {
	return []Phase{
		PhaseIntake, PhaseAssessment, PhasePlanning, PhaseArchitecture, PhaseDesign,
		PhaseMLDevelopment, PhaseDevelopment, PhaseTesting, PhaseSecurityReview,
		PhaseDeployment, PhaseMaintenance, PhaseCompleted,
	}
}

// PhaseIndex returns the place of a phase in the order of phases, or -1 for
// "blocked" and for names that are no phase.
func PhaseIndex(p Phase) int { return slices.Index(orderedPhases(), p) }

// ValidPhase reports whether p is a phase.
func ValidPhase(p Phase) bool { return slices.Contains(Phases(), p) }

// move is one forward move of the state machine.
type move struct {
	from, to Phase
	// when limits the move to some facts; nil means always.
	when Conditions
	// best says for which facts this is the first choice among its peers.
	best Conditions
	// only says in words whom the move is for, when it is limited.
	only string
}

// forwardMoves is the state machine, apart from "blocked".
func forwardMoves() []move {
	enhancement := Conditions{factType: {string(TypeEnhancement)}}
	others := Conditions{factType: {string(TypeTraditional), string(TypeAIML), string(TypeHybrid)}}
	localOnly := Conditions{factDeploymentMode: {string(DeployLocalOnly)}}
	withUI := Conditions{factHasUI: {"true"}}
	aiml := Conditions{factType: {string(TypeAIML)}}
	const (
		forEnhancement = "projects of type enhancement"
		forOthers      = "projects of type traditional, ai_ml and hybrid"
		forLocal       = "projects with deployment_mode local_only"
	)
	return []move{
		{from: PhaseIntake, to: PhasePlanning, when: others, only: forOthers},
		{from: PhaseIntake, to: PhaseAssessment, when: enhancement, only: forEnhancement},
		{from: PhaseAssessment, to: PhasePlanning},
		{from: PhasePlanning, to: PhaseDevelopment, when: enhancement, only: forEnhancement, best: enhancement},
		{from: PhasePlanning, to: PhaseSecurityReview, when: enhancement, only: forEnhancement, best: enhancement},
		{from: PhasePlanning, to: PhaseArchitecture},
		{from: PhaseArchitecture, to: PhaseDesign, best: withUI},
		{from: PhaseArchitecture, to: PhaseMLDevelopment, best: aiml},
		{from: PhaseArchitecture, to: PhaseDevelopment, best: Conditions{}},
		{from: PhaseDesign, to: PhaseDevelopment},
		{from: PhaseMLDevelopment, to: PhaseDevelopment},
		{from: PhaseDevelopment, to: PhaseTesting},
		{from: PhaseTesting, to: PhaseSecurityReview},
		{from: PhaseSecurityReview, to: PhaseMaintenance, when: localOnly, only: forLocal, best: localOnly},
		{from: PhaseSecurityReview, to: PhaseDeployment},
		{from: PhaseDeployment, to: PhaseMaintenance},
		{from: PhaseMaintenance, to: PhaseCompleted},
	}
}

// Targets lists the phases that a project may move to, the most sensible one
// first. cameFrom is the phase that a blocked project was in before; it is not
// looked at otherwise.
func Targets(from Phase, facts Facts, cameFrom Phase) []Phase {
	if from == PhaseBlocked {
		if PhaseIndex(cameFrom) < 0 {
			return nil
		}
		return []Phase{cameFrom}
	}
	if PhaseIndex(from) < 0 {
		return nil
	}
	var first, rest []Phase
	for _, m := range forwardMoves() {
		switch {
		case m.from != from || !m.when.hold(facts, false):
		case m.best != nil && m.best.hold(facts, false):
			first = append(first, m.to)
		default:
			rest = append(rest, m.to)
		}
	}
	return append(append(first, rest...), PhaseBlocked)
}

// Route returns the shortest way of forward moves from one phase to a later one,
// without the first, or nothing when there is none.
func Route(from, to Phase, facts Facts) []Phase {
	if from == to || from == PhaseBlocked {
		return nil
	}
	ways := [][]Phase{{from}}
	seen := map[Phase]bool{from: true}
	for len(ways) > 0 {
		way := ways[0]
		ways = ways[1:]
		for _, next := range Targets(way[len(way)-1], facts, "") {
			if next == PhaseBlocked || seen[next] {
				continue
			}
			seen[next] = true
			longer := append(slices.Clone(way), next)
			if next == to {
				return longer[1:]
			}
			ways = append(ways, longer)
		}
	}
	return nil
}

// CanMove reports whether a project may move from one phase to another, and if
// not, why not in one sentence. cameFrom is the phase that a blocked project
// was in before; it is not looked at otherwise. Going back is not a move; see
// [CanReopen].
func CanMove(from, to Phase, facts Facts, cameFrom Phase) (ok bool, reason string) {
	for _, p := range []Phase{from, to} {
		if !ValidPhase(p) {
			return false, fmt.Sprintf("unknown phase %q%s", p, suggestion(string(p), texts(Phases())))
		}
	}
	if from == to {
		return false, fmt.Sprintf("the project is in phase %s already", to)
	}
	targets := Targets(from, facts, cameFrom)
	if slices.Contains(targets, to) {
		return true, ""
	}
	if from == PhaseBlocked {
		if len(targets) == 0 {
			return false, "the project is blocked, and the phase it came from is not known"
		}
		return false, fmt.Sprintf("a blocked project goes back to the phase it came from, which is %s", targets[0])
	}
	for _, m := range forwardMoves() {
		if m.from == from && m.to == to {
			return false, fmt.Sprintf("only %s go from %s to %s; from here this one goes to %s", m.only, from, to, orList(targets))
		}
	}
	if i := PhaseIndex(to); i >= 0 && i < PhaseIndex(from) {
		return false, fmt.Sprintf("%s comes before %s; going back is reopening, which needs a person and a reason", to, from)
	}
	return false, fmt.Sprintf("from %s a project goes to %s, not to %s", from, orList(targets), to)
}

// CanReopen reports whether a person may reopen an earlier phase, and if not,
// why not. A blocked project must be unblocked first.
func CanReopen(from, to Phase, facts Facts) (ok bool, reason string) {
	for _, p := range []Phase{from, to} {
		if !ValidPhase(p) {
			return false, fmt.Sprintf("unknown phase %q%s", p, suggestion(string(p), texts(Phases())))
		}
	}
	switch {
	case from == PhaseBlocked:
		return false, "the project is blocked; unblock it first"
	case PhaseIndex(to) < 0 || PhaseIndex(to) >= PhaseIndex(from):
		return false, fmt.Sprintf("%s does not come before %s; only an earlier phase can be reopened", to, from)
	case to == PhaseAssessment && facts.Type != TypeEnhancement:
		return false, "only projects of type enhancement have an assessment"
	}
	return true, ""
}

// orList joins phases as people read a choice.
func orList(phases []Phase) string {
	words := texts(phases)
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
