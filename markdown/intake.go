package markdown

import (
	"strings"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

// RenderIntake writes the answers of the intake as a document. It has no stamp:
// from then on it belongs to the people who work on it.
func RenderIntake(pr *project.Project, a core.IntakeAnswers) []byte {
	var p page
	p.title("Intake of " + pr.Name)
	p.gap()
	hasUI := pr.HasUI
	if a.HasUI != nil {
		hasUI = *a.HasUI
	}
	p.projectType(pr, hasUI)
	for _, q := range core.IntakeQuestions() {
		p.section(q.Text)
		answer := answerTo(&a, q.Key)
		if strings.TrimSpace(answer) == "" {
			p.line("Not answered.")
			continue
		}
		p.quote("", answer)
	}
	p.section("What may go wrong?")
	if len(a.Risks) == 0 {
		p.line("Nobody named a risk.")
	}
	for _, risk := range a.Risks {
		p.line("- ", inline(strings.TrimSpace(risk), atStart))
	}
	return []byte(p.b.String())
}

// projectType writes what sort of project it is.
func (p *page) projectType(pr *project.Project, hasUI bool) {
	a := p.attributes("")
	a.add("type", human(pr.Type))
	a.add("preset", human(pr.Preset))
	a.add("quality tier", human(pr.Tier))
	a.add("deployment", human(pr.DeploymentMode))
	a.add("user interface", yesNo(hasUI))
	a.end()
}

func yesNo(v bool) string {
	if v {
		return "yes"
	}
	return "no"
}

// answerTo returns the answer to the question with a key of
// [core.IntakeQuestions].
func answerTo(a *core.IntakeAnswers, key string) string {
	return map[string]string{
		"what": a.What, "exists": a.Exists, "background": a.Background,
		"done": a.Done, "constraints": a.Constraints, "deployment": a.Deployment,
	}[key]
}
