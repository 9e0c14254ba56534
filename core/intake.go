package core

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// IntakeAnswers are the answers with which a project begins.
type IntakeAnswers struct {
	// What is to be built. Required.
	What string `json:"what" yaml:"what"`
	// Exists is what exists already.
	Exists string `json:"exists" yaml:"exists"`
	// Background is what the person knows; it sets how much is explained.
	Background string `json:"background" yaml:"background"`
	// Done is what "done" means. Required.
	Done string `json:"done" yaml:"done"`
	// Constraints are what the project is bound to.
	Constraints string `json:"constraints" yaml:"constraints"`
	// Deployment is where it will run: a deployment mode, or words about it.
	Deployment string `json:"deployment" yaml:"deployment"`
	// HasUI says whether there is a user interface; nil leaves it as it is.
	HasUI *bool `json:"has_ui,omitempty" yaml:"has_ui"`
	// Risks are what may go wrong.
	Risks []string `json:"risks" yaml:"risks"`
}

// IntakeQuestion is one question of the intake.
type IntakeQuestion struct {
	// Key is the answer's name in files.
	Key string `json:"key"`
	// Text is what is asked.
	Text string `json:"text"`
	// Required says that there has to be an answer.
	Required bool `json:"required"`
}

// IntakeQuestions returns the questions in the order in which they are asked.
func IntakeQuestions() []IntakeQuestion {
	return []IntakeQuestion{
		{"what", "What are you building, and for whom?", true},
		{"exists", "What exists already (code, documents, data)?", false},
		{"background", "What is your background (new to this, experienced, expert)?", false},
		{"done", "How will you know that it is done?", true},
		{"constraints", "What must not change, and what are you bound to?", false},
		{"deployment", "Where will it run (local_only, optional, required, undetermined)?", false},
	}
}

// Intake records the answers: the project's description and facts, the teaching
// level and the risks. Answering again replaces the answers; risks that are
// recorded already are not recorded twice.
func (s *Projects) Intake(ctx context.Context, by Caller, p uuid.UUID, in IntakeAnswers) (*project.Project, error) {
	for _, q := range []struct{ key, answer string }{{"what", in.What}, {"done", in.Done}} {
		if strings.TrimSpace(q.answer) == "" {
			return nil, fault.Usage("missing_answer", "the answer to %q is missing", q.key).WithHint("run `layercake intake --help` for the questions")
		}
	}
	raw, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("encode the answers: %w", err)
	}
	what := in.What
	update := project.UpdateProject{Description: &what, Intake: raw, HasUI: in.HasUI}
	if mode := deploymentMode(in.Deployment); mode != "" {
		update.DeploymentMode = &mode
	}
	if _, err := s.Update(ctx, by, p, update); err != nil {
		return nil, err
	}
	if level := teachingLevel(in.Background); level != "" {
		if _, err := s.SetTeachingLevel(ctx, by, p, level); err != nil {
			return nil, err
		}
	}
	known, err := s.a.Records.Risks(ctx, View{Project: p}, true)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for i := range known {
		seen[known[i].Title] = true
	}
	for _, title := range in.Risks {
		if title = strings.TrimSpace(title); title == "" || seen[title] {
			continue
		}
		if _, err := s.a.Records.AddRisk(ctx, by, p, project.AddRisk{Title: title}); err != nil {
			return nil, err
		}
	}
	return s.Get(ctx, View{Project: p})
}

// deploymentMode finds the mode in an answer, or returns "".
func deploymentMode(answer string) workflow.DeploymentMode {
	lower := strings.ToLower(strings.NewReplacer(" ", "_", "-", "_").Replace(strings.TrimSpace(answer)))
	for _, m := range workflow.DeploymentModes() {
		if lower == string(m) || strings.HasPrefix(lower, string(m)+"_") || strings.HasPrefix(lower, string(m)+":") || strings.HasPrefix(lower, string(m)+",") {
			return m
		}
	}
	return ""
}

// teachingLevel finds how much to explain in what a person says of themselves,
// or returns "".
func teachingLevel(background string) string {
	lower := strings.ToLower(background)
	for _, l := range []struct {
		level string
		words []string
	}{
		{"novice", []string{"novice", "beginner", "new to this", "new to programming", "new to coding", "new to software",
			"never", "non-technical", "not a developer", "no experience", "learning"}},
		{"expert", []string{"expert", "senior", "principal", "staff engineer", "architect", "decades", "years of"}},
		{"intermediate", []string{"intermediate", "experienced", "developer", "engineer", "programmer"}},
	} {
		for _, w := range l.words {
			if strings.Contains(lower, w) {
				return l.level
			}
		}
	}
	return ""
}
