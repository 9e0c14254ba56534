package workflow

import (
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
)

// defaultFile names the overrides in errors when they were not read from a
// file.
const defaultFile = ".layercake/workflow.yaml"

// ResolveParams is what a workflow is made from.
type ResolveParams struct {
	// Type is the project type. Required.
	Type ProjectType
	// Preset is the choice of gates. Defaults to full.
	Preset Preset
	// Tier is the quality tier. Defaults to standard.
	Tier Tier
	// Overrides are the project's own changes. May be nil.
	Overrides *Overrides
}

// Resolve makes the workflow of one project. It is pure: the same parameters
// give the same workflow, with the same [Workflow.Digest], everywhere, and the
// parameters are not kept or changed.
//
// Errors have code "workflow_invalid" and list every problem as a [Problem] in
// their details, or say which parameter is unknown.
func Resolve(p ResolveParams) (*Workflow, error) {
	if p.Preset == "" {
		p.Preset = PresetFull
	}
	if p.Tier == "" {
		p.Tier = TierStandard
	}
	if err := p.validate(); err != nil {
		return nil, err
	}
	w := &Workflow{
		Type: p.Type, Preset: p.Preset, Tier: p.Tier,
		Edits: EditsWarn, Gates: builtin(p.Type, p.Preset, p.Tier),
	}
	if !p.Overrides.Empty() {
		r := resolver{w: w, o: p.Overrides, problems: problems{file: defaultFile}}
		if p.Overrides.file != "" {
			r.problems.file = p.Overrides.file
		}
		r.apply()
		if err := r.problems.err(); err != nil {
			return nil, err
		}
	}
	for i := range w.Gates {
		normalize(&w.Gates[i])
	}
	return w, nil
}

// validate checks the names. They were chosen by a program or stored long ago,
// so there is nobody to forgive a spelling here.
func (p ResolveParams) validate() error {
	switch {
	case !slices.Contains(ProjectTypes(), p.Type):
		return fault.Usage("unknown_project_type", "unknown project type %q%s", p.Type, suggestion(string(p.Type), texts(ProjectTypes()))).
			WithHint("choose one of %s", strings.Join(texts(ProjectTypes()), ", "))
	case !slices.Contains(Presets(), p.Preset):
		return fault.Usage("unknown_preset", "unknown preset %q%s", p.Preset, suggestion(string(p.Preset), texts(Presets()))).
			WithHint("choose one of %s", strings.Join(texts(Presets()), ", "))
	case !slices.Contains(Tiers(), p.Tier):
		return fault.Usage("unknown_tier", "unknown quality tier %q%s", p.Tier, suggestion(string(p.Tier), texts(Tiers()))).
			WithHint("choose one of %s", strings.Join(texts(Tiers()), ", "))
	}
	return nil
}

// normalize brings a gate into the one form that its meaning has.
func normalize(g *Gate) {
	g.AppliesWhen = g.AppliesWhen.normal()
	for i := range g.Next {
		g.Next[i].When = g.Next[i].When.normal()
	}
	if len(g.Next) == 0 {
		g.Next = nil
	}
	if len(g.Roles) == 0 {
		g.Roles = nil
	}
	for i := range g.Proofs {
		if len(g.Proofs[i].Paths) == 0 {
			g.Proofs[i].Paths = nil
		}
	}
}

// resolver applies overrides to a workflow.
type resolver struct {
	w *Workflow
	o *Overrides
	problems
}

// fail records a problem at a key, or where that was left out, at the nearest
// key around it.
func (r *resolver) fail(path, format string, args ...any) {
	at, known := r.o.at[path]
	for around := path; !known && around != ""; {
		around = around[:max(strings.LastIndexByte(around, '.'), 0)]
		at, known = r.o.at[around]
	}
	r.add(at, path, format, args...)
}

// apply applies everything, the gates' own changes last because they are the
// more particular ones.
func (r *resolver) apply() {
	if r.o.Edits != "" {
		r.w.Edits = r.o.Edits
	}
	follow := map[string]string{}
	for _, g := range r.o.Gates {
		r.gate(g, follow)
	}
	for i := range r.w.Gates {
		r.proofs(&r.w.Gates[i])
	}
}

// gate changes or adds one gate, all but its proofs. follow remembers, for a
// gate that others were added after, the last of those, so that they keep the
// file's order.
func (r *resolver) gate(o GateOverride, follow map[string]string) {
	path := joinPath(keyGates, o.ID)
	i := r.w.GateIndex(o.ID)
	switch {
	case i >= 0 && o.After != "":
		r.fail(path, "gate %s exists already; only an added gate says %q", r.w.Gates[i].ID, keyAfter)
		return
	case i < 0 && o.After == "":
		r.fail(path, "preset %q of type %q has no gate %s; it has %s", r.w.Preset, r.w.Type, o.ID, strings.Join(r.w.GateIDs(), ", "))
		return
	case i < 0:
		if i = r.insert(o, path, follow); i < 0 {
			return
		}
	}
	g := &r.w.Gates[i]
	if o.Title != "" {
		g.Title = o.Title
	}
	if o.Question != "" {
		g.Question = o.Question
	}
	if o.Roles != nil {
		g.Roles = slices.Clone(o.Roles)
	}
	if o.AppliesWhen != nil {
		g.AppliesWhen = o.AppliesWhen.normal()
	}
	for _, d := range o.Deliverables {
		r.deliverable(g, d, joinPath(path, keyDeliverables, d.ID))
	}
}

// insert adds a gate and returns its place, or -1.
func (r *resolver) insert(o GateOverride, path string, follow map[string]string) int {
	after := strings.ToUpper(o.After)
	if last, ok := follow[after]; ok {
		after = last
	}
	before := r.w.GateIndex(after)
	if before < 0 {
		r.fail(joinPath(path, keyAfter), "preset %q of type %q has no gate %s to come after; it has %s",
			r.w.Preset, r.w.Type, o.After, strings.Join(r.w.GateIDs(), ", "))
		return -1
	}
	follow[strings.ToUpper(o.After)] = o.ID
	prev := &r.w.Gates[before]
	g := Gate{ID: o.ID, Title: o.Title, Question: o.Question, Phase: o.Phase, Next: cloneNext(o.Next)}
	if g.Phase == "" {
		g.Phase = prev.Phase
	}
	if g.Question == "" {
		g.Question = "Approve: " + g.Title + "?"
	}
	if PhaseIndex(g.Phase) < PhaseIndex(prev.Phase) {
		r.fail(joinPath(path, keyPhase), "gate %s closes %s, which comes before %s, the phase of gate %s before it", o.ID, g.Phase, prev.Phase, prev.ID)
	}
	if before+1 < len(r.w.Gates) && PhaseIndex(g.Phase) > PhaseIndex(r.w.Gates[before+1].Phase) {
		next := r.w.Gates[before+1]
		r.fail(joinPath(path, keyPhase), "gate %s closes %s, which comes after %s, the phase of gate %s behind it", o.ID, g.Phase, next.Phase, next.ID)
	}
	// The last gate of a phase is the one that leaves it. A gate that may not
	// apply cannot be trusted with that.
	if g.Phase == prev.Phase && o.Next == nil && len(o.AppliesWhen) == 0 {
		g.Next, prev.Next = prev.Next, nil
	}
	for _, t := range o.Next {
		if !r.possible(g.Phase, t.To) {
			r.fail(joinPath(path, keyNext), "no project of type %s goes from %s to %s", r.w.Type, g.Phase, t.To)
		}
	}
	r.w.Gates = slices.Insert(r.w.Gates, before+1, g)
	return before + 1
}

// possible reports whether projects of this type can move at all from one
// phase to another.
func (r *resolver) possible(from, to Phase) bool {
	for _, mode := range DeploymentModes() {
		facts := Facts{Type: r.w.Type, Tier: r.w.Tier, DeploymentMode: mode}
		if to != PhaseBlocked && slices.Contains(Targets(from, facts, ""), to) {
			return true
		}
	}
	return false
}

// cloneNext copies transitions.
func cloneNext(next []Transition) []Transition {
	if next == nil {
		return nil
	}
	out := make([]Transition, len(next))
	for i, t := range next {
		out[i] = Transition{To: t.To, When: t.When.normal()}
	}
	return out
}

// deliverable changes, adds or removes one deliverable of a gate.
func (r *resolver) deliverable(g *Gate, o DeliverableOverride, path string) {
	i := slices.IndexFunc(g.Deliverables, func(d Deliverable) bool { return d.ID == o.ID })
	if o.Off {
		// Absent already, as a deliverable of another project type is, is as
		// good as switched off.
		if i >= 0 {
			g.Deliverables = slices.Delete(slices.Clone(g.Deliverables), i, i+1)
		}
		return
	}
	if i < 0 {
		if o.Title == "" {
			r.fail(path, "gate %s has no deliverable %q; to add it, give it a title", g.ID, o.ID)
			return
		}
		g.Deliverables = append(g.Deliverables, Deliverable{ID: o.ID, Kind: KindDocument})
		i = len(g.Deliverables) - 1
	}
	d := &g.Deliverables[i]
	if o.Title != "" {
		d.Title = o.Title
	}
	if o.Path != "" {
		d.Path = o.Path
	}
	if o.Role != "" {
		d.Role = o.Role
	}
	if o.Kind != "" {
		d.Kind = o.Kind
	}
}

// equalID reports whether two gate ids name the same gate.
func equalID(a, b string) bool { return strings.EqualFold(a, b) }

// joinPath joins keys to the path of a problem.
func joinPath(keys ...string) string { return strings.Join(keys, ".") }
