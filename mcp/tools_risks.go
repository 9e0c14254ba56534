package mcp

import (
	"context"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

// riskTools see to what may go wrong, and to what does.
func riskTools() []Tool {
	return []Tool{
		onProject(Tool{
			Name: "create_risk", Title: "Record a risk", Toolset: setRisks, Hints: adds(),
			Description: "Record something that may go wrong, how probable and bad it is, and what is done about it. Briefs of gates list open risks.",
			SearchHint:  "add danger threat concern hazard",
		}, createRiskIn{Title: "The payment provider changes its API", Probability: "low", Impact: "high"}, createRisk),
		onProject(Tool{
			Name: "get_risks", Title: "List risks", Toolset: setRisks, Hints: readsOnly(),
			Description: "Open risks, or all, with probability, impact and mitigation.",
			SearchHint:  "dangers threats concerns register",
		}, allIn{}, getRisks),
		onProject(Tool{
			Name: "update_risk", Title: "Judge a risk anew", Toolset: setRisks, Hints: sets(),
			Description: "Change a risk's status, probability, impact or mitigation.",
			SearchHint:  "close mitigate accept edit",
		}, updateRiskIn{ID: "k-7k3f", Status: "mitigated"}, updateRisk),
		onProject(Tool{
			Name: "create_blocker", Title: "Record a blocker", Toolset: setRisks, Hints: adds(),
			Description: "Record something that stands in the way. It keeps the named gate shut, or all gates, until it is resolved.",
			SearchHint:  "add impediment obstacle stuck issue problem",
		}, createBlockerIn{Title: "No access to the staging server", Severity: "high", Gate: "G8"}, createBlocker),
		onProject(Tool{
			Name: "get_active_blockers", Title: "List blockers", Toolset: setRisks, Hints: readsOnly(),
			Description: "What stands in the way now, or all there ever was, with severity, gate and who has it.",
			SearchHint:  "impediments obstacles stuck issues open",
		}, allIn{}, getBlockers),
		onProject(Tool{
			Name: "resolve_blocker", Title: "Resolve a blocker", Toolset: setRisks, Hints: sets(),
			Description: "Say that a blocker is gone, and how. One that was escalated to a person is resolved by a person.",
			SearchHint:  "fix close unblock clear",
		}, resolveIn{ID: "b-7k3f", Resolution: "access was granted"}, resolveBlocker),
		onProject(Tool{
			Name: "escalate_blocker", Title: "Escalate a blocker", Toolset: setRisks, Hints: adds(),
			Description: "Hand a blocker one level up: from an agent to the orchestrator, from there to a person.",
			SearchHint:  "raise help person",
		}, reasonIn{ID: "b-7k3f", Reason: "only an administrator can grant it"}, escalateBlocker),
	}
}

// allIn are the arguments of lists that leave out what is over.
type allIn struct {
	All bool `doc:"Also those that are over." json:"all,omitempty"`
	paging
}

type createRiskIn struct {
	Title       string `json:"title"                      min:"1"`
	Description string `json:"description,omitempty"`
	Probability string `doc:"medium if left out."         enum:"risk_level"           json:"probability,omitempty"`
	Impact      string `doc:"medium if left out."         enum:"risk_level"           json:"impact,omitempty"`
	Mitigation  string `doc:"What is done to prevent it." json:"mitigation,omitempty"`
}

func createRisk(ctx context.Context, w *work, in createRiskIn) (*recordChanged, error) {
	r, err := w.Records.AddRisk(ctx, w.by, w.at.Project, project.AddRisk{
		Title: in.Title, Description: in.Description, Probability: in.Probability, Impact: in.Impact, Mitigation: in.Mitigation,
	})
	if err != nil {
		return nil, err
	}
	return riskChanged(r), nil
}

func riskChanged(r *project.Risk) *recordChanged {
	return &recordChanged{ID: core.KindRisk.Prefix() + r.ID, Status: r.Status, Title: line(r.Title)}
}

type riskRow struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Status      string `json:"status"`
	Probability string `json:"probability"`
	Impact      string `json:"impact"`
	Description string `json:"description,omitempty"`
	Mitigation  string `json:"mitigation,omitempty"`
	Note        string `json:"note,omitempty"`
}

type getRisksOut struct {
	Risks []riskRow `json:"risks"`
	page
}

func getRisks(ctx context.Context, w *work, in allIn) (*getRisksOut, error) {
	list, err := w.Records.Risks(ctx, w.now(), in.All)
	if err != nil {
		return nil, err
	}
	out := &getRisksOut{}
	out.Risks, out.page, err = paginate(list, in.paging, func(r *project.Risk) riskRow {
		return riskRow{
			ID: core.KindRisk.Prefix() + r.ID, Title: line(r.Title), Status: r.Status, Probability: r.Probability, Impact: r.Impact,
			Description: clip(r.Description, maxExcerpt), Mitigation: clip(r.Mitigation, maxExcerpt), Note: clip(r.Note, maxExcerpt),
		}
	})
	return out, err
}

type updateRiskIn struct {
	ID          string  `json:"id"                   min:"1"`
	Status      string  `enum:"risk_status"          json:"status,omitempty"`
	Probability string  `enum:"risk_level"           json:"probability,omitempty"`
	Impact      string  `enum:"risk_level"           json:"impact,omitempty"`
	Mitigation  *string `json:"mitigation,omitempty"`
	Note        string  `json:"note,omitempty"`
}

func updateRisk(ctx context.Context, w *work, in updateRiskIn) (*recordChanged, error) {
	r, err := w.Records.UpdateRisk(ctx, w.by, w.at.Project, project.UpdateRisk{
		ID: in.ID, Status: given[string](in.Status), Probability: given[string](in.Probability), Impact: given[string](in.Impact),
		Mitigation: in.Mitigation, Note: in.Note,
	})
	if err != nil {
		return nil, err
	}
	return riskChanged(r), nil
}

type createBlockerIn struct {
	Title       string `json:"title"                                               min:"1"`
	Description string `json:"description,omitempty"`
	Severity    string `doc:"medium if left out."                                  enum:"severity"       json:"severity,omitempty"`
	Gate        string `doc:"The gate that it keeps shut; every gate if left out." json:"gate,omitempty"`
}

func createBlocker(ctx context.Context, w *work, in createBlockerIn) (*recordChanged, error) {
	b, err := w.Records.AddBlocker(ctx, w.by, w.at.Project, project.AddBlocker{
		Title: in.Title, Description: in.Description, Severity: in.Severity, Gate: in.Gate,
	})
	if err != nil {
		return nil, err
	}
	return blockerChanged(b), nil
}

func blockerChanged(b *project.Blocker) *recordChanged {
	return &recordChanged{ID: core.KindBlocker.Prefix() + b.ID, Status: b.Status, Title: line(b.Title)}
}

type getBlockersOut struct {
	Blockers []blockerRow `json:"blockers"`
	page
}

func getBlockers(ctx context.Context, w *work, in allIn) (*getBlockersOut, error) {
	list, err := w.Records.Blockers(ctx, w.now(), in.All)
	if err != nil {
		return nil, err
	}
	out := &getBlockersOut{}
	out.Blockers, out.page, err = paginate(list, in.paging, newBlockerRow)
	return out, err
}

type resolveIn struct {
	ID         string `json:"id"                  min:"1"`
	Resolution string `doc:"How it was resolved." json:"resolution" min:"1"`
}

func resolveBlocker(ctx context.Context, w *work, in resolveIn) (*recordChanged, error) {
	b, err := w.Records.ChangeBlocker(ctx, w.by, w.at.Project, in.ID, true, in.Resolution)
	if err != nil {
		return nil, err
	}
	return blockerChanged(b), nil
}

func escalateBlocker(ctx context.Context, w *work, in reasonIn) (*recordChanged, error) {
	b, err := w.Records.ChangeBlocker(ctx, w.by, w.at.Project, in.ID, false, in.Reason)
	if err != nil {
		return nil, err
	}
	out := blockerChanged(b)
	const person = 3
	if b.Level >= person {
		out.Next = "it is with a person now"
	}
	return out, nil
}
