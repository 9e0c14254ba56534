package workflow_test

import (
	"fmt"

	"github.com/layercake-dev/layercake/core/workflow"
)

// What a person is shown before accepting a repository's workflow file.
func ExampleWeakens() {
	o, err := workflow.ParseOverrides(".layercake/workflow.yaml", []byte(`
proofs:
  coverage_report:
    thresholds: {coverage: 70}
gates:
  G5:
    proofs: {lint_output: off}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	base, _ := workflow.Resolve(workflow.ResolveParams{Type: workflow.TypeTraditional})
	proposed, _ := workflow.Resolve(workflow.ResolveParams{Type: workflow.TypeTraditional, Overrides: o})
	for _, line := range workflow.Weakens(base, proposed) {
		fmt.Println(line)
	}
	// Output:
	// G5 no longer asks for lint_output
	// G6 coverage_report: coverage is 70 instead of 80
}
